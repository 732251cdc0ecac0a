"""Billing: what falls due and what was invoiced, on the subscriptions topic."""

from datetime import date
from typing import ClassVar

from events.base import Event, Part, Spellings, Upcast, names
from events.moments import Moment
from events.money import Minor
from events.scalars import Count, Currency, FourDigits, Id, Many, Number, Text
from events.types import Period, Plan
from events.vocabulary import InvoiceStatus, InvoiceType


class LineItem(Part):
    """One line of an invoice."""

    description: Text
    quantity: Number
    unit_price_minor: Minor
    total_minor: Minor


class BillingEvent(Event):
    """A fact from Billing."""

    topic = "subscriptions.{env}.events"
    key_field = "user_id"
    source = "billing-service"


class SubscriptionPaymentDue(BillingEvent):
    """A payment falls due: a reminder three days ahead, then on the day (`daysUntilDue` 0)."""

    model_config = names(user_id=("userId", "customerId"), plan=("plan", "planId"))

    subscription_id: Id
    user_id: Id
    plan: Plan
    invoice_id: Id | None = None
    amount_minor: Minor  # tax included
    currency: Currency
    due_date: date
    billing_period: Period | None = None
    payment_method_id: Id | None = None
    payment_method_last4: FourDigits | None = None
    reminders_sent: Count | None = None
    days_until_due: Count | None = None  # 0 = collect now
    retry_attempt: Count = 0


class InvoiceGenerated(BillingEvent):
    """An invoice was issued, seven days before the period, due 14 days later (K20).

    Tax is 8 %, half up (G-12).
    """

    model_config = names(customer_id=("customerId", "userId"))
    spellings: ClassVar[Spellings] = {"status": {"generated": "issued"}}
    upcast = Upcast(timestamp_from="invoiceDate")
    key_field = "customer_id"

    invoice_id: Id
    invoice_number: Text  # INV-<yyyy>-<5 digits>
    customer_id: Id
    subscription_id: Id | None = None
    type: InvoiceType
    line_items: Many[LineItem]
    subtotal_minor: Minor
    tax_minor: Minor
    total_minor: Minor
    currency: Currency
    billing_period: Period | None = None
    invoice_date: Moment | None = None
    due_date: date
    status: InvoiceStatus
    plan_id: Id | None = None
