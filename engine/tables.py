"""A lane's tables: decoded rows in a bounded cache over the store, with a journal for undo."""

from collections.abc import Iterator
from typing import Any, Generic

import msgspec

from engine.specs import R, TableSpec
from engine.store import Item, Store

_MISSING: Any = object()
_ENCODER = msgspec.json.Encoder()

JournalEntry = tuple["LaneTable[Any]", str, Any, bool]
"""Table, key, row before (or _MISSING), whether it was dirty before."""


class LaneTable(Generic[R]):
    """One logical table in one lane.

    Rows read or written stay decoded in `_young`; at a commit, when there are more than
    `rows_max` of them, they become `_old` and the generation before is let go. Dirty rows
    are always in `_young`, so only rows that the store has can be evicted: the cache holds
    at most rows_max plus twice the rows of one commit.
    """

    __slots__ = (
        "_decode", "_journal", "_old", "_prefix", "_read", "_rows_max", "_store", "_young",
        "dirty", "spec",
    )  # fmt: skip

    def __init__(
        self, spec: TableSpec[R], store: Store, journal: list[JournalEntry], rows_max: int
    ) -> None:
        self.spec = spec
        self._prefix = table_prefix(spec.name)
        self._store = store
        self._read = store.get
        self._decode = msgspec.json.Decoder(spec.row).decode
        self._journal = journal
        self._rows_max = rows_max
        self._young: dict[str, R | None] = {}
        self._old: dict[str, R | None] = {}
        self.dirty: set[str] = set()

    def get(self, key: str) -> R | None:
        """The row, or None."""
        row = self._young.get(key, _MISSING)
        if row is _MISSING:
            row = self._old.get(key, _MISSING)
            if row is _MISSING:
                raw = self._read(self._prefix + key.encode())
                row = None if raw is None else self._decode(raw)
            self._young[key] = row
        return row

    def __setitem__(self, key: str, row: R | None) -> None:
        """Replace the row; None removes it."""
        young, dirty = self._young, self.dirty
        self._journal.append((self, key, young.get(key, _MISSING), key in dirty))
        young[key] = row
        dirty.add(key)

    def __delitem__(self, key: str) -> None:
        """Remove the row; no error when there is none."""
        self[key] = None

    def scan(self, start: str, end: str) -> Iterator[tuple[str, R]]:
        """Rows with start <= key < end, in the byte order of their keys, changes included."""
        size = len(self._prefix)
        found: dict[str, R] = {
            key[size:].decode(): self._decode(raw)
            for key, raw in self._store.range(
                self._prefix + start.encode(), self._prefix + end.encode()
            )
        }
        first, last = start.encode(), end.encode()
        for key in self.dirty:
            if first <= key.encode() < last:
                row = self._young[key]
                if row is None:
                    found.pop(key, None)
                else:
                    found[key] = row
        return iter(sorted(found.items(), key=lambda item: item[0].encode()))

    def undo(self, key: str, before: Any, was_dirty: bool) -> None:
        """Put a key back to what it was before one write."""
        if before is _MISSING:
            self._young.pop(key, None)
        else:
            self._young[key] = before
        if not was_dirty:
            self.dirty.discard(key)

    def changes(self) -> list[Item]:
        """What a commit writes, to the changelog and to the store alike."""
        young, prefix, encode = self._young, self._prefix, _ENCODER.encode
        return [
            (prefix + key.encode(), None if (row := young[key]) is None else encode(row))
            for key in self.dirty
        ]

    def committed(self) -> None:
        """The store has every row now: nothing is dirty, and old rows may go."""
        self.dirty.clear()
        if len(self._young) > self._rows_max:
            self._young, self._old = {}, self._young

    def cached(self) -> int:
        """Rows held in memory."""
        return len(self._young) + len(self._old)


def table_prefix(name: str) -> bytes:
    """What a table's keys begin with in its store and changelog."""
    return name.encode() + b"\x00"
