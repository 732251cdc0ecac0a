"""Business figures and open alerts as gauges, from the tables of this worker's partitions."""

from collections.abc import Iterator
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.bind import LaneApp
from engine.specs import TableSpec
from engine.views import committed_rows
from tables.pulse import ALERTS, CURRENT_FIGURES

ROWS_MAX = 2_000
"""Of each table and lane in one scrape."""


class FigureCollector(Collector):
    """Yields `flowmart_figure` and `flowmart_alert_open`.

    Each figure and alert lives in one partition, so over all workers each appears once.
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
        for key, row in self._rows(CURRENT_FIGURES):
            figure, _, group = key.partition("|")
            figures.add_metric([figure, group], row["value"])
        yield figures
        alerts = GaugeMetricFamily(
            "flowmart_alert_open",
            "1 while the alert is open.",
            labels=["rule", "severity", "subject"],
        )
        for key, row in self._rows(ALERTS):
            rule, _, subject = key.partition("|")
            alerts.add_metric([rule, row["severity"], subject], 1)
        yield alerts

    def _rows(self, table: TableSpec[Any]) -> Iterator[tuple[str, Any]]:
        if table.name not in self._app.lanes.topology.tables:
            return
        for lane in self._app.lanes.open_lanes().values():
            yield from committed_rows(lane.processor, table, limit=ROWS_MAX)
