"""What runs low or out when a product's levels change, and when more is expected."""

from streams.inventory.facts import ALL, Fact, RanLow, RanOut
from streams.inventory.rows import Level, Stock, available, available_everywhere, level_of
from streams.inventory.rules import InventoryRules


def watch(before: Stock, after: Stock, at_ms: int, rules: InventoryRules) -> tuple[Fact, ...]:
    """Say what one command made run low or out, comparing availability before and after it.

    What goes down and up again within one command crosses nothing. A level that falls to its
    reorder point or below ran low, once a crossing (K17). A warehouse left with nothing ran
    out; when it was the last, the product did, which is said once and for ALL.
    """
    low: list[RanLow] = []
    empty: list[RanOut] = []
    for level, was in _changed(before, after):
        units, now = available(was), available(level)
        if now >= units:
            continue
        if units > level.policy.reorder_point >= now and level.status != "DISCONTINUED":
            low.append(_ran_low(level, now, at_ms, rules))
        if now == 0:
            empty.append(RanOut(level.warehouse_id, units, at_ms))
    if empty and available_everywhere(after) == 0:
        empty = [RanOut(ALL, available_everywhere(before), at_ms)]
    return (*low, *empty)


def expected_restock_ms(stock: Stock, at_ms: int) -> int | None:
    """When the next automatic reorder should arrive; None: none is under way, or it is late."""
    coming = [
        level.restock_at_ms
        for level in stock.levels
        if level.status != "DISCONTINUED"
        and level.restock_at_ms is not None
        and level.restock_at_ms > at_ms
    ]
    return min(coming, default=None)


def suggested_quantity(level: Level, rules: InventoryRules) -> int:
    """Units to order: the policy's quantity, or what still fits under its maximum.

    None for a warehouse that takes no goods any more.
    """
    if not rules.takes_goods(level.warehouse_id):
        return 0
    room = level.policy.maximum_stock_level - level.on_hand
    return max(0, min(level.policy.reorder_quantity, room))


def _changed(before: Stock, after: Stock) -> list[tuple[Level, Level | None]]:
    """Levels that are not what they were, each with what it was."""
    if len(before.levels) == len(after.levels):
        pairs = zip(after.levels, before.levels, strict=True)
        return [(level, was) for level, was in pairs if level is not was]
    return [(level, level_of(before, level.warehouse_id)) for level in after.levels]


def _ran_low(level: Level, now: int, at_ms: int, rules: InventoryRules) -> RanLow:
    """A reorder that is under way already is not expected any later for falling low again."""
    policy, restock_at_ms = level.policy, level.restock_at_ms
    units = suggested_quantity(level, rules)
    if units and policy.auto_reorder and (restock_at_ms is None or restock_at_ms <= at_ms):
        restock_at_ms = at_ms + policy.lead_time_days * rules.lead_day_ms
    return RanLow(level.warehouse_id, now, units, restock_at_ms)
