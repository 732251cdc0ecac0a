"""What one message adds to a day."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from streams.pulse.tally import EMPTY, Tally, add, grown

ORDERS: Final = "orders"
FULFILMENT: Final = "fulfilment"
PAYMENTS: Final = "payments"
SUBSCRIPTIONS: Final = "subscriptions"
FAMILIES: Final = (ORDERS, FULFILMENT, PAYMENTS, SUBSCRIPTIONS)
"""One report a family and day."""

LATE: Final = "late"
"""Records that came after the report of their day."""


class Count(NamedTuple):
    """One more in a cell of a family, and what it amounts to: minor units or ms."""

    family: str
    cell: str
    amount: int = 0


Counts = tuple[Count, ...]


def grouped(counts: Counts) -> dict[str, Counts]:
    """The counts by family."""
    found: dict[str, Counts] = {}
    for count in counts:
        found[count.family] = (*found.get(count.family, ()), count)
    return found


def counted(tally: Tally | None, counts: Iterable[Count], *, is_late: bool) -> Tally:
    """A family's day with these counted."""
    tally = tally or EMPTY
    cells = tally.cells.copy()
    for count in counts:
        add(cells, count.cell, count.amount)
    if is_late:
        add(cells, LATE)
    return grown(tally, cells)
