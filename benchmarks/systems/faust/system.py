"""Stock Faust as the runner sees it."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.job import Job
from benchmarks.kafka import Record
from benchmarks.systems.base import Row, System

SECONDS_MAX: Final = 3_600.0


def _command(_job: Job) -> list[str]:
    faust = str(Path(sys.executable).with_name("faust"))
    module = "benchmarks.systems.faust.app"
    return [faust, "-A", module, "-L", "uvloop", "worker", "-l", "warn", "--without-web"]


def _changelog(job: Job) -> str:
    return f"{job.app_id}-customers-changelog"


def _topics(job: Job) -> tuple[str, ...]:
    names = {"W2": ("windows",), "W3": ("placed", "paid")}.get(job.workload, ("customers",))
    return tuple(f"{job.app_id}-{name}-changelog" for name in names)


def _rows(records: Iterable[Record]) -> Iterator[Row]:
    for record in records:
        value = record.value
        figures = None if value is None else tuple(msgspec.json.decode(value))
        yield msgspec.json.decode(record.key or b""), figures


FAUST: Final = System(
    "faust",
    "at_least_once",
    _command,
    _changelog,
    _rows,
    _topics,
    clocks_by_key=True,
    seconds_max=SECONDS_MAX,
)
