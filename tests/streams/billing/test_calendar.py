"""Billing dates: month ends are clamped, and never lost."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.billing.calendar import CYCLE_MONTHS, anchor_day, is_by_days, next_date, run_ms
from streams.billing.rules import BillingRules
from streams.moments import day_of

CYCLES = ("daily", "weekly", "monthly", "quarterly", "annual")
days = st.dates(date(2000, 1, 1), date(2090, 12, 31))


def dates(start: date, cycle: str, count: int) -> list[str]:
    found, day = [], start
    for _ in range(count):
        day = next_date(day, cycle, start.day)
        found.append(day.isoformat())
    return found


@pytest.mark.parametrize(
    ("start", "cycle", "following"),
    [
        (date(2025, 1, 31), "monthly", ["2025-02-28", "2025-03-31", "2025-04-30"]),
        (date(2024, 1, 30), "monthly", ["2024-02-29", "2024-03-30", "2024-04-30"]),
        (date(2024, 3, 15), "monthly", ["2024-04-15", "2024-05-15", "2024-06-15"]),
        (date(2024, 2, 29), "annual", ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        (date(2025, 11, 30), "quarterly", ["2026-02-28", "2026-05-30"]),
        (date(2025, 12, 31), "monthly", ["2026-01-31", "2026-02-28"]),
        (date(2025, 2, 26), "weekly", ["2025-03-05", "2025-03-12"]),
        (date(2025, 2, 28), "daily", ["2025-03-01", "2025-03-02"]),
    ],
)
def test_billing_dates_follow_the_anchor(start: date, cycle: str, following: list[str]) -> None:
    assert dates(start, cycle, len(following)) == following


@pytest.mark.parametrize(
    ("start", "first", "anchor"),
    [
        (date(2025, 1, 31), date(2025, 2, 28), 31),
        (date(2025, 1, 15), date(2025, 2, 15), 15),
        (date(2025, 1, 31), date(2025, 2, 14), 14),
        (date(2025, 1, 15), date(2025, 1, 31), 31),
    ],
)
def test_the_anchor_is_the_day_of_the_start_or_that_of_a_first_date_which_is_another(
    start: date, first: date, anchor: int
) -> None:
    assert anchor_day(start, first) == anchor


@given(days, st.sampled_from(CYCLES), st.integers(1, 40))
def test_short_months_do_not_move_the_anchor(start: date, cycle: str, count: int) -> None:
    day = start
    for _ in range(count):
        after = next_date(day, cycle, start.day)
        assert after > day
        day = after

    if is_by_days(cycle):
        return
    months = start.month - 1 + count * CYCLE_MONTHS[cycle]
    assert (day.year, day.month) == (start.year + months // 12, months % 12 + 1)
    assert day.day == start.day or next_day_is_the_first(day)


def next_day_is_the_first(day: date) -> bool:
    return date.fromordinal(day.toordinal() + 1).day == 1


@given(days)
def test_the_run_of_a_day_is_five_past_midnight_of_that_day(day: date) -> None:
    at_ms = run_ms(day, BillingRules())

    assert day_of(at_ms) == day
    assert day_of(at_ms - 5 * 60_000) == day
    assert day_of(at_ms - 5 * 60_000 - 1) < day
