"""Tables of Subscriptions and Billing."""

from typing import Final

from engine.specs import TableSpec
from streams.billing.rows import Invoice
from streams.subscriptions.rows import Subscriber

SUBSCRIPTIONS: Final = TableSpec(
    name="subscriptions",
    row=Subscriber,
    key="userId",
    help="A user's subscriptions: what they pay for, where each stands, and its newest invoice.",
    mask=(
        "subscriptions.method.method_id",
        "subscriptions.address",
        "subscriptions.invoice.method_id",
    ),
)

INVOICES: Final = TableSpec(
    name="invoices",
    row=Invoice,
    key="userId, invoiceId",
    help="Every invoice with its billing cycle, in its user's partition.",
    mask=("method_id",),
)

INVOICE_NUMBERS: Final = TableSpec(
    name="invoice_numbers",
    row=int,
    key="year",
    help="How many invoice numbers of a year a partition has given.",
    hidden=True,
)

_PART: Final = "\x1f"


def invoice_key(user_id: str, invoice_id: str) -> str:
    """Key in `invoices`."""
    return f"{user_id}{_PART}{invoice_id}"
