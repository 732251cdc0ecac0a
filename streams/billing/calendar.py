"""Days of the billing calendar. All of them are UTC; a moment is ms since 1970."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Final

from events.vocabulary import BillingCycle
from streams.billing.rules import BillingRules
from streams.moments import DAY_MS, MINUTE_MS, day_number

_MONTHS_A_YEAR: Final = 12

CYCLE_DAYS: Final[dict[BillingCycle, int]] = {"daily": 1, "weekly": 7}
CYCLE_MONTHS: Final[dict[BillingCycle, int]] = {"monthly": 1, "quarterly": 3, "annual": 12}


def plus_days(day: date, days: int) -> date:
    """The day that many days later."""
    return day + timedelta(days=days)


def run_ms(day: date, rules: BillingRules) -> int:
    """The moment of a day at which what falls due on it is done (G-40)."""
    return day_number(day) * DAY_MS + rules.run_minute * MINUTE_MS


def next_date(start: date, cycle: BillingCycle, anchor_day: int) -> date:
    """The billing date after `start`.

    A month too short for the anchor's day ends on its last, and the next long one has the
    anchor's day again: anchored on the 31st, 31 January, 28 February, 31 March (G-40).
    """
    if cycle in CYCLE_DAYS:
        return plus_days(start, CYCLE_DAYS[cycle])
    months = start.month - 1 + CYCLE_MONTHS[cycle]
    year, month = start.year + months // _MONTHS_A_YEAR, months % _MONTHS_A_YEAR + 1
    return date(year, month, min(anchor_day, monthrange(year, month)[1]))


def anchor_day(start: date, next_start: date) -> int:
    """The day of the month that a subscription's billing dates go back to (G-40).

    That of its start; where its first billing date is on another day, though not for want of days
    in that month, that of the billing date: that is when its customer was told to pay.
    """
    last = monthrange(next_start.year, next_start.month)[1]
    return start.day if next_start.day == min(start.day, last) else next_start.day


def is_by_days(cycle: BillingCycle) -> bool:
    """Whether a cycle counts days and so has no anchor in the month."""
    return cycle in CYCLE_DAYS
