"""How the cost of an event changes with partitions, keys and workers. CPU only: this engine."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final

from confluent_kafka.admin import AdminClient

from benchmarks.kafka import LOG_LEVEL, BenchmarkError, Reader, create_topics, fill
from benchmarks.process import Watched
from benchmarks.results import Result
from benchmarks.systems.base import System
from benchmarks.task import Place, Task
from benchmarks.workloads.expected import Expected
from benchmarks.workloads.orders import CUSTOMERS, Orders

WAIT_S: Final = 60.0
POLL_S: Final = 0.25
CALM_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is of what."""

    name: str
    partitions: int = 4
    customers: int = CUSTOMERS
    workers: int = 1


SIZES: Final = (
    Size("as W1"),
    Size("2x partitions", partitions=8),
    Size("2x keys", customers=2 * CUSTOMERS),
    Size("2 workers", workers=2),
)


def run_growth(place: Place, system: System, size: Size, events: int, number: int) -> Result:
    """Let workers settle, then write W1's records and see what CPU they take.

    Raises:
        BenchmarkError: a worker ended, or the group did not settle.
    """
    topic = f"{place.prefix}-s-in-{size.name.replace(' ', '-')}-{number}"
    task = Task("S", (topic,), size.partitions, events, 0, Expected())
    name = size.name.replace(" ", "-")
    job = replace(place.job(task, system, number), workload="W1")
    job = replace(job, app_id=f"{job.app_id}-{name}", output=f"{job.output}-{name}")
    create_topics(place.bootstrap, (topic, job.output), size.partitions)
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                place.started(system, replace(job, data_dir=place.folder / f"{job.app_id}-{n}"))
            )
            for n in range(size.workers)
        ]
        _settle(place, job.app_id, size.workers)
        started_s = time.time()
        orders = Orders(events, size.partitions, size.customers).records(task.expected)
        fill(place.bootstrap, ((topic, *record) for record in orders))
        _wait(place, job.output, task.expected.outputs, workers)
        ended_s = time.time()
    return Result(
        "S",
        system.name,
        system.guarantee,
        events_per_s=events / (ended_s - started_s),
        cpu_us_per_event=sum(w.cpu_s(started_s, ended_s) for w in workers) / events * 1e6,
        rss_mb=max(worker.rss_mb() for worker in workers),
        more={"variant": size.name},
    )


def _settle(place: Place, group: str, members: int) -> None:
    """Return once the group has its members and has been calm for a while."""
    admin = AdminClient({"bootstrap.servers": place.bootstrap, "log_level": LOG_LEVEL})
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        found = admin.describe_consumer_groups([group])[group].result(WAIT_S)
        if len(found.members) == members and found.state.name == "STABLE":
            time.sleep(CALM_S)
            return
        time.sleep(POLL_S)
    raise BenchmarkError(f"the group {group} did not settle with {members} members")


def _wait(place: Place, topic: str, outputs: int, workers: list[Watched]) -> None:
    reader, deadline, left = Reader(place.bootstrap, [topic]), time.monotonic() + WAIT_S, outputs
    try:
        for found in _polls(reader):
            left -= found
            if left <= 0:
                return
            for worker in workers:
                worker.check()
            if time.monotonic() > deadline:
                raise BenchmarkError(f"{left} of {outputs} outputs are missing")
    finally:
        reader.close()


def _polls(reader: Reader) -> Iterator[int]:
    while True:
        yield len(reader.poll(POLL_S))
