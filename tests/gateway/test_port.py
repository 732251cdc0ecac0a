"""What a client is told that never got as far as a route."""

import socket

import pytest
from aiohttp import ClientSession

import gateway.server
from gateway.callers import Callers
from gateway.guard import Guard
from gateway.measures import Measures
from gateway.server import Gateway
from gateway.workers import Workers
from tests.gateway.conftest import ISSUER, RULES, FakeKafka
from web.problems import CONTENT_TYPE


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/v1/orders?cursor=" + "a" * 9_000, {}, 400, "MALFORMED"),
        ("/v1/orders", {"X-Long": "a" * 9_000}, 400, "MALFORMED"),
        ("/v1/orders", {"Expect": "a miracle"}, 417, "EXPECTATION_FAILED"),
    ],
)
async def test_what_no_route_sees_is_refused_with_the_contracts_fields(
    monkeypatch: pytest.MonkeyPatch, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    kafka, port = FakeKafka(), free_port()
    monkeypatch.setattr(gateway.server, "Commands", kafka)
    monkeypatch.setattr(gateway.server, "Events", kafka)
    guard = Guard(ISSUER, Callers((), "X-Forwarded-For"), RULES, Measures())
    workers = Workers(["http://127.0.0.1:1"], None, RULES)
    made = Gateway({}, "dev", guard, workers, RULES, {})

    await made.start("127.0.0.1", port)
    async with ClientSession() as client:
        answer = await client.get(f"http://127.0.0.1:{port}{path}", headers=headers)
        told = await answer.json(content_type=CONTENT_TYPE)
    await made.stop()

    assert (answer.status, told["status"], told["code"]) == (status, status, code)
    assert told["traceId"] == answer.headers["X-Correlation-Id"]
