"""Whether a warehouse has more than it has room for (domain §3).

Its products lie in all partitions, so that nobody knows when goods come; and goods that are there
cannot be refused. So people are told with the snapshot, once until there is room again.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from events.alerts import AlertRaised
from streams.alarms import alarm
from streams.inventory.rules import InventoryRules
from streams.inventory.warehouses import LevelsPart, Warehouse

RULE: Final = "warehouse_full"


def crowded(
    row: Warehouse, parts: Sequence[LevelsPart], now_ms: int, rules: InventoryRules
) -> tuple[Warehouse, tuple[AlertRaised, ...]]:
    """Raise an alarm when what is on hand or in quarantine grows above the warehouse's capacity.

    A snapshot that lacks a partition's products does not tell that there is room again.
    """
    site = rules.sites.get(row.warehouse_id)
    capacity = 0 if site is None else site.capacity
    units = sum([units[0] + units[2] for part in parts for units in part.levels.values()])
    is_over = 0 < capacity < units
    is_whole = {part.partition for part in parts}.issuperset(row.partitions)
    if is_over is row.is_over or not (is_over or is_whole):
        return row, ()
    after = replace(row, is_over=is_over)
    return after, (_alarm(row, units, capacity, now_ms),) if is_over else ()


def _alarm(row: Warehouse, units: int, capacity: int, now_ms: int) -> AlertRaised:
    return alarm(
        RULE,
        (row.warehouse_id, str(row.slot_ms)),
        row.warehouse_id,
        units,
        "units",
        now_ms,
        threshold=capacity,
    )
