"""What is wanted of the comparison, as ratios of one run, and whether it holds."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from benchmarks.results import Result

THROUGHPUT: Final = ("W1", "W2", "W3")


class Wanted(NamedTuple):
    """Ours must be at least so many times theirs, in events a second and per CPU."""

    workloads: tuple[str, ...]
    system: str
    guarantee: str
    times: float


RATIOS: Final = (
    Wanted(THROUGHPUT, "kafka-streams", "exactly_once", 1.5),
    Wanted(THROUGHPUT, "kafka-streams", "at_least_once", 1.0),
    Wanted(THROUGHPUT, "quix", "exactly_once", 4.0),
    Wanted(THROUGHPUT, "quix", "at_least_once", 4.0),
    Wanted(THROUGHPUT, "faust", "at_least_once", 30.0),
    Wanted(THROUGHPUT, "loop", "at_least_once", 0.7),
    Wanted(("R",), "kafka-streams", "exactly_once", 1.0),
    Wanted(("R",), "faust", "at_least_once", 30.0),
)
GROWTH_MAX: Final = 1.1
"""Twice the partitions or keys may cost this much more per event: the noise of a run."""
WORKERS_GAIN_MIN: Final = 1.6
"""What two workers do with the CPU of two, as a multiple of what one does with its own."""


def verdicts(medians: Iterable[Result]) -> Iterator[str]:
    """Yield a line for everything wanted that was measured."""
    by_key = {(r.workload, r.system, r.guarantee, r.more.get("variant")): r for r in medians}
    for wanted in RATIOS:
        for workload in wanted.workloads:
            ours = by_key.get((workload, "flowmart", "exactly_once", None))
            theirs = by_key.get((workload, wanted.system, wanted.guarantee, None))
            if ours is not None and theirs is not None:
                yield _ratio(workload, ours, theirs, wanted)
    yield from _latency(by_key)
    yield from _growth(by_key)


def _ratio(workload: str, ours: Result, theirs: Result, wanted: Wanted) -> str:
    speed = ours.events_per_s / theirs.events_per_s
    cpu = theirs.cpu_us_per_event / max(ours.cpu_us_per_event, 1e-9)
    sign = _sign(min(speed, cpu) >= wanted.times)
    against = f"{wanted.system} {wanted.guarantee}"
    return (
        f"{sign} {workload} against {against}: {speed:.2f} times the events/s,"
        f" {cpu:.2f} times the events per CPU (wanted {wanted.times:g})"
    )


Key = tuple[str, str, str, str | None]


def _latency(by_key: dict[Key, Result]) -> Iterator[str]:
    for (workload, system, guarantee, variant), theirs in by_key.items():
        if (workload, system, guarantee) != ("L", "kafka-streams", "exactly_once"):
            continue
        ours = by_key.get(("L", "flowmart", "exactly_once", variant))
        if ours is None:
            continue
        for name in ("latency_ms_p50", "latency_ms_p99"):
            mine, other = getattr(ours, name), getattr(theirs, name)
            yield (
                f"{_sign(mine <= other)} L {variant} {name[-3:]}: {mine:.1f} ms,"
                f" kafka-streams exactly_once {other:.1f} ms"
            )


def _growth(by_key: dict[Key, Result]) -> Iterator[str]:
    base = by_key.get(("S", "flowmart", "exactly_once", "as W1"))
    if base is None:
        return
    for (workload, _, _, variant), result in by_key.items():
        if workload != "S" or result is base:
            continue
        cost = result.cpu_us_per_event / base.cpu_us_per_event
        if variant == "2 workers":
            gain = 2 / cost
            yield f"{_sign(gain >= WORKERS_GAIN_MIN)} S 2 workers do {gain:.2f} times the work of 1"
        else:
            yield f"{_sign(cost <= GROWTH_MAX)} S {variant}: {cost:.2f} times the CPU per event"


def _sign(holds: bool) -> str:  # noqa: FBT001 - one short word of two
    return "holds" if holds else "SHORT"
