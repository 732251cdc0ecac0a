"""The shop's agents on orders, in memory: what they cost in CPU without a broker, a loop or I/O."""

import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Final

from app import agents_of
from benchmarks.pipeline.core import core_of
from benchmarks.pipeline.load import Due, Load
from benchmarks.results import Result
from engine.driver import Driver
from settings import Settings
from topics import ALL

ENV: Final = "dev"
PARTITIONS: Final = 4
AT_ONCE: Final = 200
"""Orders between two commits: what 2,000/s bring in a tenth of a second."""
WARM_UP: Final = 1_000
HOUR_MS: Final = 3_600_000
DELIVERY_MS: Final = 60 * HOUR_MS
"""Longer than a simulated carrier takes, and short of the payout."""


def run_driver(orders: int, *, whole: bool = False) -> Result:
    """Feed that many orders after a warm-up, and count CPU: other work hardly changes it."""
    settings = Settings(provider_latency_ms=0, carrier_latency_ms=0)
    of = agents_of if whole else core_of
    agents, effects = of(settings, lambda: driver.now_ms)
    driver = Driver(agents, effects, partitions=PARTITIONS)
    load = Load(ENV, PARTITIONS, whole=whole)
    _spend(driver, iter(load.opening()), len(load.opening()))
    dues = iter(load.orders(1000, WARM_UP + orders))
    _spend(driver, dues, WARM_UP)
    before = _records(driver)
    cpu_s = _spend(driver, dues, orders)
    records = _records(driver) - before
    afterwards = _delivered(driver, WARM_UP + orders) if whole else {}
    return Result(
        "driver", "flowmart", "exactly_once",
        events_per_s=orders / cpu_s,
        cpu_us_per_event=cpu_s / orders * 1e6,
        more={
            "variant": "whole application" if whole else "core",
            "records_per_order": records.total() / orders,
            "by_topic": {name: n / orders for name, n in records.most_common()},
            **afterwards,
        },
    )  # fmt: skip


def _spend(driver: Driver, dues: Iterator[Due], count: int) -> float:
    """Process so many records and all that follows from them; returns the CPU it took, in s."""
    spent_s = 0.0
    specs = {spec.name.format(env=ENV): spec for spec in ALL}
    while batch := list(islice(dues, min(AT_ONCE, count))):
        count -= len(batch)
        for due in batch:
            key = None if due.key is None else due.key.decode()
            driver.send(
                specs[due.topic], due.value, key, headers=due.headers, partition=due.partition
            )
        driver.now_ms += 100
        started_s = time.process_time()
        driver.run()
        spent_s += time.process_time() - started_s
    return spent_s


def _delivered(driver: Driver, orders: int) -> dict[str, float]:
    """What all orders take from then on until they are delivered, an order.

    Carriers are asked every four hours, as they tell nothing by themselves. What a shop at rest
    takes in the same time is left out.
    """
    before = _records(driver)
    way_s = _wait(driver)
    records = _records(driver) - before
    return {
        "delivery_us_per_event": (way_s - _wait(driver)) / orders * 1e6,
        "delivery_records_per_order": records.total() / orders,
    }


def _wait(driver: Driver) -> float:
    """Let the time of a delivery pass; returns the CPU it took, in s."""
    started_s = time.process_time()
    driver.advance(DELIVERY_MS, step_ms=HOUR_MS)
    return time.process_time() - started_s


def _records(driver: Driver) -> Counter[str]:
    return Counter({name: sum(map(len, parts)) for name, parts in driver.log.items()})
