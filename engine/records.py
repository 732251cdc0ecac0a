"""What travels: a record read, a chunk of them, an output to be written."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

Header = tuple[str, bytes | None]
"""As Kafka has it: a producer may write one without a value."""
Headers = tuple[Header, ...]


class Record(msgspec.Struct, gc=False, weakref=False):
    """One record of one partition, as aiokafka parsed it; see `unpacking`."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    """Milliseconds since the epoch, set by the broker when it appended the record."""
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Chunk(msgspec.Struct, gc=False):
    """Consecutive records of one topic partition and the positions they fill.

    `[start, end)` are consumer positions: control records, aborted records and gaps that
    compaction left are inside it, so two chunks that follow each other join exactly.
    """

    topic: str
    partition: int
    start: int
    end: int
    records: list[Record]


class Output(NamedTuple):
    """A record to be written in the transaction of the record that caused it."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]


def header(record: Record, name: str) -> bytes | None:
    """The value of the first header of that name, or None."""
    for key, value in record.headers:
        if key == name:
            return value
    return None


Decoded = Any
"""What a codec made of a record's value; the engine never looks inside."""
