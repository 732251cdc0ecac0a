"""The directory in which workers keep stores and logs while a demonstration runs."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from simulator.demo.workers import WorkerFailed

PREFIX: Final = "flowmart-demo-"


@contextmanager
def home() -> Iterator[Path]:
    """A new directory, gone at the end, and with it those of demonstrations that were killed.

    It stays when a worker failed, for its log.
    """
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        owner = old.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(old, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    try:
        yield path
    except WorkerFailed:
        raise
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
    else:
        shutil.rmtree(path, ignore_errors=True)
