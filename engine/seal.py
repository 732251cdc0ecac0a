"""What a store's directory held at its last commit: RocksDB does not notice all that is gone.

Its manifest names its files. Where that lost its tail RocksDB takes it for a write that a crash
cut short: it forgets the files that the tail named and puts the newer log on top, so that rows of
long ago lie beside the newest changelog position. A log that is gone it does not miss either. So
each commit says how long the manifest is and which logs there are, in the very batch that would
lie on top of such a hole.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

_BLOCK: Final = 32_768
_HEADER: Final = 7
"""Of a record in the manifest: a checksum of four bytes, the length in two, the kind in one."""
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


class Listing(msgspec.Struct, frozen=True):
    """A store's directory at one moment."""

    manifest: str
    size: int
    """Bytes of the manifest; it only grows."""
    logs: dict[str, int]
    """Logs with their bytes; of the newest, which grows, -1."""
    whole: bool = True
    """Whether the manifest ends with a whole record."""


def listed(path: Path) -> Listing | None:
    """Look at a directory whose store is open; None where there is nothing to look at."""
    try:
        manifest = (path / "CURRENT").read_text().strip()
        logs = sorted(entry.name for entry in os.scandir(path) if entry.name.endswith(".log"))
        sizes = {name: (path / name).stat().st_size for name in logs[:-1]}
        size = (path / manifest).stat().st_size
    except (OSError, ValueError):  # A log that goes while it is looked at: the next look is due.
        return None
    return Listing(manifest, size, sizes | dict.fromkeys(logs[-1:], -1))


def found(path: Path) -> Listing | None:
    """Look at a directory before its store is opened, the manifest's records included."""
    seen = listed(path)
    if seen is None:
        return None
    try:
        raw = (path / seen.manifest).read_bytes()
    except OSError:
        return None
    return msgspec.structs.replace(seen, size=len(raw), whole=_is_whole(raw))


def contradiction(seal: bytes | None, seen: Listing | None) -> str | None:
    """What of the directory as it was found is less than its last commit says; None: nothing."""
    if seen is None:
        return None  # RocksDB says more, or begins anew.
    if not seen.whole:
        return f"{seen.manifest} is cut"
    told = msgspec.json.decode(seal, type=Listing) if seal else None
    if told is None or told.manifest != seen.manifest:
        return None  # Nothing was committed since it was opened last: so there is nothing on top.
    if seen.size < told.size:
        return f"{seen.manifest} has {seen.size} of {told.size} bytes"
    less = (_less(log, size, seen, grown=seen.size > told.size) for log, size in told.logs.items())
    return next(filter(None, less), None)


def _less(log: str, size: int, seen: Listing, *, grown: bool) -> str | None:
    left = seen.logs.get(log)
    if left is None:
        # Logs go a moment after the manifest names a file that has their rows. Who is killed with a
        # commit in between has a good store rebuilt.
        return None if grown else f"{log} is gone"
    return f"{log} has {left} of {size} bytes" if 0 <= left < size else None


def _is_whole(raw: bytes) -> bool:
    at, kind = 0, _WHOLE
    while at < len(raw):
        room = _BLOCK - at % _BLOCK - _HEADER
        if room < 0:
            at += room + _HEADER  # What is left of a block is filled up.
            continue
        length = int.from_bytes(raw[at + 4 : at + 6], "little")
        kind = raw[at + 6] if at + 6 < len(raw) else 0
        at += _HEADER + length
        if length > room or not _WHOLE <= kind <= _LAST:
            return False
    return at == len(raw) and kind in {_WHOLE, _LAST}


class Sealer:
    """Says what each commit has to seal: all of them, as any may be the first behind a hole."""

    __slots__ = ("_manifest", "_path", "_seal", "_seen")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._manifest = path / (path / "CURRENT").read_text().strip()
        self._seen: tuple[int, list[str]] | None = None
        self._seal = b""  # Until a look succeeds: the same as none.

    def seal(self) -> bytes:
        """What the directory has, looked at as briefly as it can be."""
        logs = [name for name in os.listdir(self._path) if name.endswith(".log")]  # noqa: PTH208 - a Path a name takes as long again
        seen = (self._manifest.stat().st_size, logs)
        if seen != self._seen and (now := listed(self._path)) is not None:
            self._seen, self._seal = seen, msgspec.json.encode(now)
        return self._seal
