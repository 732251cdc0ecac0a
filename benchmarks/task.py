"""A workload ready to be done, and the place where systems do it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.job import Job
from benchmarks.process import Watched
from benchmarks.systems.base import System
from benchmarks.workloads.expected import Canonical, Expected, as_it_is


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
    prefix: str
    """Of every topic and group, so that runs on one broker do not meet."""

    def job(self, task: Task, system: System, number: int) -> Job:
        """A job that shares nothing with any other but its input."""
        kind = f"{task.workload}-{system.name}-{system.guarantee}-{number}".lower()
        name = f"{self.prefix}-{kind}"
        return Job(
            broker=self.bootstrap,
            workload=task.workload,
            app_id=name,
            inputs=task.inputs,
            output=f"{name}-out",
            partitions=task.partitions,
            data_dir=self.folder / name,
            guarantee=system.guarantee,
        )

    def started(self, system: System, job: Job) -> Watched:
        """The system at its job, as a process of its own."""
        job.data_dir.mkdir(parents=True, exist_ok=True)
        log = self.folder / f"{job.data_dir.name}.log"
        return Watched(system.command(job), log, job.environment())
