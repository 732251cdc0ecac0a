"""Money that goes back, settles, or is disputed."""

from typing import Final

from events.charges import ChargeRefunded
from events.payments import PaymentSettled
from events.refunds import ChargebackClosed, RecordChargeback
from streams.payments import facts as f
from streams.payments.evolution import evolve_all
from streams.payments.rules import PaymentRules
from streams.payments.states import PAID, Owed, Payment, Status, remaining_minor
from streams.payments.steps import Facts, refund_rest

_CUSTOMER: Final = "CUSTOMER_REQUEST"


def charge_refunded(
    payment: Payment, event: ChargeRefunded, at_ms: int, rules: PaymentRules
) -> Facts:
    """Note money that went back: once a refund, and never more than was captured."""
    if event.charge_id != payment.charge_id or _is_known(payment, event.refund_id):
        return ()
    amount = min(event.amount_minor, remaining_minor(payment))
    if amount <= 0:
        return ()
    customer = payment.cancel_reason in ("", _CUSTOMER)
    days = rules.refund_days_customer if customer else rules.refund_days_system
    return (f.Refunded(event.refund_id, amount, at_ms, days),)


def _is_known(payment: Payment, refund_id: str) -> bool:
    asked = refund_id == payment.refund_id and payment.owed is not Owed.REFUND
    given_up = payment.stuck and not payment.refunded_minor
    return refund_id in payment.refunds or (asked and not given_up)


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
    if not payment.cancel_reason:
        return (won,)
    return won, *refund_rest(evolve_all(payment, (won,)), at_ms, rules)
