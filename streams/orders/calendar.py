"""Days and moments of the wire, from milliseconds since 1970 UTC."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from streams.orders.rules import DAY_MS

_EPOCH: Final = date(1970, 1, 1)
_SUNDAY: Final = 6
_DAYS_CACHED: Final = 64


def moment_of(at_ms: int) -> datetime:
    """The UTC moment."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def day_of(at_ms: int) -> date:
    """The UTC day."""
    return _EPOCH + timedelta(days=at_ms // DAY_MS)


def delivery_day(at_ms: int, days: int) -> date:
    """The day that many delivery days later; Sundays are skipped (G-27)."""
    return _delivery_day(at_ms // DAY_MS, days)


@lru_cache(maxsize=_DAYS_CACHED)
def _delivery_day(day: int, days: int) -> date:
    found = _EPOCH + timedelta(days=day)
    for _ in range(days):
        found += timedelta(days=1)
        if found.weekday() == _SUNDAY:
            found += timedelta(days=1)
    return found
