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
