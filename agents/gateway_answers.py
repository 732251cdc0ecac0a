"""What the gateway asks of providers and tells of their answers, as messages."""

from collections.abc import Mapping
from typing import Final

from events.base import Message
from events.books import ChargesReconciled, ReconcileCharges
from events.charges import (
    CapturePayment,
    ChargeCaptured,
    ChargeOperationFailed,
    ChargeRefundAccepted,
    ChargeRefunded,
    ChargeVoided,
    EvidenceSubmitted,
    RefundCharge,
    StripeChargeFailed,
    StripeChargeSucceeded,
    SubmitEvidence,
    VoidPayment,
)
from events.ids import derived_id
from events.payments import ProcessPayment
from events.refunds import CloseChargeback
from events.vocabulary import ChargeOperation
from providers.calls import Line
from providers.payments import Charged, ChargeRequest, Done, EvidenceRequest, Refused, Taken
from streams.moments import moment_of
from streams.payments.books import compared

_FREE: Final = "free_"
"""What charges of nothing are named with, which no provider has."""

ChargeCommand = ProcessPayment | CapturePayment | VoidPayment | RefundCharge | SubmitEvidence


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


def charged_nothing(command: ProcessPayment) -> Charged:
    """The charge of what costs nothing: providers take none, so none is asked."""
    return Charged(_FREE + derived_id(command.idempotency_key), 0)


def is_nothing(command: CapturePayment) -> bool:
    """Whether what is to be captured was charged so."""
    return command.charge_id.startswith(_FREE)


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
            captured=command.capture_immediately or None,
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
        captured_at=moment_of(at_ms),
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


def refund_accepted(command: RefundCharge) -> ChargeRefundAccepted:
    """A refund that is on its way."""
    return ChargeRefundAccepted(
        payment_id=command.payment_id,
        order_id=command.order_id,
        charge_id=command.charge_id,
        refund_id=command.refund_id,
        provider=command.provider,
    )


def evidence_request(command: SubmitEvidence) -> EvidenceRequest:
    """The evidence that a command offers."""
    return EvidenceRequest(
        key=command.idempotency_key,
        charge_id=command.charge_id,
        order_id=command.order_id,
        chargeback_id=command.chargeback_id,
        carrier=command.carrier,
        tracking_number=command.tracking_number,
        delivered_at=command.delivered_at,
        proof_url=command.proof_url,
        signed_by=command.signed_by,
    )


def evidence_taken(command: SubmitEvidence, taken: Taken) -> tuple[Message, ...]:
    """Evidence that the bank has, and its decision where it made one."""
    submitted = EvidenceSubmitted(
        payment_id=command.payment_id,
        order_id=command.order_id,
        chargeback_id=command.chargeback_id,
        provider=command.provider,
    )
    if not taken.outcome:
        return (submitted,)
    verdict = CloseChargeback(
        payment_id=command.payment_id,
        chargeback_reference=command.chargeback_id,
        outcome=taken.outcome,
    )
    return submitted, verdict


def reconciled(
    command: ReconcileCharges, books: Mapping[str, tuple[int, int]]
) -> ChargesReconciled:
    """What a provider's books (captured, refunded, by charge) have otherwise."""
    differing = tuple(compared(command.charges, books))
    return ChargesReconciled(
        payment_id=command.payment_id,
        provider=command.provider,
        day=command.day,
        compared=tuple([charge.payment_id for charge in command.charges]),
        mismatches=differing,
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
