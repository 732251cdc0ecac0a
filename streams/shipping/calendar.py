"""Days of delivery: when a parcel should arrive, and when the next attempt is made."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from streams.shipping.rules import DAY_MS, HOUR_MS, ShippingRules

_EPOCH: Final = date(1970, 1, 1)
_SATURDAY: Final = 5
_SUNDAY: Final = 6


def moment_of(at_ms: int) -> datetime:
    """The UTC moment."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def ms_of(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware moment."""
    return round(moment.timestamp() * 1000)


def eta_ms(dispatched_at_ms: int, method: str, rules: ShippingRules) -> int:
    """When a parcel dispatched then should be there, Sundays skipped (G-27)."""
    express = method == "express"
    day = _day(dispatched_at_ms)
    for _ in range(rules.express_days if express else rules.standard_days):
        day += timedelta(days=1)
        if day.weekday() == _SUNDAY:
            day += timedelta(days=1)
    return _at(day, rules.express_hour if express else rules.standard_hour)


def next_attempt_ms(at_ms: int, rules: ShippingRules) -> int:
    """The next business day's delivery hour, Monday to Friday (G-31).

    Where a day is set to another length, it is one such day later: calendars do not scale.
    """
    if rules.day_ms != DAY_MS:
        return at_ms + rules.day_ms
    day = _day(at_ms) + timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return _at(day, rules.redelivery_hour)


def _day(at_ms: int) -> date:
    return _EPOCH + timedelta(days=at_ms // DAY_MS)


def _at(day: date, hour: int) -> int:
    return ms_of(datetime.combine(day, time(0), UTC)) + hour * HOUR_MS
