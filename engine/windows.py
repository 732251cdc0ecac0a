"""Tumbling windows: rows of an ordinary table whose keys begin with the window's start.

Windows are half-open, `[start, end)`, aligned to the epoch and filled by event time, which the
caller gives in milliseconds. A window closes when the watermark (the highest event time seen
in the partition) reaches its end plus the grace; what comes for it afterwards is late: it is
counted, and the caller is told. Closed windows are handed out once and expire after a
retention, both by range scan, so the rows stay bounded, also across a restart. Everything
known is in rows: the same rows and records give the same windows.

A sliding view (the last five minutes, every minute) is a merge of tumbling rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic

import msgspec

from engine.specs import R, Table, TableSpec

AT_MS_MAX = 10**13 - 1
"""The latest event time, in the year 2286: with it, starts have 13 digits and sort as bytes."""

ROWS_PER_CALL_MAX = 10_000
"""Rows that one call hands out or expires; the next call goes on where it stopped."""


@dataclass(frozen=True, slots=True)
class Tumbling:
    """How event time is cut: windows of `size_ms` that neither overlap nor leave gaps.

    A window is open until the watermark reaches its end + `grace_ms`, and kept until the
    watermark reaches its end + `retention_ms`.
    """

    size_ms: int
    grace_ms: int
    retention_ms: int

    def __post_init__(self) -> None:
        """Refuse windows that could expire while they are open.

        Raises:
            ValueError: a size below 1 ms, a negative grace, or a retention below the grace.
        """
        if self.size_ms < 1 or not 0 <= self.grace_ms <= self.retention_ms:
            raise ValueError(f"{self}: needs size_ms >= 1 and 0 <= grace_ms <= retention_ms")

    def start(self, at_ms: int) -> int:
        """The start of the one window that holds this moment."""
        return at_ms - at_ms % self.size_ms

    def open_from(self, watermark_ms: int) -> int:
        """The start of the oldest window that is still open at this watermark."""
        return max(0, self.start(watermark_ms - self.grace_ms))

    def kept_from(self, watermark_ms: int) -> int:
        """The start of the oldest window that is still kept at this watermark."""
        return max(0, self.start(watermark_ms - self.retention_ms))


def window_key(start_ms: int, group: str = "") -> str:
    """The row key of a group's window: keys in byte order are windows in order of time."""
    return f"{start_ms:013d}|{group}"


def split_key(key: str) -> tuple[int, str]:
    """A row key's window start and group."""
    return int(key[:13]), key[14:]


class Clock(msgspec.Struct, frozen=True):
    """How far a partition's event time has come, as a row.

    It changes only when a window closes, a late record comes, or rows are handed out or
    expired: within a window the exact watermark decides nothing.
    """

    watermark_ms: int
    """The event time that last closed a window."""
    open_from_ms: int
    """Windows that start earlier are closed."""
    handed: str
    """Closed rows before this key have been handed out."""
    kept: str
    """Rows before this key have expired."""
    late: int = 0
    """Records that came after their window had closed."""


def clocks_table(name: str) -> TableSpec[Clock]:
    """Declare the table in which an agent's windows keep their clocks."""
    return TableSpec(
        name=name,
        row=Clock,
        key="windows",
        help="How far event time has come, by windows.",
        hidden=True,
    )


class Windows(Generic[R]):
    """The windows of one partition: a view over its rows, cheap enough to make for each record."""

    __slots__ = ("_clocks", "_name", "_rows", "_spec")

    def __init__(self, spec: Tumbling, rows: Table[R], clocks: Table[Clock], name: str) -> None:
        self._spec = spec
        self._rows = rows
        self._clocks = clocks
        self._name = name

    def admit(self, group: str, at_ms: int) -> str | None:
        """Move the clock on to this record and give its row's key; None when it is late.

        Raises:
            ValueError: an event time before 1970 or after 2286.
        """
        spec, clock = self._spec, self._clocks.get(self._name)
        if clock is None or at_ms >= clock.open_from_ms + spec.size_ms + spec.grace_ms:
            clock = self.advance(at_ms)
        start = at_ms - at_ms % spec.size_ms
        if start >= clock.open_from_ms:
            return f"{start:013d}|{group}"
        _check(at_ms)
        self._clocks[self._name] = msgspec.structs.replace(clock, late=clock.late + 1)
        return None

    def fold(self, group: str, at_ms: int, step: Callable[[R | None], R]) -> bool:
        """Replace the row of the record's window by `step(row)`; False when the record is late.

        Raises:
            ValueError: an event time before 1970 or after 2286.
        """
        key = self.admit(group, at_ms)
        if key is None:
            return False
        rows = self._rows
        rows[key] = step(rows.get(key))
        return True

    def advance(self, at_ms: int) -> Clock:
        """Move the watermark on to this moment, and never back.

        A tick may do it where silence should close windows; what arrives after a pause
        longer than the grace is then late.

        Raises:
            ValueError: a moment before 1970 or after 2286.
        """
        _check(at_ms)
        clock = self._clocks.get(self._name)
        open_from_ms = self._spec.open_from(at_ms)
        if clock is None:
            first = window_key(open_from_ms)
            clock = Clock(at_ms, open_from_ms, handed=first, kept=first)
        elif open_from_ms > clock.open_from_ms:
            clock = msgspec.structs.replace(clock, watermark_ms=at_ms, open_from_ms=open_from_ms)
        else:
            return clock
        self._clocks[self._name] = clock
        return clock

    def clock(self) -> Clock | None:
        """How far event time has come; None before the first record."""
        return self._clocks.get(self._name)

    def oldest_open(self, group: str) -> str:
        """Give the row key of a group in the oldest open window: a place to count what was late."""
        clock = self.clock()
        return window_key(0 if clock is None else clock.open_from_ms, group)

    def open(self) -> Iterator[tuple[str, R]]:
        """Every row of an open window, oldest window first."""
        clock = self.clock()
        if clock is None:
            return iter(())
        return iter(self._rows.scan(window_key(clock.open_from_ms), window_key(AT_MS_MAX)))

    def closed(self, rows_max: int = ROWS_PER_CALL_MAX) -> list[tuple[str, R]]:
        """Hand out the rows of closed windows, each once ever, oldest window first."""
        clock = self.clock()
        if clock is None:
            return []
        end = window_key(clock.open_from_ms)
        found = list(self._rows.scan(clock.handed, end, rows_max)) if clock.handed < end else []
        cursor = found[-1][0] + "\0" if len(found) == rows_max else end
        self._move(clock, cursor, clock.kept)
        return found

    def expire(self, rows_max: int = ROWS_PER_CALL_MAX) -> int:
        """Remove the rows of windows past their retention and say how many went."""
        clock = self.clock()
        if clock is None:
            return 0
        end = window_key(self._spec.kept_from(clock.watermark_ms))
        if end <= clock.kept:
            return 0
        keys = [key for key, _ in self._rows.scan(clock.kept, end, rows_max)]
        for key in keys:
            del self._rows[key]
        self._move(clock, clock.handed, keys[-1] + "\0" if len(keys) == rows_max else end)
        return len(keys)

    def _move(self, clock: Clock, handed: str, kept: str) -> None:
        if handed != clock.handed or kept != clock.kept:
            self._clocks[self._name] = msgspec.structs.replace(clock, handed=handed, kept=kept)


def _check(at_ms: int) -> None:
    if not 0 <= at_ms <= AT_MS_MAX:
        raise ValueError(f"event time {at_ms} ms is not between 1970 and 2286")
