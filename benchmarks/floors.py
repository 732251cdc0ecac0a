"""What must not be missed, whatever else runs on the machine."""

from collections.abc import Iterable
from typing import Final

from benchmarks.results import Result

W1_EVENTS_PER_S_MIN: Final = 80_000
PIPELINE_ORDERS_PER_S_MIN: Final = 500
PIPELINE_LAG_GROWTH_S_MAX: Final = 0.5
"""Orders under way may not grow by more than this much of the rate over the run."""


def missed(results: Iterable[Result]) -> list[str]:
    """Name every floor that a result of ours lies below."""
    return [what for result in results for what in _missed(result)]


def _missed(result: Result) -> list[str]:
    found = []
    if result.system != "flowmart":
        return found
    if result.workload == "W1" and result.events_per_s < W1_EVENTS_PER_S_MIN:
        found.append(f"W1: {result.events_per_s:,.0f} events/s, wanted {W1_EVENTS_PER_S_MIN:,}")
    if result.workload == "pipeline" and result.more.get("floor"):
        if result.events_per_s < PIPELINE_ORDERS_PER_S_MIN:
            found.append(
                f"pipeline: {result.events_per_s:,.0f} orders/s, wanted {PIPELINE_ORDERS_PER_S_MIN}"
            )
        if result.more["lag_growth_s"] > PIPELINE_LAG_GROWTH_S_MAX:
            found.append(f"pipeline: the lag grew by {result.more['lag_growth_s']:.2f} s of orders")
    return found
