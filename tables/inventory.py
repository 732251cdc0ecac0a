"""Inventory's tables. All rows of a product lie in the product's partition."""

from collections.abc import Mapping
from typing import Any, Final

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


def is_at(row: Mapping[str, Any], warehouse_id: str) -> bool:
    """Whether a product, as the views show it, is sold from a warehouse, in stock or not."""
    return any(level["warehouse_id"] == warehouse_id for level in _sold(row))


def available_in(row: Mapping[str, Any]) -> int:
    """Units of a product, as the views show it, that an order may have."""
    return sum([_available(level) for level in _sold(row)])


def aggregated(row: Mapping[str, Any]) -> dict[str, Any]:
    """What GetInventoryStatus tells of a product over all warehouses that sell it."""
    levels = _sold(row)
    return {
        "aggregatedInventory": {
            "totalAvailable": available_in(row),
            "totalReserved": sum([level["reserved"] for level in levels]),
            "safetyStock": sum([level["policy"]["safety_stock"] for level in levels]),
            "reorderLevel": sum([level["policy"]["reorder_point"] for level in levels]),
        },
        "alerts": {
            "lowStock": any(
                _available(level) <= level["policy"]["reorder_point"] for level in levels
            ),
            "qualityIssues": any(level["quarantined"] for level in levels),
        },
    }


def _sold(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [level for level in row.get("levels", ()) if level["status"] != "DISCONTINUED"]


def _available(level: Mapping[str, Any]) -> int:
    return int(level["on_hand"] - level["reserved"]) if level["status"] == "ACTIVE" else 0
