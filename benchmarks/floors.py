"""What must not be missed, whatever else runs on the machine."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from benchmarks.results import Result

W1_EVENTS_PER_S_MIN: Final = 80_000
PIPELINE_ORDERS_PER_S_MIN: Final = 500
SHOP_ORDERS_PER_S_MIN: Final = 240
"""What it carries with room for a busy machine; see docs/benchmarks.md for what it is to carry."""
LAG_GROWTH_S_MAX: Final = 0.5
"""Orders under way may not grow by more than this much of the rate over the run."""
PROMISES_MS: Final = {
    "confirm_ms_p99": 2_000,
    "latency_ms_p99": 3_000,
    "stock_ms_p99": 1_000,
    "notification_ms_p99": 30_000,
}
"""An order confirmed, its payment, its stock to be looked at, a letter sent: at most so long."""
_CALLED: Final = {
    "confirm_ms_p99": "order confirmed",
    "latency_ms_p99": "payment",
    "stock_ms_p99": "stock queryable",
    "notification_ms_p99": "notification",
}


class Verdict(NamedTuple):
    """Whether one floor holds."""

    holds: bool
    text: str


def missed(results: Iterable[Result]) -> list[str]:
    """Name every floor that a result of ours lies below."""
    return [verdict.text for verdict in judged(results) if not verdict.holds]


def judged(results: Iterable[Result]) -> Iterator[Verdict]:
    """Hold each result of ours against its floors; those of others have none."""
    for result in results:
        if result.system == "flowmart":
            yield from _FLOORS.get(result.workload, _none)(result)


def _none(_result: Result) -> Iterator[Verdict]:
    return iter(())


def _engine(result: Result) -> Iterator[Verdict]:
    yield Verdict(
        result.events_per_s >= W1_EVENTS_PER_S_MIN,
        f"W1: {result.events_per_s:,.0f} events/s, wanted {W1_EVENTS_PER_S_MIN:,}",
    )


def _pipeline(result: Result) -> Iterator[Verdict]:
    if result.more.get("floor"):
        yield from _load(result, PIPELINE_ORDERS_PER_S_MIN)


def _shop(result: Result) -> Iterator[Verdict]:
    """The load where it is asked for; the promises at every rate below it."""
    if result.more["rate"] >= SHOP_ORDERS_PER_S_MIN:
        yield from _load(result, SHOP_ORDERS_PER_S_MIN)
    else:
        yield from _promises(result)


def _load(result: Result, orders_per_s_min: int) -> Iterator[Verdict]:
    name, rate, growth_s = result.workload, result.events_per_s, result.more["lag_growth_s"]
    yield Verdict(
        rate >= orders_per_s_min, f"{name}: {rate:,.0f} orders/s, wanted {orders_per_s_min}"
    )
    yield Verdict(
        growth_s <= LAG_GROWTH_S_MAX, f"{name}: the lag grew by {growth_s:.2f} s of orders"
    )


def _promises(result: Result) -> Iterator[Verdict]:
    for field, at_most_ms in PROMISES_MS.items():
        found_ms = result.more.get(field, result.latency_ms_p99)
        what = f"shop {result.more['variant']}: {_CALLED[field]}"
        if found_ms is None:
            yield Verdict(holds=False, text=f"{what} was not measured")
        else:
            yield Verdict(
                found_ms < at_most_ms, f"{what} p99 {found_ms:,.0f} ms, promised {at_most_ms:,}"
            )


_FLOORS: Final = {"W1": _engine, "pipeline": _pipeline, "shop": _shop}
