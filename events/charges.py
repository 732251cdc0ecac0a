"""The provider boundary, keyed by paymentId: what Stripe or PayPal is asked, and its answers.

Amounts here are in minor units on the wire too, as providers write them.
"""

from typing import Literal

from events.base import Command, Event, Upcast, names
from events.moments import Moment
from events.money import MinorUnits
from events.scalars import Count, Currency, Id, Text
from events.vocabulary import ChargeOperation


class ChargeCommand(Command):
    """A request to a payment provider; harmless when repeated with the same idempotency key."""

    topic = "payments.{env}.commands"
    key_field = "payment_id"
    source = "payment-service"


class ChargeEvent(Event):
    """A provider's answer."""

    topic = "payments.{env}.events"
    key_field = "payment_id"
    source = "payment-gateway-service"


class ChargeCard(ChargeCommand):
    """What is sent to Stripe: never leaves the gateway (ADR-005)."""

    model_config = names(amount_minor=("amountMinor", "amount"), card_source=("source",))
    upcast = Upcast(
        paths={"paymentId": ("metadata.paymentId",), "customerId": ("metadata.customerId",)}
    )
    source = "payment-gateway-service"

    amount_minor: MinorUnits
    currency: Currency  # upper-cased; Stripe sends lower-case
    card_source: Text  # token
    description: Text | None = None
    payment_id: Id
    customer_id: Id | None = None


class CapturePayment(ChargeCommand):
    """Asks the provider to capture an authorised charge: every line is held and fraud approved.

    An extension.
    """

    model_config = names(amount_minor=("amountMinor",))

    payment_id: Id
    order_id: Id | None = None
    charge_id: Id
    amount_minor: MinorUnits
    currency: Currency
    provider: Text
    idempotency_key: Id


class VoidPayment(ChargeCommand):
    """Asks the provider to let an authorisation go. An extension."""

    payment_id: Id
    order_id: Id | None = None
    charge_id: Id
    provider: Text
    reason: Text
    idempotency_key: Id


class RefundCharge(ChargeCommand):
    """Asks the provider to give back a captured charge, in part or whole. An extension."""

    model_config = names(amount_minor=("amountMinor",))

    payment_id: Id
    order_id: Id | None = None
    charge_id: Id
    refund_id: Id
    amount_minor: MinorUnits
    currency: Currency
    provider: Text
    idempotency_key: Id


class SubmitEvidence(ChargeCommand):
    """Asks the provider to put evidence before the cardholder's bank: once a dispute (G-18).

    An extension.
    """

    payment_id: Id
    order_id: Id | None = None
    charge_id: Id
    chargeback_id: Id
    provider: Text
    carrier: Text | None = None
    tracking_number: Text | None = None
    delivered_at: Moment | None = None
    proof_url: Text | None = None
    signed_by: Text | None = None
    idempotency_key: Id


class EvidenceSubmitted(ChargeEvent):
    """The provider has the evidence of a dispute. An extension."""

    payment_id: Id
    order_id: Id | None = None
    chargeback_id: Id
    provider: Text


class StripeChargeSucceeded(ChargeEvent):
    """Stripe authorised or charged the card. Published once a webhook id."""

    model_config = names(amount_minor=("amountMinor",))
    upcast = Upcast(
        paths={
            "chargeId": ("object.id",),
            "paymentId": ("object.metadata.paymentId",),
            "amountMinor": ("object.amount",),
            "currency": ("object.currency",),
            "status": ("object.status",),
        }
    )
    source = "stripe"

    charge_id: Id
    payment_id: Id
    amount_minor: MinorUnits
    currency: Currency
    status: Literal["succeeded"]
    order_id: Id | None = None  # extension
    provider: Text | None = None  # extension: stripe or paypal
    attempt_number: Count | None = None  # extension
    captured: bool | None = None  # extension: true when the money was taken at once


class StripeChargeFailed(ChargeEvent):
    """Stripe refused the card, or broke."""

    model_config = names(amount_minor=("amountMinor",))
    upcast = Upcast(
        paths={
            "chargeId": ("object.id",),
            "paymentId": ("object.metadata.paymentId",),
            "amountMinor": ("object.amount",),
            "currency": ("object.currency",),
            "status": ("object.status",),
            "failureCode": ("object.failure_code",),
            "failureMessage": ("object.failure_message",),
        }
    )
    source = "stripe"

    charge_id: Id
    payment_id: Id
    amount_minor: MinorUnits
    currency: Currency
    status: Literal["failed"]
    failure_code: Text | None = None
    failure_message: Text | None = None
    order_id: Id | None = None  # extension
    provider: Text | None = None  # extension: stripe or paypal
    attempt_number: Count | None = None  # extension


class ChargeCaptured(ChargeEvent):
    """The provider captured a charge. An extension."""

    model_config = names(amount_minor=("amountMinor",))
    upcast = Upcast(timestamp_from="capturedAt")

    payment_id: Id
    order_id: Id | None = None
    charge_id: Id
    amount_minor: MinorUnits
    currency: Currency
    provider: Text
    captured_at: Moment


class ChargeVoided(ChargeEvent):
    """The provider let an authorisation go. An extension."""

    payment_id: Id
    order_id: Id | None = None
    charge_id: Id
    provider: Text


class ChargeRefunded(ChargeEvent):
    """The provider gave a charge back. An extension."""

    model_config = names(amount_minor=("amountMinor",))

    payment_id: Id
    order_id: Id | None = None
    charge_id: Id
    refund_id: Id
    amount_minor: MinorUnits
    currency: Currency
    provider: Text


class ChargeRefundAccepted(ChargeEvent):
    """The provider has taken a refund on; how it ends it tells later. An extension."""

    payment_id: Id
    order_id: Id | None = None
    charge_id: Id
    refund_id: Id
    provider: Text


class ChargeOperationFailed(ChargeEvent):
    """The provider refused or failed a capture, void, refund or evidence, or an authorisation.

    An extension.
    """

    payment_id: Id
    order_id: Id | None = None
    operation: ChargeOperation
    failure_code: Text
    failure_message: Text | None = None
    retryable: bool
    provider: Text
    refund_id: Id | None = None
