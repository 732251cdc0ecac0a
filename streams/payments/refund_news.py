"""What payments tell the shop about money that goes back, in wire models."""

from typing import Any

from events.refunds import RefundFailed, RefundIssued, RefundPayment
from events.vocabulary import RefundRefusal
from streams.moments import moment_of
from streams.payments import facts as f
from streams.payments import refund_facts as rf
from streams.payments.commands import Announcement, Said
from streams.payments.refund import Refund, find, refund_id_of
from streams.payments.rules import PaymentRules
from streams.payments.states import Owed, Payment


def refunded(payment_id: str, payment: Payment, fact: rf.Refunded, _: PaymentRules) -> Said:
    """RefundIssued."""
    session = payment.session
    refund = find(payment.refunds, fact.refund_id)
    assert refund is not None, "a refund that was issued is kept"
    partly = payment.refunded_minor < payment.captured_minor
    issued = RefundIssued(
        refund_id=fact.refund_id,
        payment_id=payment_id,
        order_id=session.order_id,
        customer_id=session.customer_id,
        amount_minor=fact.amount_minor,
        currency=session.currency,
        total_refunded_minor=payment.refunded_minor,
        payment_status="partially_refunded" if partly else "refunded",
        return_id=refund.return_id or None,
        reason=refund.reason or payment.cancel_reason or None,
        estimated_processing_days=fact.days,
        issued_at=moment_of(fact.at_ms),
    )
    return (Announcement(issued, _measured(payment, refund, fact.at_ms)),)


def _measured(payment: Payment, refund: Refund, at_ms: int) -> dict[str, Any] | None:
    """How long it took from its request on: a person's time and a bank's are not the shop's.

    One that was made by hand at the provider has no reason, for nobody asked for it here. Money
    that was taken after its payment had ended was never told as PaymentProcessed.
    """
    measured: dict[str, Any] = {} if payment.captured_at_ms else {"unprocessed": True}
    if refund.approved_by or refund.underway or not refund.reason:
        return measured or None
    return {**measured, "latencyMs": max(0, at_ms - refund.asked_at_ms)}


def given_up(payment_id: str, payment: Payment, fact: f.GivenUp, _: PaymentRules) -> Said:
    """RefundFailed, when it is a refund that the provider failed for good."""
    if fact.owed is not Owed.REFUND:
        return ()
    return _failed(payment_id, payment, payment.refund_id, payment.refund_minor)


def failed(
    payment_id: str, payment: Payment, fact: rf.RefundDropped | rf.RefundBounced, _: PaymentRules
) -> Said:
    """RefundFailed, of money that the provider sent on its way and that did not arrive."""
    return _failed(payment_id, payment, fact.refund_id, fact.amount_minor)


def _failed(payment_id: str, payment: Payment, refund_id: str, amount_minor: int) -> Said:
    told = RefundFailed(
        refund_id=refund_id,
        payment_id=payment_id,
        order_id=payment.session.order_id,
        customer_id=payment.session.customer_id,
        amount_minor=amount_minor,
        currency=payment.session.currency,
        failure_reason="provider_error",
        rejected=False,
    )
    return (Announcement(told),)


def refused(payment_id: str, payment: Payment, fact: rf.RefundRefused, _: PaymentRules) -> Said:
    """RefundFailed, by policy."""
    failed = RefundFailed(
        refund_id=fact.refund_id,
        payment_id=payment_id,
        order_id=payment.session.order_id,
        customer_id=payment.session.customer_id,
        amount_minor=fact.amount_minor,
        currency=fact.currency,
        failure_reason=fact.reason,
        rejected=True,
    )
    return (Announcement(failed),)


def refused_unknown(command: RefundPayment, currency_default: str) -> RefundFailed:
    """Say that nothing can go back of a payment that nobody opened."""
    reason: RefundRefusal = "not_captured"
    return RefundFailed(
        refund_id=refund_id_of(command.payment_id, command.idempotency_key),
        payment_id=command.payment_id,
        order_id=command.order_id,
        amount_minor=command.amount_minor or 0,
        currency=command.currency or currency_default,
        failure_reason=reason,
        rejected=True,
    )
