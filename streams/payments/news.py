"""What payments tell the shop, in wire models."""

from datetime import datetime
from typing import Any

from events.payments import (
    ConfirmationDetails,
    GatewayResponse,
    PaymentComplete,
    PaymentFailed,
    PaymentProcessed,
)
from streams.moments import moment_of
from streams.payments import charge_facts as cf
from streams.payments import facts as f
from streams.payments.commands import Announcement, Said, wire_method
from streams.payments.rules import PaymentRules
from streams.payments.states import Failure, Payment
from streams.payments.steps import attempts_max


def _measured(payment: Payment, provider: str, at_ms: int) -> dict[str, Any]:
    """Give who charged and how long it took.

    The latency is the time from PaymentInitiated less the waits that are not the machine's: in
    review (HELD), for a retry (FAILED), and for stock once the money is authorised (G-52).
    """
    latency_ms = max(0, at_ms - payment.session.initiated_at_ms - payment.waited_ms)
    measured: dict[str, Any] = {"latencyMs": latency_ms}
    return {"provider": provider, **measured} if provider else measured


def captured(payment_id: str, payment: Payment, fact: cf.Captured, _: PaymentRules) -> Said:
    """PaymentProcessed."""
    session = payment.session
    processed = PaymentProcessed(
        payment_id=payment_id,
        transaction_id=fact.charge_id,
        user_id=session.customer_id,
        order_id=session.order_id,
        subscription_id=session.subscription_id,
        invoice_id=session.invoice_id,
        amount_minor=fact.amount_minor,
        currency=session.currency,
        payment_method=session.method.type,
        status="confirmed",
        confirmation_details=ConfirmationDetails(
            gateway_response="Approved", transaction_id=fact.charge_id
        ),
        processed_at=moment_of(fact.at_ms),
    )
    return (Announcement(processed, _measured(payment, fact.provider, fact.at_ms)),)


def allotted(payment_id: str, payment: Payment, fact: f.Allotted, rules: PaymentRules) -> Said:
    """PaymentProcessed once more, now for the order that has claimed the money.

    The metadata say so and give no latency: no charge was made. The order knows no tax: it is told
    what was taken on top of its price, which goes back with it.
    """
    taken = cf.Captured(
        payment.charge_id, payment.provider, payment.claimed_minor, fact.at_ms, settles_ms=0
    )
    [announced] = captured(payment_id, payment, taken, rules)
    tax_minor = payment.captured_minor - payment.claimed_minor
    told = announced.message.model_copy(update={"tax_amount_minor": tax_minor or None})
    return (Announcement(told, {"claimed": True}),)


def completed(payment_id: str, payment: Payment, fact: f.Completed, _: PaymentRules) -> Said:
    """PaymentComplete."""
    session = payment.session
    assert session.order_id is not None, "only an order's payment completes"
    complete = PaymentComplete(
        payment_id=payment_id,
        order_id=session.order_id,
        customer_id=session.customer_id,
        amount_minor=payment.captured_minor,
        currency=session.currency,
        payment_method=wire_method(session.method, with_token=False),
        status="completed",
        transaction_id=payment.charge_id,
        processing_fee_minor=fact.fee_minor,
        net_amount_minor=payment.captured_minor - fact.fee_minor,
        completed_at=moment_of(fact.at_ms),
    )
    return (Announcement(complete),)


def attempt_failed(
    payment_id: str, payment: Payment, fact: cf.AttemptFailed, rules: PaymentRules
) -> Said:
    """PaymentFailed, with the time of the next attempt if there is one."""
    next_retry_at = None if fact.final else moment_of(fact.due_ms)
    failed = _failed(payment_id, payment, fact.failure, rules, next_retry_at)
    measured = _measured(payment, fact.failure.provider, fact.at_ms)
    return (Announcement(failed, measured),)


def cancelled(payment_id: str, payment: Payment, fact: f.Cancelled, rules: PaymentRules) -> Said:
    """PaymentFailed, when the end is news to the order."""
    if fact.failure is None:
        return ()
    return (Announcement(_failed(payment_id, payment, fact.failure, rules, None)),)


def _failed(
    payment_id: str,
    payment: Payment,
    failure: Failure,
    rules: PaymentRules,
    next_retry_at: datetime | None,
) -> PaymentFailed:
    session = payment.session
    return PaymentFailed(
        payment_id=payment_id,
        order_id=session.order_id,
        customer_id=session.customer_id,
        amount_minor=session.amount_minor,
        currency=session.currency,
        payment_method=wire_method(session.method, with_token=False),
        failure_reason=failure.reason,
        failure_code=failure.code,
        failure_message=failure.message,
        gateway_response=_gateway_response(failure),
        retryable=failure.retryable,
        attempt_number=payment.attempt or None,
        max_attempts=attempts_max(payment, rules),
        next_retry_at=next_retry_at,
        subscription_id=session.subscription_id,
        invoice_id=session.invoice_id,
    )


def _gateway_response(failure: Failure) -> GatewayResponse | None:
    """What the gateway answered, if it was asked at all."""
    if not failure.charge_id:
        return None
    return GatewayResponse(
        gateway_id=f"gw_{failure.provider}",
        transaction_id=failure.charge_id,
        response_code=failure.code,
    )
