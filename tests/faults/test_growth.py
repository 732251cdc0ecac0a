"""A worker that leaks is noticed; one that warms up, breathes and keeps its orders is not."""

import random
from collections.abc import Sequence

import pytest

from faults.growth import GROWTH_MAX, Samples

MINUTES = 30
ORDERS_A_MIN = 12_000.0
CALM = {"memory_mb": 400.0, "files": 90.0, "tasks": 80.0, "windows": 300.0, "store_bytes": 5e8}


def samples(minutes: float = MINUTES, lanes: Sequence[int] = (1,), **a_minute: float) -> Samples:
    """One every five seconds: a warm-up, then noise and what grows a minute.

    Every two minutes the worker has the next of so many lanes; each takes a fifth more.
    """
    chance, made = random.Random(7), Samples()
    for step in range(int(minutes * 12)):
        at_min = step / 12
        had = lanes[int(at_min / 2) % len(lanes)]
        warm = min(1.0, at_min / 6) * (1 + 0.2 * had)
        figures = {
            name: warm * full * (1 + chance.uniform(-0.03, 0.03)) + a_minute.get(name, 0) * at_min
            for name, full in CALM.items()
        }
        made.taken.append((at_min, {**figures, "lanes": had}))
    return made


def test_a_worker_that_warms_up_and_stays_is_calm() -> None:
    made = samples()

    assert set(made.growth()) == {*GROWTH_MAX, "store_bytes"}
    assert made.problems(ORDERS_A_MIN) == []


@pytest.mark.parametrize("name", GROWTH_MAX)
def test_each_figure_that_leaks_is_told_of(name) -> None:
    [problem] = samples(**{name: 2 * GROWTH_MAX[name]}).problems(ORDERS_A_MIN)

    assert problem.startswith(f"{name} grows by ")


MORE_AT_THE_END = (1, 1, 1, 1, 2, 1, 1, 2, 1, 2, 1, 2, 2, 2, 2)


def test_a_worker_that_has_more_lanes_at_the_end_does_not_leak() -> None:
    assert samples(lanes=MORE_AT_THE_END).problems(ORDERS_A_MIN) == []


@pytest.mark.parametrize("name", GROWTH_MAX)
def test_a_leak_is_told_of_also_where_lanes_come_and_go(name) -> None:
    made = samples(lanes=MORE_AT_THE_END, **{name: 2 * GROWTH_MAX[name]})

    [problem] = made.problems(ORDERS_A_MIN)
    assert problem.startswith(f"{name} grows by ")


def test_what_a_lane_that_went_leaves_behind_is_told_of() -> None:
    """Rebalances kept the rows of every former lane: 30 MB a time, in steps."""
    made = samples(lanes=(1, 2))
    for at_min, figures in made.taken:
        figures["memory_mb"] += 30 * (at_min // 4)

    [problem] = made.problems(ORDERS_A_MIN)
    assert problem.startswith("memory_mb grows by ")


def test_a_leak_that_a_shorter_look_would_take_for_a_quarter_more_is_told_of() -> None:
    """5 MB a minute are 7 GB a day, and 19 % of 400 MB in a quarter of an hour."""
    assert samples(memory_mb=5.0).problems(ORDERS_A_MIN) != []


def test_a_store_may_grow_with_its_orders_and_no_faster() -> None:
    assert samples(store_bytes=ORDERS_A_MIN * 6_000).problems(ORDERS_A_MIN) == []
    [problem] = samples(store_bytes=ORDERS_A_MIN * 24_000).problems(ORDERS_A_MIN)
    assert problem.startswith("the store grows by ")


def test_a_short_run_says_nothing_of_growth() -> None:
    made = samples(minutes=10, memory_mb=50.0)

    assert made.growth() == {}
    assert made.problems(ORDERS_A_MIN) == []
