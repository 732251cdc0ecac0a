"""What a partition's products have in which warehouse, told once a slot: the stock agent's tick."""

import msgspec

from engine.specs import Context, TickHandler
from streams.inventory.rules import InventoryRules
from streams.inventory.warehouses import parts_of, slot_of
from tables.inventory import STOCK, TOLD_SLOTS
from topics import LEVELS

_NEWEST = "newest"


def telling_levels(rules: InventoryRules) -> TickHandler:
    """Make the tick: in each slot's first one, every level is told; in others nothing happens."""

    def tick(ctx: Context, now_ms: int) -> None:
        slots, slot_ms = ctx.table(TOLD_SLOTS), slot_of(now_ms, rules)
        if slots.get(_NEWEST) == slot_ms:
            return
        slots[_NEWEST] = slot_ms
        stocks = [stock for _, stock in ctx.table(STOCK).scan()]
        for part in parts_of(stocks, ctx.partition, now_ms, rules):
            ctx.publish(LEVELS, part.warehouse_id, msgspec.json.encode(part), ())

    return tick
