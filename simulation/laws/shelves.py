"""What is told of a shelf goes on where it stopped, and whoever runs low is told of once.

A snapshot of a warehouse holds what every partition told of it, or names those that are missing.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from simulation.laws.broken import insist
from simulation.laws.units import Data

GOES_ON: Final = "what is told of a shelf goes on where it stopped"
LOW: Final = "a shelf that falls to its reorder point is told of once, and no other"
PART: Final = "a partition tells the levels that it has"
WHOLE: Final = "a snapshot holds every partition's levels, or names whose are missing"
HEEDED: Final = frozenset({"InventoryAdjusted", "LowStockAlert", "WarehouseStockSnapshot"})
PARTS: Final = ".levels"
"""The end of the topic on which partitions tell their levels."""
_EVERYWHERE: Final = "ALL"
_HEARD_MS: Final = 24 * 60 * 60_000
"""After so long everybody has heard what a partition told."""

Shelf = tuple[str, str]
"""Product and warehouse."""


@dataclass(slots=True)
class ShelvesLaw:
    """Keeps what was told of each shelf last."""

    rows: Mapping[str, dict[str, Any]]
    available: Counter[Shelf] = field(default_factory=Counter)
    changes: dict[tuple[str, Shelf], list[int]] = field(default_factory=dict)
    """By cause, in the commit that is looked at: units before and after it."""
    alerts: Counter[tuple[str, Shelf]] = field(default_factory=Counter)
    parts: dict[str, list[Data]] = field(default_factory=dict)
    """What partitions told, by warehouse."""

    def told(self, name: str, envelope: Data) -> None:
        """Something was told of stock."""
        data = envelope["data"]
        if name == "WarehouseStockSnapshot":
            if (data.get("labels") or {}).get("origin") == "books":
                self._snapshot(data)
            return
        shelf = data["productId"], data["warehouseId"]
        change = envelope.get("causationId") or envelope["correlationId"], shelf
        if name == "LowStockAlert":
            self.alerts[change] += 1
            now, said = self.available[shelf], data["availableQuantity"]
            insist(now == said, GOES_ON, str(shelf), f"{said} are there, not {now}")
        elif data["warehouseId"] != _EVERYWHERE:
            was, now = data["previousQuantity"], data["newQuantity"]
            fine = was == self.available[shelf] and was + data["adjustedQuantity"] == now
            insist(fine, GOES_ON, str(shelf), f"{self.available[shelf]} were there: {data}")
            self.available[shelf] = now
            self.changes.setdefault(change, [was, now])[1] = now

    def settled(self) -> None:
        """Everything that one commit changed is told."""
        for change, (was, now) in self.changes.items():
            shelf = change[1]
            level = self._level(shelf)
            falls = was > level.policy.reorder_point >= now and level.status != "DISCONTINUED"
            times = self.alerts.pop(change, 0)
            insist(times == falls, LOW, str(shelf), f"told {times} times: {was}, then {now}")
        insist(not self.alerts, LOW, "alerts", f"nothing fell: {self.alerts}")
        self.changes.clear()

    def _level(self, shelf: Shelf) -> Any:
        levels = self.rows["stock"][shelf[0]].levels
        return next(one for one in levels if one.warehouse_id == shelf[1])

    def levels(self, part: Data) -> None:
        """A partition told what it has in a warehouse."""
        name = part["warehouse_id"]
        for product, units in part["levels"].items():
            level = self._level((product, name))
            there = [level.on_hand, level.reserved, level.quarantined]
            insist(units == there, PART, product, f"{units} in {name}, not {there}")
        self.parts.setdefault(name, []).append(part)

    def _snapshot(self, data: Data) -> None:
        name = data["warehouseId"]
        at_ms = round(datetime.fromisoformat(data["capturedAt"]).timestamp() * 1000)
        slot_ms = max(one["slot_ms"] for one in self.parts[name] if one["at_ms"] <= at_ms)
        left = {
            product: [level["onHand"], level["reserved"], level["damaged"]]
            for zone in data["zones"]
            for product, level in zone["stockBySku"].items()
        }
        known = {p["partition"] for p in self.parts[name] if p["at_ms"] < at_ms - _HEARD_MS}
        there = set()
        for part in [one for one in self.parts[name] if one["slot_ms"] == slot_ms]:
            if part["levels"].keys() <= left.keys():
                there.add(part["partition"])
                told = {product: left.pop(product) for product in part["levels"]}
                insist(told == part["levels"], WHOLE, name, f"{told} is not {part}")
        named = {int(one) for one in data["labels"].get("lacksPartitions", "").split(",") if one}
        fine = known - there <= named and not named & there and not left
        insist(fine, WHOLE, name, f"{there} of {known} are in it, {named} missing, {left} besides")
