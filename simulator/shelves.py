"""Stock as InventoryAdjusted tells it: one chain a product and warehouse.

Every record must begin where the last one ended. What lay there before the first record that
was read is worked out from that record, so that a judge may begin in the middle.
"""

from dataclasses import dataclass, field
from typing import Final

from simulator.heard import Data

_HOLDING: Final = "order_reserved"
_SHIPPING: Final = "order_shipped"
_FREEING: Final = frozenset(
    {"reservation_released", "reservation_expired", "order_cancelled", "order_amended"}
)
EVERYWHERE: Final = "ALL"
"""Not a warehouse: a record about it changes nothing."""


@dataclass(slots=True)
class Shelf:
    """One product in one warehouse, in units."""

    on_hand_first: int
    reserved_first: int
    on_hand: int
    reserved: int
    available: int
    shipped: int = 0
    """Units that left with a parcel."""

    @property
    def brought(self) -> int:
        """Units that came since the first record, net."""
        return self.on_hand + self.shipped - self.on_hand_first

    @property
    def held(self) -> int:
        """Units that orders took since the first record, net; those shipped are still theirs."""
        return self.reserved + self.shipped - self.reserved_first


@dataclass(slots=True)
class Shelves:
    """All chains, and where one broke."""

    shelves: dict[tuple[str, str], Shelf] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def adjusted(self, data: Data) -> None:
        """Take in one InventoryAdjusted; per product in the order in which they lie."""
        place = (data.product_id or "", data.warehouse_id or "")
        if place[1] == EVERYWHERE:
            return
        before, change = data.previous_quantity or 0, data.adjusted_quantity or 0
        after, on_hand, reserved = data.new_quantity, data.on_hand or 0, data.reserved or 0
        shelf = self.shelves.get(place)
        if shelf is None:
            shelf = self.shelves[place] = _first(data, before)
        name = f"{place[0]} in {place[1]}"
        if shelf.available != before:
            self.broken.append(f"{name}: {before} were available, but {shelf.available} before")
        if after != before + change:
            self.broken.append(f"{name}: {before} and {change} make {after}")
        if after != on_hand - reserved:
            self.broken.append(f"{name}: {after} available of {on_hand}, {reserved} held")
        if min(after or 0, on_hand, reserved) < 0:
            self.broken.append(f"{name}: {on_hand} on hand, {reserved} held, {after} available")
        if data.reason == _SHIPPING:
            shelf.shipped += shelf.on_hand - on_hand
        shelf.on_hand, shelf.reserved, shelf.available = on_hand, reserved, after or 0

    def available(self, product_id: str) -> int:
        """Units of a product that a new hold may take, over all warehouses."""
        return sum(
            shelf.available for (product, _), shelf in self.shelves.items() if product == product_id
        )


def _first(data: Data, before: int) -> Shelf:
    """What was there before the first record of a chain."""
    change, on_hand, reserved = (
        data.adjusted_quantity or 0,
        data.on_hand or 0,
        data.reserved or 0,
    )
    if data.reason == _HOLDING or data.reason in _FREEING:
        return Shelf(on_hand, reserved + change, on_hand, reserved, before)
    return Shelf(on_hand - change, reserved, on_hand, reserved, before)
