"""Stripe's webhooks: who is believed, what each event becomes, and what is told twice."""

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import events
from engine.inlet import NotTaken
from engine.specs import TopicSpec
from events.envelope import Envelope
from providers.payments import ProviderUnreachable
from tests.providers.stripe_server import SECRET, signature, told
from web.access import Tokens, access
from web.problems import problems
from web.stripe import BODY_BYTES_MAX, PATH, StripeWebhooks

INTENT = {
    "id": "pi_1",
    "object": "payment_intent",
    "amount": 5_000,
    "amount_received": 4_000,
    "currency": "usd",
    "capture_method": "manual",
    "metadata": {"paymentId": "pay_ord_1"},
}
DISPUTE = {
    "id": "du_1",
    "object": "dispute",
    "amount": 5_000,
    "currency": "usd",
    "payment_intent": "pi_1",
    "reason": "fraudulent",
    "status": "needs_response",
}
REFUND = {
    "id": "re_1",
    "object": "refund",
    "amount": 1_000,
    "currency": "usd",
    "payment_intent": "pi_1",
    "metadata": {"refundId": "ref_1"},
    "status": "succeeded",
}

Client = TestClient[web.Request, web.Application]


class Shelf:
    """An inlet that keeps what is put, or refuses it; and Stripe, which knows one intent."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, bytes]] = []
        self.refuses = False
        self.is_down = False

    async def put(
        self, topic: TopicSpec, key: str, value: bytes, headers: Iterable[tuple[str, bytes]]
    ) -> None:
        if self.refuses:
            raise NotTaken("payments.dev.events: no leader")
        assert ("correlationId", json.loads(value)["eventId"].encode()) in list(headers)
        self.taken.append((topic.name, key, value))

    async def payment_of(self, intent_id: str) -> str | None:
        if self.is_down:
            raise ProviderUnreachable("stripe: refused")
        return "pay_ord_1" if intent_id == "pi_1" else None

    async def is_let_go(self, intent_id: str, refund_id: str) -> bool:
        return (intent_id, refund_id) == ("pi_1", "re_let_go")

    def message(self) -> Envelope[Any]:
        [(_, _, value)] = self.taken
        return events.decode(value, record_timestamp_ms=0)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def client(shelf: Shelf) -> AsyncIterator[Client]:
    site = web.Application(middlewares=[problems, access(Tokens("let me in"))])
    inlet: Any = shelf
    site.add_routes(StripeWebhooks(SECRET, inlet, shelf.payment_of, shelf.is_let_go).routes())
    async with TestClient(TestServer(site)) as opened:
        yield opened


async def tell(client: Client, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    signed = {"Stripe-Signature": signature(body)} | headers
    async with client.post(PATH, data=body, headers=signed) as answer:
        return answer.status, await answer.json(content_type=None)


CASES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "payment_intent.amount_capturable_updated",
        INTENT,
        "StripeChargeSucceeded",
        {"charge_id": "pi_1", "amount_minor": 5_000, "currency": "USD", "provider": "stripe"},
    ),
    ("payment_intent.succeeded", INTENT, "ChargeCaptured", {"amount_minor": 4_000}),
    (
        "payment_intent.succeeded",
        INTENT | {"capture_method": "automatic"},
        "StripeChargeSucceeded",
        {"amount_minor": 5_000},
    ),
    (
        "payment_intent.payment_failed",
        INTENT | {"last_payment_error": {"code": "card_declined", "decline_code": "lost_card"}},
        "StripeChargeFailed",
        {"failure_code": "lost_card", "charge_id": "pi_1", "provider": "stripe"},
    ),
    (
        "payment_intent.payment_failed",
        INTENT | {"last_payment_error": {"code": "expired_card", "message": "It is over."}},
        "StripeChargeFailed",
        {"failure_code": "expired_card", "failure_message": "It is over."},
    ),
    (
        "payment_intent.payment_failed",
        INTENT | {"metadata": {"paymentId": "pay_ord_1", "key": "pay_ord_1:x"}},
        "StripeChargeFailed",
        {"attempt_number": None},
    ),
    (
        "payment_intent.payment_failed",
        INTENT | {"metadata": {"paymentId": "pay_ord_1", "key": "7"}},
        "StripeChargeFailed",
        {"attempt_number": None},
    ),
    (
        "payment_intent.payment_failed",
        INTENT | {"metadata": {"paymentId": "pay_ord_1", "key": "pay_ord_1:2"}},
        "StripeChargeFailed",
        {"attempt_number": 2},
    ),
    (
        "payment_intent.amount_capturable_updated",
        INTENT | {"metadata": {"paymentId": "pay_ord_1", "key": "pay_ord_1:2"}},
        "StripeChargeSucceeded",
        {"attempt_number": 2},
    ),
    (
        "payment_intent.payment_failed",
        INTENT | {"metadata": {"paymentId": "pay_ord_1", "key": "ord_1_2026_11"}},
        "StripeChargeFailed",
        {"attempt_number": None},
    ),
    ("payment_intent.canceled", INTENT, "ChargeVoided", {"charge_id": "pi_1"}),
    ("refund.created", REFUND, "ChargeRefunded", {"refund_id": "ref_1", "amount_minor": 1_000}),
    ("refund.updated", REFUND | {"metadata": {}}, "ChargeRefunded", {"refund_id": "re_1"}),
    (
        "refund.failed",
        REFUND | {"status": "failed", "failure_reason": "lost_or_stolen_card"},
        "ChargeOperationFailed",
        {
            "refund_id": "ref_1",
            "operation": "refund",
            "retryable": False,
            "failure_message": "lost_or_stolen_card",
        },
    ),
    (
        "charge.refund.updated",
        REFUND | {"status": "canceled"},
        "ChargeOperationFailed",
        {"refund_id": "ref_1", "retryable": False},
    ),
    (
        "charge.dispute.created",
        DISPUTE,
        "RecordChargeback",
        {"chargeback_reference": "du_1", "amount_minor": 5_000, "reason": "fraudulent"},
    ),
    ("charge.dispute.closed", DISPUTE | {"status": "won"}, "CloseChargeback", {"outcome": "won"}),
    (
        "charge.dispute.closed",
        DISPUTE | {"status": "lost"},
        "CloseChargeback",
        {"outcome": "lost", "amount_minor": 5_000},
    ),
    (
        "charge.dispute.closed",
        DISPUTE | {"status": "charge_refunded"},
        "CloseChargeback",
        {"outcome": "withdrawn"},
    ),
    ("charge.dispute.updated", DISPUTE, "RecordChargeback", {"chargeback_reference": "du_1"}),
]


@pytest.mark.parametrize(("kind", "thing", "name", "fields"), CASES)
async def test_an_event_becomes_its_message(
    client: Client,
    shelf: Shelf,
    kind: str,
    thing: dict[str, Any],
    name: str,
    fields: dict[str, Any],
) -> None:
    status, answer = await tell(client, told(kind, thing))

    envelope = shelf.message()
    assert (status, answer) == (200, {"eventId": "evt_stripe_1", "outcome": "taken"})
    assert (envelope.event_type, envelope.event_id) == (name, "evt_stripe_1")
    assert (envelope.source, envelope.data.payment_id) == ("stripe", "pay_ord_1")
    assert {field: getattr(envelope.data, field) for field in fields} == fields
    assert shelf.taken[0][1] == "pay_ord_1"


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("invoice.paid", INTENT),
        ("payment_intent.succeeded", INTENT | {"metadata": {}}),
        ("refund.updated", REFUND | {"status": "pending"}),
        ("refund.updated", REFUND | {"status": "requires_action"}),
        ("refund.created", REFUND | {"id": "re_let_go", "metadata": {}}),
        ("charge.dispute.created", DISPUTE | {"payment_intent": "pi_other"}),
        ("charge.dispute.created", DISPUTE | {"status": "warning_needs_response"}),
        ("charge.dispute.updated", DISPUTE | {"status": "warning_under_review"}),
        ("charge.dispute.closed", DISPUTE | {"status": "warning_closed"}),
    ],
)
async def test_what_payments_need_not_know_is_taken_and_ignored(
    client: Client, shelf: Shelf, kind: str, thing: dict[str, Any]
) -> None:
    status, answer = await tell(client, told(kind, thing))

    assert (status, answer["outcome"], shelf.taken) == (200, "ignored", [])


async def test_what_is_told_twice_is_written_once(client: Client, shelf: Shelf) -> None:
    body = told("payment_intent.canceled", INTENT)

    answers = [await tell(client, body), await tell(client, body)]

    assert [(status, answer["outcome"]) for status, answer in answers] == [
        (200, "taken"),
        (200, "known"),
    ]
    assert len(shelf.taken) == 1


async def test_so_many_events_are_remembered_and_the_oldest_forgotten_first(
    client: Client, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.stripe.EVENTS_REMEMBERED_MAX", 2)
    outcomes = []

    for number in (1, 2, 3, 3, 2, 1):
        body = told("payment_intent.canceled", INTENT, f"evt_stripe_{number}")
        outcomes.append((await tell(client, body))[1]["outcome"])

    assert outcomes == ["taken", "taken", "taken", "known", "known", "taken"]
    assert len(shelf.taken) == 4


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["", "t=1,v1=0", "nonsense", "v1=00", "t=x,v1=y", "t=99999999999999999999,v1=00",
     "t=1,v1=käse"],
)  # fmt: skip
async def test_an_unsigned_event_is_not_believed(client: Client, shelf: Shelf, header: str) -> None:
    body = told("payment_intent.canceled", INTENT)

    status, answer = await tell(client, body, **{"Stripe-Signature": header})

    assert (status, answer["status"], shelf.taken) == (401, 401, [])


@pytest.mark.parametrize(("secret", "age_s"), [("whsec_other", 0), (SECRET, 301)])
async def test_another_secret_or_an_old_signature_is_not_believed(
    client: Client, shelf: Shelf, secret: str, age_s: int
) -> None:
    body = told("payment_intent.canceled", INTENT)
    forged = {"Stripe-Signature": signature(body, secret, age_s=age_s)}

    status, _ = await tell(client, body, **forged)

    assert (status, shelf.taken) == (401, [])


async def test_a_body_that_was_changed_is_not_believed(client: Client, shelf: Shelf) -> None:
    body = told("payment_intent.canceled", INTENT)

    status, _ = await tell(client, body + b" ", **{"Stripe-Signature": signature(body)})

    assert (status, shelf.taken) == (401, [])


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b"{}",
        b'{"id": 1, "type": "x", "created": 1, "data": {}}',
        b'{"type": "x", "created": 1, "data": {}}',
        b'{"id": "evt_1", "created": 1, "data": {}}',
        b'{"id": "evt_1", "type": "payment_intent.canceled", "data": {}}',
        b'{"id": "evt_1", "type": "payment_intent.canceled", "created": 1}',
        told(
            "payment_intent.canceled", {"object": "payment_intent", "metadata": {"paymentId": "p"}}
        ),
        told("refund.created", REFUND | {"amount": -1}),
        b"\xff\xfe",
    ],
)
async def test_a_signed_body_that_is_no_event_is_refused(
    client: Client, shelf: Shelf, body: bytes
) -> None:
    signed = {"Stripe-Signature": signature(body)}

    async with client.post(PATH, data=body, headers=signed) as answer:
        assert answer.status in (400, 401)
        assert answer.content_type == "application/problem+json"
    assert shelf.taken == []


async def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    status, _ = await tell(client, b"x" * (BODY_BYTES_MAX + 1))

    assert status == 413


@pytest.mark.parametrize("fault", ["refuses", "is_down"])
async def test_stripe_tells_again_until_the_event_is_on_its_topic(
    client: Client, shelf: Shelf, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    body = told("charge.dispute.created", DISPUTE)
    setattr(shelf, fault, True)
    assert (await tell(client, body))[0] == 503
    assert "Stripe's charge.dispute.created was not taken" in caplog.text

    setattr(shelf, fault, False)

    assert (await tell(client, body))[0] == 200
    assert len(shelf.taken) == 1
