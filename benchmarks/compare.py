"""Every system on every workload, in turn, on one broker."""

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from benchmarks.kafka import BenchmarkError
from benchmarks.measures.growth import SIZES, run_growth
from benchmarks.measures.latency import run_latency
from benchmarks.measures.recovery import run_recovery
from benchmarks.measures.throughput import run
from benchmarks.prepare import PREPARE
from benchmarks.results import Result, ResultFile
from benchmarks.systems.base import System
from benchmarks.systems.faust.system import FAUST
from benchmarks.systems.flowmart.system import FLOWMART
from benchmarks.systems.kafka_streams import system as kafka_streams
from benchmarks.systems.kafka_streams.build import is_possible
from benchmarks.systems.loop.system import LOOP
from benchmarks.systems.quix import system as quix
from benchmarks.task import Place, Task
from broker.errors import BrokerError

SYSTEMS: Final[dict[str, tuple[System, ...]]] = {
    "flowmart": (FLOWMART,),
    "kafka-streams": (kafka_streams.EXACTLY_ONCE, kafka_streams.AT_LEAST_ONCE),
    "quix": (quix.EXACTLY_ONCE, quix.AT_LEAST_ONCE),
    "loop": (LOOP,),
    "faust": (FAUST,),
}
WORKLOADS: Final = ("W1", "W2", "W3", "R", "L", "S")
RATES: Final = (50, 1_000)
"""Of L, records a second."""
RATE_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare."""

    workloads: Sequence[str]
    systems: Sequence[str]
    events: int
    """After warm-up; rows of R."""
    slow_events: int
    """The same for stock Faust."""
    rounds: int

    def chosen(self) -> list[System]:
        """The systems that can run here."""
        if "kafka-streams" in self.systems and not is_possible():
            sys.stderr.write("Kafka Streams is left out: there is no javac on this machine\n")
            names = [name for name in self.systems if name != "kafka-streams"]
        else:
            names = list(self.systems)
        return [system for name in names for system in SYSTEMS[name]]

    def events_of(self, system: System) -> int:
        """How many events this system gets."""
        return self.slow_events if system is FAUST else self.events


Run = Callable[[int], Result]


def compare(place: Place, plan: Plan, file: ResultFile) -> tuple[list[Result], list[str]]:
    """Run everything; return the results and what went wrong."""
    results, problems = [], []
    for workload in plan.workloads:
        runs = list(_runs(place, plan, workload))
        for number, (name, one) in itertools.product(range(1, plan.rounds + 1), runs):
            try:
                result = one(number)
            except (BenchmarkError, BrokerError) as error:
                problems.append(f"{workload} {name}: {error}")
                sys.stderr.write(f"{problems[-1]}\n")
                continue
            result.more["round"] = number
            results.append(result)
            file.add(result)
    return results, problems


def _runs(place: Place, plan: Plan, workload: str) -> Iterable[tuple[str, Run]]:
    """Each run of one round, by its name."""
    if workload == "S":
        yield from _growth(place, plan)
    elif workload == "L":
        yield from _latency(place, plan)
    elif workload == "R":
        for system in plan.chosen():
            if system is not LOOP:  # It reads nothing back.
                rows = plan.events_of(system)
                yield _name(system), partial(run_recovery, place, system, rows)
    else:
        yield from _throughput(place, plan, workload)


def _throughput(place: Place, plan: Plan, workload: str) -> Iterator[tuple[str, Run]]:
    tasks: dict[int, Task] = {}
    for system in plan.chosen():
        events = plan.events_of(system)
        task = tasks.get(events) or PREPARE[workload](place, events)
        tasks[events] = task
        yield _name(system), partial(run, place, task, system)


def _latency(place: Place, plan: Plan) -> Iterator[tuple[str, Run]]:
    for rate, system in itertools.product(RATES, plan.chosen()):
        yield _name(system), partial(run_latency, place, system, rate, RATE_S)


def _growth(place: Place, plan: Plan) -> Iterator[tuple[str, Run]]:
    for size in SIZES:
        yield size.name, partial(run_growth, place, FLOWMART, size, plan.events)


def _name(system: System) -> str:
    return f"{system.name} {system.guarantee}"
