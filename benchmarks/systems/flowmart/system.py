"""This engine as the runner sees it."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.job import Job
from benchmarks.kafka import Record
from benchmarks.systems.base import Row, System

_MARKER: Final = b"\x00"


def _command(job: Job) -> list[str]:
    faust = str(Path(sys.executable).with_name("faust"))
    module = f"benchmarks.systems.flowmart.{job.workload.lower()}"
    return [faust, "-A", module, "-L", "uvloop", "worker", "-l", "warn", "--without-web"]


def _changelog(job: Job) -> str:
    return f"{job.app_id}-changelog"


def _rows(records: Iterable[Record]) -> Iterator[Row]:
    for record in records:
        key = record.key or b""
        if not key.startswith(_MARKER):
            name = key.partition(b"\x00")[2].decode()
            yield name, None if record.value is None else tuple(msgspec.json.decode(record.value))


FLOWMART: Final = System("flowmart", "exactly_once", _command, _changelog, _rows)
