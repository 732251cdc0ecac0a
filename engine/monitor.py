"""Faust's monitor, kept true per record: lanes hand over chunks, which it would count as one."""

from collections.abc import Iterator

from faust.sensors import Monitor
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.stats import Stats


class LaneMonitor(Monitor):
    """Registered by Faust's setting `Monitor`; follows the lanes' counters once a tick."""

    def follow(self, stats: Stats) -> None:
        """Take over what lanes have counted so far."""
        self.messages_received_total = self.events_total = sum(stats.records.values())
        self.messages_received_by_topic.update(
            stats.records - self.messages_received_by_topic  # Counter: what is new
        )
        self.messages_sent = stats.outputs


class FaustCollector(Collector):
    """Faust's own figures under the names its Prometheus sensor gives them."""

    def __init__(self, monitor: LaneMonitor) -> None:
        self._monitor = monitor

    def describe(self) -> list[Metric]:
        """Nothing up front."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Totals since the worker's start."""
        monitor = self._monitor
        received = CounterMetricFamily(
            "messages_received_per_topics", "Messages received per topic.", labels=["topic"]
        )
        for topic, count in monitor.messages_received_by_topic.items():
            received.add_metric([topic], count)
        yield received
        for name, text, value in (
            ("messages_received", "Total messages received.", monitor.messages_received_total),
            ("events", "Total number of events received.", monitor.events_total),
            ("total_sent_messages", "Total messages sent.", monitor.messages_sent),
            ("total_rebalances", "Rebalances seen by the worker.", monitor.rebalances or 0),
            ("assign_operations", "Assignments completed.", monitor.assignments_completed),
        ):
            yield CounterMetricFamily(name, text, value=value)
