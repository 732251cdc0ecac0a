"""Which warehouses fill a line: nearest first, then by channel, then by the promised day.

One alone if any can, else several.
"""

from collections.abc import Mapping
from typing import Final

from streams.inventory.rows import Allocation, Line, Stock, available
from streams.inventory.rules import Site
from streams.moments import DAY_MS

_SAME_REGION: Final = 0
_SAME_COUNTRY: Final = 1
_FAR: Final = 2
_UNNAMED: Final = 1_000
"""The rank of a channel that a warehouse does not name: behind all that it does."""

_Candidate = tuple[int, int, bool, int, str]
"""Distance, the channel's rank, whether it would be late, minus the units available, warehouse:
ascending is best first."""


def allocate(
    stock: Stock, line: Line, at_ms: int, sites: Mapping[str, Site]
) -> tuple[Allocation, ...]:
    """The warehouses that give a line its units, best first; empty when they cannot.

    Nearest to the destination (same region, same country, elsewhere), then those that serve
    the order's sales channel first, then those that can send it by the promised day, then most
    available, then by id. The best that can fill the line alone does; when none can, it is split
    in that order.
    """
    ranked, quantity = rank(stock, line, at_ms, sites), line.quantity
    for _, _, _, lack, warehouse_id in ranked:
        if quantity + lack <= 0:
            return (Allocation(warehouse_id, quantity),)
    return _split(ranked, quantity)


def rank(stock: Stock, line: Line, at_ms: int, sites: Mapping[str, Site]) -> list[_Candidate]:
    """The warehouses with anything available, best first."""
    today = at_ms // DAY_MS
    found = [
        _candidate(level.warehouse_id, units, line, today, sites)
        for level in stock.levels
        if (units := available(level)) > 0 and (not line.only or level.warehouse_id == line.only)
    ]
    found.sort()
    return found


def _candidate(
    warehouse_id: str, units: int, line: Line, today: int, sites: Mapping[str, Site]
) -> _Candidate:
    site = sites.get(warehouse_id)
    if site is None:
        return _FAR, _UNNAMED, False, -units, warehouse_id
    named = line.channel in site.channels
    channel = site.channels.index(line.channel) if named else _UNNAMED
    late = line.promised_day > 0 and today + site.handling_days > line.promised_day
    return _distance(site, line), channel, late, -units, warehouse_id


def _split(ranked: list[_Candidate], quantity: int) -> tuple[Allocation, ...]:
    parts = []
    for _, _, _, lack, warehouse_id in ranked:
        part = min(quantity, -lack)
        parts.append(Allocation(warehouse_id, part))
        quantity -= part
        if quantity == 0:
            return tuple(parts)
    return ()


def _distance(site: Site, line: Line) -> int:
    if site.country != line.country:
        return _FAR
    return _SAME_REGION if line.region and site.region == line.region else _SAME_COUNTRY
