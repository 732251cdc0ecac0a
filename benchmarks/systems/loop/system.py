"""The hand-written loop as the runner sees it."""

import sys
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from benchmarks.job import Job
from benchmarks.kafka import Record
from benchmarks.systems.base import Row, System


def _command(workload: str, job: Job) -> list[str]:  # noqa: ARG001 - the environment tells it
    return [sys.executable, "-m", "benchmarks.systems.loop", workload]


def _changelog(workload: str, job: Job) -> str:  # noqa: ARG001 - one for all workloads
    return f"{job.app_id}-changelog"


def _topics(workload: str, job: Job) -> tuple[str, ...]:
    return (_changelog(workload, job),)


def _rows(records: Iterable[Record]) -> Iterator[Row]:
    for record in records:
        value = record.value
        figures = None if value is None else tuple(msgspec.json.decode(value))
        yield (record.key or b"").decode(), figures


LOOP: Final = System("loop", "at_least_once", _command, _changelog, _rows, _topics)
