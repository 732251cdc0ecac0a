"""One lane's rows on disk: RocksDB, and a sorted dict for tests without a broker.

Everything a lane keeps is in one store, told apart by key prefixes, so that one write batch
is the whole commit: rows, markers and the position in the changelog that they amount to.
"""

import shutil
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import rocksdict

from engine import seal
from engine.errors import StoreHeld, StoreUnusable

Item = tuple[bytes, bytes | None]
"""A key and its new value; None deletes."""

HIDDEN = b"\x00"
"""First byte of keys that are no rows: markers and the changelog position."""
POSITION = HIDDEN + b"changelog-position"
CLUSTER = HIDDEN + b"cluster"
"""The id of the Kafka cluster whose changelog the store follows."""
SEAL = b"\xff\xff\xff\xffseal"
"""RocksStore's own, behind every key: see `engine.seal`."""


DAMAGED = "DAMAGED"
"""A file of this name in a store's directory: its data must not be used again."""
_SIGNS_OF_DAMAGE = (
    "Corruption", "NotFound", "No such file", "Invalid argument", "Not implemented",
)  # fmt: skip
"""What RocksDB says of files that are not what they were. Anything else (the directory's lock,
permissions, no space, too many open files) is no reason to throw data away."""

BLOOM_BITS = 10
"""A key. Most keys are asked for when they are new: without the filters on its files RocksDB looks
for what it does not have in each of them, two to five times as long."""

_SIGNS_OF_A_HOLDER = ("lock hold by current process", "While lock file")


class Store(Protocol):
    """What a lane needs of a store; one contract suite tests every implementation."""

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""

    def write(self, items: Iterable[Item]) -> None:
        """Apply all items or none."""

    def range(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Items with start <= key < end, in byte order."""

    def size_bytes(self) -> int:
        """Disk or memory in use, roughly."""

    def close(self) -> None:
        """Give up the handle. Idempotent."""


class MemoryStore:
    """A store that is gone with the process."""

    def __init__(self) -> None:
        self._values: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []

    def get(self, key: bytes) -> bytes | None:
        """The value, or None."""
        return self._values.get(key)

    def write(self, items: Iterable[Item]) -> None:
        """Apply all items."""
        for key, value in items:
            if value is not None:
                if key not in self._values:
                    insort(self._keys, key)
                self._values[key] = value
            elif self._values.pop(key, None) is not None:
                del self._keys[bisect_left(self._keys, key)]

    def range(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Items with start <= key < end, as of the call."""
        first = bisect_left(self._keys, start)
        keys = self._keys[first : bisect_left(self._keys, end, first)]
        return ((key, self._values[key]) for key in keys)

    def size_bytes(self) -> int:
        """Bytes of keys and values."""
        return sum(len(key) + len(value) for key, value in self._values.items())

    def close(self) -> None:
        """Nothing to give up."""


class RocksStore:
    """A store in one RocksDB directory.

    Its write-ahead log survives kill -9. After a crash of the machine the tail of the log may
    be missing; the changelog position is lost with it, so recovery replays what is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._closed = False
        self._cursors: dict[object, Any] = {}
        """RocksDB's iterators of ranges that are being read: each keeps the directory locked."""
        try:
            self._db = rocksdict.Rdict(str(path), options=_options())
        except Exception as exc:
            if any(sign in str(exc) for sign in _SIGNS_OF_A_HOLDER):
                raise StoreHeld(
                    f"another worker on this machine holds the store {path}:"
                    " end it or set FLOWMART_DATA_DIR"
                ) from exc
            raise StoreUnusable(f"cannot open the store {path}: {exc}") from exc
        self._sealer = seal.Sealer(path)

    def get(self, key: bytes) -> bytes | None:
        """The value, or None.

        Raises:
            StoreUnusable: the files are damaged; the next opening starts empty.
        """
        try:
            value: bytes | None = self._db.get(key)
        except Exception as exc:
            raise self._unusable("read", exc) from exc
        return value

    def write(self, items: Iterable[Item]) -> None:
        """Apply all items or none, durably against the end of the process.

        Raises:
            StoreUnusable: the disk is full, or the files are damaged.
        """
        batch = rocksdict.WriteBatch(raw_mode=True)
        put, delete = batch.put, batch.delete
        for key, value in items:
            if value is None:
                delete(key)
            else:
                put(key, value)
        try:
            put(SEAL, self._sealer.seal())
            self._db.write(batch)
        except Exception as exc:
            raise self._unusable("write", exc) from exc

    def range(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Items with start <= key < end."""
        cursor = object()
        self._cursors[cursor] = rows = self._db.iter()
        rows.seek(start)
        try:
            while rows.valid():
                key: bytes = rows.key()
                if key >= end:
                    return
                value: bytes = rows.value()
                rows.next()
                del rows  # Held here while somebody else runs, it would keep a closed store locked.
                yield key, value
                found = self._cursors.get(cursor)
                if found is None:
                    raise StoreUnusable(f"the store {self._path} was closed under its reader")  # noqa: TRY301 - as it is
                rows = found
                del found  # As above.
            # An iterator ends at a damaged block as it ends at the last key; only this tells.
            rows.status()
        except StoreUnusable:
            raise
        except Exception as exc:
            raise self._unusable("read", exc) from exc
        finally:
            self._cursors.pop(cursor, None)

    def _unusable(self, verb: str, exc: Exception) -> StoreUnusable:
        """Leave a mark on damage: RocksDB opens rotten data blocks without looking into them.

        Readers meet them, or its own compaction, after which it refuses writes.
        """
        what = f"cannot {verb} the store {self._path}: {exc}"
        if "Corruption" in str(exc):
            with suppress(OSError):
                (self._path / DAMAGED).touch()
            what += "; it is rebuilt at the next start"
        return StoreUnusable(what)

    def size_bytes(self) -> int:
        """Bytes of its tables, and of what is in memory and in its log until the next one.

        RocksDB's own estimate of live data leaves out files that newer ones overlap: most of them.
        """
        # In this order: what is written to a table between the two counts twice and not nowhere.
        memory = self._db.property_int_value("rocksdb.cur-size-all-mem-tables")
        tables = self._db.property_int_value("rocksdb.live-sst-files-size")
        return (memory or 0) + (tables or 0)

    def close(self) -> None:
        """Release the directory's lock. RocksDB puts what its log holds into a file before."""
        if not self._closed:
            self._closed = True
            self._cursors.clear()
            # After a failed write it raises, and releases the lock all the same.
            with suppress(Exception):
                self._db.close()


def open_store(path: Path) -> tuple[RocksStore, str | None]:
    """Open the store at path, or an empty one in its place when its files are damaged.

    Returns the store and, when it had to start empty, why: its rows then come back from the
    changelog.

    Raises:
        StoreHeld: another process holds it.
        StoreUnusable: the directory cannot be used at all.
    """
    if (path / DAMAGED).exists():
        wipe_store(path)
        return RocksStore(path), f"the store {path} could not be read"
    before = seal.found(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        store = RocksStore(path)
    except OSError as exc:
        raise StoreUnusable(f"cannot make the directory {path.parent}: {exc}") from exc
    except StoreUnusable as exc:
        damage = str(exc)
        if not any(sign in damage for sign in _SIGNS_OF_DAMAGE):
            raise
    else:
        less = _less(store, before)
        if less is None:
            return store, None
        store.close()
        damage = f"the store {path} is damaged: {less}"
    wipe_store(path)
    return RocksStore(path), damage


def _less(store: RocksStore, before: seal.Listing | None) -> str | None:
    """What a store that was just opened lacks of its last commit; None: nothing."""
    try:
        return seal.contradiction(store.get(SEAL), before)
    except StoreUnusable:
        store.close()
        raise


def wipe_store(path: Path) -> None:
    """Remove a store's directory with all it holds.

    Raises:
        StoreUnusable: it cannot, and would be believed.
    """
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        raise StoreUnusable(f"cannot remove the store {path}, which must not be used again")


def _options() -> rocksdict.Options:
    """Small memory, few files: many lanes share a process."""
    options = rocksdict.Options(raw_mode=True)
    options.create_if_missing(True)  # noqa: FBT003 - rocksdict's
    options.set_write_buffer_size(16 << 20)
    options.set_max_write_buffer_number(2)
    options.set_keep_log_file_num(2)
    options.set_max_open_files(256)
    options.set_max_total_wal_size(64 << 20)
    blocks = rocksdict.BlockBasedOptions()
    blocks.set_bloom_filter(BLOOM_BITS, False)  # noqa: FBT003 - as above
    options.set_block_based_table_factory(blocks)
    return options
