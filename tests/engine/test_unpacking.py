"""A batch at a time records are what they are one by one; names that are no text are read, too."""

import gzip
import inspect
import struct
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.legacy_records import LegacyRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from hypothesis import given
from hypothesis import strategies as st

from engine import patches, unpacking
from engine.records import Record

patches.apply()
AIOKAFKAS = unpacking.AIOKAFKAS
AIOKAFKAS_GETALL = unpacking.AIOKAFKAS_GETALL

ABORT = b"\x00\x00\x00\x00"
"""Key of the control record that ends a transaction whose records do not count."""
UMLAUT = "Größe".encode("latin-1")
HEAD = 61
"""Bytes of a batch before its records."""
GZIP, TRANSACTIONAL, CONTROL = 0x01, 0x10, 0x20
ONE, OTHER = 7, 8
OPTIONS = None, None, True, fetcher.READ_COMMITTED
"""No deserializers, checksums are looked at."""


def batch(
    offset: int, *values: bytes, name: bytes = b"hd", key: bytes = b"k", producer: int = -1,
    flags: int = 0, good: int = 0,
) -> bytes:  # fmt: skip
    """A record batch as a broker has it; every record but the first `good` has that header."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, producer, 0, 0, 10_000)
    for index, value in enumerate(values):
        told = "hd" if index < good else "~" * len(name)
        builder.append(index, 0, key, value, [(told, b"1")])
    raw = bytes(builder.build()).replace(b"~" * len(name), name)
    head, records = bytearray(raw[:HEAD]), raw[HEAD:]
    records = gzip.compress(records) if flags & GZIP else records
    struct.pack_into(">qi", head, 0, offset, HEAD - 12 + len(records))
    struct.pack_into(">h", head, 21, flags | (TRANSACTIONAL if producer >= 0 else 0))
    struct.pack_into(">I", head, 17, calc_crc32c(bytes(head[21:]) + records))
    return bytes(head) + records


def emptied(offset: int, count: int = 1, producer: int = -1, flags: int = 0) -> bytes:
    """What compaction leaves of a batch that is its producer's last: the head, with its offsets."""
    head = bytearray(batch(offset, *[b""] * count, producer=producer, flags=flags)[:HEAD])
    struct.pack_into(">i", head, 8, HEAD - 12)
    struct.pack_into(">i", head, 57, 0)
    struct.pack_into(">I", head, 17, calc_crc32c(bytes(head[21:])))
    return bytes(head)


def read(*batches: bytes, aborted: Any = (), at: int = 0) -> list[tuple[int, bytes, str]]:
    records = fetcher.MemoryRecords(b"".join(batches))
    found = fetcher.PartitionRecords(TopicPartition("t", 0), records, aborted, at, *OPTIONS)
    return [(r.offset, r.value, r.headers[0][0]) for r in found]


@pytest.mark.parametrize("flags", [0, GZIP])
def test_a_name_that_is_no_text_is_read_with_signs_in_its_place(flags) -> None:
    log = [
        batch(0, b"a", b"b"),
        batch(2, b"c", b"d", name=UMLAUT, flags=flags),
        batch(4, b"e", name="Größe".encode()),
        batch(5, b"f", name=b"\xff\xfe", flags=flags),
    ]

    found = read(*log, at=1)

    assert found == [
        (1, b"b", "hd"),
        (2, b"c", "Gr\ufffd\ufffde"),
        (3, b"d", "Gr\ufffd\ufffde"),
        (4, b"e", "Größe"),
        (5, b"f", "\ufffd\ufffd"),
    ]


def test_what_was_read_before_such_a_name_is_not_read_twice() -> None:
    log = [batch(0, b"a", b"b"), batch(2, b"c", b"d", b"e", name=UMLAUT, good=2), batch(5, b"f")]

    assert [offset for offset, _, _ in read(*log)] == [0, 1, 2, 3, 4, 5]


def test_reading_again_gives_no_record_of_a_transaction_that_was_aborted() -> None:
    log = [
        batch(0, b"gone", producer=ONE),
        batch(1, b"", key=ABORT, producer=ONE, flags=CONTROL),
        batch(2, b"gone", producer=ONE),
        batch(3, b"stays", name=UMLAUT, producer=OTHER),
        batch(4, b"gone", producer=ONE),
        batch(5, b"", key=ABORT, producer=ONE, flags=CONTROL),
        batch(6, b"stays", producer=ONE),
    ]

    found = read(*log, aborted=[(ONE, 0), (ONE, 2)])

    assert [(offset, value) for offset, value, _ in found] == [(3, b"stays"), (6, b"stays")]


def test_what_compaction_has_emptied_is_passed_over_markers_too() -> None:
    """A marker that is gone stops aiokafka, for as long as Kafka keeps its place."""
    log = [
        batch(0, b"a", producer=ONE),
        emptied(1, 3, producer=ONE),
        emptied(4, producer=ONE, flags=CONTROL),
        batch(5, b"b", producer=ONE),
        emptied(6, producer=OTHER, flags=CONTROL),
    ]
    held, at = results(fetcher.PartitionRecords, b"".join(log), [], 0)

    found = held.getall()

    assert [record.value for record in found] == [b"a", b"b"]
    assert at.position == 7


def test_what_is_read_well_is_read_by_aiokafkas_own_batches() -> None:
    records = fetcher.MemoryRecords(batch(0, b"a"))

    assert type(records.next_batch()).__module__.startswith("aiokafka.record._crecords")


# -- a batch at a time


def log(draw: Any) -> list[bytes]:
    """Batches of two producers, with markers and holes as compaction leaves them."""
    batches, offset = [], 0
    for _ in range(draw(st.integers(0, 6))):
        offset += draw(st.integers(0, 2))
        values = [b"v"] * draw(st.integers(1, 4))
        producer = draw(st.sampled_from([-1, ONE, OTHER]))
        batches.append(batch(offset, *values, producer=producer))
        offset += len(values)
        if producer >= 0:
            batches.append(batch(offset, b"", key=ABORT, producer=producer, flags=CONTROL))
            offset += 1
    return batches


LOGS = st.composite(log)()
ABORTED = st.lists(st.tuples(st.sampled_from([ONE, OTHER]), st.integers(0, 20)))


def state(position: int) -> Any:
    """A partition as the consumer knows it: where reading goes on."""
    at = SimpleNamespace(position=position, paused=False)
    at.consumed_to = lambda offset: setattr(at, "position", offset)
    return at


def results(of: Any, raw: bytes, aborted: Any, start: int) -> tuple[Any, Any]:
    """What a consumer holds of a fetch that `of` unpacks, and the state that it moves."""
    told = TopicPartition("t", 0), fetcher.MemoryRecords(raw), aborted, start
    at = state(start)
    assignment = SimpleNamespace(active=True, state_value=lambda _: at)
    partition = of(*told, *OPTIONS)
    held = fetcher.FetchResult(
        told[0], assignment=assignment, partition_records=partition, backoff=0
    )
    return held, at


@given(LOGS, ABORTED, st.integers(0, 10), st.integers(1, 5))
def test_portions_are_aiokafkas_own_and_so_is_the_position_behind_each(
    batches, aborted, start, most
) -> None:
    raw = b"".join(batches)
    ours, our_state = results(fetcher.PartitionRecords, raw, aborted, start)
    theirs, their_state = results(AIOKAFKAS, raw, aborted, start)
    while theirs.has_more():
        expected = AIOKAFKAS_GETALL(theirs, most)

        found = ours.getall(most)

        assert [r.offset for r in found] == [r.offset for r in expected]
        assert our_state.position == their_state.position
        assert ours.has_more() == theirs.has_more()
    assert not ours.has_more()


@given(LOGS, ABORTED, st.integers(0, 10))
def test_one_by_one_records_are_the_same(batches, aborted, start) -> None:
    raw = b"".join(batches)
    ours, our_state = results(fetcher.PartitionRecords, raw, aborted, start)
    theirs, their_state = results(AIOKAFKAS, raw, aborted, start)
    while theirs.has_more():
        expected = theirs.getone()

        found = ours.getone()

        assert (found and found.offset) == (expected and expected.offset)
        assert our_state.position == their_state.position


def test_a_record_has_what_aiokafka_read() -> None:
    held, _ = results(fetcher.PartitionRecords, batch(5, b"value", key=b"key"), [], 5)

    (record,) = held.getall()

    assert record == Record("t", 0, 5, 0, b"key", b"value", (("hd", b"1"),))


@pytest.mark.parametrize("compression", [0, GZIP])
def test_what_was_written_before_2017_is_read_and_its_checksum_looked_at(compression) -> None:
    builder = LegacyRecordBatchBuilder(1, compression, 10_000)
    for offset in range(3):
        builder.append(offset, 7, b"key", b"value")
    raw = bytes(builder.build())
    held, at = results(fetcher.PartitionRecords, raw, [], 1)
    damaged, _ = results(fetcher.PartitionRecords, raw[:-1] + b"~", [], 0)

    found = held.getall()

    assert found == [Record("t", 0, offset, 7, b"key", b"value", ()) for offset in (1, 2)]
    assert at.position == 3
    with pytest.raises(CorruptRecordException):
        damaged.getall()


def test_a_batch_that_is_not_what_was_written_is_refused_and_named() -> None:
    raw = bytearray(batch(0, b"good") + batch(1, b"value"))
    raw[-2] ^= 1
    held, _ = results(fetcher.PartitionRecords, bytes(raw), [], 0)

    with pytest.raises(CorruptRecordException, match="t-0: the batch at offset 1 is not"):
        held.getall()


def test_aiokafka_still_makes_the_classes_that_are_replaced_and_asks_them_so() -> None:
    source = inspect.getsource(fetcher.Fetcher)

    assert "= MemoryRecords(" in source
    assert "= PartitionRecords(" in source
    assert ".getall(max_records)" in source


def test_what_is_replaced_is_still_slower() -> None:
    raw = batch(0, *[b"v" * 100] * 1_000)

    def cpu_s(of: Any, getall: Any) -> float:
        held, _ = results(of, raw, [], 0)
        begun = time.thread_time()
        getall(held)
        return time.thread_time() - begun

    ours = min(cpu_s(fetcher.PartitionRecords, fetcher.FetchResult.getall) for _ in range(20))
    theirs = min(cpu_s(AIOKAFKAS, AIOKAFKAS_GETALL) for _ in range(20))

    assert theirs > 1.5 * ours, "cheap now? then the patch can go"
