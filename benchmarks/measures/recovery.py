"""R: a worker comes back and its store is gone: how long until it works again.

Measured against the same worker coming back with its store, so that what is left is the
recovery. A probe in each partition tells that it works; the probes' rows tell that it recovered.
"""

import shutil
import time
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.job import Job
from benchmarks.kafka import BenchmarkError, Reader, create_topics, fill
from benchmarks.outputs import collect, judge_rows
from benchmarks.results import Result
from benchmarks.systems.base import System
from benchmarks.task import Place, Task
from benchmarks.workloads.expected import Expected
from benchmarks.workloads.orders import Orders

PARTITIONS: Final = 4
POLL_S: Final = 0.02
WAIT_S: Final = 1_800.0


@dataclass(frozen=True, slots=True)
class Return:
    """How a worker came back."""

    seconds: float
    cpu_s: float
    rss_mb: float


def run_recovery(place: Place, system: System, rows: int, number: int) -> Result:
    """Make so many rows, lose them, and wait until the system works again.

    Raises:
        BenchmarkError: it ended, got stuck, or lost a row.
    """
    task = _prepare(place, system, rows, number)
    job = replace(place.job(task, system, number), workload="W1")
    create_topics(place.bootstrap, (job.output, *system.topics(job)), PARTITIONS)
    with place.started(system, job) as process:
        collect(job, task, system, process)
        process.stop()
    kept = _come_back(place, task, system, job)
    shutil.rmtree(job.data_dir)
    lost = _come_back(place, task, system, job)
    judge_rows(job, system, task.expected)
    seconds = max(lost.seconds - kept.seconds, POLL_S)
    return Result(
        "R",
        system.name,
        system.guarantee,
        events_per_s=rows / seconds,
        cpu_us_per_event=max(0.0, lost.cpu_s - kept.cpu_s) / rows * 1e6,
        rss_mb=lost.rss_mb,
        more={"recovery_s": lost.seconds, "restart_s": kept.seconds},
    )


def _prepare(place: Place, system: System, rows: int, number: int) -> Task:
    topic = f"{place.prefix}-r-in-{system.name}-{system.guarantee}-{number}"
    orders, expected = Orders(rows, PARTITIONS, rows, each_once=True), Expected()
    create_topics(place.bootstrap, [topic], PARTITIONS)
    fill(place.bootstrap, ((topic, *record) for record in orders.records(expected)))
    return Task("R", (topic,), PARTITIONS, rows, 0, expected)


def _come_back(place: Place, task: Task, system: System, job: Job) -> Return:
    """Start with a probe in each partition, and wait until all have come out."""
    reader = Reader(place.bootstrap, [job.output], from_now=True)
    _probe(place, task)
    try:
        with place.started(system, job) as process:
            started_s, left = time.time(), PARTITIONS
            while left > 0:
                process.check()
                left -= len(reader.next(POLL_S, PARTITIONS))
                if time.time() - started_s > WAIT_S:
                    raise BenchmarkError(f"no recovery in {WAIT_S:.0f} s:\n{process.said()}")
            ended_s = time.time()
            process.stop()
    finally:
        reader.close()
    return Return(ended_s - started_s, process.cpu_s(started_s, ended_s), process.rss_mb())


def _probe(place: Place, task: Task) -> None:
    """Append the order of a known customer to each partition, and expect it in the row."""
    rows, left = task.expected.rows, set(range(PARTITIONS))
    assert rows is not None
    probes = []
    for partition, key, value in Orders(100, PARTITIONS, 100, each_once=True).records(Expected()):
        if partition in left:
            left.discard(partition)
            order = value.replace(b'"orderId":"ord_', b'"orderId":"probe_')
            cut = order.index(b'","customerId')
            probes.append((task.inputs[0], partition, key, order[:cut] + b"0" + order[cut:]))
            orders, units = rows[key.decode()]
            name = int(order[len(b'{"orderId":"probe_') : cut])
            rows[key.decode()] = (orders + 1, units + 2 + name % 100)
    fill(place.bootstrap, probes, linger_ms=0)
