"""A lane's table against a plain dict: cache, eviction, undo, scan."""

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.sizes import RECORD_BYTES_MAX, TooLarge
from engine.specs import TableSpec
from engine.store import MemoryStore
from engine.tables import LaneTable, RowUnreadable, table_prefix
from tests.engine.counting import COUNTS, HUGE, Row


def table(store: MemoryStore | None = None, rows_max: int = 1000) -> LaneTable[Row]:
    return LaneTable(COUNTS, store or MemoryStore(), [], rows_max)


def commit(one: LaneTable[Row]) -> None:
    one._store.write(one.changes())
    one.committed()
    one._journal.clear()


def undo(one: LaneTable[Row]) -> None:
    """Take back what came since the last record."""
    for changed, key, before, was_dirty in reversed(one._journal):
        changed.undo(key, before, was_dirty=was_dirty)
    one._journal.clear()


NAMES = ["k0", "k1", "k2", "ä", "日本", "\ue000", "😀", ""]
KEYS = st.sampled_from(NAMES)
STEPS = st.one_of(
    st.tuples(st.just("set"), KEYS, st.integers(0, 99)),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("get"), KEYS),
    st.tuples(st.just("scan"), KEYS, KEYS),
    st.tuples(st.sampled_from(["commit", "undo", "keep", "restart"])),
)


@settings(max_examples=150)
@given(st.lists(STEPS, max_size=60), st.integers(0, 4))
@example([("set", "k0", 1), ("commit",), ("set", "k0", 2)], 0)
def test_a_table_with_a_tiny_cache_is_a_dict(steps, rows_max) -> None:
    """`keep` ends a record, `undo` takes back what came since, `restart` what is uncommitted.

    At the end the last record is taken back, too.
    """
    one = table(rows_max=rows_max)
    now: dict[str, Row] = {}
    kept: dict[str, Row] = {}
    committed: dict[str, Row] = {}

    for step in steps:
        match step:
            case ("set", key, number):
                one[key] = now[key] = Row(number)
            case ("delete", key):
                del one[key]
                now.pop(key, None)
            case ("get", key):
                assert one.get(key) == now.get(key)
            case ("scan", start, end):
                first, last = start.encode(), end.encode()
                want = sorted((k.encode(), r) for k, r in now.items() if first <= k.encode() < last)
                assert [(k.encode(), r) for k, r in one.scan(start, end)] == want
            case ("undo",):
                undo(one)
                now = dict(kept)
            case ("keep",):
                one._journal.clear()
                kept = dict(now)
            case ("commit",):
                commit(one)
                kept, committed = dict(now), dict(now)
            case ("restart",):
                one = table(one._store, rows_max)
                now, kept = dict(committed), dict(committed)

    assert dict(one.scan()) == now
    undo(one)
    assert dict(one.scan()) == kept
    assert {key: row for key in NAMES if (row := one.get(key))} == kept


def test_a_dirty_row_is_never_evicted() -> None:
    one = table(rows_max=2)
    one["dirty"] = Row(1)

    for i in range(50):
        one.get(f"other{i}")

    assert one.get("dirty") == Row(1)
    assert one.changes() == [(table_prefix("counts") + b"dirty", msgspec.json.encode(Row(1)))]


def test_the_cache_stays_within_its_bound_over_commits() -> None:
    one = table(rows_max=10)

    for i in range(500):
        one[f"k{i}"] = Row(i)
        commit(one)

    assert one.cached() <= 2 * 10 + 2


def test_the_cache_of_a_table_that_is_only_read_stays_within_its_bound() -> None:
    one = table(rows_max=10)
    one["there"] = Row(7)
    commit(one)

    for i in range(500):
        one.get(f"not there {i}")

    assert one.get("there") == Row(7)
    assert one.cached() <= 2 * 10 + 2


def test_a_scan_with_a_limit_sees_deletions_and_changes() -> None:
    one = table()
    for key in "abcdef":
        one[key] = Row(1)
    commit(one)
    del one["a"]
    one["b"] = Row(2)
    one["aa"] = Row(3)

    assert list(one.scan("", "z", 3)) == [("aa", Row(3)), ("b", Row(2)), ("c", Row(1))]


def test_tables_whose_names_begin_alike_do_not_see_each_other() -> None:
    store = MemoryStore()
    short = LaneTable(TableSpec("a", Row, "k", ""), store, [], 10)
    long = LaneTable(TableSpec("ab", Row, "k", ""), store, [], 10)
    short["k"] = Row(1)
    commit(short)
    long["k"] = Row(2)
    commit(long)

    assert list(short.scan()) == [("k", Row(1))]


def test_a_row_that_no_batch_holds_is_refused_when_it_is_taken_and_when_it_is_checked() -> None:
    one = table()
    one["k"] = Row(note="x" * HUGE)

    with pytest.raises(TooLarge, match="counts"):
        one.changes()
    with pytest.raises(TooLarge):
        one.check("k")


def test_a_row_is_measured_alike_when_it_is_taken_and_when_it_is_checked() -> None:
    """What the check passed and the commit then refused would end the worker at every start."""
    one, prefix = table(), table_prefix("counts")
    room = RECORD_BYTES_MAX - len(prefix) - len(b"k") - len(msgspec.json.encode(Row()))
    one["k"] = Row(note="x" * room)
    one.check("k")
    one.changes()

    one["k"] = Row(note="x" * (room + 1))

    with pytest.raises(TooLarge):
        one.changes()
    with pytest.raises(TooLarge):
        one.check("k")


def test_a_row_of_an_earlier_version_that_does_not_fit_stops_the_worker() -> None:
    store = MemoryStore()
    store.write([(table_prefix("counts") + b"k", b'{"n":"many"}')])

    with pytest.raises(RowUnreadable, match="counts"):
        table(store).get("k")
