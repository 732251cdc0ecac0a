"""Business figures and open alerts as gauges, from the tables of this worker's partitions."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.bind import LaneApp


class FigureCollector(Collector):
    """Yields `flowmart_figure` and `flowmart_alert_open`. Filled by `agents.totals`' tables."""

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
        alerts = GaugeMetricFamily(
            "flowmart_alert_open", "1 while the alert is open.", labels=["rule", "severity"]
        )
        yield figures
        yield alerts
