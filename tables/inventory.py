"""Inventory's tables. All rows of a product lie in the product's partition."""

from typing import Final

from engine.specs import TableSpec
from streams.inventory.rows import Movement, Reservation, Seen, Stock

STOCK: Final = TableSpec(
    name="stock",
    row=Stock,
    key="productId",
    help="One product over its warehouses, and the lines that wait for it.",
)
RESERVATIONS: Final = TableSpec(
    name="reservations",
    row=Reservation,
    key="reservationId",
    help="One order line's claim on stock. Removed a day after it ended.",
)
MOVEMENTS: Final = TableSpec(
    name="movements",
    row=Movement,
    key="productId|sequence",
    help="Goods that came, left or were counted anew: the newest of each product.",
)
SEEN_STOCK: Final = TableSpec(
    name="seen_stock",
    row=Seen,
    key="eventId",
    help="Stock commands that were applied in the last day, so that a repeat is dropped.",
    hidden=True,
)
