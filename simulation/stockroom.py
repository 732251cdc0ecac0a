"""The stockroom: goods receipts, transfers, quarantine, counts, and what is sold no more."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from events.base import Message
from events.inventory import (
    AddInventory,
    DeleteInventory,
    InventoryGenerated,
    ReceivedItem,
    StockLevel,
    UpdateInventory,
    WarehouseStockSnapshot,
    Zone,
)
from simulation.people import Post
from simulation.shopping import PRODUCTS
from simulation.staff import WAREHOUSES


@dataclass(slots=True)
class Stockroom:
    """Whoever moves goods that nobody ordered."""

    post: Post
    span_ms: int
    counted: dict[str, int] = field(default_factory=dict)
    """Snapshots told, by warehouse."""
    _number: int = 0

    def begin(self) -> None:
        """Do a few things sometime."""
        acts = (self._receive, self._transfer, self._quarantine, self._release, self._count)
        chance = self.post.chance
        for _ in range(chance.choice((0, 0, 1, 4))):
            act = self._discontinue if self.post.may(0.08) else chance.choice(acts)
            self.post.world.later(chance.randint(0, 2 * self.span_ms), partial(self._do, act))

    def _do(self, act: Any) -> None:
        self._number += 1
        chance = self.post.chance
        self.post.put(act(chance.choice(sorted(PRODUCTS)), chance.choice(WAREHOUSES)))

    def _receive(self, product: str, warehouse: str) -> Message:
        items = (ReceivedItem(sku=product, product_id=product, quantity_received=self._some()),)
        return InventoryGenerated(
            inventory_id=f"rec_{self._number}",
            warehouse_id=warehouse,
            items=items,
            received_at=self._now(),
        )

    def _transfer(self, product: str, warehouse: str) -> Message:
        sender = self.post.chance.choice(WAREHOUSES)
        body = {"sourceWarehouseId": sender, "transferId": f"tra_{self._number}"}
        source = {"transfer": body} if self.post.may(0.5) else body
        return AddInventory(
            product_id=product, quantity=self._some(), warehouse_id=warehouse, stock_source=source
        )

    def _quarantine(self, product: str, warehouse: str) -> Message:
        return UpdateInventory(
            product_id=product,
            quantity_change=-self._some(),
            warehouse_id=warehouse,
            reason="quality_failure",
        )

    def _release(self, product: str, warehouse: str) -> Message:
        return UpdateInventory(
            product_id=product,
            quantity_change=self._some(),
            warehouse_id=warehouse,
            reason="quality_released",
        )

    def _count(self, product: str, warehouse: str) -> Message:
        """A warehouse system counts; now and then its number is old, or one is missing."""
        number = self.counted.get(warehouse, 0) + self.post.chance.choice((0, 1, 1, 1, 2))
        self.counted[warehouse] = number
        level = StockLevel(on_hand=self.post.chance.randint(0, 9), reserved=0)
        return WarehouseStockSnapshot(
            snapshot_id=f"snap_{warehouse}_{self._number}",
            warehouse_id=warehouse,
            zones=(Zone(zone_id="z1", stock_by_sku={product: level}),),
            sequence_number=number,
            captured_at=self._now(),
        )

    def _discontinue(self, product: str, warehouse: str) -> Message:
        return DeleteInventory(inventory_id=f"{product}:{warehouse}", product_id=product)

    def _some(self) -> int:
        return self.post.chance.randint(1, 4)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.post.world.now_ms // 1000, UTC)
