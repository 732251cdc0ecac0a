"""Requests that become commands (G-1, G-2, G-4, G-7)."""

import io
from typing import Any

import pytest

from tests.gateway.conftest import Shop, row, token

ORDER: dict[str, Any] = {
    "orderItems": [{"productId": "prd_1", "quantity": 1, "unitPrice": 19.99, "totalPrice": 19.99}],
    "shippingAddress": {"line1": "1 Main", "city": "Chicago", "state": "IL", "country": "US"},
    "payment": {"method": "credit_card", "token": "tok_visa", "amount": 19.99},
}


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


async def test_an_order_without_an_outcome_in_time_is_accepted(shop: Shop) -> None:
    response = await shop.ask("POST", "/v1/orders", ORDER, by=token())
    assert response.status == 202
    assert (await response.json())["status"] == "accepted"


async def test_the_correlation_id_of_the_caller_travels_on(shop: Shop) -> None:
    await shop.ask("POST", "/v1/orders", ORDER, by=token(), X_Correlation_Id="saga-7")
    assert shop.kafka.sent[0][2] == "saga-7"


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
    ("verb", "path", "who", "status"),
    [
        ("POST", "/v1/orders", None, 401),
        ("POST", "/v1/orders", token("cus_1", "customer", "orders:read"), 403),
        ("POST", "/v1/payments/pay_1/refund", token(), 403),
        ("POST", "/v1/payments/pay_1/refund",
         token("agent", "customer_service", "payments:write"), 403),
        ("POST", "/v1/payments/pay_1/chargeback",
         token("agent", "customer_service", "payments:write", mfa=True), 403),
        ("POST", "/v1/inventory", token("m", "store_manager", "inventory:write"), 403),
        ("DELETE", "/v1/inventory/p:w",
         token("m", "store_manager", "inventory:write", mfa=True), 403),
        ("POST", "/v1/fraud/override/pay_1", token("a", "admin", "fraud:write"), 403),
        ("GET", "/v1/nowhere", token(), 404),
        ("PUT", "/v1/orders", token(), 405),
    ],
)  # fmt: skip
async def test_who_has_no_right_is_refused(
    shop: Shop, verb: str, path: str, who: str | None, status: int
) -> None:
    response = await shop.ask(verb, path, {}, by=who)
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
    by = token("agent", role, "payments:write", "inventory:write", "fraud:write", mfa=True)
    response = await shop.ask("POST", path, body, by=by)
    assert response.status == 202, await response.text()
    assert shop.kafka.sent[0][0].name == name


@pytest.mark.parametrize(("owner", "status"), [("cus_1", 202), ("cus_2", 404), (None, 404)])
async def test_a_foreign_order_is_not_found(shop: Shop, owner: str | None, status: int) -> None:
    if owner:
        shop.worker.rows["orders"] = {"ord_1": row(user_id=owner)}
    body = {"cancellationReason": "CUSTOMER_REQUEST"}
    response = await shop.ask("POST", "/v1/orders/ord_1/cancel", body, by=token())
    assert response.status == status
    assert len(shop.kafka.sent) == (status == 202)


async def test_an_order_that_changed_meanwhile_is_not_changed_blindly(shop: Shop) -> None:
    shop.worker.rows["orders"] = {"ord_1": row(version=3)}
    body = {"cancellationReason": "CUSTOMER_REQUEST"}
    stale = await shop.ask("POST", "/v1/orders/ord_1/cancel", body, by=token(), If_Match='"2"')
    assert (stale.status, (await stale.json())["code"]) == (409, "VERSION_CONFLICT")
    fresh = await shop.ask("POST", "/v1/orders/ord_1/cancel", body, by=token(), If_Match='"3"')
    assert fresh.status == 202


async def test_every_wrong_field_is_named(shop: Shop) -> None:
    body = {**ORDER, "orderItems": [], "currency": "dollars"}
    response = await shop.ask("POST", "/v1/orders", body, by=token())
    fields = {detail["field"] for detail in (await response.json())["details"]}
    assert response.status == 400
    assert "currency" in fields


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
