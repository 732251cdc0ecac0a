"""One contract for every store, and what RocksDB's files may suffer."""

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import StoreHeld, StoreUnusable
from engine.store import DAMAGED, POSITION, MemoryStore, RocksStore, Store, open_store

KEYS = st.binary(min_size=1, max_size=3)
WRITES = st.lists(st.lists(st.tuples(KEYS, st.none() | st.binary(max_size=3)), max_size=6))


@pytest.fixture(params=["memory", "rocks"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else RocksStore(tmp_path / "s")
    yield made
    made.close()


def test_a_missing_key_is_none(store) -> None:
    assert store.get(b"nothing") is None


def test_the_last_write_of_a_key_wins_within_one_batch_and_over_batches(store) -> None:
    store.write([(b"a", b"1"), (b"a", b"2"), (b"b", b"1")])
    store.write([(b"b", None), (b"c", b""), (b"never", None)])

    assert list(store.range(b"", b"\xff")) == [(b"a", b"2"), (b"c", b"")]


def test_a_range_is_half_open_and_in_byte_order(store) -> None:
    store.write([(key, b"") for key in (b"b", b"a\xff", b"a", b"c", b"\x00")])

    assert [key for key, _ in store.range(b"a", b"c")] == [b"a", b"a\xff", b"b"]


def test_a_store_tells_at_least_the_bytes_that_it_keeps_and_no_multiple_of_them(store) -> None:
    values = random.Random(7)  # RocksDB would pack what repeats itself.
    for numbers in (range(20_000), range(10_000, 30_000)):
        store.write([(b"%06d" % number, values.randbytes(1_000)) for number in numbers])

    assert 30_000_000 < store.size_bytes() < 70_000_000


def test_closing_twice_is_no_error(store) -> None:
    store.close()
    store.close()


@settings(max_examples=40)
@given(WRITES, KEYS, KEYS)
def test_stores_do_what_a_dict_does(writes, start, end) -> None:
    model: dict[bytes, bytes] = {}
    memory = MemoryStore()

    for batch in writes:
        memory.write(batch)
        for key, value in batch:
            if value is None:
                model.pop(key, None)
            else:
                model[key] = value

    assert list(memory.range(start, end)) == sorted(
        (key, value) for key, value in model.items() if start <= key < end
    )
    assert all(memory.get(key) == value for key, value in model.items())


def test_rocks_does_what_memory_does(tmp_path) -> None:
    rocks, memory = RocksStore(tmp_path / "s"), MemoryStore()
    batches = [[(b"%d" % (i * j % 7), b"%d" % i if i % 3 else None) for j in range(5)]
               for i in range(50)]  # fmt: skip

    for batch in batches:
        rocks.write(batch)
        memory.write(batch)

    assert list(rocks.range(b"", b"\xff")) == list(memory.range(b"", b"\xff"))
    rocks.close()


def test_what_was_written_is_there_after_the_process_is_gone(tmp_path) -> None:
    store = RocksStore(tmp_path / "s")
    store.write([(b"a", b"1")])
    shutil.copytree(tmp_path / "s", tmp_path / "as-kill-leaves-it")
    store.close()

    again, damage = open_store(tmp_path / "as-kill-leaves-it")

    assert (again.get(b"a"), damage) == (b"1", None)
    again.close()


def test_a_store_that_is_open_cannot_be_opened_again_nor_is_it_wiped(tmp_path) -> None:
    store = RocksStore(tmp_path / "s")
    store.write([(b"a", b"1")])

    with pytest.raises(StoreHeld, match="another worker on this machine"):
        open_store(tmp_path / "s")

    assert store.get(b"a") == b"1"
    store.close()


def test_a_directory_that_cannot_be_made_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreUnusable, match="directory"):
        open_store(tmp_path / "file" / "app" / "0-of-1")


def test_a_directory_that_cannot_be_emptied_is_not_believed(tmp_path, monkeypatch) -> None:
    RocksStore(tmp_path / "s").close()
    (tmp_path / "s" / DAMAGED).touch()
    monkeypatch.setattr(shutil, "rmtree", lambda *_path, **_how: None)

    with pytest.raises(StoreUnusable, match="cannot remove"):
        open_store(tmp_path / "s")


# -- damage

GENERATIONS = 90


def _built(path: Path) -> Path:
    """A directory as kill -9 leaves it: two flushed files, a log with the rest, reopened once."""
    store = RocksStore(path / "live")
    for generation in range(1, GENERATIONS + 1):
        text = b"%d" % generation
        rows = [(b"k%03d" % j, text + b"." * 300) for j in range(30)]
        store.write([*rows, (POSITION, text)])
        if generation in (30, 60):
            store._db.flush()
        if generation == 45:
            store.close()
            store = RocksStore(path / "live")
    shutil.copytree(path / "live", path / "left")
    store.close()
    return path / "left"


def _halve(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def _flip(raw: bytes) -> bytes:
    at = len(raw) // 2
    return raw[:at] + bytes([raw[at] ^ 0xFF]) + raw[at + 1 :] if raw else raw


def _empty(raw: bytes) -> bytes:
    return raw[:0]


@pytest.mark.parametrize("hurt", [None, _halve, _flip, _empty])
def test_damaged_files_give_an_earlier_commit_or_an_empty_store_but_never_wrong_rows(
    tmp_path, hurt: Callable[[bytes], bytes] | None
) -> None:
    left = _built(tmp_path)
    outcomes = set()

    for file in sorted(left.iterdir()):
        hurt_copy = tmp_path / "hurt"
        shutil.rmtree(hurt_copy, ignore_errors=True)
        shutil.copytree(left, hurt_copy)
        if hurt is None:
            (hurt_copy / file.name).unlink()
        else:
            (hurt_copy / file.name).write_bytes(hurt(file.read_bytes()))
        outcomes.add(_judge(hurt_copy, file.name))

    assert "wiped" in outcomes
    assert "earlier" in outcomes


def _judge(path: Path, hurt: str) -> str:
    store, damage = open_store(path)
    try:
        generation = store.get(POSITION)
        rows = dict(store.range(b"k", b"l"))
    except StoreUnusable:
        assert (path / DAMAGED).exists()
        return "wiped"
    finally:
        store.close()
    if damage is not None:
        assert (generation, rows) == (None, {}), f"{hurt}: wiped, and yet there is something"
        return "wiped"
    assert generation is not None, f"{hurt}: lost everything, told nobody"
    assert set(rows.values()) == {generation + b"." * 300}, f"{hurt}: rows of another commit"
    assert len(rows) == 30
    return "whole" if generation == b"%d" % GENERATIONS else "earlier"


def test_a_bit_that_names_another_kind_of_table_gives_an_empty_store(tmp_path) -> None:
    left = _built(tmp_path)
    options = max(left.glob("OPTIONS-*"))
    options.write_bytes(options.read_bytes().replace(b"TableOptions/Block", b"TableOptions/Blocc"))

    store, damage = open_store(left)

    assert damage is not None
    store.write([(b"a", b"1")])
    store.close()


def _left_with_a_file_and_a_log(path: Path) -> Path:
    """As kill -9 leaves it: the first half of the rows in a file, the second half in a log."""
    store = RocksStore(path / "live")
    for generation in range(1, 11):
        text = b"%d" % generation
        store.write([(b"k%d" % generation, text), (POSITION, text)])
        if generation == 5:
            store._db.flush()
    shutil.copytree(path / "live", path / "left")
    store.close()
    return path / "left"


def test_a_manifest_that_lost_its_tail_never_gives_newer_rows_without_older_ones(tmp_path) -> None:
    left = _left_with_a_file_and_a_log(tmp_path)
    manifest = (left / "CURRENT").read_text().strip()
    whole = (left / manifest).read_bytes()

    for cut in range(len(whole) + 1):
        (left / manifest).write_bytes(whole[:cut])
        copy = shutil.copytree(left, tmp_path / f"cut-{cut}")
        store, damage = open_store(copy)
        rows = len(list(store.range(b"k", b"l")))
        store.close()
        shutil.rmtree(copy)
        assert rows == (10 if damage is None else 0), f"cut to {cut} of {len(whole)} bytes"

    assert damage is None


@pytest.fixture
def rotten(tmp_path) -> Path:
    """A store one of whose blocks is damaged.

    RocksDB does not look into data blocks when it opens: 6 MB are not read then.
    """
    path = tmp_path / "s"
    store = RocksStore(path)
    for _ in range(2):  # A file that nothing overlaps is moved unread.
        store.write([(b"%06d" % i, b"%d" % i + bytes(range(256)) * 8) for i in range(3000)])
        store._db.flush()
    store.close()
    table = max(path.glob("*.sst"))
    raw = bytearray(table.read_bytes())
    raw[len(raw) // 3] ^= 0xFF
    table.write_bytes(raw)
    return path


def test_a_block_that_compaction_finds_rotten_stops_the_worker_then_starts_empty(rotten) -> None:
    """RocksDB compacts beside its callers: from then on it refuses every write."""
    opened, damage = open_store(rotten)
    assert damage is None
    with suppress(Exception):
        opened._db.compact_range(None, None)

    with pytest.raises(StoreUnusable, match="rebuilt at the next start"):
        opened.write([(b"a", b"1")])
    opened.close()
    again, damage = open_store(rotten)

    assert damage is not None
    again.write([(b"a", b"1")])
    again.close()


def test_a_block_that_turns_out_rotten_while_reading_stops_the_worker_then_starts_empty(
    rotten,
) -> None:
    path = rotten
    opened, damage = open_store(path)
    with pytest.raises(StoreUnusable, match="rebuilt at the next start"):
        list(opened.range(b"", b"\xff"))
    opened.close()
    again, damage = open_store(path)

    assert damage is not None
    assert list(again.range(b"", b"\xff")) == []
    again.close()


def test_reading_a_store_that_is_closed_is_refused_without_throwing_its_data_away(tmp_path) -> None:
    store = RocksStore(tmp_path / "s")
    store.write([(b"a", b"1")])
    store.close()

    with pytest.raises(StoreUnusable):
        store.get(b"a")
    again, damage = open_store(tmp_path / "s")

    assert (again.get(b"a"), damage) == (b"1", None)
    again.close()


def test_a_directory_that_is_taken_away_under_a_store_stops_its_worker_with_one_line(
    tmp_path,
) -> None:
    store = RocksStore(tmp_path / "s")
    shutil.rmtree(tmp_path / "s")

    with pytest.raises(StoreUnusable, match="cannot write the store"):
        store.write([(b"a", b"1")])

    store.close()


def test_a_view_that_is_still_reading_does_not_keep_a_closed_store_locked(tmp_path) -> None:
    store = RocksStore(tmp_path / "s")
    store.write([(b"a", b"1"), (b"b", b"2")])
    view = store.range(b"", b"z")
    next(view)

    store.close()
    again, damage = open_store(tmp_path / "s")

    assert (again.get(b"a"), damage) == (b"1", None)
    again.close()
