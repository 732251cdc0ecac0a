"""Refunds that wait for somebody's approval: people are told of each, once (G-17)."""

from typing import Final

from events.alerts import AlertRaised
from streams.alarms import alarm
from streams.payments.refund import Refund, RefundState, find
from streams.payments.states import Payment

APPROVAL: Final = "refund_approval"
"""The alert's name, and its runbook's."""


def approvals_wanted(
    payment_id: str, before: Payment | None, after: Payment, now_ms: int
) -> tuple[AlertRaised, ...]:
    """Tell of refunds that wait from now on: what nobody approves is cancelled in the end."""
    known = () if before is None else before.refunds
    if after.refunds is known:
        return ()
    return tuple(
        [
            _wanted(payment_id, after, refund, now_ms)
            for refund in after.refunds
            if refund.state is RefundState.PENDING and find(known, refund.refund_id) is None
        ]
    )


def _wanted(payment_id: str, payment: Payment, refund: Refund, now_ms: int) -> AlertRaised:
    return alarm(
        APPROVAL,
        (payment_id, refund.refund_id),
        f"{payment_id} {refund.refund_id}",
        refund.amount_minor / 100,
        payment.session.currency,
        now_ms,
    )
