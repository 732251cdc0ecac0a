"""Which warehouses fill a line: nearest first, one alone if any can, else several."""

from collections.abc import Mapping
from typing import Final

from streams.inventory.rows import Allocation, Line, Stock, available
from streams.inventory.rules import Site

_SAME_REGION: Final = 0
_SAME_COUNTRY: Final = 1
_FAR: Final = 2

_Candidate = tuple[int, int, str]
"""Distance, minus the units available, warehouse: ascending is best first."""


def allocate(stock: Stock, line: Line, sites: Mapping[str, Site]) -> tuple[Allocation, ...]:
    """The warehouses that give a line its units, best first; empty when they cannot.

    Nearest to the destination (same region, same country, elsewhere), then most available,
    then by id. The best that can fill the line alone does; when none can, it is split in
    that order.
    """
    ranked, quantity = rank(stock, line, sites), line.quantity
    for _, lack, warehouse_id in ranked:
        if quantity + lack <= 0:
            return (Allocation(warehouse_id, quantity),)
    return _split(ranked, quantity)


def rank(stock: Stock, line: Line, sites: Mapping[str, Site]) -> list[_Candidate]:
    """The warehouses with anything available, best first."""
    found = [
        (_distance(sites.get(level.warehouse_id), line), -units, level.warehouse_id)
        for level in stock.levels
        if (units := available(level)) > 0 and (not line.only or level.warehouse_id == line.only)
    ]
    found.sort()
    return found


def _split(ranked: list[_Candidate], quantity: int) -> tuple[Allocation, ...]:
    parts = []
    for _, lack, warehouse_id in ranked:
        part = min(quantity, -lack)
        parts.append(Allocation(warehouse_id, part))
        quantity -= part
        if quantity == 0:
            return tuple(parts)
    return ()


def _distance(site: Site | None, line: Line) -> int:
    if site is None or site.country != line.country:
        return _FAR
    return _SAME_REGION if line.region and site.region == line.region else _SAME_COUNTRY
