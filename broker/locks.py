"""Locks between processes, as files that the kernel unlocks when their holder dies."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

POLL_S: Final = 0.1


def try_lock(path: Path) -> IO[str] | None:
    """Hold the lock at `path` until the returned file is closed; None when another holds it.

    A child process that inherits the file holds the lock too, until it ends.
    """
    handle = path.open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


@contextmanager
def locked(path: Path, wait_s_max: float) -> Iterator[None]:
    """Hold the lock at `path` for the block.

    Raises:
        TimeoutError: another process held it for `wait_s_max` seconds.
    """
    deadline = time.monotonic() + wait_s_max
    while (handle := try_lock(path)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(path)
        time.sleep(POLL_S)
    with handle:
        yield
