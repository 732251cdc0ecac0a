"""Days on which parcels are delivered: every one but Sundays."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from streams.moments import DAY_MS, EPOCH

_SUNDAY: Final = 6
_DAYS_CACHED: Final = 64


def delivery_day(at_ms: int, days: int) -> date:
    """The day that many delivery days later; Sundays are skipped (G-27)."""
    return _delivery_day(at_ms // DAY_MS, days)


@lru_cache(maxsize=_DAYS_CACHED)
def _delivery_day(day: int, days: int) -> date:
    found = EPOCH + timedelta(days=day)
    for _ in range(days):
        found += timedelta(days=1)
        if found.weekday() == _SUNDAY:
            found += timedelta(days=1)
    return found
