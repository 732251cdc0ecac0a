"""A worker's counters as Prometheus metrics, read when they are scraped.

Names follow Prometheus' conventions; `flowmart_` is the prefix by which the dashboards know
them, given by the caller so that the engine stays anybody's.
"""

from collections import Counter
from collections.abc import Iterator

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

_LAST_KEY = "\U0010ffff"


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
        records = CounterMetricFamily(
            f"{self._prefix}_records", "Records applied.", labels=["topic"]
        )
        for topic, count in stats.records.items():
            records.add_metric([topic], count)
        yield records
        dead = CounterMetricFamily(
            f"{self._prefix}_dead_letters",
            "Records put among the dead letters.",
            labels=["topic", "agent", "reason"],
        )
        for labels, count in stats.dead.items():
            dead.add_metric(list(labels), count)
        yield dead
        timers = CounterMetricFamily(
            f"{self._prefix}_timers_due", "Timers fired.", labels=["agent", "kind"]
        )
        for names, count in stats.timers.items():
            timers.add_metric(list(names), count)
        yield timers
        failed = CounterMetricFamily(
            f"{self._prefix}_timers_failed",
            "Timers whose handler raised; they are tried again.",
            labels=["agent", "kind"],
        )
        for names, count in stats.failed_timers.items():
            failed.add_metric(list(names), count)
        yield failed
        slow = CounterMetricFamily(
            f"{self._prefix}_slow",
            "Chunks of a topic, and ticks, that kept the whole worker waiting.",
            labels=["topic", "agent"],
        )
        for names, count in stats.slow.items():
            slow.add_metric(list(names), count)
        yield slow
        late = CounterMetricFamily(
            f"{self._prefix}_late_records", "Records of closed windows.", labels=["agent"]
        )
        for agent, count in self._late().items():
            late.add_metric([agent], count)
        yield late

    def _late(self) -> Counter[str]:
        """What each agent's windows turned away, in the partitions of this worker."""
        late: Counter[str] = Counter()
        clocks = [
            (agent.name, table.name)
            for agent in self._lanes.topology.agents
            for table in agent.tables
            if table.row is Clock
        ]
        for lane in self._lanes.open_lanes().values():
            for agent, table in clocks:
                rows = lane.processor.tables[table].scan("", _LAST_KEY)
                late[agent] += sum(clock.late for _, clock in rows)
        return late

    def _gauges(self, stats: Stats) -> Iterator[Metric]:
        lanes = self._lanes.open_lanes()
        tables = [t for lane in lanes.values() for t in lane.processor.tables.values()]
        for name, text, value in (
            ("lanes_open", "Partitions this worker processes.", len(lanes)),
            ("rows_cached", "Decoded rows in memory.", sum(t.cached() for t in tables)),
            (
                "store_bytes",
                "Live data of the stores.",
                sum(lane.processor.store.size_bytes() for lane in lanes.values()),
            ),
            (
                "backlog_chunks",
                "Chunks and calls waiting.",
                sum(x.backlog() for x in lanes.values()),
            ),
            ("recovery_seconds", "Of the last recovery.", stats.recovery_s),
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
