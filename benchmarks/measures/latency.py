"""L: one hop, stateful, every record passed on: from when it was due to when a consumer has it.

The consumer reads committed records only, and the clock is one and the same for both ends.
"""

import time
from dataclasses import replace
from typing import Final

from benchmarks.kafka import BenchmarkError, Reader, create_topics
from benchmarks.pipeline.load import Due, Sender
from benchmarks.process import Watched
from benchmarks.results import Result, percentile
from benchmarks.systems.base import System
from benchmarks.task import Place, Task
from benchmarks.workloads.expected import Expected
from benchmarks.workloads.orders import INVALID_EVERY, Orders

COMMIT_MS: Final = 10
"""For every system that commits by time."""
PARTITIONS: Final = 4
WARM_UP_RATE: Final = 2_000
WARM_UP_S: Final = 5.0
PAUSE_S: Final = 1.0
SETTLE_S: Final = 1.0
"""Not measured: the first records wait, a third of a second, for their sender to connect."""
WAIT_S: Final = 60.0


def run_latency(place: Place, system: System, rate: int, seconds: float, number: int) -> Result:
    """Warm the system up, then send at the rate and see how long each record takes.

    Raises:
        BenchmarkError: it ended, or a record did not come out.
    """
    topic = f"{place.prefix}-l-in-{rate}-{system.name}-{system.guarantee}-{number}"
    task = Task("L", (topic,), PARTITIONS, round(rate * seconds), 0, Expected())
    job = replace(
        place.job(task, system, number * 10_000 + rate),
        workload="W1",
        commit_ms=COMMIT_MS,
        copy_all=True,
    )
    create_topics(place.bootstrap, (topic, job.output, *system.topics(job)), PARTITIONS)
    warm_up, dues = _dues(topic, rate, task.events)
    reader = Reader(place.bootstrap, [job.output])
    try:
        with place.started(system, job) as process:
            _follow(reader, process, Sender(place.bootstrap, warm_up))
            time.sleep(PAUSE_S)
            sender, started_s = Sender(place.bootstrap, dues), time.time()
            seen_s = _follow(reader, process, sender)
            ended_s = time.time()
            process.stop()
    finally:
        reader.close()
    settled_s = min(sender.sent_s.values()) + SETTLE_S
    taken_ms = [
        (seen_s[value] - at_s) * 1000 for value, at_s in sender.sent_s.items() if at_s >= settled_s
    ]
    return Result(
        "L",
        system.name,
        system.guarantee,
        events_per_s=len(dues) / (ended_s - started_s),
        cpu_us_per_event=process.cpu_s(started_s, ended_s) / len(dues) * 1e6,
        latency_ms_p50=percentile(taken_ms, 0.5),
        latency_ms_p99=percentile(taken_ms, 0.99),
        rss_mb=process.rss_mb(),
        more={"variant": f"{rate}/s", "commit_ms": COMMIT_MS},
    )


def _dues(topic: str, rate: int, count: int) -> tuple[list[Due], list[Due]]:
    """Valid orders: those for the warm-up, then those that are measured."""
    warm_up = round(WARM_UP_RATE * WARM_UP_S)
    wanted = warm_up + count
    made = Orders(wanted + wanted // (INVALID_EVERY - 1) + 1, PARTITIONS, copy_all=True)
    values = [
        (partition, key, value)
        for number, (partition, key, value) in enumerate(made.records(Expected()))
        if number % INVALID_EVERY != INVALID_EVERY - 1
    ]
    dues = [
        Due(number / WARM_UP_RATE, value, topic, partition, key, value, [])
        for number, (partition, key, value) in enumerate(values[:warm_up])
    ]
    measured = [
        Due(number / rate, value, topic, partition, key, value, [])
        for number, (partition, key, value) in enumerate(values[warm_up:wanted])
    ]
    return dues, measured


def _follow(reader: Reader, process: Watched, sender: Sender) -> dict[bytes, float]:
    """Send, and return when each value came out."""
    sender.start()
    seen_s: dict[bytes, float] = {}
    deadline = time.monotonic() + WAIT_S
    while sender.is_alive() or len(seen_s) < len(sender.sent_s):
        for message in reader.next(0.05, 1_000):
            seen_s.setdefault(message.value(), time.time())
        if sender.is_alive():
            deadline = time.monotonic() + WAIT_S
        process.check()
        if time.monotonic() > deadline:
            left = len(sender.sent_s) - len(seen_s)
            raise BenchmarkError(f"{left} records did not come out:\n{process.said()}")
    return seen_s
