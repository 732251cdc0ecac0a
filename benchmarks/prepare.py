"""Fills a workload's topics, once a run: every system reads the same records."""

import itertools
import time
from collections.abc import Callable
from typing import Final

from benchmarks.kafka import create_topics, fill
from benchmarks.task import Place, Task
from benchmarks.workloads import pairs, sales
from benchmarks.workloads.expected import Expected
from benchmarks.workloads.orders import CUSTOMERS, Orders
from benchmarks.workloads.pairs import Pairs
from benchmarks.workloads.sales import Sales
from benchmarks.workloads.terms import WINDOW_MS

PARTITIONS: Final = 4
WARM_UP_SHARE: Final = 0.2
"""Of the events that are measured, as many again in front of them."""
EVENT_TIME: Final = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
"""Records are dated by when they happened, which is not when they are written."""
BEFORE_NOW_MS: Final = 2 * 60 * 60_000
"""Event time ends this long ago: brokers refuse what is dated an hour ahead."""
SALES_MEASURED_TO: Final = 0.97
"""Of W2's outputs: the windows that only the closing records close are left out."""


def prepare_w1(place: Place, events: int) -> Task:
    """Orders by customer."""
    expected, warm_up = Expected(), round(events * WARM_UP_SHARE)
    topic = f"{place.prefix}-w1-in-{events}"
    orders = Orders(events + warm_up, PARTITIONS, CUSTOMERS)
    create_topics(place.bootstrap, [topic], PARTITIONS)
    fill(place.bootstrap, ((topic, *record) for record in orders.records(expected)))
    return Task("W1", (topic,), PARTITIONS, events, warm_up, expected)


def prepare_w2(place: Place, events: int) -> Task:
    """Sales by product."""
    expected, by_key, warm_up = Expected(), Expected(), round(events * WARM_UP_SHARE)
    topic, count = f"{place.prefix}-w2-in-{events}", events + warm_up
    stock = Sales(count, PARTITIONS, _start_ms(count / sales.SALES_PER_S))
    create_topics(place.bootstrap, [topic], PARTITIONS, EVENT_TIME)
    records = stock.records(expected, by_key)
    fill(place.bootstrap, ((topic, *record) for record in records))
    turns = itertools.count()

    def close() -> None:
        closing = stock.closing(next(turns))
        fill(place.bootstrap, ((topic, *record) for record in closing), linger_ms=0)

    close()
    return Task(
        "W2",
        (topic,),
        PARTITIONS,
        events,
        warm_up,
        expected,
        by_key=by_key,
        canonical=sales.canonical,
        nudge=close,
        measured_to=SALES_MEASURED_TO,
    )


def prepare_w3(place: Place, events: int) -> Task:
    """Orders and payments, half of the events each."""
    expected, warm_up = Expected(), round(events * WARM_UP_SHARE)
    topics, count = (
        (f"{place.prefix}-w3-orders-{events}", f"{place.prefix}-w3-payments-{events}"),
        (events + warm_up) // 2,
    )
    made = Pairs(count, PARTITIONS, _start_ms(count / pairs.ORDERS_PER_S))
    create_topics(place.bootstrap, topics, PARTITIONS, EVENT_TIME)
    fill(place.bootstrap, ((topics[t], *record) for t, *record in made.records(expected)))
    return Task("W3", topics, PARTITIONS, events, warm_up, expected, canonical=pairs.canonical)


def _start_ms(span_s: float) -> int:
    start_ms = int((time.time() - span_s) * 1000) - BEFORE_NOW_MS
    return start_ms - start_ms % WINDOW_MS


PREPARE: Final[dict[str, Callable[[Place, int], Task]]] = {
    "W1": prepare_w1,
    "W2": prepare_w2,
    "W3": prepare_w3,
}
