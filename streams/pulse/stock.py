"""What is on the shelves now: a shelf a product and warehouse, and the sums over them.

A shelf is low from its LowStockAlert until its available units exceed the reorder point
again, and out while it has none; one whose product is sold no more is no shelf. Sums follow
from the shelves' differences, so that they need no scan.
"""

import msgspec

from events.inventory import InventoryAdjusted, LowStockAlert
from streams.pulse.tally import Cell, Tally

EVERYWHERE = "ALL"
"""The warehouse of an event about all of them: such an event tells of no shelf."""


class Shelf(msgspec.Struct, frozen=True, gc=False):
    """Available units of one product in one warehouse, as last told."""

    available: int
    low_until: int | None = None
    """The reorder point that the shelf must exceed to be no longer low; None: not low."""


class Levels(msgspec.Struct, frozen=True, gc=False):
    """Sums over a partition's shelves."""

    seq: int = 0
    """Changes of a shelf; it tells which of two states is the newer."""
    published: int = 0
    shelves: int = 0
    units: int = 0
    low: int = 0
    out: int = 0


BARE = Levels()


def shelf_key(event: InventoryAdjusted | LowStockAlert) -> str:
    """Name the shelf that an event is about."""
    return f"{event.product_id}|{event.warehouse_id}"


def adjusted(shelf: Shelf | None, change: InventoryAdjusted) -> Shelf | None:
    """Give the shelf after its stock changed; None: there is none any more."""
    if change.discontinued:
        return None
    available = change.new_quantity
    if shelf is None or shelf.low_until is None or available > shelf.low_until:
        return Shelf(available)
    return Shelf(available, shelf.low_until)


def ran_low(alert: LowStockAlert) -> Shelf:
    """Give the shelf that an alert is about."""
    return Shelf(alert.available_quantity, alert.reorder_point)


def summed(levels: Levels, before: Shelf | None, after: Shelf | None) -> Levels:
    """Give the sums after one shelf changed, began or went."""
    was, now = _figures(before), _figures(after)
    shelves, units, low, out = [new - old for new, old in zip(now, was, strict=True)]
    return Levels(
        levels.seq + 1,
        levels.published,
        levels.shelves + shelves,
        levels.units + units,
        levels.low + low,
        levels.out + out,
    )


def _figures(shelf: Shelf | None) -> tuple[int, int, int, int]:
    """What a shelf adds to the sums: itself, its units, whether it is low, whether it is out."""
    if shelf is None:
        return 0, 0, 0, 0
    return 1, shelf.available, int(shelf.low_until is not None), int(shelf.available <= 0)


def standing(levels: Levels) -> Tally:
    """Give the sums as a tally, whose cells' totals are the numbers."""
    cells = {
        "shelves": Cell(1, levels.shelves),
        "units": Cell(1, levels.units),
        "low": Cell(1, levels.low),
        "out": Cell(1, levels.out),
    }
    return Tally(levels.seq, levels.published, cells)


def told(levels: Levels) -> Levels:
    """Give the sums as ones that have been told."""
    return msgspec.structs.replace(levels, published=levels.seq)
