"""What was written here and will be read here: a message at hand is not parsed again.

Most records of a worker are read by the worker that wrote them, some several times: by a lane, by
an effect, by the lane that they are forwarded to. Reading gives back what was written (a property
test says so for every message), so the bytes of a record stand for its envelope. Whether an
envelope is remembered changes how long reading takes, nothing else.
"""

from typing import Any, Final

import msgspec

from events.envelope import Envelope

ENTRIES_MAX: Final = 16_000
"""Of a generation; two are kept. An entry takes 2 to 3 KB."""
BYTES_MAX: Final = 32_000_000
"""Of the records of a generation: twice as many as common ones have."""
RECORD_BYTES_MAX: Final = 16_384
"""Of a record: what a larger one is read as may take ten times as much. A warehouse's stock does,
and where little else is written it would stay for hours."""
_ID: Final = slice(12, 48)
"""Where a canonical record has its event id. What else stands there finds nothing, or is found by
chance and then compared as a whole."""


class _Entry(msgspec.Struct, gc=False):
    """Tens of thousands stand here, of which none is ever part of a cycle: no search walks them."""

    raw: bytes
    envelope: Envelope[Any]


_Generation = dict[bytes, _Entry]


class Memo:
    """The envelopes of the records written last, by their bytes."""

    __slots__ = ("_bytes", "_bytes_max", "_entries_max", "_old", "_record_bytes_max", "_young")

    def __init__(
        self,
        entries_max: int = ENTRIES_MAX,
        bytes_max: int = BYTES_MAX,
        record_bytes_max: int = RECORD_BYTES_MAX,
    ) -> None:
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self._record_bytes_max = record_bytes_max
        self._bytes = 0
        self._young: _Generation = {}
        self._old: _Generation = {}

    def keep(self, raw: bytes, envelope: Envelope[Any]) -> None:
        """Remember what these bytes are read as; nothing where they are many."""
        size = len(raw)
        if size > min(self._record_bytes_max, envelope.data.bytes_max):
            return
        young = self._young
        young[raw[_ID]] = _Entry(raw, envelope)
        self._bytes += size
        if len(young) >= self._entries_max or self._bytes >= self._bytes_max:
            self._old, self._young, self._bytes = young, {}, 0

    def get(self, raw: bytes) -> Envelope[Any] | None:
        """Give what exactly these bytes are read as, if it is remembered."""
        key = raw[_ID]
        entry = self._young.get(key) or self._old.get(key)
        return None if entry is None or entry.raw != raw else entry.envelope
