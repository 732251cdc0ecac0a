"""Requests that become commands (G-1, G-2, G-4, G-7)."""

import asyncio
import contextlib
import gzip
import io
import json
import re
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

import events
from events.base import Message
from events.subscription_ids import subscription_id_of
from gateway.accepted import Accepted
from gateway.bodies import message_of
from gateway.kafka import NotAccepted
from gateway.keys import ENTRY_BYTES
from gateway.outcomes import Outcomes, within
from gateway.refusals import Refusal
from gateway.route import Route
from gateway.routes import ROUTES
from settings.gateway import GatewayRules
from tests.gateway.conftest import ISSUER, VIEW_TOKEN, Shop, everything, paid_for, row, token
from wire.traceparent import written

ORDER: dict[str, Any] = {
    "orderItems": [{"productId": "prd_1", "quantity": 1, "unitPrice": 19.99, "totalPrice": 19.99}],
    "shippingAddress": {"line1": "1 Main", "city": "Chicago", "state": "IL", "country": "US"},
    "payment": {"method": "credit_card", "token": "tok_visa", "amount": 19.99},
}
PAYMENT: dict[str, Any] = {
    "amount": 19.99, "currency": "USD",
    "paymentMethod": {"type": "credit_card", "token": "tok_visa"},
}  # fmt: skip


def confirms(shop: Shop) -> None:
    shop.kafka.reply = lambda message: shop.heard(
        "OrderConfirmed", message.order_id, orderId=message.order_id, orderStatus="confirmed"
    )


async def test_an_order_that_is_confirmed_in_time_is_created(shop: Shop) -> None:
    confirms(shop)
    response = await shop.ask("POST", "/v1/orders", ORDER, by=token())
    body = await response.json()
    assert response.status == 201
    assert response.headers["Location"] == f"/v1/orders/{body['orderId']}"
    [(message, envelope, correlation)] = shop.kafka.sent
    assert (message.name, message.user_id) == ("PlaceOrder", "cus_1")
    assert envelope["correlationId"] == correlation == response.headers["X-Correlation-Id"]


async def test_an_order_that_is_refused_in_time_is_unprocessable_with_the_reason(
    shop: Shop,
) -> None:
    shop.kafka.reply = lambda m: shop.heard(
        "OrderFailed", m.order_id, rejectionReason="PRICE_MISMATCH", details=["19.99, not 18.00"]
    )
    response = await shop.ask("POST", "/v1/orders", ORDER, by=token())
    body = await response.json()
    assert (response.status, body["code"]) == (422, "PRICE_MISMATCH")
    assert body["details"] == [{"message": "19.99, not 18.00"}]


@pytest.mark.parametrize(("role", "is_kept"), [("customer_service", True), ("customer", False)])
async def test_only_staff_names_what_it_has_made(shop: Shop, role: str, *, is_kept: bool) -> None:
    body = {**ORDER, "orderId": "ord_mine", "userId": "cus_1"}

    await shop.ask("POST", "/v1/orders", body, by=token("cus_1", role, "orders:write", mfa=True))

    assert (shop.kafka.sent[0][0].order_id == "ord_mine") is is_kept


@pytest.mark.parametrize("given", [{}, {"idempotencyKey": "k1"}])
async def test_a_refund_keeps_the_key_that_it_brings_and_is_given_one_without(
    shop: Shop, given: dict[str, str]
) -> None:
    shop.worker.rows = everything("pay_1")
    by = token("agent", "customer_service", "payments:write", mfa=True)

    for _ in range(2):
        body = {"reason": "broken", **given}
        await shop.ask("POST", "/v1/payments/pay_1/refund", body, by=by)

    keys = {message.idempotency_key for message, _, _ in shop.kafka.sent}
    assert keys == {"k1"} if given else len(keys) == 2


async def test_what_is_null_is_left_out(shop: Shop) -> None:
    nulls = {"userId": None, "orderId": None, "subscriptionId": None, "discountCode": None}

    response = await shop.ask("POST", "/v1/orders", {**ORDER, **nulls}, by=token())

    assert response.status == 202
    assert shop.kafka.sent[0][0].user_id == "cus_1"


async def test_an_order_without_an_outcome_in_time_is_accepted(shop: Shop) -> None:
    response = await shop.ask("POST", "/v1/orders", ORDER, by=token())
    assert response.status == 202
    [(message, envelope, _)] = shop.kafka.sent
    told = {"commandId": envelope["eventId"], "status": "accepted", "id": message.order_id}
    assert await response.json() == told
    assert envelope["source"] == "api-gateway"
    sent = datetime.fromisoformat(envelope["timestamp"])
    assert abs(datetime.now(UTC) - sent) < timedelta(minutes=1)


async def test_the_correlation_id_of_the_caller_travels_on(shop: Shop) -> None:
    await shop.ask("POST", "/v1/orders", ORDER, by=token(), X_Correlation_Id="saga-7")
    assert shop.kafka.sent[0][2] == "saga-7"


SPAN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
"""W3C's own example."""


async def test_the_callers_trace_goes_on_in_the_saga(shop: Shop) -> None:
    response = await shop.ask("POST", "/v1/orders", ORDER, by=token(), traceparent=SPAN)

    [(_, envelope, correlation)] = shop.kafka.sent
    assert envelope["correlationId"] == correlation == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert response.headers["X-Correlation-Id"] == correlation
    [caller] = shop.kafka.callers
    assert caller is not None
    assert written(caller) == SPAN


async def test_a_correlation_id_counts_more_than_the_callers_trace(shop: Shop) -> None:
    headers = {"X_Correlation_Id": "saga-7", "traceparent": SPAN}
    await shop.ask("POST", "/v1/orders", ORDER, by=token(), **headers)

    assert shop.kafka.sent[0][2] == "saga-7"
    [caller] = shop.kafka.callers
    assert caller is not None
    assert written(caller) == SPAN


@pytest.mark.parametrize(
    "told",
    ["", "00", SPAN.upper(), "ff" + SPAN[2:], f"00-{'0' * 32}-00f067aa0ba902b7-01",
     f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01"],
)  # fmt: skip
async def test_a_broken_traceparent_is_none(shop: Shop, told: str) -> None:
    response = await shop.ask("POST", "/v1/orders", ORDER, by=token(), traceparent=told)

    assert response.status == 202
    assert uuid.UUID(shop.kafka.sent[0][2]).version == 4
    assert shop.kafka.callers == [None]


async def test_an_envelope_tells_where_an_order_was_sold(shop: Shop) -> None:
    named = f"{'mobile-app':-<40}"
    sold = {"data": ORDER, "metadata": {"source": named, "exchangeFor": "ord_9"}}

    response = await shop.ask("POST", "/v1/orders", sold, by=token())

    [(_, envelope, _)] = shop.kafka.sent
    assert response.status == 202
    told = {"requestedBy": "cus_1", "source": named, "ipAddress": "127.0.0.1"}
    assert envelope["metadata"] == told


@pytest.mark.parametrize(
    ("path", "body", "role", "found"),
    [
        ("/v1/orders", ORDER, "customer", "127.0.0.1"),
        ("/v1/payments", PAYMENT, "customer", "127.0.0.1"),
        ("/v1/orders", ORDER, "customer_service", None),
        ("/v1/orders", ORDER, "partner", None),
        ("/v1/orders/ord_1/cancel", {"cancellationReason": "no need"}, "customer", None),
    ],
)
async def test_fraud_detection_is_told_where_a_customer_shops_from(
    shop: Shop, path: str, body: dict[str, Any], role: str, found: str | None
) -> None:
    shop.worker.rows = everything("ord_1")

    response = await shop.ask("POST", path, body, by=token("cus_1", role))

    assert response.status == 202, await response.text()
    [(message, value, _)] = shop.kafka.sent
    read = events.decode(json.dumps(value).encode(), record_timestamp_ms=0).data
    risk = getattr(read, "risk", None)
    assert value["metadata"].get("ipAddress") == found
    assert None not in value["metadata"].values()
    assert found in {getattr(read, "ip_address", None), risk and risk.ip_address}
    assert message.name == value["eventType"]


@pytest.mark.parametrize("source", [7, ["web"], "w" * 41, "\ud800", "web\n"])
async def test_where_it_was_sold_is_a_short_word(shop: Shop, source: Any) -> None:
    sold = {"data": ORDER, "metadata": {"source": source}}

    response = await shop.ask("POST", "/v1/orders", sold, by=token())

    assert response.status == 400
    assert "metadata.source" in (await response.json())["detail"]


@pytest.mark.parametrize(
    ("path", "body", "found"),
    [
        ("prd_1:wh_1", {}, ("prd_1", "wh_1")),
        ("prd_1:wh_1", {"warehouseId": "wh_1"}, ("prd_1", "wh_1")),
        ("prd_1:wh_1", {"productId": "prd_1", "warehouseId": "wh_1"}, ("prd_1", "wh_1")),
        ("prd:1:wh_1", {"warehouseId": "wh_1"}, ("prd:1", "wh_1")),
        ("prd_1", {"warehouseId": "wh_1"}, ("prd_1", "wh_1")),
        ("prd_1:wh_1", {"warehouseId": "wh_2"}, None),
        ("prd_1:wh_1", {"productId": "prd_2"}, None),
        ("prd_1", {}, None),
    ],
)
async def test_stock_is_corrected_where_the_path_says(
    shop: Shop, path: str, body: dict[str, Any], found: tuple[str, str] | None
) -> None:
    by = token("m", "store_manager", "inventory:write", mfa=True)

    response = await shop.ask("PUT", f"/v1/inventory/{path}", {"quantityChange": -1} | body, by=by)

    told = [(one.product_id, one.warehouse_id) for one, _, _ in shop.kafka.sent]
    assert (response.status, told) == ((202, [found]) if found else (400, []))


@pytest.mark.parametrize("name", ["prd_1", "prd_1:", ":wh_1"])
async def test_what_names_no_item_of_a_warehouse_is_not_accepted_for_discontinuing(
    shop: Shop, name: str
) -> None:
    by = token("a", "admin", "inventory:write", mfa=True)

    response = await shop.ask("DELETE", f"/v1/inventory/{name}", by=by)

    assert (response.status, shop.kafka.sent) == (400, [])
    assert (await response.json())["detail"].endswith("expected <productId>:<warehouseId>")


async def test_who_subscribes_is_told_what_the_subscription_will_be_called(shop: Shop) -> None:
    body = {"planId": "plan_monthly_pro", "paymentMethodId": "tok_visa"}

    response = await shop.ask("POST", "/v1/subscriptions", body, by=token())

    [(_, envelope, _)] = shop.kafka.sent
    assert (response.status, (await response.json())["id"]) == (
        202, subscription_id_of(envelope["eventId"]),
    )  # fmt: skip


async def test_who_follows_the_location_at_once_hears_that_it_is_accepted_until_it_is_there(
    shop: Shop,
) -> None:
    accepted = await shop.ask("POST", "/v1/payments", PAYMENT, by=token())
    where, told = accepted.headers["Location"], await accepted.json()

    early = await shop.ask("GET", where, by=token())
    others = await shop.ask("GET", where, by=token("cus_2"))
    shop.worker.rows["payments"] = {told["id"]: paid_for()}
    shop.heard("PaymentInitiated", told["id"])
    there = await shop.ask("GET", where, by=token())

    assert (early.status, await early.json(), early.headers["Retry-After"]) == (202, told, "1")
    assert (others.status, there.status) == (404, 200)


async def test_an_order_that_is_accepted_is_not_absent_for_who_cancels_it_at_once(
    shop: Shop,
) -> None:
    placed = await (await shop.ask("POST", "/v1/orders", ORDER, by=token())).json()
    path, body = f"/v1/orders/{placed['id']}/cancel", {"cancellationReason": "CUSTOMER_REQUEST"}

    early = await shop.ask("POST", path, body, by=token())
    others = await shop.ask("POST", path, body, by=token("cus_2"))

    assert (early.status, (await early.json())["code"]) == (409, "NOT_YET")
    assert (early.headers["Retry-After"], others.status) == ("1", 404)


async def test_a_subscription_that_is_accepted_is_not_absent_for_who_pauses_it_at_once(
    shop: Shop,
) -> None:
    body = {"planId": "plan_monthly_pro", "paymentMethodId": "tok_visa"}
    made = await (await shop.ask("POST", "/v1/subscriptions", body, by=token())).json()
    path = f"/v1/subscriptions/{made['id']}/pause"

    early = await shop.ask("POST", path, {}, by=token())
    others = await shop.ask("POST", path, {}, by=token("cus_2"))

    assert (early.status, (await early.json())["code"]) == (409, "NOT_YET")
    assert others.status == 404


@pytest.mark.parametrize("in_time", [True, False])
async def test_the_payments_status_of_a_placed_order_is_accepted_until_it_is_there(
    shop: Shop, *, in_time: bool
) -> None:
    if in_time:
        confirms(shop)
    placed = await (await shop.ask("POST", "/v1/orders", ORDER, by=token())).json()
    order_id = placed["orderId" if in_time else "id"]
    where = f"/v1/payments/{order_id}/status"

    early = await shop.ask("GET", where, by=token())
    others = await shop.ask("GET", where, by=token("cus_2"))
    shop.worker.rows["payments"] = {f"pay_{order_id}": paid_for()}
    shop.heard("PaymentInitiated", f"pay_{order_id}")
    there = await shop.ask("GET", where, by=token())

    assert (early.status, (await early.json())["id"]) == (202, order_id)
    assert (others.status, there.status) == (404, 200)


async def test_a_refused_order_has_no_payment_to_wait_for(shop: Shop) -> None:
    shop.kafka.reply = lambda m: shop.heard("OrderFailed", m.order_id, rejectionReason="NO_STOCK")
    await shop.ask("POST", "/v1/orders", ORDER, by=token())
    [(message, _, _)] = shop.kafka.sent

    status = await shop.ask("GET", f"/v1/payments/{message.order_id}/status", by=token())

    assert status.status == 404


def test_what_was_accepted_is_remembered_for_ten_minutes_within_a_bound() -> None:
    accepted = Accepted(replace(GatewayRules(), accepted_max=2))

    for name in ("a", "b:2", "c"):
        accepted.note(f"/v1/payments/{quote(name)}", "cus_1", name.encode(), now_ms=0)

    told = [accepted.told(f"/v1/payments/{name}", "cus_1", 599_999) for name in ("a", "b:2", "c")]
    assert told == [None, b"b:2", b"c"]
    assert accepted.told("/v1/payments/c", "cus_1", 600_000) is None


async def test_the_same_key_twice_places_one_order_and_answers_alike(shop: Shop) -> None:
    confirms(shop)
    answers = [
        await shop.ask("POST", "/v1/orders", ORDER, by=token(), Idempotency_Key="k1")
        for _ in range(2)
    ]
    assert len(shop.kafka.sent) == 1
    assert [a.status for a in answers] == [201, 201]
    assert await answers[0].text() == await answers[1].text()
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert answers[1].headers["Location"] == answers[0].headers["Location"]
    text = await (await shop.ask("GET", "/metrics", by=VIEW_TOKEN)).text()
    kept = re.search(r"flowmart_gateway_keys_bytes (\d\S*)", text)
    assert kept is not None
    assert float(kept[1]) > ENTRY_BYTES


async def test_one_key_for_two_bodies_is_refused(shop: Shop) -> None:
    await shop.ask("POST", "/v1/orders", ORDER, by=token(), Idempotency_Key="k1")
    other = {**ORDER, "shippingMethod": "express"}
    response = await shop.ask("POST", "/v1/orders", other, by=token(), Idempotency_Key="k1")
    assert response.status == 422
    assert (await response.json())["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_a_key_names_the_same_order_after_a_restart_of_the_gateway(shop: Shop) -> None:
    shop.kafka.down = True
    refused = await shop.ask("POST", "/v1/orders", ORDER, by=token(), Idempotency_Key="k1")
    assert refused.status == 503
    shop.kafka.down = False
    await shop.ask("POST", "/v1/orders", ORDER, by=token(), Idempotency_Key="k1")
    [(first, envelope, _)] = shop.kafka.sent
    await shop.ask("POST", "/v1/orders", ORDER, by=token("cus_2"), Idempotency_Key="k1")
    (_, (other, _, _)) = shop.kafka.sent
    assert first.order_id != other.order_id
    assert envelope["eventId"].replace("-", "") == first.order_id.removeprefix("ord_")


async def test_customers_order_for_themselves_and_the_server_names_the_order(shop: Shop) -> None:
    named = {**ORDER, "orderId": "ord_somebodys", "userId": "cus_1"}
    await shop.ask("POST", "/v1/orders", named, by=token())
    assert shop.kafka.sent[0][0].order_id != "ord_somebodys"
    foreign = await shop.ask("POST", "/v1/orders", {**ORDER, "userId": "cus_2"}, by=token())
    assert foreign.status == 400
    assert len(shop.kafka.sent) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/orders", {**ORDER, "userId": "cus_9"}),
        ("/v1/orders", {**ORDER, "customerId": "cus_9"}),
        ("/v1/orders", {**ORDER, "customer": {"customerId": "cus_9", "email": "a@b.example"}}),
        ("/v1/payments", {**PAYMENT, "customerId": "cus_9"}),
        ("/v1/payments", {**PAYMENT, "userId": "cus_9"}),
    ],
)
async def test_a_customer_is_who_the_body_names_however_older_clients_spell_it(
    shop: Shop, path: str, body: dict[str, Any]
) -> None:
    by_staff = await shop.ask("POST", path, body, by=token("agent", "service"))
    by_another = await shop.ask("POST", path, body, by=token("cus_1"))

    assert (by_staff.status, by_another.status) == (202, 400)
    [(_, envelope, _)] = shop.kafka.sent
    assert envelope["data"]["userId" if path == "/v1/orders" else "customerId"] == "cus_9"
    assert envelope["metadata"]["requestedBy"] == "agent"


@pytest.mark.parametrize(
    ("verb", "path", "who", "status"),
    [
        ("POST", "/v1/orders", None, 401),
        ("POST", "/v1/orders", partial(token, "cus_1", "customer", "orders:read"), 403),
        ("POST", "/v1/payments/pay_1/refund", token, 403),
        ("POST", "/v1/payments/pay_1/refund",
         partial(token, "agent", "customer_service", "payments:write"), 403),
        ("POST", "/v1/payments/pay_1/chargeback",
         partial(token, "agent", "customer_service", "payments:write", mfa=True), 403),
        ("POST", "/v1/inventory", partial(token, "m", "store_manager", "inventory:write"), 403),
        ("DELETE", "/v1/inventory/p:w",
         partial(token, "m", "store_manager", "inventory:write", mfa=True), 403),
        ("POST", "/v1/fraud/override/pay_1", partial(token, "a", "admin", "fraud:write"), 403),
        ("GET", "/v1/nowhere", token, 404),
        ("PUT", "/v1/orders", token, 405),
    ],
)  # fmt: skip
async def test_who_has_no_right_is_refused(
    shop: Shop, verb: str, path: str, who: Callable[[], str] | None, status: int
) -> None:
    response = await shop.ask(verb, path, {}, by=who and who())
    assert response.status == status
    assert response.content_type == "application/problem+json"
    body = await response.json()
    assert {"code", "message", "details", "traceId", "status", "title"} <= set(body)
    assert not shop.kafka.sent
    if status == 401:
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("path", "role", "body", "name"),
    [
        ("/v1/payments/pay_1/refund", "customer_service",
         {"reason": "broken", "requestedBy": "agent"}, "RefundPayment"),
        ("/v1/payments/pay_1/chargeback", "admin",
         {"chargebackReference": "cb_1", "amountMinor": 100, "reason": "fraud"},
         "RecordChargeback"),
        ("/v1/inventory", "store_manager",
         {"productId": "p", "quantity": 5, "warehouseId": "w"}, "AddInventory"),
        ("/v1/fraud/override/pay_1", "admin",
         {"decision": "APPROVED", "rationale": "known"}, "OverrideFraudDecision"),
    ],
)  # fmt: skip
async def test_staff_with_a_second_factor_may(
    shop: Shop, path: str, role: str, body: dict[str, Any], name: str
) -> None:
    shop.worker.rows = everything("pay_1")
    by = token("agent", role, "payments:write", "inventory:write", "fraud:write", mfa=True)
    response = await shop.ask("POST", path, body, by=by)
    assert response.status == 202, await response.text()
    assert shop.kafka.sent[0][0].name == name


@pytest.mark.parametrize(
    ("roles", "path", "status"),
    [
        (["service"], "/v1/inventory", 202),
        (["service", "store_manager"], "/v1/inventory", 202),
        (["store_manager"], "/v1/inventory", 403),
        (["service", "admin"], "/v1/payments/pay_1/refund", 403),
    ],
)
async def test_a_second_factor_is_asked_of_people_and_not_of_a_service_in_its_own_right(
    shop: Shop, roles: list[str], path: str, status: int
) -> None:
    shop.worker.rows = everything("pay_1")
    body = {"productId": "p", "quantity": 5, "warehouseId": "w", "reason": "broken"}
    by = ISSUER.sign("wms", roles, ["payments:write", "inventory:write"])

    response = await shop.ask("POST", path, body, by=by)

    assert response.status == status


@pytest.mark.parametrize(("owner", "status"), [("cus_1", 202), ("cus_2", 404), (None, 404)])
async def test_a_foreign_order_is_not_found(shop: Shop, owner: str | None, status: int) -> None:
    if owner:
        shop.worker.rows["orders"] = {"ord_1": row(user_id=owner)}
    body = {"cancellationReason": "CUSTOMER_REQUEST"}
    response = await shop.ask("POST", "/v1/orders/ord_1/cancel", body, by=token())
    assert response.status == status
    assert len(shop.kafka.sent) == (status == 202)


async def test_every_wrong_field_is_named(shop: Shop) -> None:
    body = {**ORDER, "shippingMethod": "rocket", "currency": "dollars"}
    response = await shop.ask("POST", "/v1/orders", body, by=token())
    told = await response.json()
    assert (response.status, told["message"]) == (400, "PlaceOrder: 2 fields are wrong")
    assert {detail["field"] for detail in told["details"]} == {"shippingMethod", "currency"}

    one = await shop.ask("POST", "/v1/orders", {**ORDER, "currency": "dollars"}, by=token())
    assert (await one.json())["message"] == "PlaceOrder: 1 field is wrong"


async def test_of_many_wrong_fields_twenty_are_named(shop: Shop) -> None:
    for body in (
        {**ORDER, "orderItems": [{}] * 25},
        {"data": {}} | dict.fromkeys(map(str, range(25))),
    ):
        response = await shop.ask("POST", "/v1/orders", body, by=token())
        assert (response.status, len((await response.json())["details"])) == (400, 20)


async def test_what_needs_no_words_needs_no_body(shop: Shop) -> None:
    shop.worker.rows = everything("sub_1")
    headers = {"Authorization": f"Bearer {token()}"}
    response = await shop.client.post("/v1/subscriptions/sub_1/pause", headers=headers)
    assert response.status == 202


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b'{"a":"' + b"x" * 1_048_577 + b'"}', "application/json", 413),
        (b'{"data":{},"bogus":1}', "application/json", 400),
    ],
)
async def test_what_is_no_json_object_is_refused(
    shop: Shop, raw: bytes, kind: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": kind}
    response = await shop.client.post("/v1/orders", data=io.BytesIO(raw), headers=headers)
    assert response.status == status
    assert not shop.kafka.sent


async def test_when_kafka_takes_nothing_the_caller_is_told_to_try_again(shop: Shop) -> None:
    shop.kafka.down = True
    response = await shop.ask("POST", "/v1/orders", ORDER, by=token())
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"


async def test_a_refused_order_is_refused_again_under_its_key(shop: Shop) -> None:
    shop.kafka.reply = lambda m: shop.heard(
        "OrderFailed", m.order_id, rejectionReason="PRICE_MISMATCH"
    )
    answers = [
        await shop.ask("POST", "/v1/orders", ORDER, by=token(), Idempotency_Key="k1")
        for _ in range(2)
    ]
    assert [a.status for a in answers] == [422, 422]
    assert await answers[0].text() == await answers[1].text()
    assert {a.content_type for a in answers} == {"application/problem+json"}
    assert len(shop.kafka.sent) == 1


async def test_without_a_key_every_request_is_an_order_whatever_its_correlation_id(
    shop: Shop,
) -> None:
    for by in (token(), token(), token("cus_2")):
        await shop.ask("POST", "/v1/orders", ORDER, by=by, X_Correlation_Id="saga-7")
    assert len({message.order_id for message, _, _ in shop.kafka.sent}) == 3


async def test_keys_of_two_customers_are_never_alike(shop: Shop) -> None:
    first = await shop.ask("POST", "/v1/orders", ORDER, by=token("a"), Idempotency_Key="b c")
    other = await shop.ask("POST", "/v1/orders", ORDER, by=token("a b"), Idempotency_Key="c")
    assert (await first.json())["id"] != (await other.json())["id"]
    assert "Idempotent-Replayed" not in other.headers


@pytest.mark.parametrize("header", ["X-Correlation-Id", "Idempotency-Key"])
@pytest.mark.parametrize("value", [b"\xff\xfe", "käse".encode(), b"a\tb", b"x" * 300])
async def test_headers_that_travel_on_are_plain_text(shop: Shop, header: str, value: bytes) -> None:
    status, trace = await raw(shop, f"{header}: ".encode() + value)
    assert status == (202 if header == "X-Correlation-Id" else 400)
    assert trace.isascii()
    assert len(trace) <= 128


@pytest.mark.parametrize(("chars", "is_kept"), [(128, True), (129, False)])
async def test_a_trace_has_up_to_128_characters(shop: Shop, chars: int, *, is_kept: bool) -> None:
    response = await shop.ask("GET", "/health", X_Correlation_Id="x" * chars)
    assert (response.headers["X-Correlation-Id"] == "x" * chars) is is_kept


@pytest.mark.parametrize("path", ["/v1/orders", "/metrics"])
async def test_a_token_of_any_bytes_is_no_token(shop: Shop, path: str) -> None:
    response = await shop.client.get(path, headers={"Authorization": "Bearer \udcff.a.b"})
    assert response.status == 401


async def test_who_shows_something_else_than_a_token_is_told_what_to_show(shop: Shop) -> None:
    response = await shop.client.get("/v1/orders", headers={"Authorization": "Basic YTpi"})
    assert (response.status, (await response.json())["message"]) == (
        401, "expected Authorization: Bearer <token>",
    )  # fmt: skip


async def test_a_fault_of_our_own_is_told_without_its_words_and_found_in_the_log(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Message) -> None:
        raise ZeroDivisionError("what nobody else may read")

    shop.kafka.reply = broken
    response = await shop.ask(
        "POST", "/v1/orders", ORDER, by=token(), X_Correlation_Id="trace-of-the-fault"
    )

    told = await response.json()
    assert (response.status, told["code"], told["traceId"]) == (
        500, "INTERNAL", "trace-of-the-fault",
    )  # fmt: skip
    assert "nobody else" not in json.dumps(told)
    assert "trace-of-the-fault" in caplog.text
    assert "nobody else" in caplog.text


async def raw(shop: Shop, header: bytes) -> tuple[int, str]:
    """Status and trace of an order with a header that a client library would not send."""
    body = json.dumps(ORDER).encode()
    reader, writer = await asyncio.open_connection(shop.client.host, shop.client.port)
    writer.write(
        b"POST /v1/orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer %s\r\nContent-Length: %d\r\n%s\r\nConnection: close\r\n\r\n%s"
        % (token().encode(), len(body), header, body)
    )
    answer = (await reader.read()).decode()
    writer.close()
    trace = re.search(r"(?im)^x-correlation-id: (.*)\r$", answer)
    assert trace is not None
    return int(answer.split()[1]), trace[1]


async def test_nobody_approves_the_refund_they_asked_for_or_in_anothers_name(shop: Shop) -> None:
    by = token("agent", "customer_service", "payments:write", mfa=True)
    path = "/v1/payments/pay_1/refund"
    shop.worker.rows = everything("pay_1")
    for approver in ("approvedBy", "approved_by"):
        body = {"reason": "broken", "requestedBy": "somebody", approver: "boss"}
        await shop.ask("POST", path, body, by=by)
    mine = await shop.ask("POST", path, {"reason": "broken", "approvedBy": "agent"}, by=by)
    assert mine.status == 202
    assert all(m.requested_by == "agent" for m, _, _ in shop.kafka.sent)
    assert {m.approved_by for m, _, _ in shop.kafka.sent} <= {None, "agent"}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.verb} {route.path}")
def test_no_spelling_of_a_field_gets_past_what_the_server_says(route: Route) -> None:
    filled = {*route.fixed, *filter(None, (route.user, route.names)), *route.takes}
    for name, field in route.message.model_fields.items():
        if field.serialization_alias in filled | route.reserved | {route.signs}:
            with pytest.raises(Refusal) as refused:
                message_of(route.message, {name + "_": 1, name: "evil"} if "_" in name else {})
            assert refused.value.status == 400


@pytest.mark.parametrize(("owner", "status"), [("cus_1", 202), ("cus_2", 404), (None, 404)])
async def test_a_payment_is_for_an_order_of_ones_own(
    shop: Shop, owner: str | None, status: int
) -> None:
    if owner:
        shop.worker.rows["orders"] = {"ord_1": row(user_id=owner)}
    response = await shop.ask("POST", "/v1/payments", {**PAYMENT, "orderId": "ord_1"}, by=token())
    assert response.status == status
    assert len(shop.kafka.sent) == (status == 202)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/orders", {**ORDER, "subscriptionId": "sub_1"}),
        ("/v1/payments", {**PAYMENT, "subscriptionId": "sub_1"}),
        ("/v1/payments", {**PAYMENT, "invoiceId": "inv_1"}),
        ("/v1/payments", {**PAYMENT, "checkoutType": "recurring"}),
    ],
)
async def test_customers_do_not_speak_for_billing(
    shop: Shop, path: str, body: dict[str, Any]
) -> None:
    assert (await shop.ask("POST", path, body, by=token())).status == 400
    assert not shop.kafka.sent


@pytest.mark.parametrize(
    "told",
    [
        {"accountCreatedAt": "2010-01-01T00:00:00Z"},
        {"previousOrders": 20},
        {"ipAddress": "203.0.113.1"},
        {"ipCountry": "US"},
        {"ipRegion": "IL"},
        {"cardFingerprint": "fp_1"},
        {"cardReportedStolen": False},
    ],
)
@pytest.mark.parametrize("path", ["/v1/orders", "/v1/payments"])
async def test_only_the_shop_vouches_for_a_buyer(
    shop: Shop, path: str, told: dict[str, Any]
) -> None:
    device = {"deviceId": "dev_1", "geo": {"latitude": 41.9, "longitude": -87.6}}
    own, asked = ({**ORDER, "risk": device}, {**ORDER, "risk": {**device, **told}})
    if path == "/v1/payments":
        own, asked = {**PAYMENT, **device}, {**PAYMENT, **device, **told}

    customers = [(await shop.ask("POST", path, body, by=token())).status for body in (own, asked)]
    services = await shop.ask("POST", path, asked, by=token("cus_1", "service"))

    assert (customers, services.status) == ([202, 400], 202)


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [("customer", "express", 202), ("customer", "recurring", 400), ("service", "recurring", 202)],
)
async def test_only_the_shop_charges_without_waiting_for_stock(
    shop: Shop, role: str, kind: str, status: int
) -> None:
    body = {**PAYMENT, "checkoutType": kind, "customerId": "cus_1"}
    response = await shop.ask("POST", "/v1/payments", body, by=token("cus_1", role))
    assert response.status == status


@pytest.mark.parametrize("order_id", ["", ".", "..", "\ud800", "x" * 20_000, None, {}, []])
async def test_an_order_of_an_odd_name_is_no_failure(shop: Shop, order_id: Any) -> None:
    items = [{"productId": "prd_1", "quantity": 1}]
    body = {"orderId": order_id, "items": items, "reason": "defective"}
    response = await shop.ask("POST", "/v1/returns", body, by=token())
    assert response.status in (400, 404)


async def test_a_place_is_named_by_a_quoted_id(shop: Shop) -> None:
    by = token("agent", "customer_service", "payments:write", mfa=True)
    path = "/v1/payments/a%2f%0d%0aX-Evil:%201/refund"
    shop.worker.rows = everything("a/\r\nX-Evil: 1")
    response = await shop.client.request(
        "POST", URL(path, encoded=True), json={"reason": "broken"},
        headers={"Authorization": f"Bearer {by}"},
    )  # fmt: skip
    assert response.status == 202
    assert response.headers["Location"] == "/v1/payments/a%2F%0D%0AX-Evil%3A%201"
    assert "X-Evil" not in response.headers


async def test_a_packed_body_is_not_unpacked(shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json",
               "Content-Encoding": "gzip"}  # fmt: skip
    response = await shop.client.post(
        "/v1/orders", data=gzip.compress(json.dumps(ORDER).encode()), headers=headers
    )
    assert response.status == 415


SOON_S = 4.0
"""Eight times the patience of those who have little."""


class TestPatience:
    """With little of it."""

    @pytest.fixture
    def rules(self) -> GatewayRules:
        return GatewayRules(write_timeout_ms=500, order_wait_ms=50, burst_min=1000)

    async def test_a_body_that_does_not_come_is_not_waited_for(self, shop: Shop) -> None:
        async def slow() -> AsyncIterator[bytes]:
            yield b"{"
            await asyncio.sleep(60)

        headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
        async with asyncio.timeout(SOON_S):
            response = await shop.client.post("/v1/orders", data=slow(), headers=headers)
        assert response.status == 408

    async def test_a_kafka_that_hangs_is_not_waited_for_and_nothing_is_left(
        self, shop: Shop, caplog: pytest.LogCaptureFixture
    ) -> None:
        shop.kafka.hangs = True
        async with asyncio.timeout(SOON_S):
            response = await shop.ask("POST", "/v1/orders", ORDER, by=token(), Idempotency_Key="k")
        assert (response.status, (await response.json())["code"]) == (503, "NOT_ACCEPTED")
        assert caplog.messages == ["Kafka has not confirmed PlaceOrder: no answer in 500 ms"]
        shop.kafka.hangs = False
        again = await shop.ask("POST", "/v1/orders", ORDER, by=token(), Idempotency_Key="k")
        assert again.status == 202


async def test_an_outcome_is_waited_for_as_long_as_the_rule_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []

    async def wait_for(_: Any, seconds: float) -> None:
        waited.append(seconds)
        raise TimeoutError

    monkeypatch.setattr("gateway.outcomes.asyncio.wait_for", wait_for)
    assert await within(asyncio.get_running_loop().create_future(), 2_000) is None
    assert waited == [2.0]


async def test_what_happens_to_an_order_meanwhile_is_no_outcome(shop: Shop) -> None:
    shop.kafka.reply = lambda m: shop.heard("OrderAmended", m.order_id, orderId=m.order_id)
    assert (await shop.ask("POST", "/v1/orders", ORDER, by=token())).status == 202


async def test_nobody_is_waited_for_after_their_answer() -> None:
    outcomes = Outcomes(lambda _: None)
    with pytest.raises(NotAccepted), outcomes.expect("ord_1"):
        raise NotAccepted
    assert not outcomes._waiting


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=20)
@given(data=st.data())
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.verb} {route.path}")
def test_any_body_makes_a_message_or_a_refusal(route: Route, data: st.DataObject) -> None:
    wires = [f.serialization_alias for f in route.message.model_fields.values()]
    body = data.draw(st.dictionaries(st.sampled_from(wires), JUNK))
    with contextlib.suppress(Refusal):
        message_of(route.message, body)


@pytest.mark.parametrize(
    "body",
    [b"\xff", b"[" * 100_000, b'{"a":' * 900 + b"1" + b"}" * 900, b'{"a": ' + b"9" * 5_000 + b"}",
     b'{"orderItems": NaN}', b'{"currency": 1e999}', b'{"userId": "\\ud800"}',
     b"\xff\xfe{\x00}\x00",
     b'{"data": {}, "eventType": {}}', b'{"data": 5}', b"null", b'"a"',
     b'{"orderId": "a", "orderId": "b"}'],
    ids=range(13),
)  # fmt: skip
@pytest.mark.parametrize("verb_path", [("POST", "/v1/orders"), ("POST", "/v1/returns"),
                                       ("POST", "/v1/payments")])  # fmt: skip
async def test_no_body_breaks_the_gateway(
    shop: Shop, verb_path: tuple[str, str], body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json",
               "Idempotency-Key": "k"}  # fmt: skip
    response = await shop.client.request(*verb_path, data=body, headers=headers)
    assert response.status == 400


async def test_no_depth_of_a_body_breaks_the_gateway(shop: Shop) -> None:
    """Between what can be read and what cannot lies what cannot be written again."""
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
    statuses = set()
    for depth in range(900, 1_000):
        body = b'{"x":' + b"[" * depth + b"]" * depth + b"}"
        statuses.add((await shop.client.post("/v1/orders", data=body, headers=headers)).status)
    assert statuses == {400}
