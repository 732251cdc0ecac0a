"""Carriers' webhooks: who is believed, what is refused, and what lands on the topic."""

import json
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from standardwebhooks import Webhook

import events
from engine.inlet import NotTaken
from engine.specs import TopicSpec
from web.access import Tokens, access
from web.carriers import BODY_BYTES_MAX, CarrierWebhooks
from web.problems import problems

SECRETS = {"UPS": "whsec_dXBzLXNlY3JldA==", "Royal Mail": "whsec_cm95YWwtc2VjcmV0"}
SCAN = {
    "shipmentId": "shp_ord_1",
    "trackingNumber": "1ZA",
    "status": "delivered",
    "updatedAt": "2026-03-10T11:00:00.000Z",
    "proofOfDelivery": {"signedBy": "Ann"},
}


class Shelf:
    """An inlet that keeps what is put, or refuses it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, bytes, list[tuple[str, bytes]]]] = []
        self.refuses = False

    async def put(
        self, topic: TopicSpec, key: str, value: bytes, headers: Iterable[tuple[str, bytes]]
    ) -> None:
        if self.refuses:
            raise NotTaken("shipping.dev.commands: no leader")
        self.taken.append((topic.name, key, value, list(headers)))


Client = TestClient[web.Request, web.Application]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def client(shelf: Shelf) -> AsyncIterator[Client]:
    site = web.Application(middlewares=[problems, access(Tokens("let me in"))])
    inlet: Any = shelf
    site.add_routes(CarrierWebhooks(SECRETS, inlet).routes())
    async with TestClient(TestServer(site)) as opened:
        yield opened


def signed(body: bytes, secret: str = SECRETS["UPS"], *, age_s: int = 0) -> dict[str, str]:
    at = datetime.now(UTC) - timedelta(seconds=age_s)
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }


async def told(
    client: Client, body: object, path: str = "/webhooks/carriers/ups", **headers: str
) -> tuple[int, dict[str, Any]]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with client.post(path, data=raw, headers=signed(raw) | headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_signed_scan_is_a_command_on_the_shipments_key(
    client: Client, shelf: Shelf
) -> None:
    status, answer = await told(client, SCAN)

    [(topic, key, value, headers)] = shelf.taken
    read = events.decode(value, record_timestamp_ms=0)
    assert (status, topic, key) == (202, "shipping.{env}.commands", "shp_ord_1")
    assert answer == {"shipmentId": "shp_ord_1", "eventId": read.event_id}
    assert (read.event_type, read.source) == ("UpdateShipmentStatus", "carrier-webhook")
    assert (read.data.carrier, read.data.tracking_number) == ("UPS", "1ZA")
    assert read.data.proof_of_delivery.signed_by == "Ann"
    assert ("eventType", b"UpdateShipmentStatus") in headers


async def test_the_same_scan_again_has_the_same_id_and_any_other_another(
    client: Client, shelf: Shelf
) -> None:
    later = SCAN | {"updatedAt": "2026-03-10T11:00:00.001Z"}
    for scan in (
        SCAN, SCAN, SCAN | {"status": "in_transit"}, SCAN | {"trackingNumber": "1ZB"}, later,
    ):  # fmt: skip
        await told(client, scan)
    raw = json.dumps(SCAN).encode()
    await told(client, raw, "/webhooks/carriers/royal-mail", **signed(raw, SECRETS["Royal Mail"]))

    ids = [events.decode(value, record_timestamp_ms=0).event_id for _, _, value, _ in shelf.taken]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 5


async def test_a_carrier_speaks_for_itself_whatever_it_says(client: Client, shelf: Shelf) -> None:
    await told(client, SCAN | {"carrier": "FedEx"})

    assert events.decode(shelf.taken[0][2], record_timestamp_ms=0).data.carrier == "UPS"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/webhooks/carriers/ups", {"Webhook-Signature": "v1,bm8="}),
        ("/webhooks/carriers/ups", {"Webhook-Signature": "nonsense"}),
        ("/webhooks/carriers/ups", {"Webhook-Signature": "v1,%%%"}),
        ("/webhooks/carriers/ups", {"Webhook-Id": "msg_2"}),
        ("/webhooks/carriers/ups", {"Webhook-Timestamp": "soon"}),
        ("/webhooks/carriers/ups", {"Webhook-Timestamp": ""}),
        ("/webhooks/carriers/royal-mail", {}),
        ("/webhooks/carriers/fedex", {}),
    ],
    ids=["forged", "no version", "no base64", "other id", "no time", "none", "other", "no secret"],
)
async def test_who_does_not_sign_is_not_believed(
    client: Client, shelf: Shelf, path: str, headers: dict[str, str]
) -> None:
    status, answer = await told(client, SCAN, path, **headers)

    assert (status, answer["status"]) == (401, 401)
    assert shelf.taken == []


@pytest.mark.parametrize(("age_s", "expected"), [(0, 202), (280, 202), (320, 401), (-320, 401)])
async def test_what_was_signed_long_ago_is_not_played_again(
    client: Client, age_s: int, expected: int
) -> None:
    raw = json.dumps(SCAN).encode()

    async with client.post(
        "/webhooks/carriers/ups", data=raw, headers=signed(raw, age_s=age_s)
    ) as answer:
        assert answer.status == expected


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "does not parse"),
        (b"[1]", "JSON object"),
        (SCAN | {"status": "teleported"}, "status"),
        ({k: v for k, v in SCAN.items() if k != "shipmentId"}, "shipmentId"),
        ({k: v for k, v in SCAN.items() if k != "trackingNumber"}, "trackingNumber"),
        ({k: v for k, v in SCAN.items() if k != "updatedAt"}, "updatedAt"),
        ({"eventType": "PlaceOrder", "data": SCAN}, "PlaceOrder"),
    ],
)
async def test_what_breaks_the_contract_is_told_with_its_field(
    client: Client, shelf: Shelf, body: object, words: str
) -> None:
    status, problem = await told(client, body)

    assert (status, problem["status"]) == (400, 400)
    assert words in problem["detail"]
    assert shelf.taken == []


async def test_a_body_that_is_no_text_is_not_believed(client: Client, shelf: Shelf) -> None:
    async with client.post("/webhooks/carriers/ups", data=b"\xff", headers=signed(b"?")) as answer:
        assert answer.status == 401
    assert shelf.taken == []


async def test_a_body_has_a_bound(client: Client, shelf: Shelf) -> None:
    status, _ = await told(client, SCAN | {"reasonCode": "x" * BODY_BYTES_MAX})

    assert status == 413
    assert shelf.taken == []


async def test_a_carrier_that_nobody_knows_is_not_found(client: Client) -> None:
    status, answer = await told(client, SCAN, "/webhooks/carriers/pigeon")

    assert status == 404
    assert "royal-mail" in answer["detail"]


async def test_what_kafka_does_not_take_is_to_be_told_again(client: Client, shelf: Shelf) -> None:
    shelf.refuses = True
    raw = json.dumps(SCAN).encode()

    async with client.post("/webhooks/carriers/ups", data=raw, headers=signed(raw)) as answer:
        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
