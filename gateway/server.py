"""The service that listens for shops."""

import asyncio
import json
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from events.shipping import QuoteShipping
from gateway import openapi
from gateway.bodies import body_of, message_of, no_deeper_than_readable, read
from gateway.guard import PRINCIPAL, Guard, entitled, unheard
from gateway.kafka import Commands, Events
from gateway.outcomes import Outcomes
from gateway.reads import Reads
from gateway.refusals import Refusal
from gateway.routes import LISTINGS, LOOKS, ROUTES
from gateway.workers import NoWorker, Workers
from gateway.writes import Writes
from settings.gateway import GatewayRules
from topics import INVENTORY_EVENTS, ORDERS_EVENTS, PAYMENTS_EVENTS, SHIPPING_EVENTS
from web.port import Port

HEARD: Final = (ORDERS_EVENTS, INVENTORY_EVENTS, PAYMENTS_EVENTS, SHIPPING_EVENTS)
"""Topics whose events make answers stale."""
_SIGNED: Final = (
    "Content-Type", "Stripe-Signature", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature",
)  # fmt: skip
"""Headers of a webhook that the worker needs to check it."""


_STOP_S: Final = 10.0
"""How long answers under way may take at the end."""


class Gateway:
    """One API gateway: connects, listens, and stops in good order."""

    def __init__(
        self, client_options: dict[str, Any], env: str, guard: Guard, workers: Workers,
        rules: GatewayRules, types: dict[str, Any],
    ) -> None:  # fmt: skip
        """`client_options` are those of every Kafka client: where brokers are, and as whom."""
        self._rules = rules
        self._measures = guard.measures
        self._workers = workers
        self._reads = Reads(workers, types, rules, self._measures)
        outcomes = Outcomes(self._reads.evict)
        self._commands = Commands(client_options, env)
        heard = (spec.name.format(env=env) for spec in HEARD)
        self._events = Events(client_options, heard, outcomes.heard)
        self._writes = Writes(self._commands, outcomes, self._reads, guard, rules)
        self.site = web.Application(
            middlewares=guard.middlewares(), client_max_size=rules.body_bytes_max
        )
        self.site.add_routes(
            [
                web.get("/health", self.health),
                web.get("/ready", self.ready),
                web.get("/metrics", self.metrics),
                web.get("/openapi.json", self.openapi),
                web.post("/webhooks/stripe", self.webhook),
                web.post("/webhooks/carriers/{carrier}", self.webhook),
                web.post("/v1/shipping/quotes", self.quotes),
                *(web.route(r.verb, r.path, self._writes.handler(r)) for r in ROUTES),
                *(web.get(look.path, self._reads.look(look)) for look in LOOKS),
                *(web.get(one.path, self._reads.listing(one)) for one in LISTINGS),
            ]
        )
        self._runner = Port(self.site, unheard, timeout_s=_STOP_S, auto_decompress=False)

    async def start(self, host: str, port: int) -> None:
        """Connect to Kafka and the workers, then listen.

        Raises:
            KafkaError: no broker answers.
            CannotListen: the port is taken, or not to be had.
        """
        try:
            await self._commands.start()
            await self._events.start()
            await self._workers.start()
            named_by = "FLOWMART_GATEWAY_PORT or FLOWMART_GATEWAY_HOST"
            await self._runner.listen(host, port, named_by)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Answer what is under way, then disconnect."""
        await self._runner.cleanup()
        await asyncio.gather(self._workers.stop(), self._events.stop())
        await self._commands.stop()

    async def health(self, _request: web.Request) -> web.Response:
        """200 while the process works."""
        return web.json_response({"status": "ok"})

    async def ready(self, _request: web.Request) -> web.Response:
        """200 while at least one worker answers."""
        well = self._workers.well()
        if not well:
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "NO_WORKER", "no worker is ready")
        return web.json_response({"status": "ready", "workers": len(well)})

    async def openapi(self, _request: web.Request) -> web.Response:
        """The document of this API."""
        return web.json_response(text=openapi.text())

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus' text format, for the view token and tokens with the scope metrics:read."""
        entitled(request[PRINCIPAL], "metrics:read", None, mfa=False)
        measures, keys = self._measures, self._writes.keys
        measures.workers.set(len(self._workers.well()))
        measures.keys_bytes.set(keys.size_bytes)
        measures.keys_forgotten.set(keys.forgotten)
        return web.Response(
            body=generate_latest(measures.registry),
            headers={"Content-Type": CONTENT_TYPE_LATEST},
        )

    async def webhook(self, request: web.Request) -> web.Response:
        """Hand a signed message of a provider on: the worker checks the signature."""
        headers = {name: request.headers[name] for name in _SIGNED if name in request.headers}
        raw = await read(request, self._rules)
        return await self._pass_on(request.rel_url.raw_path, raw, headers)

    async def quotes(self, request: web.Request) -> web.Response:
        """QuoteShipping (G-26): any worker knows the table of prices."""
        entitled(request[PRINCIPAL], "shipments:read", None, mfa=False)
        with no_deeper_than_readable():
            sent = await body_of(request, self._rules)
            message_of(QuoteShipping, sent.data)
        raw = json.dumps(sent.data).encode()
        return await self._pass_on("/quotes", raw, {"Content-Type": "application/json"})

    async def _pass_on(self, path: str, raw: bytes, headers: dict[str, str]) -> web.Response:
        try:
            status, body = await self._workers.pass_on(path, raw, headers)
        except NoWorker as none:
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE, "NO_WORKER", "try again",
                headers={"Retry-After": str(none.retry_after_s)},
            ) from None  # fmt: skip
        if status >= HTTPStatus.BAD_REQUEST:
            code = HTTPStatus(status).phrase.upper().replace(" ", "_")
            raise Refusal(
                HTTPStatus(status), code, str(body.get("detail", "the worker refused it"))
            )
        return web.json_response(body, status=status)
