"""Money that goes back: refunds and chargebacks, keyed by paymentId."""

from typing import Annotated

from pydantic import StringConstraints

from events.base import Command, Event, names
from events.moments import Moment
from events.money import Minor, MinorUnits, SomeMinorUnits
from events.scalars import Count, Currency, Id, Text
from events.vocabulary import ChargebackOutcome, RefundedStatus, RefundRefusal

Reason = Annotated[str, StringConstraints(max_length=500)]


class RefundCommand(Command):
    """A request to Payment about money that is already in."""

    topic = "payments.{env}.commands"
    key_field = "payment_id"
    source = "api-gateway"


class RefundEvent(Event):
    """A fact about money that goes back."""

    topic = "payments.{env}.events"
    key_field = "payment_id"
    source = "payment-service"


class RefundPayment(RefundCommand):
    """Asks to give back a captured payment, in part or whole (G-17)."""

    payment_id: Id
    order_id: Id | None = None
    amount_minor: Minor | None = None  # absent = full remaining amount
    currency: Currency | None = None
    reason: Reason
    requested_by: Text
    approved_by: Text | None = None  # mandatory above 500 GBP equivalent
    return_id: Id | None = None
    idempotency_key: Id


class RefundIssued(RefundEvent):
    """Money went back to the customer."""

    refund_id: Id
    payment_id: Id
    order_id: Id | None = None
    customer_id: Id | None = None
    amount_minor: Minor
    currency: Currency
    total_refunded_minor: Minor
    payment_status: RefundedStatus
    return_id: Id | None = None
    reason: Text | None = None
    estimated_processing_days: Count | None = None
    issued_at: Moment | None = None


class RefundFailed(RefundEvent):
    """A refund was refused by policy, or the provider failed three times (G-17)."""

    refund_id: Id
    payment_id: Id
    order_id: Id | None = None
    customer_id: Id | None = None  # extension: a subscription's payment has no order to tell whose
    amount_minor: Minor
    currency: Currency
    failure_reason: RefundRefusal
    rejected: bool  # true = policy refusal, false = provider failure


class RecordChargeback(RefundCommand):
    """Tells that the cardholder's bank claims a payment back (G-18)."""

    model_config = names(amount_minor=("amountMinor",))

    payment_id: Id
    chargeback_reference: Id
    amount_minor: SomeMinorUnits
    reason: Text


class CloseChargeback(RefundCommand):
    """Tells how a dispute ended, by the provider's word (G-18). An extension."""

    model_config = names(amount_minor=("amountMinor",))

    payment_id: Id
    chargeback_reference: Id
    outcome: ChargebackOutcome
    amount_minor: MinorUnits | None = None  # of one that nobody recorded before; absent = all


class ChargebackOpened(RefundEvent):
    """A dispute began; evidence is due in seven days (G-18)."""

    chargeback_id: Id
    payment_id: Id
    order_id: Id | None = None
    customer_id: Id | None = None  # extension
    amount_minor: Minor
    currency: Currency
    reason: Text
    fee_minor: Minor | None = None
    evidence_due_by: Moment


class ChargebackClosed(RefundEvent):
    """A dispute ended (G-18)."""

    chargeback_id: Id
    payment_id: Id
    order_id: Id | None = None
    customer_id: Id | None = None  # extension: a lost one counts in the customer's risk profile
    outcome: ChargebackOutcome
    amount_minor: Minor
    currency: Currency
