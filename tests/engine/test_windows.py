"""Tumbling windows: alignment, lateness, closing once, expiry, and that nothing is lost."""

from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.specs import TableSpec
from engine.store import MemoryStore
from engine.tables import LaneTable
from engine.windows import (
    AT_MS_MAX,
    Clock,
    Tumbling,
    Windows,
    clocks_table,
    split_key,
    window_key,
)
from tests.engine.walked import Walked

MINUTE = 60_000


class Sum(msgspec.Struct, frozen=True):
    """How many records a window holds, and the sum of what they carry."""

    records: int
    total: int


SUMS = TableSpec(name="sums", row=Sum, key="window start, group", help="Sums.")
CLOCKS = clocks_table("clocks")


class Lane(NamedTuple):
    """Windows over a store that a test can restart."""

    spec: Tumbling
    store: MemoryStore
    rows: LaneTable[Sum]
    clocks: LaneTable[Clock]

    @property
    def windows(self) -> Windows[Sum]:
        return Windows(self.spec, self.rows, self.clocks, "sums")

    def add(self, group: str, at_ms: int, value: int = 1) -> bool:
        return self.windows.fold(group, at_ms, lambda row: plus(row, value))

    def late(self) -> int:
        clock = self.windows.clock()
        return 0 if clock is None else clock.late

    def content(self) -> dict[str, Sum]:
        return dict(self.rows.scan())

    def restarted(self) -> "Lane":
        for table in (self.rows, self.clocks):
            self.store.write(table.changes())
            table.committed()
        return lane(self.spec, self.store)


def lane(spec: Tumbling, store: MemoryStore | None = None) -> Lane:
    store = store or MemoryStore()
    return Lane(spec, store, LaneTable(SUMS, store, [], 1000), LaneTable(CLOCKS, store, [], 1000))


def plus(row: Sum | None, value: int) -> Sum:
    return Sum(1, value) if row is None else Sum(row.records + 1, row.total + value)


def minutes(grace_ms: int = 0, retention_ms: int = 10 * MINUTE) -> Lane:
    return lane(Tumbling(MINUTE, grace_ms, retention_ms))


moments = st.integers(0, AT_MS_MAX)
specs = st.builds(
    lambda size, grace, more: Tumbling(size, grace, grace + more),
    st.integers(1, 500),
    st.integers(0, 700),
    st.integers(0, 2000),
)
records = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3000), st.integers(0, 9)))


# -- cutting time


@given(specs, moments)
def test_a_moment_lies_in_exactly_one_window_and_the_window_is_aligned(
    spec: Tumbling, at_ms: int
) -> None:
    start = spec.start(at_ms)

    assert start % spec.size_ms == 0
    assert start <= at_ms < start + spec.size_ms


@pytest.mark.parametrize(
    ("at_ms", "start_ms"), [(0, 0), (59_999, 0), (60_000, 60_000), (119_999, 60_000)]
)
def test_a_window_holds_its_start_and_not_its_end(at_ms: int, start_ms: int) -> None:
    assert Tumbling(MINUTE, 0, 0).start(at_ms) == start_ms


@given(moments, moments, st.text(max_size=5), st.text(max_size=5))
def test_keys_sort_by_time_before_group(a_ms: int, b_ms: int, a: str, b: str) -> None:
    first, second = window_key(a_ms, a).encode(), window_key(b_ms, b).encode()

    assert split_key(window_key(a_ms, a)) == (a_ms, a)
    if a_ms < b_ms:
        assert first < second


@pytest.mark.parametrize(("size", "grace", "retention"), [(0, 0, 0), (1, -1, 0), (1, 5, 4)])
def test_windows_that_could_expire_while_open_are_refused(
    size: int, grace: int, retention: int
) -> None:
    with pytest.raises(ValueError, match="size_ms"):
        Tumbling(size, grace, retention)


@pytest.mark.parametrize("at_ms", [-1, AT_MS_MAX + 1])
@pytest.mark.parametrize("seen_ms", [(), (5 * MINUTE,)])
def test_a_time_outside_the_keys_range_is_refused_and_changes_nothing(
    at_ms: int, seen_ms: tuple[int, ...]
) -> None:
    some = minutes()
    for before_ms in seen_ms:
        some.add("a", before_ms)
    before = some.windows.clock()

    with pytest.raises(ValueError, match="between 1970 and 2286"):
        some.add("a", at_ms)

    assert some.windows.clock() == before


# -- lateness
#
#   minutes   |-- 0 --|-- 1 --|-- 2 --|          grace 10 s
#   watermark                 ^ 2:00 + 9.999 s   window 1 is open
#                              ^ 2:00 + 10 s     window 1 is closed


def test_a_window_stays_open_through_its_grace() -> None:
    some = minutes(grace_ms=10_000)
    some.add("a", 2 * MINUTE + 9_999)

    assert some.add("a", MINUTE)
    assert some.late() == 0


def test_a_window_closes_when_the_watermark_reaches_its_end_plus_the_grace() -> None:
    some = minutes(grace_ms=10_000)
    some.add("a", 2 * MINUTE + 10_000)

    assert not some.add("a", 2 * MINUTE - 1)
    assert some.late() == 1
    assert window_key(MINUTE, "a") not in some.content()


def test_an_early_record_counts_as_long_as_its_window_is_open() -> None:
    some = minutes(grace_ms=MINUTE)

    assert some.add("a", 7 * MINUTE)
    assert some.add("a", 6 * MINUTE)
    assert not some.add("a", 4 * MINUTE)


@given(specs, records)
@settings(max_examples=60)
def test_on_time_and_late_records_together_are_all_records(
    spec: Tumbling, arrivals: list[tuple[str, int, int]]
) -> None:
    some = lane(spec)

    on_time = [value for group, at_ms, value in arrivals if some.add(group, at_ms, value)]

    assert sum(row.records for row in some.content().values()) == len(on_time)
    assert sum(row.total for row in some.content().values()) == sum(on_time)
    assert len(on_time) + some.late() == len(arrivals)


@given(specs, records)
@settings(max_examples=60)
def test_a_record_is_late_exactly_when_its_window_had_closed(
    spec: Tumbling, arrivals: list[tuple[str, int, int]]
) -> None:
    some, watermark = lane(spec), 0

    for group, at_ms, value in arrivals:
        watermark = max(watermark, at_ms)
        closed = spec.start(at_ms) + spec.size_ms + spec.grace_ms <= watermark
        assert some.add(group, at_ms, value) is not closed


@given(st.permutations([(f"{n % 2}", n * 100, n) for n in range(10)]))
@settings(max_examples=40)
def test_the_order_within_the_grace_does_not_matter(shuffled: list[tuple[str, int, int]]) -> None:
    in_order, any_order = (lane(Tumbling(250, 1000, 1000)) for _ in range(2))

    for group, at_ms, value in sorted(shuffled, key=lambda arrival: arrival[1]):
        in_order.add(group, at_ms, value)
    for group, at_ms, value in shuffled:
        any_order.add(group, at_ms, value)

    assert any_order.content() == in_order.content()


@given(specs, records, st.data())
@settings(max_examples=60)
def test_a_restart_changes_nothing(
    spec: Tumbling, arrivals: list[tuple[str, int, int]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(arrivals)))
    whole, parted = lane(spec), lane(spec)

    expected = [whole.add(*arrival) for arrival in arrivals]
    found = [parted.add(*arrival) for arrival in arrivals[:cut]]
    parted = parted.restarted()
    found += [parted.add(*arrival) for arrival in arrivals[cut:]]

    assert found == expected
    assert parted.content() == whole.content()
    assert parted.windows.clock() == whole.windows.clock()


# -- closing and expiring


def test_closed_windows_are_handed_out_once_and_oldest_first() -> None:
    some = minutes()
    for at_ms in (0, 1, MINUTE, 2 * MINUTE):
        some.add("a", at_ms)

    assert some.windows.closed() == [
        (window_key(0, "a"), Sum(2, 2)),
        (window_key(MINUTE, "a"), Sum(1, 1)),
    ]
    assert some.windows.closed() == []
    assert some.restarted().windows.closed() == []


def test_handing_out_goes_on_where_its_bound_stopped_it() -> None:
    some = minutes()
    for group in "abc":
        some.add(group, 0)
    some.windows.advance(MINUTE)

    assert [key for key, _ in some.windows.closed(rows_max=2)] == [
        window_key(0, "a"),
        window_key(0, "b"),
    ]
    assert [key for key, _ in some.windows.closed(rows_max=2)] == [window_key(0, "c")]
    assert some.windows.closed(rows_max=2) == []


def test_a_tick_closes_windows_that_silence_would_keep_open() -> None:
    some = minutes(grace_ms=1000)
    some.add("a", 0)

    assert some.windows.closed() == []
    some.windows.advance(MINUTE + 1000)

    assert len(some.windows.closed()) == 1
    assert not some.add("a", 1)


def test_the_clock_never_goes_back() -> None:
    some = minutes()
    some.add("a", 5 * MINUTE)
    before = some.windows.clock()

    some.windows.advance(MINUTE)

    assert some.windows.clock() == before


def test_open_windows_are_those_whose_grace_is_not_over() -> None:
    some = minutes(grace_ms=MINUTE)
    for at_ms in (0, MINUTE, 2 * MINUTE):
        some.add("a", at_ms)

    assert [key for key, _ in some.windows.open()] == [
        window_key(MINUTE, "a"),
        window_key(2 * MINUTE, "a"),
    ]


@given(specs, records)
@settings(max_examples=60)
def test_every_window_is_handed_out_exactly_once_in_the_end(
    spec: Tumbling, arrivals: list[tuple[str, int, int]]
) -> None:
    some, handed = lane(spec), []

    for arrival in arrivals:
        some.add(*arrival)
        handed += some.windows.closed(rows_max=3)
    some.windows.advance(10_000)
    while found := some.windows.closed(rows_max=3):
        handed += found

    assert [key for key, _ in handed] == sorted(some.content())
    assert dict(handed) == some.content()


def test_rows_past_the_retention_expire_and_others_stay() -> None:
    some = minutes(retention_ms=2 * MINUTE)
    for minute in range(5):
        some.add("a", minute * MINUTE)

    assert some.windows.expire() == 2
    assert [split_key(key)[0] // MINUTE for key in some.content()] == [2, 3, 4]
    assert some.windows.expire() == 0


def test_expiry_goes_on_where_its_bound_stopped_it() -> None:
    some = minutes(retention_ms=0)
    for group in "abc":
        some.add(group, 0)
    some.windows.advance(MINUTE)

    assert [some.windows.expire(rows_max=2) for _ in range(3)] == [2, 1, 0]


def test_handing_out_and_expiring_a_few_look_at_no_more_rows_than_those() -> None:
    store = Walked()
    one = lane(Tumbling(MINUTE, 0, 10 * MINUTE), store)
    for minute in (*range(50), 100):
        one.add("a", minute * MINUTE)
    windows = one.restarted().windows
    store.walked.clear()

    windows.closed(rows_max=2)
    windows.expire(rows_max=2)

    assert store.walked.total() == 4


@given(st.lists(st.integers(0, 40), min_size=1, max_size=200), st.integers(0, 200))
@settings(max_examples=40)
def test_rows_are_bounded_also_across_a_restart(steps: list[int], cut: int) -> None:
    some, at_ms = lane(Tumbling(10, 20, 50)), 0

    for index, step in enumerate(steps):
        at_ms += step
        some.add("a", at_ms)
        some.windows.expire()
        if index == cut:
            some = some.restarted()
        assert len(some.content()) <= 50 // 10 + 20 // 10 + 2


def test_before_the_first_record_there_is_nothing() -> None:
    some = minutes()

    assert some.windows.clock() is None
    assert some.windows.closed() == []
    assert some.windows.expire() == 0
    assert list(some.windows.open()) == []
