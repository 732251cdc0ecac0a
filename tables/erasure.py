"""Erasure's tables."""

from typing import Final

from engine.specs import TableSpec
from streams.erasure.rounds import Erasure

ERASURES: Final = TableSpec(
    name="erasures",
    row=Erasure,
    key="customerId",
    help="Erasures of customers' personal data: who asked, how far each is, how much it erased.",
)

OTHERS_ORDERS: Final = TableSpec(
    name="others_orders",
    row=int,
    key="customerId, orderId",
    help="Orders that other systems placed, by customer; the row is when they were confirmed.",
    hidden=True,
)

_PART: Final = "\x1f"


def others_key(customer_id: str, order_id: str) -> str:
    """Key in `others_orders`."""
    return f"{customer_id}{_PART}{order_id}"


def others_order_in(key: str) -> str:
    """The order that a key of `others_orders` names."""
    return key.split(_PART, 1)[1]
