"""Business days of banks, Monday to Friday, UTC."""

from typing import Final

from streams.moments import DAY_MS
from streams.payments.rules import PaymentRules

_WEEK_DAYS: Final = 7
_SATURDAY: Final = 5
_EPOCH_WEEKDAY: Final = 3
"""1 January 1970 was a Thursday; Monday is 0."""


def settles_ms(captured_at_ms: int, rules: PaymentRules) -> int:
    """When a capture is paid out: at the same time of day, some business days later (G-20).

    Where a day is set to another length, it is that many such days: calendars do not scale.
    """
    if rules.settlement_day_ms != DAY_MS:
        return captured_at_ms + rules.settlement_business_days * rules.settlement_day_ms
    day, within = divmod(captured_at_ms, DAY_MS)
    for _ in range(rules.settlement_business_days):
        day += 1
        while (day + _EPOCH_WEEKDAY) % _WEEK_DAYS >= _SATURDAY:
            day += 1
    return day * DAY_MS + within
