"""Inventory's tables. All rows of a product lie in the product's partition."""

from typing import Final

from engine.specs import TableSpec
from streams.inventory.rows import Movement, Reservation, Seen, Stock
from streams.inventory.warehouses import LevelsPart, Warehouse
from tables.pairs import pair_key

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
WAREHOUSES: Final = TableSpec(
    name="warehouses",
    row=Warehouse,
    key="warehouseId",
    help="A warehouse's snapshots, told and counted, and its newest goods receipts.",
)
LEVELS_PARTS: Final = TableSpec(
    name="levels_parts",
    row=LevelsPart,
    key="warehouseId, partition, number",
    help="What partitions have in a warehouse, until its snapshot is told.",
    hidden=True,
)
TOLD_SLOTS: Final = TableSpec(
    name="told_slots",
    row=int,
    key="newest",
    help="The newest slot whose levels this partition has told.",
    hidden=True,
)


def part_key(part: LevelsPart) -> str:
    """Key in `levels_parts`."""
    return pair_key(part.warehouse_id, pair_key(f"{part.partition:05d}", f"{part.number:05d}"))
