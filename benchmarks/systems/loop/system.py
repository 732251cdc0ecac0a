"""The hand-written loop as the runner sees it."""

import sys
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from benchmarks.job import Job
from benchmarks.kafka import Record
from benchmarks.systems.base import Row, System


def _command(job: Job) -> list[str]:
    return [sys.executable, "-m", "benchmarks.systems.loop", job.workload]


def _changelog(job: Job) -> str:
    return f"{job.app_id}-changelog"


def _topics(job: Job) -> tuple[str, ...]:
    return (_changelog(job),)


def _rows(records: Iterable[Record]) -> Iterator[Row]:
    for record in records:
        value = record.value
        figures = None if value is None else tuple(msgspec.json.decode(value))
        yield (record.key or b"").decode(), figures


LOOP: Final = System("loop", "at_least_once", _command, _changelog, _rows, _topics)
