"""Reads records whose headers have names that are no UTF-8, which any producer but Java's may send.

aiokafka fails at such a record and at every record behind it: a terminal of another encoding,
`kcat -H` and one umlaut would end each worker that has the partition, again and again. Here the
name is read with U+FFFD in the place of what cannot be read; the record goes its way.
"""

from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy


class _RawRecords(MemoryRecords):  # type: ignore[misc]  # untyped base
    """Remembers the bytes, to read them a second time."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(raw)
        self.raw = raw


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


class _ForgivingRecords(_MemoryRecordsPy):  # type: ignore[misc]  # untyped base
    """The same records in such batches."""

    def next_batch(self) -> Any:
        raw = self._next_slice
        batch = super().next_batch()
        return _ForgivingBatch(raw) if isinstance(batch, DefaultRecordBatch) else batch


_init = fetcher.PartitionRecords.__init__


def _init_and_keep(
    self: Any, tp: Any, records: Any, aborted: Any, fetch_offset: int, *options: Any
) -> None:
    _init(self, tp, records, aborted, fetch_offset, *options)
    self.again = tp, records, aborted, options


def _next(self: Any) -> Any:
    """As aiokafka's; what it cannot read is read again, from where it stopped."""
    try:
        return next(self._records_iterator)
    except StopIteration:
        self._records_iterator = None
        raise
    except UnicodeDecodeError:
        tp, records, aborted, options = self.again
        # From the first batch on: which transactions are aborted is known from there.
        again, stopped_at = _ForgivingRecords(records.raw), self.next_fetch_offset
        _init_and_keep(self, tp, again, aborted, stopped_at, *options)
        # A batch that was read whole sets the position back: what was read is left out by hand.
        self._records_iterator = (r for r in self._records_iterator if r.offset >= stopped_at)
        return next(self._records_iterator)


def apply() -> None:
    """Have aiokafka's consumers read so. Idempotent."""
    fetcher.MemoryRecords = _RawRecords
    fetcher.PartitionRecords.__init__ = _init_and_keep
    fetcher.PartitionRecords.__next__ = _next
