"""Days of delivery: when a parcel should arrive, and when the next attempt is made."""

from datetime import date, timedelta
from typing import Final

from streams.delivery import delivery_day
from streams.moments import DAY_MS, HOUR_MS, day_number, day_of
from streams.shipping.rules import ShippingRules

_SATURDAY: Final = 5


def eta_ms(dispatched_at_ms: int, method: str, rules: ShippingRules) -> int:
    """When a parcel dispatched then should be there, Sundays skipped (G-27)."""
    express = method == "express"
    days = rules.express_days if express else rules.standard_days
    day = delivery_day(dispatched_at_ms, days)
    return _at(day, rules.express_hour if express else rules.standard_hour)


def next_attempt_ms(at_ms: int, rules: ShippingRules) -> int:
    """The next business day's delivery hour, Monday to Friday (G-31).

    Where a day is set to another length, it is one such day later: calendars do not scale.
    """
    if rules.day_ms != DAY_MS:
        return at_ms + rules.day_ms
    day = day_of(at_ms) + timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return _at(day, rules.redelivery_hour)


def _at(day: date, hour: int) -> int:
    return day_number(day) * DAY_MS + hour * HOUR_MS
