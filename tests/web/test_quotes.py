"""What shipping costs, asked over HTTP."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from streams.shipping.quotes import offers
from streams.shipping.rules import ShippingRules
from web.problems import problems
from web.quotes import BODY_BYTES_MAX, METRIC, Quotes

TUESDAY_S = 1_773_140_400
QUERY: dict[str, Any] = {
    "destination": {"line1": "1 Main St", "city": "Boston", "state": "MA", "country": "US"},
    "packages": [{"packageId": "a", "weightKg": 1.5}],
    "orderTotal": {"amount": 30.0, "currency": "USD"},
}

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    site = web.Application(middlewares=[problems])
    quotes = Quotes(lambda query, at: offers(query, at, ShippingRules()), lambda: TUESDAY_S)
    site.add_routes(quotes.routes())
    async with TestClient(TestServer(site)) as opened:
        yield opened


async def asked(client: Client, query: object) -> tuple[int, dict[str, Any]]:
    raw = query if isinstance(query, bytes) else json.dumps(query).encode()
    async with client.post("/quotes", data=raw) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_each_way_to_send_is_offered_with_its_price(client: Client) -> None:
    status, answer = await asked(client, QUERY)

    assert status == 200
    assert answer["offers"] == [
        {
            "shippingMethod": "standard",
            "carrier": "USPS",
            "cost": {"amount": 5.99, "currency": "USD"},
            "customerPays": {"amount": 0.0, "currency": "USD"},
            "estimatedDelivery": "2026-03-16T18:00:00.000Z",
        },
        {
            "shippingMethod": "express",
            "carrier": "USPS",
            "cost": {"amount": 12.99, "currency": "USD"},
            "customerPays": {"amount": 12.99, "currency": "USD"},
            "estimatedDelivery": "2026-03-12T14:00:00.000Z",
        },
    ]


async def test_answers_are_counted_and_refusals_are_not() -> None:
    site = web.Application(middlewares=[problems])
    quotes = Quotes(lambda query, at: offers(query, at, ShippingRules()))
    site.add_routes(quotes.routes())

    async with TestClient(TestServer(site)) as opened:
        await asked(opened, QUERY)
        await asked(opened, b"{")

    registry = CollectorRegistry()
    registry.register(quotes.answered)
    assert registry.get_sample_value(f"{METRIC}_total") == 1


async def test_one_way_is_offered_where_one_is_asked_for(client: Client) -> None:
    _, answer = await asked(client, QUERY | {"shippingMethod": "express"})

    assert [offer["shippingMethod"] for offer in answer["offers"]] == ["express"]


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        (b"{", 400, "does not parse"),
        ({"packages": QUERY["packages"]}, 400, "destination"),
        (QUERY | {"orderTotal": {"amount": "much"}}, 400, "orderTotal"),
        (QUERY | {"packages": [{"packageId": "a", "weightKg": 50.5}]}, 422, "freight"),
        (b"{" + b" " * BODY_BYTES_MAX, 413, "at most"),
    ],
)
async def test_what_cannot_be_quoted_says_why(
    client: Client, query: object, status: int, words: str
) -> None:
    found, answer = await asked(client, query)

    assert (found, answer["status"]) == (status, status)
    assert words in answer["detail"]
