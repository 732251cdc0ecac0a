"""Waits for what systems put out, and judges whether it is the whole job and nothing else."""

import time
from collections.abc import Callable, Iterable
from typing import Final
from zlib import crc32

from benchmarks.job import Job
from benchmarks.kafka import BenchmarkError, Reader
from benchmarks.process import Watched
from benchmarks.systems.base import Row, System
from benchmarks.task import Task
from benchmarks.workloads.expected import Expected

POLL_S: Final = 0.25
NUDGE_S: Final = 2.0
STUCK_S: Final = 90.0
"""Without a single output, from the start or from the last one on."""
SETTLE_S: Final = 1.0
"""How long after the last output surplus ones are waited for, and rows may still be written."""
WRONG_SHOWN: Final = 3


def collect(job: Job, task: Task, system: System, process: Watched) -> list[float]:
    """Wait for every output; return when each was appended, in s, in order of time."""
    expected = task.expected_of(system)
    at_s: list[float] = []
    checksum = 0
    reader, progress = Reader(job.broker, [job.output]), _Progress(task.nudge, system.seconds_max)
    try:
        while len(at_s) < expected.outputs:
            process.check()
            if progress.is_over(len(at_s)):
                raise BenchmarkError(
                    f"{job.app_id}: stuck at {len(at_s)} of {expected.outputs} outputs."
                    f" It said:\n{process.said()}"
                )
            for message in reader.poll(POLL_S):
                at_s.append(message.timestamp()[1] / 1000)
                checksum += crc32(task.canonical(message.value()))
        surplus = len(reader.poll(SETTLE_S))
    finally:
        reader.close()
    if surplus or len(at_s) != expected.outputs or checksum != expected.checksum:
        raise BenchmarkError(
            f"{job.app_id}: its {len(at_s) + surplus} outputs are not"
            f" the {expected.outputs} expected"
        )
    return sorted(at_s)


class _Progress:
    """Sees whether outputs still come."""

    def __init__(self, nudge: Callable[[], None] | None, seconds_max: float) -> None:
        self._nudge = nudge
        now = time.monotonic()
        self._deadline, self._seen, self._moved, self._nudged = now + seconds_max, 0, now, now

    def is_over(self, seen: int) -> bool:
        """Whether it is no use to wait; nudges when outputs came, but no longer do."""
        now = time.monotonic()
        if seen != self._seen:
            self._seen, self._moved, self._nudged = seen, now, now
        elif seen and self._nudge is not None and now - self._nudged > NUDGE_S:
            self._nudge()
            self._nudged = now
        return now > self._deadline or now - self._moved > STUCK_S


def judge_rows(job: Job, system: System, expected: Expected) -> None:
    """See that the changelog amounts to the rows expected, where rows are judged.

    Raises:
        BenchmarkError: it does not; some of the wrong rows are named.
    """
    if expected.rows is None:
        return
    reader = Reader(job.broker, [system.changelog(job)])
    try:
        _compare(expected.rows, system.rows(reader.rest()))
    finally:
        reader.close()


def _compare(expected: dict[str, tuple[int, ...]], rows: Iterable[Row]) -> None:
    found = {key: row for key, row in dict(rows).items() if row is not None}
    keys = sorted(expected.keys() | found.keys())
    wrong = [key for key in keys if expected.get(key) != found.get(key)]
    if wrong:
        some = ", ".join(
            f"{key}: {found.get(key)} instead of {expected.get(key)}" for key in wrong[:WRONG_SHOWN]
        )
        raise BenchmarkError(f"{len(wrong)} of {len(keys)} rows are wrong: {some}")
