"""Fills a workload's topics, once a run: every system reads the same records."""

from typing import Final

from benchmarks.kafka import create_topics, fill
from benchmarks.runner import Place, Task
from benchmarks.workloads.orders import Expected, Orders

PARTITIONS: Final = 4
WARM_UP_SHARE: Final = 0.2


def prepare_w1(place: Place, events: int, partitions: int = PARTITIONS) -> Task:
    """Orders by customer."""
    topic, expected = f"bench-w1-in-{partitions}-{events}", Expected()
    warm_up = round(events * WARM_UP_SHARE)
    orders = Orders(events + warm_up, partitions)
    create_topics(place.bootstrap, [topic], partitions)
    fill(place.bootstrap, ((topic, *record) for record in orders.records(expected)))
    return Task("W1", (topic,), partitions, events, warm_up, expected)
