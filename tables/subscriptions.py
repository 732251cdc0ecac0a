"""Tables of Subscriptions and Billing."""

from typing import Final

from engine.specs import TableSpec
from streams.billing.rows import Invoice
from streams.subscriptions.levels import Levels
from streams.subscriptions.rows import Subscriber
from streams.subscriptions.standing import Standing

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

STANDINGS: Final = TableSpec(
    name="subscription_statuses",
    row=Standing,
    key="userId",
    help="The answer to GetSubscriptionStatus: how the user's foremost subscription stands.",
)

SUBSCRIPTION_LEVELS: Final = TableSpec(
    name="subscription_levels",
    row=Levels,
    key="all",
    help="A partition's subscriptions by state, and how its newest billing day went.",
    hidden=True,
)
