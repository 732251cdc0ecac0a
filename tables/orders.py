"""Orders' tables."""

from collections.abc import Mapping
from typing import Any, Final

from engine.specs import TableSpec
from streams.orders.carts import Cart
from streams.orders.early import EarlyMessages
from streams.orders.rows import Order, Status, seen_status, shipment_state
from streams.orders.subscribed import SubscribedOrders

ORDERS: Final = TableSpec(
    name="orders",
    row=Order,
    key="orderId",
    help="One order's life: what was ordered, where it stands, and how it got there.",
    mask=("shipping_address", "billing_address", "returns.pay.token", "returns.pay.paypal_email"),
)

CUSTOMER_ORDERS: Final = TableSpec(
    name="customer_orders",
    row=int,
    key="customerId, time of placing from the newest back, orderId",
    help="Orders by customer, in each order's own partition; the row is the time of placing.",
    hidden=True,
)

EARLY_ORDERS: Final = TableSpec(
    name="early_orders",
    row=EarlyMessages,
    key="orderId",
    help="Messages that wait for an order nobody has placed yet; ten minutes at most.",
    hidden=True,
    mask=("messages.value",),
)

SUBSCRIBED_ORDERS: Final = TableSpec(
    name="subscribed_orders",
    row=SubscribedOrders,
    key="subscriptionId",
    help="A subscription's newest orders, and the day on which it ends.",
)

SUSPENDED: Final = TableSpec(
    name="suspended_accounts",
    row=int,
    key="customerId",
    help="Accounts that may not order, in every partition; the row is since when.",
    hidden=True,
)

CARTS: Final = TableSpec(
    name="carts",
    row=Cart,
    key="cartId",
    help="What a customer means to order, and the order that came of it.",
)

SWEPT: Final = TableSpec(
    name="swept_orders",
    row=str,
    key="cursor, seen or counted",
    help="How far the sweep over this partition's orders has come, and how many there were.",
    hidden=True,
)

STATUSES: Final = tuple(dict.fromkeys([*map(seen_status, Status), *map(str, Status)]))
"""Every word for where an order stands: those that customers see, then the order's own."""


def status_in(row: Mapping[str, Any]) -> str:
    """The status that customers see, of a row as a table view gives it."""
    return seen_status(row["status"])


def seen_in(row: Mapping[str, Any]) -> dict[str, str]:
    """What such a row means in the contract's words."""
    parcels = [(state, units) for _, state, units, *_ in row.get("parcels", ())]
    ordered = sum([line["quantity"] for line in row["lines"]])
    told = shipment_state(row["status"], parcels, ordered)
    return {"orderStatus": status_in(row)} | ({"shipmentState": told} if told else {})
