"""The calendar shows what it should, and nothing is due before it does."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.clock import TRUE, Clock

START_MS = 1_750_000_000_000
FAST = Clock(START_MS, 86_400)
moments = st.integers(0, 4 * 10**12)
clocks = st.builds(Clock, moments, st.integers(1, 10**6))


@pytest.mark.parametrize(
    ("at_ms", "shown_ms"),
    [
        (START_MS - 5, START_MS - 5),
        (START_MS, START_MS),
        (START_MS + 1, START_MS + 86_400),
        (START_MS + 1_000, START_MS + 86_400_000),
    ],
)
def test_it_is_true_until_its_start_and_fast_from_then_on(at_ms: int, shown_ms: int) -> None:
    assert FAST.calendar_ms(at_ms) == shown_ms
    assert FAST.real_ms(shown_ms) == at_ms
    assert TRUE.calendar_ms(at_ms) == TRUE.real_ms(at_ms) == at_ms


@given(clocks, moments)
def test_a_moment_is_the_first_at_which_the_calendar_shows_it(clock: Clock, due_ms: int) -> None:
    at_ms = clock.real_ms(due_ms)

    assert clock.calendar_ms(at_ms) >= due_ms
    assert clock.calendar_ms(at_ms - 1) < due_ms


@given(clocks, moments, moments)
def test_it_never_runs_backwards(clock: Clock, one: int, other: int) -> None:
    shown = [clock.calendar_ms(at_ms) for at_ms in sorted((one, other))]

    assert shown == sorted(shown)


def test_a_day_a_second_reaches_the_next_year_in_six_minutes() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    clock = Clock(round(start * 1000), 86_400)

    shown = clock.calendar_ms(clock.start_ms + 365_000)

    assert datetime.fromtimestamp(shown / 1000, UTC) == datetime(2027, 1, 1, tzinfo=UTC)
