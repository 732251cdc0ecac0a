"""SMS and push over HTTP, against a real server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.notifications import ChannelError, Code, Outgoing, Refusal, Taken
from providers.push import FcmPush
from providers.sms import HttpSms

ANSWERS: dict[str, tuple[int, dict[str, Any] | str]] = {
    "+15550100": (201, {"id": "sms_1"}),
    "+15550201": (201, "OK"),
    "+15550202": (202, '"sms_1"'),
    "+15550502": (502, "<h1>Bad Gateway</h1>"),
    "+15550404": (400, {"code": "invalid_number"}),
    "+15550405": (400, {"code": "unreachable_number"}),
    "+15550406": (400, {"code": "blocked_number"}),
    "+15550407": (400, {"code": "unsubscribed"}),
    "+15550422": (422, {"code": "text_refused"}),
    "+15550429": (429, {}),
    "+15550500": (500, {}),
    "+15550401": (401, {"code": "unauthorized"}),
    "+15550403": (403, {}),
    "+15550408": (408, {}),
    "live": (200, {"name": "p1"}),
    "gone": (
        404,
        {"error": {"status": "NOT_FOUND", "details": [{"errorCode": "UNREGISTERED"}]}},
    ),
    "nothing here": (404, {}),
    "no such project": (404, {"error": {"status": "NOT_FOUND", "details": "?"}}),
    "odd": (404, {"error": {"details": ["?", {"errorCode": "QUOTA_EXCEEDED"}]}}),
    "another app's": (403, {"error": {"details": [{"errorCode": "SENDER_ID_MISMATCH"}]}}),
    "no right": (403, {"error": {"status": "PERMISSION_DENIED"}}),
    "bad": (400, {}),
    "busy": (503, {}),
}


class Provider:
    """A provider that answers by number or device."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append((dict(request.headers), body))
        to = body.get("to") or body["message"]["token"]
        status, told = ANSWERS[to]
        if isinstance(told, str):
            return web.Response(text=told, status=status)
        return web.json_response(told, status=status)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    found = Provider()
    app = web.Application()
    app.router.add_post("/send", found.answer)
    server = TestServer(app)
    await server.start_server()
    found.url = str(server.make_url("/send"))
    yield found
    await server.close()


def message(*to: str, **told: Any) -> Outgoing:
    return Outgoing("k1", to, "Your order", "Order ord_1 left.", **told)


async def sms(provider: Provider, to: str) -> Taken | Refusal:
    sender = HttpSms(provider.url, "secret", "FlowMart")
    try:
        return await sender.send(message(to))
    finally:
        await sender.close()


async def push(provider: Provider, *to: str, **told: Any) -> Taken | Refusal:
    sender = FcmPush(provider.url, "secret")
    try:
        return await sender.send(message(*to, **told))
    finally:
        await sender.close()


async def test_an_sms_carries_its_key(provider: Provider) -> None:
    answer = await sms(provider, "+15550100")

    ((headers, body),) = provider.asked
    assert answer == Taken("sms_1")
    assert headers["Idempotency-Key"] == "k1"
    assert headers["Authorization"] == "Bearer secret"
    assert body == {"from": "FlowMart", "to": "+15550100", "text": "Order ord_1 left."}


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+15550404", Code.NUMBER_DISABLED),
        ("+15550405", Code.NUMBER_DISABLED),
        ("+15550406", Code.NUMBER_DISABLED),
        ("+15550407", Code.NUMBER_DISABLED),
        ("+15550422", Code.REFUSED),
    ],
)
async def test_a_refusal_says_whose_fault_it_is(provider: Provider, to: str, code: Code) -> None:
    answer = await sms(provider, to)

    assert isinstance(answer, Refusal)
    assert answer.code is code


@pytest.mark.parametrize("to", ["+15550201", "+15550202"])
async def test_an_sms_that_is_taken_without_a_word_of_it_is_taken(
    provider: Provider, to: str
) -> None:
    assert await sms(provider, to) == Taken()


@pytest.mark.parametrize(
    "to", ["+15550429", "+15550500", "+15550502", "+15550401", "+15550403", "+15550408"]
)
async def test_a_provider_that_has_trouble_is_asked_again(provider: Provider, to: str) -> None:
    with pytest.raises(ChannelError, match="HTTP"):
        await sms(provider, to)


async def test_a_provider_that_is_not_there_is_asked_again() -> None:
    sender = HttpSms("http://127.0.0.1:1/send", "secret", "FlowMart")

    with pytest.raises(ChannelError):
        await sender.send(message("+15550100"))
    await sender.close()


async def test_a_provider_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("providers.http._TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    done = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await done.wait()
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/send", hang)
    async with TestServer(app) as server:
        sender = HttpSms(str(server.make_url("/send")), "secret", "FlowMart")
        with pytest.raises(ChannelError, match="Timeout"):
            await asyncio.wait_for(sender.send(message("+15550100")), 5)
        done.set()
        await sender.close()


async def test_a_push_waits_a_day_and_takes_the_place_of_the_last_one(provider: Provider) -> None:
    answer = await push(provider, "live", collapse_key="ord_1", urgent=True)

    ((_, body),) = provider.asked
    assert answer == Taken()
    assert body["message"] == {
        "token": "live",
        "notification": {"title": "Your order", "body": "Order ord_1 left."},
        "android": {"ttl": "86400s", "priority": "HIGH", "collapse_key": "ord_1"},
        "apns": {"headers": {"apns-priority": "10", "apns-collapse-id": "ord_1"}},
        "data": {"key": "k1"},
    }


async def test_a_push_that_is_not_urgent_wakes_nobody_and_its_collapse_id_fits(
    provider: Provider,
) -> None:
    await push(provider, "live", collapse_key="o" * 65)

    ((_, body),) = provider.asked
    assert body["message"]["android"]["priority"] == "NORMAL"
    assert body["message"]["apns"] == {
        "headers": {"apns-priority": "5", "apns-collapse-id": "o" * 64}
    }


@pytest.mark.parametrize(
    ("devices", "answer"),
    [
        (("live", "gone"), Taken(dead=("gone",))),
        (("gone",), Refusal(Code.DEAD_TOKEN, "No device has the app any more.", ("gone",))),
        (("gone", "bad"), Refusal(Code.REFUSED, "HTTP 400", ("gone",))),
        (("live", "gone", "busy"), Taken(dead=("gone",))),
        (("live", "nothing here"), Taken()),
        (("live", "another app's"), Taken(dead=("another app's",))),
    ],
)
async def test_devices_that_are_gone_are_told(
    provider: Provider, devices: tuple[str, ...], answer: Taken | Refusal
) -> None:
    assert await push(provider, *devices) == answer


@pytest.mark.parametrize(
    "device", ["nothing here", "no such project", "odd", "no right", "another app's", "busy"]
)
async def test_a_door_that_is_not_there_or_shut_takes_no_device_from_its_customer(
    provider: Provider, device: str
) -> None:
    with pytest.raises(ChannelError, match="HTTP"):
        await push(provider, "gone", device)


async def test_once_a_device_took_a_push_what_another_app_registered_is_gone(
    provider: Provider,
) -> None:
    sender = FcmPush(provider.url, "secret")

    await sender.send(message("live"))
    answer = await sender.send(message("another app's"))
    with pytest.raises(ChannelError, match="HTTP 403"):
        await sender.send(message("no right"))
    await sender.close()

    dead = ("another app's",)
    assert answer == Refusal(Code.DEAD_TOKEN, "No device has the app any more.", dead)
