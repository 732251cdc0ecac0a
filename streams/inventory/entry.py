"""Whether a warehouse takes more of a product."""

from streams.inventory.facts import Refusal
from streams.inventory.rows import Level, Stock
from streams.inventory.rules import InventoryRules


def closed(stock: Stock, level: Level | None, rules: InventoryRules) -> Refusal | None:
    """The refusal of any change to a level that is discontinued, or that may not begin."""
    if level is None:
        full = len(stock.levels) >= rules.warehouses_max
        return Refusal.TOO_MANY_WAREHOUSES if full else None
    return Refusal.DISCONTINUED if level.status == "DISCONTINUED" else None


def overfull(
    level: Level | None, on_hand: int, quarantined: int, rules: InventoryRules
) -> Refusal | None:
    """The refusal of more units than a level may have; less is never refused."""
    there = (0, 0) if level is None else (level.on_hand, level.quarantined)
    for units, change in zip(there, (on_hand, quarantined), strict=True):
        if change > 0 and units + change > rules.level_max:
            return Refusal.LEVEL_FULL
    return None
