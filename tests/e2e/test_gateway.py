"""The API gateway before real workers and a real Kafka."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from broker import child_process
from broker.ports import free_ports
from gateway.tokens import Issuer
from tests.e2e.harness import HTTP_UNAVAILABLE, ROOT, Answer, Workers, environment, until
from tests.e2e.heard import Ear
from tests.e2e.shop import HOME, Sender, line

pytestmark = pytest.mark.own_broker

KEY = "s" * 40
PRODUCT = "prd_api"
SCOPES = ["orders:read", "orders:write", "payments:read", "inventory:read"]


class Api:
    """A gateway's process and what asks it."""

    def __init__(
        self, kafka: str, workers: Workers, log: Path, *, order_wait_ms: int = 30_000
    ) -> None:
        self.port = free_ports(1)[0]
        settings = {
            "broker": kafka,
            "worker_url": workers.running[0].url,
            "gateway_port": str(self.port),
            "gateway_jwt_key": KEY,
            "gateway__probe_every_ms": "500",
            # On a slow machine two seconds may be too few for the outcome or for a row.
            "gateway__order_wait_ms": str(order_wait_ms),
            "gateway__read_timeout_ms": "30000",
            "gateway__write_timeout_ms": "60000",
        }
        told = [f"FLOWMART_{name.upper()}={value}" for name, value in settings.items()]
        unset = [f"--unset={name}" for name in os.environ if name.startswith("FLOWMART_")]
        command = [sys.executable, "-m", "gateway"]
        self.process = child_process(["/usr/bin/env", *unset, *told, *command], log)

    def ask(
        self, verb: str, path: str, body: Any = None, sub: str = "cus_api", **headers: str
    ) -> Answer:
        """One request; what is read is asked for again while workers are too busy to answer."""
        if verb != "GET" or path == "/ready":
            return self._once(verb, path, body, sub, **headers)

        def told() -> Answer | None:
            answer = self._once(verb, path, body, sub, **headers)
            return None if answer.status == HTTP_UNAVAILABLE else answer

        answer: Answer = until(told, 60, f"{path} is answered")
        return answer

    def _once(self, verb: str, path: str, body: Any, sub: str, **headers: str) -> Answer:
        token = Issuer(KEY).sign(sub, ["customer"], SCOPES)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            connection.request(
                verb,
                path,
                body=None if body is None else json.dumps(body),
                headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
                | {name.replace("_", "-"): value for name, value in headers.items()},
            )
            response = connection.getresponse()
            text = response.read().decode()
            return Answer(response.status, dict(response.getheaders()), text)
        finally:
            connection.close()

    def ready(self) -> bool:
        try:
            return self.ask("GET", "/ready").status == 200
        except OSError:
            return False


@pytest.fixture(scope="module")
def api(
    kafka: str, workers: Workers, sender: Sender, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    log = tmp_path_factory.mktemp("gateway") / "gateway.log"
    sender.stock(PRODUCT, 1_000)
    running = Api(kafka, workers, log)
    try:
        until(
            running.ready, 120, f"the gateway is ready: {log.read_text() if log.exists() else ''}"
        )
        yield running
    finally:
        running.process.terminate()
        assert running.process.wait(90) == 0, log.read_text()


def order(price: float = 20.0) -> dict[str, Any]:
    return {
        "orderItems": [line(PRODUCT, 1, 20.0)],
        "shippingAddress": HOME,
        "payment": {"method": "credit_card", "token": "tok_visa", "amount": price},
    }


def test_an_order_placed_over_http_is_confirmed_at_once_and_ends_paid(api: Api, ear: Ear) -> None:
    answer = api.ask("POST", "/v1/orders", order(), Idempotency_Key="first")
    assert answer.status == 201, answer.text
    order_id = answer.json["orderId"]
    ear.until_said(order_id, "PaymentComplete")

    def paid() -> bool:
        shown = api.ask("GET", f"/v1/orders/{order_id}")
        return shown.status == 200 and shown.json["status"] not in ("confirmed", "on_hold")

    until(paid, 90, "the API shows it paid")
    assert api.ask("GET", f"/v1/payments/{order_id}/status").json["session"]["amount"] == 20.0
    assert api.ask("GET", f"/v1/orders/{order_id}", sub="cus_other").status == 404
    listed = api.ask("GET", "/v1/orders").json["items"]
    assert [item["orderId"] for item in listed] == [order_id]


def test_what_was_read_is_what_is_changed(api: Api, ear: Ear) -> None:
    placed = api.ask("POST", "/v1/orders", order(), sub="cus_api_4")
    path = f"/v1/orders/{placed.json['orderId']}"
    ear.until_said(placed.json["orderId"], "PaymentProcessed")

    def cancel(tag: str) -> Answer:
        body = {"cancellationReason": "CUSTOMER_REQUEST"}
        return api.ask("POST", f"{path}/cancel", body, sub="cus_api_4", If_Match=tag)

    stale = cancel('"1"')
    assert (stale.status, stale.json["code"]) == (412, "VERSION_CONFLICT")
    until(
        lambda: cancel(api.ask("GET", path, sub="cus_api_4").headers["ETag"]).status == 202,
        90, "the tag that was read is taken",
    )  # fmt: skip


def test_stock_is_shown(api: Api) -> None:
    shown = api.ask("GET", f"/v1/inventory/{PRODUCT}/status")
    assert shown.status == 200, shown.text
    assert shown.json["levels"][0]["policy"]["reorderPoint"] > 0


def test_a_wrong_price_is_refused_with_the_reason(api: Api) -> None:
    answer = api.ask("POST", "/v1/orders", order(price=1.0), sub="cus_api_2")
    assert (answer.status, answer.json["code"]) == (422, "PRICE_MISMATCH")


def test_a_repeat_through_a_new_gateway_places_no_second_order(
    api: Api, kafka: str, workers: Workers, ear: Ear, tmp_path: Path
) -> None:
    body = order()
    first = api.ask("POST", "/v1/orders", body, sub="cus_api_3", Idempotency_Key="same")
    # The order is placed already: there is nothing to wait for.
    other = Api(kafka, workers, tmp_path / "other.log", order_wait_ms=500)
    try:
        until(other.ready, 120, "the other gateway is ready")
        again = other.ask("POST", "/v1/orders", body, sub="cus_api_3", Idempotency_Key="same")
    finally:
        other.process.terminate()
        other.process.wait(90)
    assert again.status == 202
    assert again.json["id"] == first.json["orderId"]
    ear.until_quiet()
    confirmed = [said for said in ear.of(first.json["orderId"]) if said.name == "OrderConfirmed"]
    assert len(confirmed) == 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "FLOWMART_GATEWAY_JWT_KEY"),
        ({"gateway_jwt_key": "short"}, "FLOWMART_GATEWAY_JWT_KEY"),
        ({"gateway_jwt_key": KEY, "broker": "127.0.0.1:9"}, "no Kafka broker answers"),
    ],
)
def test_what_is_missing_is_told_in_one_line(settings: dict[str, str], says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway"],
        env=environment(**settings), cwd=ROOT, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
