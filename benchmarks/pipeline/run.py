"""Orders at a steady rate through the shop, its core or the whole: throughput, lag, latency."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from benchmarks.kafka import BenchmarkError
from benchmarks.pipeline.load import Sender
from benchmarks.pipeline.meter import Letter, Meter, latencies_ms
from benchmarks.pipeline.probes import API_A_S, API_CALLERS, Caller, StockProbe
from benchmarks.pipeline.shop import ENV, Shop, running_shop
from benchmarks.results import Result, percentile

SAMPLE_S: Final = 1.0
DRAIN_S: Final = 30.0
LETTERS_MIN: Final = 3
"""Mails an order: confirmed, paid, and one a parcel."""


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


class Source(Protocol):
    """Somebody who places orders."""

    sent_s: dict[bytes, float]
    late_s: float

    def start(self) -> None:
        """Begin."""

    def is_alive(self) -> bool:
        """Whether there are more to come."""


def run_pipeline(bootstrap: str, folder: Path, pace: Pace) -> Result:
    """Run the core of a shop of its own at that pace.

    Raises:
        BenchmarkError: a worker ended, or an order was not paid.
    """
    with running_shop(bootstrap, folder, pace.workers) as shop:
        sources: tuple[Source, ...] = (Sender(bootstrap, shop.load.orders(pace.rate, pace.orders)),)
        meter = Meter(bootstrap, ENV)
        try:
            under_way = _watch(sources, meter, shop, pace)
        finally:
            meter.close()
    return _result("pipeline", pace, shop, sources, meter, under_way)


def run_shop(bootstrap: str, folder: Path, pace: Pace) -> Result:
    """Run a whole shop of its own at that pace: every service, letters and stock looked at.

    Raises:
        BenchmarkError: a process ended, or an order was not paid, or a letter not sent.
    """
    with running_shop(bootstrap, folder, pace.workers, whole=True) as shop:
        orders = shop.load.orders(pace.rate, pace.orders)
        every = max(1, round(pace.rate / API_A_S))
        called = orders[::every]
        del orders[::every]
        callers = [Caller(shop, called[number::API_CALLERS]) for number in range(API_CALLERS)]
        sources: tuple[Source, ...] = (
            Sender(bootstrap, shop.load.with_subscribers(orders)),
            *callers,
        )
        meter, probe = Meter(bootstrap, ENV, letters=True), StockProbe(shop)
        probe.start()
        try:
            under_way = _watch(sources, meter, shop, pace)
            probe.finish()
            _await_letters(meter, pace)
        finally:
            meter.close()
    result = _result("shop", pace, shop, sources, meter, under_way)
    result.more.update(_of_whole(shop, callers, meter, probe, _measured(_sent_s(sources), pace)))
    return result


def _watch(sources: Sequence[Source], meter: Meter, shop: Shop, pace: Pace) -> list[int]:
    """Send and follow; return the orders under way, a sample a second after warm-up."""
    for source in sources:
        source.start()
    started_s, samples = time.time(), []
    next_s = started_s + pace.warm_up_s
    while (more := any(s.is_alive() for s in sources)) or len(meter.paid_s) < pace.orders:
        meter.poll()
        if time.time() >= next_s and more:
            shop.processes.check()
            samples.append(sum([len(s.sent_s) for s in sources]) - len(meter.paid_s))
            next_s += SAMPLE_S
        if time.time() > started_s + pace.warm_up_s + pace.seconds + DRAIN_S:
            raise BenchmarkError(
                f"{pace.orders - len(meter.paid_s)} of {pace.orders} orders are not paid"
                f" {DRAIN_S:.0f} s after the last; {meter.failed} failed;"
                f" {_oldest(sources, meter)}:\n{shop.processes.said()}"
            )
    return samples


def _oldest(sources: Sequence[Source], meter: Meter) -> str:
    """Name the order that is unpaid longest: behind the others it is late, alone it is stuck."""
    sent_s = {order: s for order, s in _sent_s(sources).items() if order not in meter.paid_s}
    order = min(sent_s, key=sent_s.__getitem__, default=b"none")
    seen = "confirmed" if order in meter.confirmed_s else "not confirmed"
    return f"{order.decode()} waits for {time.time() - sent_s.get(order, 0):.0f} s, {seen}"


def _await_letters(meter: Meter, pace: Pace) -> None:
    """Follow until every order has its letters: that it is confirmed, paid, and on its way."""
    deadline = time.time() + DRAIN_S
    while len(meter.letters) < LETTERS_MIN * pace.orders:
        meter.poll()
        if time.time() > deadline:
            raise BenchmarkError(
                f"{len(meter.letters)} letters were sent for {pace.orders} orders, expected"
                f" {LETTERS_MIN} each; {meter.unsent} tries failed"
            )


def _result(
    workload: str,
    pace: Pace,
    shop: Shop,
    sources: Sequence[Source],
    meter: Meter,
    under_way: list[int],
) -> Result:
    sent_s = _sent_s(sources)
    start_s, end_s = _measured(sent_s, pace)
    paid = sum(start_s <= at_s < end_s for at_s in meter.paid_s.values())
    payment = latencies_ms(sent_s, meter.paid_s, start_s, end_s)
    confirm = latencies_ms(sent_s, meter.confirmed_s, start_s, end_s)
    return Result(
        workload,
        "flowmart",
        "exactly_once",
        events_per_s=paid / pace.seconds,
        cpu_us_per_event=shop.processes.cpu_s(start_s, end_s) / max(1, paid) * 1e6,
        latency_ms_p50=percentile(payment, 0.5),
        latency_ms_p99=percentile(payment, 0.99),
        rss_mb=shop.processes.rss_mb(),
        more={
            "variant": f"{pace.rate:.0f}/s",
            "rate": pace.rate,
            "workers": pace.workers,
            "confirm_ms_p50": percentile(confirm, 0.5),
            "confirm_ms_p99": percentile(confirm, 0.99),
            "lag_orders": under_way,
            "lag_growth_s": lag_growth_s(under_way, pace.rate),
            "sender_late_s": max([source.late_s for source in sources]),
        },
    )


def _of_whole(
    shop: Shop,
    callers: Sequence[Caller],
    meter: Meter,
    probe: StockProbe,
    measured: tuple[float, float],
) -> dict[str, Any]:
    """What only the whole shop does."""
    start_s, end_s = measured
    answered_ms = [ms for caller in callers for ms in caller.answered_ms]
    paid = sum(start_s <= at_s < end_s for at_s in meter.paid_s.values())
    letters = waits_ms(meter.letters, start_s, end_s)
    assert shop.gateway is not None, "a whole shop has a gateway"
    return {
        "gateway_us_per_event": shop.gateway.cpu_s(start_s, end_s) / max(1, paid) * 1e6,
        "notification_ms_p50": percentile(letters, 0.5),
        "notification_ms_p99": percentile(letters, 0.99),
        "stock_ms_p50": percentile(probe.seen_ms, 0.5),
        "stock_ms_p99": percentile(probe.seen_ms, 0.99),
        "api_ms_p50": percentile(answered_ms, 0.5),
        "api_ms_p99": percentile(answered_ms, 0.99),
        "api_unconfirmed": sum([caller.unconfirmed for caller in callers]),
        "letters": len(meter.letters),
        "letters_failed": meter.unsent,
        "stock_changes": len(probe.seen_ms),
    }


def _sent_s(sources: Sequence[Source]) -> dict[bytes, float]:
    return {order: at_s for source in sources for order, at_s in source.sent_s.items()}


def _measured(sent_s: dict[bytes, float], pace: Pace) -> tuple[float, float]:
    """The time after warm-up, [start, end)."""
    start_s = min(sent_s.values()) + pace.warm_up_s
    return start_s, start_s + pace.seconds


def waits_ms(letters: Sequence[Letter], start_s: float, end_s: float) -> list[float]:
    """How long each letter took whose cause lies within [start, end)."""
    return [
        (letter.seen_s - letter.caused_s) * 1000
        for letter in letters
        if start_s <= letter.caused_s < end_s
    ]


def lag_growth_s(under_way: list[int], rate: float) -> float:
    """By how much the last third of the samples lies above the first, in seconds of orders."""
    third = max(1, len(under_way) // 3)
    if not under_way:
        return 0.0
    grown = statistics.median(under_way[-third:]) - statistics.median(under_way[:third])
    return grown / rate
