"""Notifications' tables."""

from collections.abc import Mapping
from typing import Any, Final

from engine.specs import TableSpec
from streams.notifications.depth import Depth
from streams.notifications.letters import Letter
from streams.notifications.rows import (
    Bookings,
    Buyer,
    Contact,
    Digest,
    Notification,
    Preferences,
)

NOTIFICATIONS: Final = TableSpec(
    name="notifications",
    row=Notification,
    key="userId, time of queuing from the newest back, notificationId",
    help="What a customer was told, newest first, and what became of it; kept 90 days.",
    mask=("to", "template_data"),
)

PREFERENCES: Final = TableSpec(
    name="preferences",
    row=Preferences,
    key="userId",
    help="Channels that a customer stopped or that do not work, time zone and language.",
)

CONTACTS: Final = TableSpec(
    name="contacts",
    row=Contact,
    key="userId",
    help="Where a customer is reached.",
    mask=("email", "phone", "device_tokens"),
)

NOTIFICATION_IDS: Final = TableSpec(
    name="notification_ids",
    row=str,
    key="notificationId, or idempotency key",
    help="Keys of `notifications` by id; what stands here is not sent again.",
    hidden=True,
)

BOOKINGS: Final = TableSpec(
    name="notification_bookings",
    row=Bookings,
    key="userId",
    help="How many messages a recipient gets in which hour.",
    hidden=True,
)

DIGESTS: Final = TableSpec(
    name="notification_digests",
    row=Digest,
    key="userId",
    help="Messages that wait for a recipient's next digest.",
    hidden=True,
)

BUYERS: Final = TableSpec(
    name="order_buyers",
    row=Buyer,
    key="orderId",
    help="Who placed an order: many events name the order alone.",
    hidden=True,
    mask=("email", "phone"),
)

WATCHERS: Final = TableSpec(
    name="product_watchers",
    row=int,
    key="productId, customerId",
    help="Customers who wait for a product to be back in stock; the row is since when.",
    hidden=True,
)

WATCHED: Final = TableSpec(
    name="watched_products",
    row=bool,
    key="customerId, productId",
    help="The same by customer, so that an erasure finds them.",
    hidden=True,
)

LETTERS: Final = TableSpec(
    name="letters",
    row=Letter,
    key="place in a ring",
    help="The newest messages that providers accepted, the embedded outbox among them.",
    hidden=True,
)

LETTERS_COUNT: Final = TableSpec(
    name="letters_count",
    row=int,
    key="all",
    help="How many messages providers accepted in a partition.",
    hidden=True,
)

DEPTHS: Final = TableSpec(
    name="notification_depths",
    row=Depth,
    key="all",
    help="How many letters of a partition wait for a provider.",
    hidden=True,
)

ALL: Final = "all"
"""The only key of a table of one row."""


READABLE: Final = frozenset({"sent", "delivered", "engaged"})
"""States of a notification that reached somebody."""


def is_unread(row: Mapping[str, Any]) -> bool:
    """Whether a row, as the views show it, is of what its recipient has yet to read."""
    return row["status"] in READABLE and not row.get("read_at_ms")
