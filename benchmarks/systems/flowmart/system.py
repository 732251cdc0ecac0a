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


def _command(workload: str, job: Job) -> list[str]:  # noqa: ARG001 - the environment tells it
    faust = str(Path(sys.executable).with_name("faust"))
    module = f"benchmarks.systems.flowmart.{workload.lower()}"
    return [faust, "-A", module, "-L", "uvloop", "worker", "-l", "warn", "--without-web"]


def _changelog(workload: str, job: Job) -> str:  # noqa: ARG001 - one for all workloads
    return f"{job.app_id}-changelog"


def _rows(records: Iterable[Record]) -> Iterator[Row]:
    for record in records:
        key = record.key or b""
        if not key.startswith(_MARKER):
            name = key.partition(b"\x00")[2].decode()
            yield name, None if record.value is None else tuple(msgspec.json.decode(record.value))


FLOWMART: Final = System("flowmart", "exactly_once", _command, _changelog, _rows)
