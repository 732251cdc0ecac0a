"""Payment's tables."""

from collections.abc import Mapping
from typing import Any, Final

from engine.specs import TableSpec
from streams.payments.books import Noted, Stuck
from streams.payments.early_news import Early
from streams.payments.sales import Sale
from streams.payments.settlement_report import Reported
from streams.payments.states import Payment, Status, seen_status

PAYMENTS: Final = TableSpec(
    name="payments",
    row=Payment,
    key="paymentId",
    help="One payment's life: what was asked for, where it stands, and where its money is.",
    mask=("session.method.token", "session.method.paypal_email", "session.method.paypal_payer_id"),
)

SALES: Final = TableSpec(
    name="sales",
    row=Sale,
    key="paymentId",
    help="What was sold under a payment: prices, parcels with their proof of delivery, returns.",
    mask=("parcels.signed_by", "parcels.proof_url"),
)

STUCK: Final = TableSpec(
    name="stuck_payments",
    row=Stuck,
    key="paymentId",
    help="Payments that a person must look at: given up by a provider, or booked otherwise there.",
)

SETTLEMENT_REPORT: Final = TableSpec(
    name="settlement_report",
    row=Reported,
    key="chargeId",
    help="What simulated providers say they took and gave back, charge by charge.",
)

BOOK_NOTES: Final = TableSpec(
    name="book_notes",
    row=Noted,
    key="day, paymentId; once asked about: asked, provider, day, paymentId",
    help="Payments whose money moved on a day, until they were compared with the provider.",
    hidden=True,
)

EARLY_PAYMENTS: Final = TableSpec(
    name="early_payments",
    row=Early,
    key="paymentId",
    help="News of a payment whose session is not open yet; ten minutes, a cancellation a day.",
    hidden=True,
)


CUSTOMER_PAYMENTS: Final = TableSpec(
    name="customer_payments",
    row=int,
    key="customerId, paymentId",
    help="Payments that are not named after an order, by customer; the row is since when.",
    hidden=True,
)


def status_in(row: Mapping[str, Any]) -> str:
    """The status that customers see, of a row as a table view gives it (K21)."""
    return seen_status(row.get("status", Status.INITIATED), final=row.get("final", False))
