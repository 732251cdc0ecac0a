"""What the provider says of refunds: taken on, gone through, failed, or failed after all (G-17)."""

from typing import Final

from events.charges import ChargeOperationFailed, ChargeRefundAccepted, ChargeRefunded
from streams.payments import dispute_facts as df
from streams.payments import facts as f
from streams.payments import refund_facts as rf
from streams.payments.amounts import remaining_minor
from streams.payments.evolution import evolve_all
from streams.payments.refund import RefundState, find, is_underway
from streams.payments.rules import PaymentRules
from streams.payments.states import Payment
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
    if event.charge_id != payment.charge_id or told_before:
        return ()
    return _made(payment, event.refund_id, event.amount_minor, at_ms, rules)


def made_after_all(payment: Payment, refund_id: str, at_ms: int, rules: PaymentRules) -> Facts:
    """Note a refund that failed here, or of which nobody told how it went, and that was made."""
    refund = find(payment.refunds, refund_id)
    if refund is None or not (refund.state is RefundState.FAILED or is_underway(refund)):
        return ()
    return _made(payment, refund_id, refund.amount_minor, at_ms, rules)


def _made(
    payment: Payment, refund_id: str, amount_minor: int, at_ms: int, rules: PaymentRules
) -> Facts:
    amount_minor = min(amount_minor, remaining_minor(payment))
    if amount_minor <= 0:
        return ()
    customer = payment.cancel_reason in ("", _CUSTOMER)
    days = rules.refund_days_customer if customer else rules.refund_days_system
    refunded = rf.Refunded(refund_id, amount_minor, at_ms, days)
    return refunded, *ask_next(evolve_all(payment, (refunded,)), at_ms, rules)


def refund_accepted(
    payment: Payment, event: ChargeRefundAccepted, at_ms: int, rules: PaymentRules
) -> Facts:
    """Wait for the provider's word on a refund that it has taken on; others go on meanwhile."""
    known = find(payment.refunds, event.refund_id)
    if known is None or known.state is not RefundState.PROCESSING or known.underway:
        return ()
    underway = rf.RefundUnderway(event.refund_id, at_ms + rules.refund_look_ms)
    return underway, *ask_next(evolve_all(payment, (underway,)), at_ms, rules)


def look_due(payment: Payment, due_ms: int, now_ms: int, rules: PaymentRules) -> Facts:
    """Ask how refunds went; of one that is under way for too long, a person asks from now on."""
    facts: list[f.Fact] = []
    for refund in payment.refunds:
        if not is_underway(refund) or refund.look_ms != due_ms:
            continue
        if now_ms < refund.asked_at_ms + rules.refund_pending_ms:
            facts.append(rf.RefundLooked(refund.refund_id, now_ms + rules.refund_look_ms))
        else:
            facts += [rf.RefundLooked(refund.refund_id, 0), df.Puzzled(refund.refund_id)]
    return tuple(facts)


def failed_afterwards(payment: Payment, event: ChargeOperationFailed) -> Facts:
    """Say what the failure of a refund means that the provider had taken on, or even made.

    The first has failed like any other; of the second the money is the shop's again. Either is
    told and left to a person, who may ask for the refund anew.
    """
    refund = find(payment.refunds, event.refund_id or "")
    if refund is None or event.retryable:
        return ()
    if is_underway(refund):
        return (rf.RefundDropped(refund.refund_id, refund.amount_minor),)
    if refund.state is RefundState.COMPLETED and not refund.bounced:
        return (rf.RefundBounced(refund.refund_id, refund.amount_minor),)
    return ()
