"""Names who keeps a worker busy: a handler that takes long holds up every lane of its worker.

A handler is synchronous, so while it runs nothing else does: no other lane, no heartbeat, no
request by HTTP. One that never returns ends its worker's session, and then the next worker's that
takes the partition over. So another thread looks, now and then, and says whose handler it is, of
which record and at which line, while it still runs. Nothing is written down a record for it.
"""

import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from engine.processor import Processor
from engine.records import Record
from engine.stats import Stats
from engine.timers import Ticks, Timers

LOG = logging.getLogger(__name__)
LOOKS = 4
"""How often it is looked within the time that counts as long."""


@contextmanager
def watched(stats: Stats, slow_s: float) -> Iterator[None]:
    """Have this thread's handlers watched meanwhile: one that takes longer than slow_s is named."""
    ended = threading.Event()
    about = stats, slow_s, threading.get_ident(), ended
    threading.Thread(target=_watch, args=about, name="watch", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _watch(stats: Stats, slow_s: float, thread: int, ended: threading.Event) -> None:
    told = 0.0
    while not ended.wait(slow_s / LOOKS):
        since = stats.busy_since
        if since and since != told and time.monotonic() - since > slow_s:
            told = since
            frame = sys._current_frames().get(thread)  # noqa: SLF001 - a documented function
            if frame is not None:
                stats.busy_agent, what = busy_with(frame)
                LOG.warning("busy for %g s, nothing else of the worker moves: %s", slow_s, what)


def busy_with(frame: FrameType) -> tuple[str, str]:
    """The agent whose handler runs in that frame, and what it is about, in words."""
    line = f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
    found: FrameType | None = frame
    while found is not None:
        if (about := _ABOUT.get(found.f_code)) is not None:
            known = found.f_locals
            return str(known.get("agent", "")), f"{about(known)} at {line}"
        found = found.f_back
    return "", line


def _record(known: dict[str, Any]) -> str:
    record: Record = known["record"]
    place = f"{record.topic}-{record.partition} offset {record.offset}"
    return f"agent {known['agent']!r}, {place}" if known["agent"] else f"reading {place}"


def _timer(known: dict[str, Any]) -> str:
    return f"agent {known['agent']!r}, timer {known['row_key']}"


def _tick(known: dict[str, Any]) -> str:
    return f"agent {known['agent']!r}, its tick"


_ABOUT = {
    Processor._apply_records.__code__: _record,  # noqa: SLF001 - its local variables say it all
    Timers.fire.__code__: _timer,
    Ticks.fire.__code__: _tick,
}
"""By the code that calls handlers: how to tell from its local variables what it is doing."""
