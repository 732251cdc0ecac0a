"""The service that listens."""

from collections.abc import Iterable
from http import HTTPStatus

from aiohttp import web
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from mode import Service
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    generate_latest,
)
from prometheus_client.registry import Collector

from engine.bind import LaneApp
from engine.inlet import Inlet
from engine.metrics import EngineCollector
from engine.monitor import FaustCollector
from web.access import Tokens, access
from web.control import ControlRoom
from web.figures import FigureCollector
from web.peers import Peers
from web.port import Port
from web.problems import problem, problems
from web.tables import TableViews

PREFIX = "flowmart"
LAG_EVERY_S = 2.0
STOP_S_MAX = 5.0
"""How long answers under way may take at the end."""


class WorkerWeb(Service):
    """Serves `/health`, `/ready`, `/metrics`, `/tables/`, the control room and the routes given.

    What those write goes through the inlet, what they measure is among the metrics.
    """

    def __init__(
        self,
        app: LaneApp,
        tokens: Tokens,
        inlet: Inlet,
        routes: Iterable[web.RouteDef] = (),
        measures: Iterable[Collector] = (),
    ) -> None:
        super().__init__()
        self._app = app
        self._inlet = inlet
        self._engine = EngineCollector(app.lanes, PREFIX)
        self._registry = CollectorRegistry()
        for collector in (
            self._engine, FigureCollector(app), FaustCollector(app.monitor),
            PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR, *measures,
        ):  # fmt: skip
            self._registry.register(collector)
        self._site = web.Application(middlewares=[problems, access(tokens)])
        self._site.add_routes(
            [
                web.get("/health", self.health),
                web.get("/ready", self.ready),
                web.get("/metrics", self.metrics),
                *TableViews(app, Peers(app)).routes(),
                *ControlRoom(app, Peers(app), self._engine).routes(),
                *routes,
            ]
        )
        self._runner = Port(self._site, timeout_s=STOP_S_MAX)

    async def on_start(self) -> None:
        """Listen.

        Raises:
            CannotListen: the port is taken, or not to be had.
        """
        conf = self._app.conf
        named_by = "--web-port, FLOWMART_WEB_PORT or FLOWMART_WEB_HOST"
        await self._runner.listen(conf.web_bind, conf.web_port, named_by)

    async def on_stop(self) -> None:
        """Close the port, and the way in."""
        await self._runner.cleanup()
        await self._inlet.stop()

    async def health(self, _request: web.Request) -> web.Response:
        """200 while the process works."""
        return web.json_response({"status": "ok"})

    async def ready(self, _request: web.Request) -> web.Response:
        """200 once every partition of this worker is recovered and read."""
        app, lanes = self._app, self._app.lanes
        left = sum(lanes.remaining.values())
        # Before it has joined the group nothing moves yet, and a worker would look ready.
        joined = app.tables.recovery.completed.is_set()
        if app.rebalancing or left or not (joined and app.consumer.flow_active):
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"recovering: {left} changelog records left" if left else "rebalancing",
                recoveryRemaining=left,
            )
        return web.json_response({"status": "ready", "partitions": sorted(lanes.open_lanes())})

    async def metrics(self, _request: web.Request) -> web.Response:
        """Prometheus' text format."""
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    @Service.task
    async def _watch_lag(self) -> None:
        while not self.should_stop:
            await self.sleep(LAG_EVERY_S)
            await self._follow_lag()

    async def _follow_lag(self) -> None:
        if self._app.rebalancing:
            return
        if self._app.lanes.open_lanes():
            await self._measure_lag()
        else:
            self._engine.lag = {}  # Others tell that of the partitions that were here.

    async def _measure_lag(self) -> None:
        positions = {TopicPartition(*tp): at for tp, at in self._app.lanes.positions().items()}
        kafka = self._app.consumer.kafka
        unread = [tp for tp, at in positions.items() if at is None]
        try:
            ends = await kafka.end_offsets(list(positions))
            # What the broker has deleted meanwhile waits for nobody.
            begins = await kafka.beginning_offsets(unread) if unread else {}
        except (TimeoutError, KafkaError):
            return
        self._engine.lag = {
            (tp.topic, tp.partition): max(0, ends[tp] - (begins[tp] if at is None else at))
            for tp, at in positions.items()
        }
