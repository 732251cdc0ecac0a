"""What the provider says of refunds."""

from typing import Final

from events.charges import ChargeRefunded
from streams.payments import facts as f
from streams.payments.evolution import evolve_all
from streams.payments.refund import RefundState, find
from streams.payments.rules import PaymentRules
from streams.payments.states import Payment, remaining_minor
from streams.payments.steps import Facts, ask_next

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
