"""How partials become windows: which one wins, which window is whole, what is known."""

import pytest

from streams.pulse.figures import Figure
from streams.pulse.tally import Cell, Partial, Tally
from streams.pulse.totals import (
    Seen,
    current_figures,
    is_known,
    last_whole,
    replaces,
    seen_after,
    shown,
    window_figures,
)

MINUTE = 60_000
HOUR = 60 * MINUTE


def part(start_ms: int = 0, seq: int = 1) -> Partial:
    return Partial("orders", start_ms, MINUTE, 0, seq, {})


def test_the_newest_state_of_a_partition_wins_whatever_the_order() -> None:
    assert replaces(part(seq=1), None)
    assert replaces(part(seq=2), part(seq=1))
    assert not replaces(part(seq=1), part(seq=2))


@pytest.mark.parametrize(
    ("now_ms", "start_ms"),
    [(10 * MINUTE - 1, 8 * MINUTE), (10 * MINUTE, 9 * MINUTE), (10 * MINUTE + 1, 9 * MINUTE)],
)
def test_a_window_is_whole_once_it_has_ended(now_ms: int, start_ms: int) -> None:
    assert last_whole(MINUTE, now_ms) == start_ms


def test_the_standing_window_is_always_whole() -> None:
    assert last_whole(0, 10 * MINUTE) == 0


def test_a_family_is_known_from_its_first_partial_to_its_newest() -> None:
    seen = seen_after(None, part(5 * MINUTE), HOUR)
    for minute in (7, 6, 4):
        seen = seen_after(seen, part(minute * MINUTE), HOUR)

    assert seen == Seen(MINUTE, since_ms=4 * MINUTE, traffic_ms=7 * MINUTE)


def test_traffic_after_a_long_silence_is_a_new_start() -> None:
    seen = shown(seen_after(None, part(5 * HOUR), HOUR), 3)
    new_ms = 6 * HOUR + 1

    assert seen_after(seen, part(6 * HOUR), HOUR).since_ms == 5 * HOUR
    assert seen_after(seen, part(new_ms), HOUR) == Seen(MINUTE, new_ms, new_ms, 3)


@pytest.mark.parametrize(
    ("whole_ms", "now_ms", "known"),
    [
        (9 * MINUTE, 12 * MINUTE, False),
        (10 * MINUTE, 12 * MINUTE, False),
        (11 * MINUTE, 12 * MINUTE, True),
        (79 * MINUTE, 80 * MINUTE, True),
        (80 * MINUTE, 80 * MINUTE + 1, False),
    ],
    ids=["before traffic", "traffic began in it", "after", "an hour of silence", "a longer one"],
)
def test_silence_means_something_only_where_there_was_traffic(
    whole_ms: int,
    now_ms: int,
    known: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    seen = Seen(MINUTE, since_ms=10 * MINUTE, traffic_ms=20 * MINUTE)

    assert is_known(seen, whole_ms, now_ms, HOUR) is known


def test_figures_become_rows_by_name_and_group() -> None:
    tally = Tally(seq=2, cells={"confirmed|USD": Cell(2, 10)})

    rows = window_figures("orders", tally, 60_000, MINUTE)

    assert rows["orders.value_minor_mean|USD"] == Figure(5, 2, 60_000)
    assert window_figures("orders", None, 60_000, MINUTE) == {}


def test_current_rates_fall_to_zero_and_what_cannot_be_said_goes() -> None:
    before = {
        "orders.confirmed_per_minute|USD": Figure(9, 9, 0),
        "orders.value_minor_mean|USD": Figure(5, 9, 0),
    }
    now = {"orders.confirmed_per_minute|EUR": Figure(1, 1, MINUTE)}

    assert current_figures(now, before, MINUTE) == {
        "orders.confirmed_per_minute|EUR": Figure(1, 1, MINUTE),
        "orders.confirmed_per_minute|USD": Figure(0, 0, MINUTE),
        "orders.value_minor_mean|USD": None,
    }
