"""Moments and days of the wire, from milliseconds since 1970 UTC, and back."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
EPOCH: Final = date(1970, 1, 1)
_EPOCH_ORDINAL: Final = EPOCH.toordinal()
_ZONES_CACHED: Final = 512


def ms_of(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware moment."""
    return round(moment.timestamp() * 1000)


def moment_of(at_ms: int) -> datetime:
    """The UTC moment."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def day_number(day: date) -> int:
    """Days since 1970."""
    return day.toordinal() - _EPOCH_ORDINAL


def day_of(at_ms: int) -> date:
    """The UTC day."""
    return EPOCH + timedelta(days=at_ms // DAY_MS)


@lru_cache(maxsize=_ZONES_CACHED)
def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of that name; None for a name that there is not."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
