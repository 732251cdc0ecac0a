"""Days of delivery."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from streams.moments import DAY_MS, EPOCH
from streams.orders.rows import Order
from streams.orders.rules import OrderRules

_SUNDAY: Final = 6
_DAYS_CACHED: Final = 64


def promised_on(order: Order, rules: OrderRules) -> date:
    """The day by which its customer was told to have an order."""
    days = rules.express_days if order.shipping_method == "express" else rules.standard_days
    return delivery_day(order.placed_at_ms, days)


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
