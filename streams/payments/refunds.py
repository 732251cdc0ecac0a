"""Money that goes back, settles, or is disputed."""

from typing import Final

from events.charges import ChargeRefunded
from events.payments import PaymentSettled
from events.refunds import ChargebackClosed, RecordChargeback
from streams.payments import facts as f
from streams.payments.evolution import evolve_all
from streams.payments.refund import RefundState, find
from streams.payments.rules import PaymentRules
from streams.payments.states import PAID, Payment, Status, remaining_minor
from streams.payments.steps import Facts, ask_next, refund_rest

_CUSTOMER: Final = "CUSTOMER_REQUEST"


def charge_refunded(
    payment: Payment, event: ChargeRefunded, at_ms: int, rules: PaymentRules
) -> Facts:
    """Note money that went back: once a refund, and never more than was captured.

    One that nobody asked for here was made by hand at the provider, and counts like any other.
    """
    known = find(payment.refunds, event.refund_id)
    told_before = known is not None and known.state is RefundState.COMPLETED
    amount = min(event.amount_minor, remaining_minor(payment))
    if event.charge_id != payment.charge_id or told_before or amount <= 0:
        return ()
    customer = payment.cancel_reason in ("", _CUSTOMER)
    days = rules.refund_days_customer if customer else rules.refund_days_system
    refunded = f.Refunded(event.refund_id, amount, at_ms, days)
    return refunded, *ask_next(evolve_all(payment, (refunded,)), at_ms, rules)


def settle(payment: Payment, _: PaymentSettled, _at_ms: int, _rules: PaymentRules) -> Facts:
    """Note the provider's payout (G-20)."""
    return (f.Settled(),) if payment.status is Status.CAPTURED else ()


def record_chargeback(
    payment: Payment, command: RecordChargeback, at_ms: int, rules: PaymentRules
) -> Facts:
    """Open a dispute over money that is in (G-18); one dispute at a time."""
    if payment.status not in PAID:
        return ()
    return (
        f.Disputed(
            chargeback_id=command.chargeback_reference,
            amount_minor=command.amount_minor,
            reason=command.reason,
            fee_minor=rules.chargeback_fee_minor,
            evidence_due_ms=at_ms + rules.evidence_ms,
        ),
    )


def close_chargeback(
    payment: Payment, event: ChargebackClosed, at_ms: int, rules: PaymentRules
) -> Facts:
    """End a dispute: what a cancelled order still had to get back is refunded once it is won."""
    if payment.status is not Status.DISPUTED or event.chargeback_id != payment.chargeback_id:
        return ()
    if event.outcome == "lost":
        return (f.DisputeLost(remaining_minor(payment)),)
    won = f.DisputeWon()
    after = evolve_all(payment, (won,))
    rest = refund_rest(after, at_ms, rules) if payment.cancel_reason else ()
    return (won, *rest) if rest else (won, *ask_next(after, at_ms, rules))
