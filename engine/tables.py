"""A lane's tables: decoded rows in a bounded cache over the store, with a journal for undo."""

from collections.abc import Iterator
from itertools import islice
from operator import itemgetter
from typing import Any, Generic

import msgspec

from engine.errors import EngineError
from engine.sizes import RECORD_BYTES_MAX, check_size
from engine.specs import KEY_END, R, TableSpec
from engine.store import Item, Store

_MISSING: Any = object()
_ENCODER = msgspec.json.Encoder()

JournalEntry = tuple["LaneTable[Any]", str, Any, bool]
"""Table, key, row before (or _MISSING), whether it was dirty before."""


class RowUnreadable(EngineError):
    """A row that an earlier version wrote does not fit the table's row type any more.

    The worker stops, because the record that asked for the row is not at fault. Operator: run
    the earlier version, or give the new field a default.
    """


class LaneTable(Generic[R]):
    """One logical table in one lane.

    Rows read or written stay decoded in `_young`; at a commit, or a read while nothing is
    dirty, when there are more than `rows_max` of them, they become `_old` and the generation
    before is let go. Dirty rows are always in `_young`, so only rows that the store has can be
    evicted. The cache holds at most twice `rows_max` and what two commits read and wrote.
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
        self.dirty: dict[str, None] = {}
        """In the order of their first change: keys that follow each other cost RocksDB a third."""

    def get(self, key: str) -> R | None:
        """The row, or None."""
        row = self._young.get(key, _MISSING)
        if row is _MISSING:
            row = self._old.get(key, _MISSING)
            if row is _MISSING:
                if not self.dirty:
                    self._make_room()  # A table that is only read is never committed.
                raw = self._read(self._prefix + key.encode())
                row = None if raw is None else self._decoded(key, raw)
            self._young[key] = row
        return row

    def __setitem__(self, key: str, row: R | None) -> None:
        """Replace the row; None removes it."""
        young, dirty = self._young, self.dirty
        self._journal.append((self, key, young.get(key, _MISSING), key in dirty))
        young[key] = row
        dirty[key] = None

    def __delitem__(self, key: str) -> None:
        """Remove the row; no error when there is none."""
        self[key] = None

    def scan(
        self, start: str = "", end: str = KEY_END, limit: int | None = None
    ) -> Iterator[tuple[str, R]]:
        """Rows with start <= key < end, in the byte order of their keys, changes included.

        At most `limit` of them, where that is given.
        """
        prefix, size = self._prefix, len(self._prefix)
        # In the order of their bytes: UTF-8 has that of the signs, by which text is compared.
        changed = [key for key in self.dirty if start <= key < end]
        stored = self._store.range(prefix + start.encode(), prefix + end.encode())
        if limit is not None:
            stored = islice(stored, limit + len(changed))
        young, found = self._young, dict[str, R]()
        for raw_key, raw in stored:
            key = raw_key[size:].decode()
            row = young.get(key)
            found[key] = self._decoded(key, raw) if row is None else row
        if not changed:
            return iter(found.items())  # As the store has them: in order.
        for key in changed:
            row = young[key]
            if row is None:
                found.pop(key, None)
            else:
                found[key] = row
        return islice(sorted(found.items(), key=itemgetter(0)), limit)

    def _decoded(self, key: str, raw: bytes) -> R:
        try:
            return self._decode(raw)
        except msgspec.DecodeError as exc:
            raise RowUnreadable(f"table {self.spec.name}, row {key!r}: {exc}") from exc

    def undo(self, key: str, before: Any, *, was_dirty: bool) -> None:
        """Put a key back to what it was before one write."""
        if before is _MISSING:
            self._young.pop(key, None)
        else:
            self._young[key] = before
        if not was_dirty:
            self.dirty.pop(key, None)

    def changes(self) -> list[Item]:
        """What a commit writes, to the changelog and to the store alike.

        Raises:
            TooLarge: a row does not fit into a record batch.
        """
        young, prefix, encode = self._young, self._prefix, _ENCODER.encode
        items: list[Item] = [
            (prefix + key.encode(), None if (row := young[key]) is None else encode(row))
            for key in self.dirty
        ]
        for raw_key, raw in items:
            if raw is not None and len(raw_key) + len(raw) > RECORD_BYTES_MAX:
                check_size(f"row of table {self.spec.name}", len(raw_key) + len(raw))
        return items

    def check(self, key: str) -> None:
        """Encode one changed row, so that what `changes` would raise is raised now."""
        row = self._young[key]
        raw = b"" if row is None else _ENCODER.encode(row)
        size = len(self._prefix) + len(key.encode()) + len(raw)
        check_size(f"row of table {self.spec.name}", size)

    def forget(self) -> None:
        """Be as after the last commit."""
        self._young, self._old = {}, {}
        self.dirty.clear()

    def committed(self) -> None:
        """The store has every row now: nothing is dirty, and old rows may go."""
        self.dirty.clear()
        self._make_room()

    def _make_room(self) -> None:
        if len(self._young) > self._rows_max:
            self._young, self._old = {}, self._young

    def cached(self) -> int:
        """Rows held in memory."""
        return len(self._young) + len(self._old)


def table_prefix(name: str) -> bytes:
    """What a table's keys begin with in its store and changelog."""
    return name.encode() + b"\x00"
