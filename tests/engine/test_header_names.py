"""Records whose headers' names are no text are read all the same, and no aborted one with them."""

import gzip
import struct
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from engine import patches

patches.apply()

ABORT = b"\x00\x00\x00\x00"
"""Key of the control record that ends a transaction whose records do not count."""
UMLAUT = "Größe".encode("latin-1")
HEAD = 61
"""Bytes of a batch before its records."""
GZIP, TRANSACTIONAL, CONTROL = 0x01, 0x10, 0x20
ONE, OTHER = 7, 8


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


def read(*batches: bytes, aborted: Any = (), at: int = 0) -> list[tuple[int, bytes, str]]:
    records = fetcher.MemoryRecords(b"".join(batches))
    options = None, None, True, fetcher.READ_COMMITTED
    found = fetcher.PartitionRecords(TopicPartition("t", 0), records, aborted, at, *options)
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


def test_what_is_read_well_is_read_by_aiokafkas_own_batches() -> None:
    records = fetcher.MemoryRecords(batch(0, b"a"))

    assert type(records.next_batch()).__module__.startswith("aiokafka.record._crecords")
