"""Days of the calendar by number: days since 1970, UTC."""

from datetime import date, timedelta
from typing import Final, NamedTuple

from streams.metrics.rules import MetricsRules
from streams.moments import DAY_MS, EPOCH, MINUTE_MS

DAYS_A_TICK_MAX: Final = 31
"""Days that one tick reports, after a long silence or on a fast calendar; the next goes on."""


class Days(NamedTuple):
    """Days [first, end) of the calendar."""

    first: int
    end: int


def number_of(calendar_ms: int) -> int:
    """The day that the calendar shows."""
    return calendar_ms // DAY_MS


def date_of(day: int) -> date:
    """The same as a date."""
    return EPOCH + timedelta(days=day)


def counted_on(day: int, open_from: int | None) -> int:
    """The day on which a record of a day counts: the first that is open, if that one is over."""
    return day if open_from is None else max(day, open_from)


def over(open_from: int | None, calendar_ms: int, rules: MetricsRules) -> Days:
    """The days to report now. Whoever begins, begins with the day that runs."""
    end = number_of(calendar_ms - rules.run_minute * MINUTE_MS)
    first = number_of(calendar_ms) if open_from is None else open_from
    return Days(first, max(first, min(end, first + DAYS_A_TICK_MAX)))


def day_key(day: int, *rest: str) -> str:
    """A row's key: in byte order, days are in order."""
    return "|".join((f"{day:07d}", *rest))
