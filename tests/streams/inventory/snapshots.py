"""What warehouse systems tell: receipts and snapshots."""

from typing import Any

from events.inventory import InventoryGenerated, WarehouseStockSnapshot
from streams.moments import moment_of
from tests.streams.inventory.shop import EAST, PRODUCT, START_MS


def snapshot(sequence: int = 1, **given: Any) -> WarehouseStockSnapshot:
    fields: dict[str, Any] = {
        "snapshot_id": f"snap_{sequence}",
        "warehouse_id": EAST,
        "zones": (
            {"zone_id": "a", "stock_by_sku": {PRODUCT: {"on_hand": 4, "reserved": 0}}},
            {"zone_id": "b", "stock_by_sku": {PRODUCT: {"on_hand": 3, "reserved": 0}}},
        ),
        "sequence_number": sequence,
        "captured_at": moment_of(START_MS),
    }
    return WarehouseStockSnapshot(**(fields | given))


def receipt(inventory_id: str = "inv_1") -> InventoryGenerated:
    return InventoryGenerated(
        inventory_id=inventory_id,
        warehouse_id=EAST,
        items=(
            {"sku": "s1", "quantity_received": 5},
            {"sku": "s2", "product_id": "p2", "quantity_received": 7},
        ),
        purchase_order_id="PO-1",
        supplier_id="sup_1",
        received_at=moment_of(START_MS),
    )
