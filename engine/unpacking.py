"""How fetched bytes become records: a batch at a time, whatever the names of their headers.

aiokafka unpacks record by record, through three generators and a dataclass, and has checksums
computed without the processor's help. Here a batch is a list that one expression makes, in half the
time.

A header's name that is no UTF-8, which any producer but Java's may send, stops aiokafka at its
record and at every one behind it: a terminal of another encoding, `kcat -H` and one umlaut would
end each worker that has the partition, again and again. Here the name is read with U+FFFD in the
place of what cannot be read; the record goes its way.
"""

import struct
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import google_crc32c
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

from engine.records import Record

AIOKAFKAS: Any = fetcher.PartitionRecords
AIOKAFKAS_GETALL: Any = fetcher.FetchResult.getall
"""As they were, for tests to compare with."""
_BATCH_HEAD = 12
"""Bytes before what a batch's length counts: its first offset and that length."""
_CHECKED_BY_CRC32C = 2
"""The format that every broker writes since 2017; its checksum is a CRC-32C."""
_CHECKED_FROM = 21
"""Bytes before those that its checksum is of."""
_length_at = struct.Struct(">8xi").unpack_from
_format_and_checksum_at = struct.Struct(">16xBI").unpack_from


class _Batches:
    """The batches of a fetched partition, and the bytes of the last one."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._batches = MemoryRecords(raw)
        self._span = 0, 0
        self.has_next = self._batches.has_next
        self.size_in_bytes = self._batches.size_in_bytes

    def next_batch(self) -> Any:
        """The next batch, by aiokafka's reader in C."""
        start = self._span[1]
        self._span = start, start + _BATCH_HEAD + _length_at(self._raw, start)[0]
        return self._batches.next_batch()

    def is_whole(self, batch: Any) -> bool:
        """Whether the last batch's checksum is that of its bytes: a tenth of aiokafka's time."""
        start, end = self._span
        version, checksum = _format_and_checksum_at(self._raw, start)
        if version < _CHECKED_BY_CRC32C:
            return bool(batch.validate_crc())
        return bool(google_crc32c.value(self._raw[start + _CHECKED_FROM : end]) == checksum)

    def again(self) -> "_ForgivingBatch":
        """The last batch, to be read from its beginning."""
        return _ForgivingBatch(self._raw[slice(*self._span)])


class _Forgiving(bytearray):
    """Bytes that are text in any case."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return found if isinstance(found, int) else _Forgiving(found)

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, errors)


class _ForgivingBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # untyped base
    """aiokafka's batch in Python, which reads what its own in C does, but slowly."""

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        batch: Any = self
        batch._buffer = _Forgiving(batch._buffer)  # noqa: SLF001 - its own


class _Partition(AIOKAFKAS):  # type: ignore[misc]  # untyped base
    """Gives the records of whole batches: what it iterates over is one chain of lists."""

    next_fetch_offset: int
    _records_iterator: Any

    def __init__(self, *told: Any) -> None:
        super().__init__(*told)
        self._records_iterator = chain.from_iterable(self._records_iterator)

    def take(self, most: int | None) -> list[Record]:
        """The next so many records, or all; fewer only at the end."""
        found = list(islice(self._records_iterator, most))
        if found:
            self.next_fetch_offset = max(self.next_fetch_offset, found[-1].offset + 1)
        return found

    def __next__(self) -> Record:
        found = self.take(1)
        if not found:
            raise StopIteration
        return found[0]

    def _unpack_records(self) -> Iterator[list[Record]]:
        """As aiokafka's, but for a batch at a time: the same batches are passed over."""
        batches = self._records
        while batches.has_next():
            batch = batches.next_batch()
            if self._check_crcs and not batches.is_whole(batch):
                topic, partition = self._tp
                raise CorruptRecordException(
                    f"{topic}-{partition}: the batch at offset {self.next_fetch_offset} is not what"
                    " was written: if that repeats, have another replica lead the partition"
                )
            if not self._is_passed_over(batch):
                records = _unpacked(self._tp, batch, batches)
                if records and records[0].offset < self.next_fetch_offset:
                    records = [r for r in records if r.offset >= self.next_fetch_offset]
                yield records
            # Also where compaction took the last records of the batch.
            self.next_fetch_offset = batch.next_offset

    def _is_passed_over(self, batch: Any) -> bool:
        """Whether it is a marker of a transaction's end, or of a transaction that was aborted."""
        if self._isolation_level == fetcher.READ_COMMITTED and batch.producer_id is not None:
            self._consume_aborted_up_to(batch.base_offset)
            if batch.is_control_batch and self._contains_abort_marker(batch):
                self._aborted_producers.discard(batch.producer_id)
            if batch.is_transactional and batch.producer_id in self._aborted_producers:
                return True
        return bool(batch.is_control_batch)

    def _contains_abort_marker(self, batch: Any) -> bool:
        """As aiokafka's, which refuses to read on behind a marker that compaction has taken.

        Of a batch that Kafka keeps for its producer's sake nothing is left but the head.
        """
        marker = next(batch, None)
        return marker is not None and ControlRecord.parse(marker.key) == ABORT_MARKER


def _unpacked(tp: Any, batch: Any, batches: _Batches) -> list[Record]:
    try:
        return _records(tp, batch)
    except UnicodeDecodeError:
        return _records(tp, batches.again())


def _records(tp: Any, batch: Any) -> list[Record]:
    topic, partition = tp
    return [
        Record(topic, partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers))
        for r in batch
    ]


def _getall(self: Any, max_records: int | None = None) -> list[Record]:
    """As `FetchResult.getall`, without a step of Python a record."""
    if not self.check_assignment(self._topic_partition) or not self.has_more():
        return []
    partition = self._partition_records
    found: list[Record] = partition.take(max_records)
    self._update_position()
    if max_records is None or len(found) < max_records:
        self._partition_records = None
    return found


def apply() -> None:
    """Have aiokafka's consumers read so. Idempotent."""
    fetcher.MemoryRecords = _Batches
    fetcher.PartitionRecords = _Partition
    fetcher.FetchResult.getall = _getall
