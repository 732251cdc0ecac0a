"""What the gateway asks of providers and tells of their answers, as messages."""

from datetime import UTC, datetime

from events.base import Message
from events.charges import (
    CapturePayment,
    ChargeCaptured,
    ChargeOperationFailed,
    ChargeRefunded,
    ChargeVoided,
    RefundCharge,
    StripeChargeFailed,
    StripeChargeSucceeded,
    VoidPayment,
)
from events.payments import ProcessPayment
from events.vocabulary import ChargeOperation
from providers.calls import Line
from providers.payments import Charged, ChargeRequest, Done, Refused

ChargeCommand = ProcessPayment | CapturePayment | VoidPayment | RefundCharge


def charge_request(command: ProcessPayment) -> ChargeRequest:
    """The charge that a command asks for."""
    return ChargeRequest(
        key=command.idempotency_key,
        payment_id=command.payment_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        method=command.payment_method.type,
        token=command.payment_method.token,
        capture=command.capture_immediately,
    )


def charged(command: ProcessPayment, line: Line, answer: Charged | Refused) -> Message:
    """A charge that went through, or was certainly refused."""
    if isinstance(answer, Charged):
        return StripeChargeSucceeded(
            charge_id=answer.charge_id,
            payment_id=command.payment_id,
            amount_minor=answer.amount_minor,
            currency=command.currency,
            status="succeeded",
            order_id=command.order_id,
            provider=line.name,
            attempt_number=command.attempt_number,
        )
    return StripeChargeFailed(
        # Where the provider made no charge, the key that asked for it stands in its place.
        charge_id=answer.charge_id or command.idempotency_key,
        payment_id=command.payment_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        status="failed",
        failure_code=answer.code,
        failure_message=answer.message or None,
        order_id=command.order_id,
        provider=line.name,
        attempt_number=command.attempt_number,
    )


def captured(command: CapturePayment, done: Done, at_ms: int) -> ChargeCaptured:
    """Money that was taken; dated by the command, so that a repeat says the same."""
    return ChargeCaptured(
        payment_id=command.payment_id,
        order_id=command.order_id,
        charge_id=command.charge_id,
        amount_minor=done.amount_minor,
        currency=command.currency,
        provider=command.provider,
        captured_at=datetime.fromtimestamp(at_ms / 1000, UTC),
    )


def voided(command: VoidPayment) -> ChargeVoided:
    """Money that was let go."""
    return ChargeVoided(
        payment_id=command.payment_id,
        order_id=command.order_id,
        charge_id=command.charge_id,
        provider=command.provider,
    )


def refunded(command: RefundCharge, done: Done) -> ChargeRefunded:
    """Money that was given back."""
    return ChargeRefunded(
        payment_id=command.payment_id,
        order_id=command.order_id,
        charge_id=command.charge_id,
        refund_id=command.refund_id,
        amount_minor=done.amount_minor,
        currency=command.currency,
        provider=command.provider,
    )


def failed(
    command: ChargeCommand,
    operation: ChargeOperation,
    provider: str,
    why: Refused,
    *,
    certain: bool,
) -> ChargeOperationFailed:
    """An operation that failed: certain when the provider refused it, else it may be repeated."""
    return ChargeOperationFailed(
        payment_id=command.payment_id,
        order_id=command.order_id,
        operation=operation,
        failure_code=why.code,
        failure_message=why.message or None,
        retryable=not certain,
        provider=provider,
        refund_id=command.refund_id if isinstance(command, RefundCharge) else None,
    )
