"""Business figures and alerts as gauges, from the tables of this worker's partitions."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.bind import LaneApp
from tables.pulse import ALERTS, CURRENT_FIGURES, RAISED
from web.here import named, rows_here

ROWS_MAX = 2_000
"""Of each table and lane in one scrape."""


class FigureCollector(Collector):
    """Yields `flowmart_figure`, `flowmart_alert_open` and `flowmart_alerts_raised`.

    Each figure and alert lives in one partition, so over all workers each appears once; a replay
    raises none a second time. Labels are as many as rows that are kept, at most.
    """

    def __init__(self, app: LaneApp) -> None:
        self._app = app

    def describe(self) -> list[Metric]:
        """Nothing up front."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The latest value of each figure, and the alerts that are open."""
        figures = GaugeMetricFamily(
            "flowmart_figure", "Latest global figure.", labels=["figure", "group"]
        )
        for key, row in rows_here(self._app, CURRENT_FIGURES, limit=ROWS_MAX):
            figures.add_metric(named(key), row["value"])
        yield figures
        alerts = GaugeMetricFamily(
            "flowmart_alert_open",
            "1 while the alert is open.",
            labels=["rule", "severity", "subject"],
        )
        for key, row in rows_here(self._app, ALERTS, limit=ROWS_MAX):
            rule, subject = named(key)
            alerts.add_metric([rule, row["severity"], subject], 1)
        yield alerts
        raised = GaugeMetricFamily(
            "flowmart_alerts_raised",
            "Alerts that services raised by themselves and nobody has resolved.",
            labels=["rule", "severity"],
        )
        left = Counter(
            (row["rule"], row["severity"])
            for _, row in rows_here(self._app, RAISED, limit=ROWS_MAX)
            if not row["resolved_at_ms"]
        )
        for labels, count in left.items():
            raised.add_metric(labels, count)
        yield raised
