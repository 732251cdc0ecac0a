"""A gateway before a worker and a Kafka that are played here."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.trace import SpanContext

import gateway.guard
import gateway.server
from engine.views import mask
from events.base import Message
from gateway.callers import Callers
from gateway.guard import Guard
from gateway.kafka import NotAccepted
from gateway.measures import Measures
from gateway.server import Gateway
from gateway.tokens import Issuer
from gateway.workers import Workers
from settings.gateway import GatewayRules
from streams.orders.rows import Order
from streams.payments.states import Payment
from streams.subscriptions.standing import Standing
from tables.notifications import NOTIFICATIONS
from tables.orders import ORDERS
from tables.payments import PAYMENTS
from tables.shipping import SHIPMENTS

MASKS = {table.name: table.mask for table in (ORDERS, PAYMENTS, NOTIFICATIONS, SHIPMENTS)}
PERSONAL = "who shows this sees addresses"
ISSUER = Issuer("k" * 32)
VIEW_TOKEN = "what Prometheus shows"


def token(sub: str = "cus_1", role: str = "customer", *scopes: str, mfa: bool = False) -> str:
    """A token with these scopes; without any, with those of a shopper."""
    return ISSUER.sign(sub, [role], list(scopes) or SHOPPER, mfa=mfa)


SHOPPER = [
    f"{resource}:{right}"
    for resource in ("orders", "returns", "payments", "shipments", "subscriptions",
                     "notifications", "inventory")
    for right in ("read", "write")
]  # fmt: skip


class FakeKafka:
    """Takes commands, or refuses them; tells events when told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[Message, dict[str, Any], str]] = []
        self.callers: list[SpanContext | None] = []
        self.down = False
        self.hangs = False
        self.each: Any = None
        self.reply: Any = None

    def __call__(self, *args: Any) -> "FakeKafka":
        if len(args) == 3:
            self.each = args[2]
        return self

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def send(
        self, message: Message, value: bytes, correlation_id: str, caller: SpanContext | None
    ) -> None:
        if self.down:
            raise NotAccepted("down")
        if self.hangs:
            await asyncio.sleep(60)
        self.sent.append((message, json.loads(value), correlation_id))
        self.callers.append(caller)
        if self.reply is not None:
            self.reply(message)


class FakeWorker:
    """A worker's port: rows by table and key."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.under_way, self.under_way_max = 0, 0
        """Rows that are asked for at the same time."""
        self.webhooks: list[tuple[str, bytes, dict[str, str]]] = []
        self.failing = False
        self.status = 0
        """Not 0: rows are answered with it."""
        self.url = ""
        self.partitions = [0, 1, 2, 3]
        self.whole: list[str] = []
        """What was asked for with the right to personal data."""
        self.meanwhile: Callable[[], None] = lambda: None
        """What happens while an answer is on its way."""

    def _seen(self, request: web.Request, table: str, value: Any) -> Any:
        """A row as its reader may see it."""
        if request.headers.get("Authorization") == f"Bearer {PERSONAL}":
            self.whole.append(request.path)
            return value
        return mask(deepcopy(value), MASKS.get(table, ()))

    def site(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/ready", self.ready),
                web.get("/tables/", self.index),
                web.get("/tables/{table}/", self.page),
                web.get(r"/tables/{table}/{key:[\s\S]+}", self.row),
                web.post("/webhooks/{rest:.+}", self.webhook),
                web.post("/quotes", self.quotes),
            ]
        )
        return app

    async def ready(self, _request: web.Request) -> web.Response:
        return web.json_response({}, status=503 if self.failing else 200)

    async def index(self, _request: web.Request) -> web.Response:
        return web.json_response({"workers": [self.url]})

    async def page(self, request: web.Request) -> web.Response:
        rows = sorted(self.rows.get(request.match_info["table"], {}).items())
        prefix, limit = request.query.get("prefix", ""), int(request.query["limit"])
        after = request.query.get("after", "")
        table = request.match_info["table"]
        found = [
            {"key": k, "value": self._seen(request, table, v)}
            for k, v in rows
            if k.startswith(prefix) and k > after
        ]
        return web.json_response(
            {"rows": found[:limit], "more": len(found) > limit,
             "partitions": self.partitions, "partitions_total": 4}
        )  # fmt: skip

    async def row(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if self.failing or self.status:
            return web.json_response({}, status=self.status or 500)
        self.under_way += 1
        self.under_way_max = max(self.under_way, self.under_way_max)
        await asyncio.sleep(0)
        self.under_way -= 1
        table, key = request.match_info["table"], unquote(request.match_info["key"])
        value = self.rows.get(table, {}).get(key)
        self.meanwhile()
        if value is None:
            return web.json_response({}, status=404)
        return web.json_response({"value": self._seen(request, table, value)})

    async def quotes(self, request: web.Request) -> web.Response:
        if self.failing:
            return web.json_response({}, status=500)
        if not (await request.json()).get("packages"):
            return web.json_response({"detail": "packages: missing"}, status=400)
        return web.json_response({"offers": [{"price": 5.99}]})

    async def webhook(self, request: web.Request) -> web.Response:
        self.webhooks.append((request.path, await request.read(), dict(request.headers)))
        status = 202 if "/carriers/" in request.path else 200
        return web.json_response({"received": True}, status=status)


class Shop:
    """What a test asks and looks at."""

    def __init__(self, client: TestClient[Any, Any], kafka: FakeKafka, worker: FakeWorker) -> None:
        self.client, self.kafka, self.worker = client, kafka, worker

    async def ask(
        self, verb: str, path: str, body: Any = None, *, by: str | None = None, **headers: str
    ) -> ClientResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if by is not None:
            named["Authorization"] = f"Bearer {by}"
        return await self.client.request(verb, path, json=body, headers=named)

    def heard(self, name: str, key: str, **data: Any) -> None:
        """An event is committed."""
        self.kafka.each(name, key, json.dumps({"data": data}).encode())


RULES = GatewayRules(order_wait_ms=150, burst_min=1000)


@pytest.fixture
def rules() -> GatewayRules:
    """Little patience, and limits that do not matter."""
    return RULES


@pytest.fixture
def callers() -> Callers:
    """No proxy in between."""
    return Callers((), "X-Forwarded-For")


@pytest.fixture
def view_token() -> str | None:
    """What Prometheus shows."""
    return VIEW_TOKEN


@pytest.fixture
def personal() -> str | None:
    """No right to personal data."""
    return None


@pytest.fixture
async def shop(
    monkeypatch: pytest.MonkeyPatch, rules: GatewayRules, callers: Callers, personal: str | None,
    view_token: str | None,
) -> AsyncIterator[Shop]:  # fmt: skip
    """A gateway that listens."""
    kafka, worker = FakeKafka(), FakeWorker()
    monkeypatch.setattr(gateway.server, "Commands", kafka)
    monkeypatch.setattr(gateway.server, "Events", kafka)
    # No turn comes back while a test asks, however long the machine lets it wait.
    stopped = SimpleNamespace(monotonic=lambda: 0.0, perf_counter=time.perf_counter)
    monkeypatch.setattr(gateway.guard, "time", stopped)
    async with TestServer(worker.site()) as upstream:
        worker.url = str(upstream.make_url("")).rstrip("/")
        workers = Workers([worker.url], None, rules, personal)
        await workers.start()
        types = dict.fromkeys(("stock", "notifications", "shipments"), dict)
        types |= {"orders": Order, "payments": Payment, "subscription_statuses": Standing}
        guard = Guard(ISSUER, callers, rules, Measures(), view_token)
        made = Gateway({}, "dev", guard, workers, rules, types)
        async with TestClient(TestServer(made.site)) as client:
            yield Shop(client, kafka, worker)
        await workers.stop()


def row(order_id: str = "ord_1", user_id: str = "cus_1", **fields: Any) -> dict[str, Any]:
    """An order as a worker shows it."""
    return {
        "order_id": order_id, "user_id": user_id, "status": "confirmed",
        "placed_at_ms": 1_700_000_000_000, "currency": "USD", "total_minor": 1999,
        "lines": [], "shipping_address": {"line1": "***", "city": "Oslo", "country": "NO"},
        "shipping_method": "standard", "payment_id": f"pay_{order_id}",
        "payment_method": "credit_card", "correlation_id": "c", **fields,
    }  # fmt: skip


def paid_for(customer_id: str = "cus_1") -> dict[str, Any]:
    """A payment as a worker shows it."""
    session = {
        "customer_id": customer_id, "amount_minor": 500, "currency": "USD",
        "method": {"type": "credit_card"}, "initiated_at_ms": 1,
    }  # fmt: skip
    return {"session": session, "status": "AUTHORIZED"}


def level(warehouse_id: str = "wh_1", on_hand: int = 0, **fields: Any) -> dict[str, Any]:
    """A product in one warehouse as a worker shows it."""
    return {
        "warehouse_id": warehouse_id, "on_hand": on_hand, "reserved": 0, "quarantined": 0,
        "status": "ACTIVE", "policy": {"reorder_point": 10, "safety_stock": 5}, **fields,
    }  # fmt: skip


def everything(name: str, user_id: str = "cus_1") -> dict[str, dict[str, Any]]:
    """A worker's rows with one of everything that commands may be about, of that name."""
    subscription = {"subscription_id": name, "user_id": user_id, "plan_id": "plan_monthly_pro"}
    return {
        "orders": {name: row(name, user_id)},
        "payments": {name: paid_for(user_id)},
        "shipments": {name: {"shipment_id": name, "user_id": user_id}},
        "subscriptions": {user_id: {"subscriptions": [subscription]}},
    }


__all__ = ["ClientSession", "FakeKafka", "FakeWorker", "Shop", "row", "token"]
