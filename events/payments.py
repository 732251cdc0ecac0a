"""Payments: from session to settlement, keyed by paymentId."""

from typing import Any, ClassVar, Literal

from events.base import Command, Event, Part, Query, Spellings, Upcast, names
from events.moments import Moment
from events.money import Minor
from events.payment_ids import payment_id_of
from events.scalars import Count, Country, Currency, FourDigits, Id, Many, Text
from events.types import Address, Geo, OrderItem, PaymentMethod
from events.vocabulary import (
    METHOD_SPELLINGS,
    AvsCheck,
    CheckoutType,
    CvvCheck,
    InstrumentType,
    MethodType,
    PaymentFailureReason,
    ProcessedStatus,
    SettlementType,
)


class GatewayResponse(Part):
    """What the card gateway said."""

    gateway_id: Id | None = None
    transaction_id: Id | None = None
    response_code: Text | None = None
    avs_check: AvsCheck | None = None
    cvv_check: CvvCheck | None = None


class ConfirmationDetails(Part):
    """The gateway's proof of payment."""

    gateway_response: Text
    transaction_id: Id


class Instrument(Part):
    """What settled a payment."""

    type: InstrumentType
    network: Text | None = None
    acquirer_reference_number: Text | None = None
    masked_pan: Text | None = None
    scheme: Text | None = None
    bank_reference: Text | None = None
    iban_last_four: FourDigits | None = None
    provider: Text | None = None
    provider_transaction_id: Id | None = None


def _payment_of_order(event: dict[str, Any]) -> str | None:
    order_id = event.get("orderId")
    return payment_id_of(str(order_id)) if order_id else None


class PaymentEvent(Event):
    """A fact about one payment."""

    topic = "payments.{env}.events"
    key_field = "payment_id"
    source = "payment-service"


class PaymentInitiated(PaymentEvent):
    """A payment session opened; fraud scoring and authorisation start.

    Opened by Orders, Billing or the gateway; Payment owns the schema (K18). The amount includes
    tax, which is informational. The risk inputs from `accountCreatedAt` on are an extension: fraud
    scoring has no other source for them (G-22), but for the address, which the contract's example
    has in the envelope's metadata.
    """

    model_config = names(customer_id=("customerId", "userId"))
    upcast = Upcast(
        paths={"ipAddress": ("metadata.ipAddress",)},
        derive={"paymentId": _payment_of_order},
        defaults={"currency": "USD"},
        timestamp_from="initiatedAt",
    )
    source = "orders-service"

    payment_id: Id
    order_id: Id | None = None
    customer_id: Id
    amount_minor: Minor
    currency: Currency
    payment_method: PaymentMethod
    checkout_type: CheckoutType = "standard"
    shipping_address: Address | None = None
    billing_address: Address | None = None
    items: Many[OrderItem] | None = None
    discount_code: Text | None = None
    tax_amount_minor: Minor | None = None
    shipping_cost_minor: Minor | None = None
    subscription_id: Id | None = None
    invoice_id: Id | None = None
    initiated_at: Moment | None = None
    # From here on extensions: the risk inputs of G-22.
    account_created_at: Moment | None = None
    previous_orders: Count | None = None
    device_id: Id | None = None
    ip_address: Text | None = None
    geo: Geo | None = None
    ip_country: Country | None = None
    ip_region: Text | None = None
    card_fingerprint: Text | None = None
    card_reported_stolen: bool | None = None


class ProcessPayment(Command):
    """Asks the gateway to authorise a payment, or to charge it at once.

    Orders authorise only (`captureImmediately` false), because capture waits for stock (ADR-004);
    renewals charge at once.
    """

    upcast = Upcast(
        paths={
            "subscriptionId": ("metadata.subscriptionId",),
            "invoiceId": ("metadata.invoiceId",),
            "customerId": ("metadata.customerId",),
            "orderId": ("metadata.orderId",),
        }
    )
    topic = "payments.{env}.commands"
    key_field = "payment_id"
    source = "payment-service"

    payment_id: Id
    amount_minor: Minor
    currency: Currency
    payment_method: PaymentMethod
    subscription_id: Id | None = None
    invoice_id: Id | None = None
    customer_id: Id | None = None
    order_id: Id | None = None
    # An order's is <paymentId>:<attempt>, a renewal's <subscriptionId>_<yyyy>_<mm>[_<attempt>].
    idempotency_key: Id
    capture_immediately: bool = True
    attempt_number: Count | None = None


class GetPaymentStatus(Query):
    """One payment's status, by order or payment (K21).

    Answered by `GET /v1/payments/{id}/status`.
    """

    source = "payment-service"

    order_id: Id


class PaymentProcessed(PaymentEvent):
    """Funds were captured. Only status confirmed is success; failures travel as PaymentFailed."""

    model_config = names(
        payment_id=("paymentId", "id", "transactionId"), user_id=("userId", "customerId")
    )
    spellings: ClassVar[Spellings] = {
        "status": {
            "processed": "confirmed",
            "completed": "confirmed",
            "SUCCESS": "confirmed",
            "SUCCESSFUL": "confirmed",
        },
        "paymentMethod": METHOD_SPELLINGS,
    }
    upcast = Upcast(defaults={"currency": "USD"}, timestamp_from="processedAt")

    payment_id: Id
    transaction_id: Id | None = None
    user_id: Id | None = None
    order_id: Id | None = None
    subscription_id: Id | None = None
    invoice_id: Id | None = None
    amount_minor: Minor
    currency: Currency
    payment_method: MethodType
    status: ProcessedStatus
    confirmation_details: ConfirmationDetails | None = None
    tax_amount_minor: Minor | None = None  # extension: taken on top for goods of a subscription
    processed_at: Moment | None = None


class PaymentComplete(PaymentEvent):
    """The order's money is in and its hold committed: the 24 hours to fulfil it begin.

    The fee is 2.9 % of the amount plus 0.30, cut to cents; `netAmount` is the amount less the fee.
    """

    model_config = names(customer_id=("customerId", "userId"))
    spellings: ClassVar[Spellings] = {"status": {"Completed": "completed"}}
    upcast = Upcast(
        derive={"paymentId": _payment_of_order},
        defaults={"currency": "USD"},
        timestamp_from="completedAt",
    )

    payment_id: Id
    order_id: Id
    customer_id: Id
    amount_minor: Minor
    currency: Currency
    payment_method: PaymentMethod
    status: Literal["completed"]
    transaction_id: Id | None = None
    processing_fee_minor: Minor | None = None
    net_amount_minor: Minor | None = None
    billing_address: Address | None = None
    items: Many[OrderItem] | None = None
    completed_at: Moment | None = None


class PaymentFailed(PaymentEvent):
    """An attempt to pay failed.

    Never retryable: expired_card, invalid_payment_method, fraud_suspected, rate_limited (G-16).
    """

    model_config = names(retryable=("retryable", "canRetry"))
    upcast = Upcast(
        paths={
            "orderId": ("metadata.orderId",),
            "customerId": ("metadata.customerId",),
            "subscriptionId": ("metadata.subscriptionId",),
            "invoiceId": ("metadata.invoiceId",),
        },
        defaults={"retryable": False},
    )
    source = "payment-gateway-service"

    payment_id: Id
    order_id: Id | None = None
    customer_id: Id | None = None
    amount_minor: Minor
    currency: Currency
    payment_method: PaymentMethod | None = None
    failure_reason: PaymentFailureReason
    failure_code: Text | None = None
    failure_message: Text | None = None
    gateway_response: GatewayResponse | None = None
    retryable: bool
    attempt_number: Count | None = None
    max_attempts: Count | None = None
    next_retry_at: Moment | None = None
    subscription_id: Id | None = None
    invoice_id: Id | None = None


class PaymentSettled(PaymentEvent):
    """The provider paid out (G-20). `batchId` is there when the settlement is a NET_BATCH."""

    upcast = Upcast(timestamp_from="settledAt")

    settlement_id: Id
    payment_id: Id
    merchant_account_id: Id | None = None
    gross_amount_minor: Minor
    fee_amount_minor: Minor
    net_amount_minor: Minor
    currency: Currency
    settlement_type: SettlementType
    batch_id: Id | None = None
    instrument: Instrument
    settled_at: Moment
