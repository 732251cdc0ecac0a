"""Payments and disputes of the last thirty days, by which card networks judge a shop (G-18).

Days are UTC. Standing sums, not a window: a month of minutes would be too much to keep.
"""

import msgspec

from streams.moments import DAY_MS
from streams.pulse.tally import Cell, Tally

DAYS_KEPT_MAX = 30
PAYMENTS, DISPUTES = "payments", "disputes"


class Month(msgspec.Struct, frozen=True, gc=False):
    """Counts of one partition by day since 1970; at most `DAYS_KEPT_MAX` days."""

    seq: int = 0
    """Events counted; it tells which of two states is the newer."""
    published: int = 0
    payments: dict[int, int] = {}
    disputes: dict[int, int] = {}


NONE = Month()


def paid(month: Month, at_ms: int) -> Month:
    """Count a payment."""
    payments = _counted(month.payments, at_ms)
    return Month(month.seq + 1, month.published, payments, _since(month.disputes, at_ms))


def disputed(month: Month, at_ms: int) -> Month:
    """Count a dispute."""
    disputes = _counted(month.disputes, at_ms)
    return Month(month.seq + 1, month.published, _since(month.payments, at_ms), disputes)


def _counted(days: dict[int, int], at_ms: int) -> dict[int, int]:
    day = at_ms // DAY_MS
    return _since(days, at_ms) | {day: days.get(day, 0) + 1}


def _since(days: dict[int, int], at_ms: int) -> dict[int, int]:
    """The days that are still of the month that ends at at_ms."""
    oldest = at_ms // DAY_MS - DAYS_KEPT_MAX + 1
    if all(day >= oldest for day in days):
        return days
    return {day: count for day, count in days.items() if day >= oldest}


def standing(month: Month) -> Tally:
    """Give the sums as a tally, whose cells' totals are the numbers."""
    cells = {
        PAYMENTS: Cell(1, sum(month.payments.values())),
        DISPUTES: Cell(1, sum(month.disputes.values())),
    }
    return Tally(month.seq, month.published, cells)


def told(month: Month) -> Month:
    """Give the counts as ones that have been told."""
    return Month(month.seq, month.seq, month.payments, month.disputes)


def share_of(cells: dict[str, Cell]) -> tuple[int, int]:
    """Give disputes and payments."""
    found = [cells[name].total if name in cells else 0 for name in (DISPUTES, PAYMENTS)]
    return found[0], found[1]
