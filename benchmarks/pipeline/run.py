"""Orders at a steady rate through the whole shop: throughput, lag, latency."""

import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.kafka import BenchmarkError
from benchmarks.pipeline.load import Sender
from benchmarks.pipeline.meter import Meter, latencies_ms
from benchmarks.pipeline.shop import ENV, running_shop
from benchmarks.process import Fleet
from benchmarks.results import Result, percentile

SAMPLE_S: Final = 1.0
DRAIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How many orders a second, for how long after how much warm-up, and who does them."""

    rate: float
    seconds: float
    warm_up_s: float = 5.0
    workers: int = 2
    """Processes that run the shop: one a core, each with half of the partitions."""

    @property
    def orders(self) -> int:
        """Orders in all."""
        return round(self.rate * (self.warm_up_s + self.seconds))


def run_pipeline(bootstrap: str, folder: Path, pace: Pace) -> Result:
    """Run a shop of its own at that pace.

    Raises:
        BenchmarkError: a worker ended, or an order was not paid.
    """
    with running_shop(bootstrap, folder, pace.workers) as (workers, load):
        sender = Sender(bootstrap, load.orders(pace.rate, pace.orders))
        meter = Meter(bootstrap, ENV)
        try:
            under_way = _watch(sender, meter, workers, pace)
        finally:
            meter.close()
    return _result(pace, workers, sender, meter, under_way)


def _watch(sender: Sender, meter: Meter, workers: Fleet, pace: Pace) -> list[int]:
    """Send and follow; return the orders under way, a sample a second after warm-up."""
    sender.start()
    started_s, samples = time.time(), []
    next_s = started_s + pace.warm_up_s
    while sender.is_alive() or len(meter.paid_s) < pace.orders:
        meter.poll()
        if time.time() >= next_s and sender.is_alive():
            workers.check()
            samples.append(len(sender.sent_s) - len(meter.paid_s))
            next_s += SAMPLE_S
        if time.time() > started_s + pace.warm_up_s + pace.seconds + DRAIN_S:
            raise BenchmarkError(
                f"{pace.orders - len(meter.paid_s)} of {pace.orders} orders are not paid"
                f" {DRAIN_S:.0f} s after the last; {meter.failed} failed:\n{workers.said()}"
            )
    return samples


def _result(
    pace: Pace, workers: Fleet, sender: Sender, meter: Meter, under_way: list[int]
) -> Result:
    first_s = min(sender.sent_s.values())
    start_s, end_s = first_s + pace.warm_up_s, first_s + pace.warm_up_s + pace.seconds
    paid = sum(start_s <= at_s < end_s for at_s in meter.paid_s.values())
    payment = latencies_ms(sender.sent_s, meter.paid_s, start_s, end_s)
    confirm = latencies_ms(sender.sent_s, meter.confirmed_s, start_s, end_s)
    return Result(
        "pipeline",
        "flowmart",
        "exactly_once",
        events_per_s=paid / pace.seconds,
        cpu_us_per_event=workers.cpu_s(start_s, end_s) / max(1, paid) * 1e6,
        latency_ms_p50=percentile(payment, 0.5),
        latency_ms_p99=percentile(payment, 0.99),
        rss_mb=workers.rss_mb(),
        more={
            "variant": f"{pace.rate:.0f}/s",
            "workers": pace.workers,
            "confirm_ms_p50": percentile(confirm, 0.5),
            "confirm_ms_p99": percentile(confirm, 0.99),
            "lag_orders": under_way,
            "lag_growth_s": lag_growth_s(under_way, pace.rate),
            "sender_late_s": sender.late_s,
        },
    )


def lag_growth_s(under_way: list[int], rate: float) -> float:
    """By how much the last third of the samples lies above the first, in seconds of orders."""
    third = max(1, len(under_way) // 3)
    if not under_way:
        return 0.0
    grown = statistics.median(under_way[-third:]) - statistics.median(under_way[:third])
    return grown / rate
