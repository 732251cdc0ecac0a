"""A worker's counters as Prometheus metrics, read when they are scraped.

Names follow Prometheus' conventions; `flowmart_` is the prefix by which the dashboards know
them, given by the caller so that the engine stays anybody's.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from engine.lanes import Lanes
from engine.stats import Histogram, Stats
from engine.windows import Clock


class EngineCollector(Collector):
    """Yields every figure of the engine. Costs nothing between scrapes."""

    def __init__(self, lanes: Lanes, prefix: str) -> None:
        self._lanes = lanes
        self._prefix = prefix
        self.lag: dict[tuple[str, int], int] = {}
        """Consumer lag by (topic, partition), put here by whoever asks the broker."""

    def describe(self) -> list[Metric]:
        """Nothing up front: the names depend on the prefix alone."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All families."""
        stats = self._lanes.stats
        yield from self._counters(stats)
        yield from self._labelled(stats)
        yield from self._gauges(stats)
        yield self._histogram("chunk_records", "Records of a chunk.", stats.chunk_records)
        yield self._histogram(
            "transaction_seconds", "From taking a batch to its commit.", stats.transaction_s
        )

    def _counters(self, stats: Stats) -> Iterator[Metric]:
        for name, text, value in (
            ("transactions", "Transactions committed.", stats.commits),
            ("outputs", "Records written.", stats.outputs),
            ("rows_written", "Rows and markers written.", stats.rows),
            ("records_rekeyed", "Records forwarded to their partition.", stats.rekeyed),
            ("records_skipped", "Records read again below a marker.", stats.skipped),
            ("records_ignored", "Records of a type no agent reads.", stats.ignored),
            ("rebalances", "Rebalances of the group.", stats.rebalances),
            ("chunks_dropped", "Chunks of an ended assignment.", stats.dropped_chunks),
            ("recovered_records", "Changelog records recovered.", stats.recovered_records),
        ):
            yield CounterMetricFamily(f"{self._prefix}_{name}", text, value=value)

    def _labelled(self, stats: Stats) -> Iterator[Metric]:
        by_topic = {(topic,): count for topic, count in stats.records.items()}
        for name, text, labels, counts in (
            ("records", "Records applied.", ("topic",), by_topic),
            (
                "dead_letters",
                "Records put among the dead letters.",
                ("topic", "agent", "reason"),
                stats.dead,
            ),
            (
                "records_unplaced",
                "Records without the field by which an agent reads them.",
                ("topic", "type", "field"),
                stats.unplaced,
            ),
            (
                "records_lost",
                "Records that the broker deleted before they were processed.",
                ("topic",),
                {(topic,): count for topic, count in stats.lost.items()},
            ),
            ("timers_due", "Timers fired.", ("agent", "kind"), stats.timers),
            (
                "timers_failed",
                "Timers whose handler raised; they are tried again.",
                ("agent", "kind"),
                stats.failed_timers,
            ),
            (
                "slow",
                "Chunks of a topic, and ticks, that kept the whole worker waiting.",
                ("topic", "agent"),
                stats.slow,
            ),
            (
                "late_records",
                "Records that came after their window had closed, ever.",
                ("agent", "partition"),
                self._late(),
            ),
        ):
            yield self._counted(name, text, labels, counts)

    def _counted(
        self, name: str, text: str, labels: Sequence[str], counts: Mapping[Any, int]
    ) -> Metric:
        """A counter with a value for each combination of its labels."""
        family = CounterMetricFamily(f"{self._prefix}_{name}", text, labels=labels)
        for values, count in counts.items():
            family.add_metric(list(values), count)
        return family

    def _late(self) -> Counter[tuple[str, str]]:
        """What each agent's windows turned away, by partition: the rows that count it move."""
        late: Counter[tuple[str, str]] = Counter()
        clocks = [
            (agent.name, table.name)
            for agent in self._lanes.topology.agents
            for table in agent.tables
            if table.row is Clock
        ]
        for partition, lane in self._lanes.open_lanes().items():
            for agent, table in clocks:
                rows = lane.processor.tables[table].scan()
                late[agent, str(partition)] += sum(clock.late for _, clock in rows)
        return late

    def _gauges(self, stats: Stats) -> Iterator[Metric]:
        lanes = self._lanes.open_lanes()
        tables = [t for lane in lanes.values() for t in lane.processor.tables.values()]
        for name, text, value in (
            ("lanes_open", "Partitions this worker processes.", len(lanes)),
            ("rows_cached", "Decoded rows in memory.", sum(t.cached() for t in tables)),
            (
                "store_bytes",
                "Tables of the stores, and what is not in one yet.",
                sum(lane.processor.store.size_bytes() for lane in lanes.values()),
            ),
            (
                "backlog_chunks",
                "Chunks and calls waiting.",
                sum(x.backlog() for x in lanes.values()),
            ),
            ("recovery_seconds", "How long the last recovery took.", stats.recovery_s),
        ):
            yield GaugeMetricFamily(f"{self._prefix}_{name}", text, value=value)
        left = GaugeMetricFamily(
            f"{self._prefix}_recovery_remaining_records",
            "Changelog records still to recover.",
            labels=["partition"],
        )
        for partition, count in self._lanes.remaining.items():
            left.add_metric([str(partition)], count)
        yield left
        lag = GaugeMetricFamily(
            f"{self._prefix}_consumer_lag_records",
            "Records between a marker and the end.",
            labels=["topic", "partition"],
        )
        for (topic, partition), count in self.lag.items():
            lag.add_metric([topic, str(partition)], count)
        yield lag

    def _histogram(self, name: str, text: str, histogram: Histogram) -> Metric:
        return HistogramMetricFamily(
            f"{self._prefix}_{name}",
            text,
            buckets=histogram.cumulative(),
            sum_value=histogram.total,
        )
