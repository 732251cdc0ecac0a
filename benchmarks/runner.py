"""Runs one system on one workload, and sees that it did the whole job."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zlib import crc32

from benchmarks.job import Job
from benchmarks.kafka import BenchmarkError, Reader, create_topics
from benchmarks.process import Watched
from benchmarks.results import Result
from benchmarks.systems.base import Row, System
from benchmarks.workloads.expected import Canonical, Expected, as_it_is

POLL_S: Final = 0.25
NUDGE_S: Final = 2.0
STUCK_S: Final = 90.0
"""Without a single output, from the start or from the last one on."""
SETTLE_S: Final = 1.0
"""How long after the last output surplus ones are waited for, and rows may still be written."""
WRONG_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Task:
    """A workload whose records lie in their topics."""

    workload: str
    inputs: tuple[str, ...]
    partitions: int
    events: int
    """After warm-up."""
    warm_up: int
    """Events before those."""
    expected: Expected
    by_key: Expected | None = None
    """What is expected of a system whose event time is each key's own; None: the same."""
    canonical: Canonical = as_it_is
    nudge: Callable[[], None] | None = None
    """Called when no output comes: writes what makes systems go on that wait for event time."""
    measured_to: float = 1.0
    """The share of the outputs after which nothing is measured any more."""

    def expected_of(self, system: System) -> Expected:
        """What this system must leave behind."""
        return self.by_key if self.by_key is not None and system.clocks_by_key else self.expected


@dataclass(frozen=True, slots=True)
class Place:
    """Where runs happen."""

    bootstrap: str
    folder: Path
    """For data and logs; gone after the run."""

    def job(self, task: Task, system: System, number: int, commit_ms: int | None = None) -> Job:
        """A job that shares nothing with any other but its input."""
        name = f"bench-{task.workload}-{system.name}-{system.guarantee}-{number}".lower()
        return Job(
            broker=self.bootstrap,
            workload=task.workload,
            app_id=name,
            inputs=task.inputs,
            output=f"{name}-out",
            partitions=task.partitions,
            data_dir=self.folder / name,
            guarantee=system.guarantee,
            commit_ms=commit_ms,
        )


def run(place: Place, task: Task, system: System, number: int) -> Result:
    """Run it from the first record to the last, and judge what it left behind.

    Raises:
        BenchmarkError: it ended, took too long, or did the job wrongly.
    """
    job = place.job(task, system, number)
    log = place.folder / f"{job.app_id}.log"
    create_topics(place.bootstrap, (job.output, *system.topics(job)), job.partitions)
    job.data_dir.mkdir(parents=True)
    command = system.command(job)
    with Watched(command, log, job.environment()) as process:
        outputs = _collect(job, task, task.expected_of(system), process, system.seconds_max)
        process.stop()
    if task.expected.rows is not None:
        changelog = _read(place, system.changelog(job))
        _judge_rows(task.expected.rows, system.rows(changelog))
    return _result(task, system, outputs, process)


def _collect(
    job: Job, task: Task, expected: Expected, process: Watched, seconds_max: float
) -> list[float]:
    """Wait for every output; return when each was appended, in s, in order of time."""
    at_s: list[float] = []
    checksum = 0
    reader, progress = Reader(job.broker, [job.output]), _Progress(task.nudge, seconds_max)
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


def _read(place: Place, topic: str) -> list:
    reader = Reader(place.bootstrap, [topic])
    try:
        return list(reader.rest())
    finally:
        reader.close()


def _judge_rows(expected: dict[str, tuple[int, ...]], rows: Iterable[Row]) -> None:
    """See that the changelog amounts to the rows expected.

    Raises:
        BenchmarkError: it does not; some of the wrong rows are named.
    """
    found = {key: row for key, row in dict(rows).items() if row is not None}
    keys = sorted(expected.keys() | found.keys())
    wrong = [key for key in keys if expected.get(key) != found.get(key)]
    if wrong:
        some = ", ".join(
            f"{key}: {found.get(key)} instead of {expected.get(key)}" for key in wrong[:WRONG_SHOWN]
        )
        raise BenchmarkError(f"{len(wrong)} of {len(keys)} rows are wrong: {some}")


def _result(task: Task, system: System, outputs: list[float], process: Watched) -> Result:
    """Figures between the output at which warm-up ends and the last that is measured."""
    first = int(task.warm_up / (task.warm_up + task.events) * len(outputs))
    last = int(task.measured_to * len(outputs)) - 1
    events = (task.warm_up + task.events) * (last - first + 1) / len(outputs)
    start_s, end_s = outputs[first], outputs[last]
    return Result(
        task.workload,
        system.name,
        system.guarantee,
        events_per_s=events / (end_s - start_s),
        cpu_us_per_event=process.cpu_s(start_s, end_s) / events * 1e6,
        rss_mb=process.rss_mb(),
    )
