"""The routes of the contract (G-1), and what each asks for."""

from typing import Any, get_args

import msgspec
import pytest

from events.shapes import owner_of
from gateway import openapi
from gateway.examples import BODIES
from gateway.route import Route
from gateway.routes import LISTINGS, LOOKS, ROUTES
from gateway.tokens import Role
from tables.orders import ORDERS
from tables.payments import PAYMENTS
from tables.shipping import SHIPMENTS
from tables.subscriptions import SUBSCRIPTIONS
from tests.gateway.conftest import Shop, everything, token

COMMANDS = {
    ("POST", "/v1/orders"): "PlaceOrder",
    ("PATCH", "/v1/orders/{id}"): "AmendOrder",
    ("POST", "/v1/orders/{id}/cancel"): "CancelOrder",
    ("POST", "/v1/returns"): "RequestReturn",
    ("POST", "/v1/inventory"): "AddInventory",
    ("PUT", "/v1/inventory/{id}"): "UpdateInventory",
    ("DELETE", "/v1/inventory/{id}"): "DeleteInventory",
    ("POST", "/v1/payments"): "PaymentInitiated",
    ("POST", "/v1/payments/{id}/refund"): "RefundPayment",
    ("POST", "/v1/payments/{id}/chargeback"): "RecordChargeback",
    ("POST", "/v1/shipments"): "CreateShipment",
    ("PUT", "/v1/shipments/{id}/status"): "UpdateShipmentStatus",
    ("POST", "/v1/shipments/{id}/cancel"): "CancelShipment",
    ("POST", "/v1/shipments/{id}/return-label"): "CreateReturnLabel",
    ("POST", "/v1/subscriptions"): "SubscribeUser",
    ("POST", "/v1/subscriptions/{id}/cancel"): "CancelSubscription",
    ("POST", "/v1/subscriptions/{id}/pause"): "PauseSubscription",
    ("POST", "/v1/subscriptions/{id}/resume"): "ResumeSubscription",
    ("POST", "/v1/subscriptions/{id}/plan"): "ChangePlan",
    ("POST", "/v1/subscriptions/{id}/payment-method"): "UpdatePaymentMethod",
    ("POST", "/v1/subscriptions/{id}/offer"): "RespondToOffer",
    ("POST", "/v1/fraud/check"): "CheckFraud",
    ("POST", "/v1/fraud/override/{id}"): "OverrideFraudDecision",
    ("POST", "/v1/fraud/suspensions/{id}/clear"): "ClearSuspension",
}
QUERIES = {
    "/v1/orders": None,
    "/v1/orders/{id}": "GetOrder",
    "/v1/inventory": "GetInventoryList",
    "/v1/inventory/{id}/status": "GetInventoryStatus",
    "/v1/payments/{id}": "GetPaymentStatus",
    "/v1/payments/{id}/status": "GetPaymentStatus",
    "/v1/shipments/{id}": None,
    "/v1/subscriptions/{id}/status": "GetSubscriptionStatus",
    "/v1/users/{id}/notifications": "GetUserNotifications",
    "/v1/notifications/{id}": "GetNotificationDetails",
}


def test_every_command_has_its_route() -> None:
    assert {(r.verb, r.path): r.message.name for r in ROUTES} == COMMANDS


def test_every_query_has_its_route() -> None:
    found = {look.path: look.message and look.message.name for look in (*LOOKS, *LISTINGS)}
    assert found == QUERIES


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.verb} {route.path}")
async def test_who_may_and_says_what_is_needed_is_heard(shop: Shop, route: Route) -> None:
    shop.worker.rows = everything("ord_1")
    by = token("cus_1", min(route.roles or {Role.CUSTOMER}), route.scope, mfa=True)

    path = route.path.format(id="ord_1" if route.parts is None else "prd_1:wh_1")
    response = await shop.ask(route.verb, path, BODIES[route.message], by=by)

    assert response.status == 202, await response.text()
    assert shop.kafka.sent[0][0].name == route.message.name


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.verb} {route.path}")
async def test_what_the_document_requires_is_enough(shop: Shop, route: Route) -> None:
    shop.worker.rows = everything("ord_1")
    by = token("cus_1", min(route.roles or {Role.CUSTOMER}), route.scope, mfa=True)
    told = openapi.document()["paths"][route.path][route.verb.lower()]["requestBody"]
    required = told["content"]["application/json"]["schema"].get("required", ())

    path = route.path.format(id="ord_1" if route.parts is None else "prd_1:wh_1")
    least = {name: BODIES[route.message][name] for name in required}
    response = await shop.ask(route.verb, path, least, by=by)

    assert response.status == 202, await response.text()


AHEAD = {
    "/v1/orders", "/v1/inventory", "/v1/inventory/{id}", "/v1/shipments",
    "/v1/shipments/{id}/status", "/v1/subscriptions", "/v1/fraud/check",
}  # fmt: skip
"""What makes something, or may be told before what it is about is known."""
NAMING = [r for r in ROUTES if r.path not in AHEAD]


def asked(shop: Shop, route: Route, name: str, user: str = "cus_1", **headers: str) -> Any:
    """What may be asked of the object of that name, by who may."""
    body = BODIES[route.message]
    if route.path in {"/v1/returns", "/v1/payments"}:
        body = {**body, "orderId": name}
    by = token(user, min(route.roles or {Role.CUSTOMER}), route.scope, mfa=True)
    return shop.ask(route.verb, route.path.format(id=name), body, by=by, **headers)


@pytest.mark.parametrize("route", NAMING, ids=lambda route: f"{route.verb} {route.path}")
async def test_a_command_about_what_is_not_there_is_answered_so(shop: Shop, route: Route) -> None:
    shop.worker.rows = everything("x_1")

    absent, there = await asked(shop, route, "x_2"), await asked(shop, route, "x_1")

    assert ((await absent.json())["code"], absent.status) == ("NOT_FOUND", 404)
    assert there.status == 202
    assert len(shop.kafka.sent) == 1


@pytest.mark.parametrize(
    "route", [r for r in NAMING if not r.roles], ids=lambda route: f"{route.verb} {route.path}"
)
async def test_a_command_about_what_is_anothers_is_answered_alike(shop: Shop, route: Route) -> None:
    shop.worker.rows = everything("x_1")

    response = await asked(shop, route, "x_1", "cus_2")

    assert response.status == 404
    assert not shop.kafka.sent


@pytest.mark.parametrize("route", NAMING, ids=lambda route: f"{route.verb} {route.path}")
async def test_a_command_waits_for_a_worker_to_tell_what_it_is_about(
    shop: Shop, route: Route
) -> None:
    shop.worker.failing = True

    response = await asked(shop, route, "x_1")

    assert ((await response.json())["code"], response.status) == ("NO_WORKER", 503)
    assert not shop.kafka.sent


def test_what_is_looked_up_has_an_owner_in_its_row() -> None:
    rows: dict[str, Any] = {table.name: table.row for table in (ORDERS, PAYMENTS, SHIPMENTS)}
    rows["subscriptions"] = get_args(fields_of(SUBSCRIPTIONS.row)["subscriptions"])[0]

    for owned in {route.owned for route in ROUTES if route.owned is not None}:
        kind = rows[owned.table]
        for part in (owned.owner or "user_id").split("."):
            kind = fields_of(kind)[part]
        assert kind is str
    assert "subscription_id" in fields_of(rows["subscriptions"])


def fields_of(kind: Any) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize("user_id", ["cus_1", None, "cus_2"])
async def test_support_names_whose_subscription_it_is(shop: Shop, user_id: str | None) -> None:
    shop.worker.rows = everything("sub_1")
    by = token("agent", "customer_service", "subscriptions:write")
    body = {} if user_id is None else {"userId": user_id}

    response = await shop.ask("POST", "/v1/subscriptions/sub_1/pause", body, by=by)

    assert response.status == (202 if user_id == "cus_1" else 404)
    if response.status == 404:
        told = (await response.json())["detail"]
        assert told == f"there is no subscription sub_1 of {user_id or 'agent'}"


@pytest.mark.parametrize(
    ("sub", "role", "user_id", "status"),
    [
        ("agent", "customer_service", None, 400),
        ("agent", "customer_service", "agent", 400),
        ("agent", "customer_service", "cus_1", 202),
        ("agent", "customer_service", "system", 202),
        ("cus_1", "store_manager", None, 202),
        ("system", "service", None, 202),
    ],
)
async def test_support_names_whose_order_it_is(
    shop: Shop, sub: str, role: str, user_id: str | None, status: int
) -> None:
    shop.worker.rows = everything("ord_1")
    body = {"cancellationReason": "OTHER"} | ({} if user_id is None else {"userId": user_id})

    response = await shop.ask("POST", "/v1/orders/ord_1/cancel", body, by=token(sub, role))

    assert response.status == status
    assert len(shop.kafka.sent) == (status == 202)
    if status == 400:
        told = (await response.json())["detail"]
        assert told == "userId: agent; name the customer whose order ord_1 is, or system"


@pytest.mark.parametrize(
    ("role", "who"),
    [("customer", "customer"), ("customer_service", "support"), ("service", "system")],
)
async def test_a_subscription_is_cancelled_by_whoever_asks(shop: Shop, role: str, who: str) -> None:
    shop.worker.rows = everything("sub_1")
    body = {"reason": "too_expensive", "userId": "cus_1", "requestedBy": "system"}

    by = token("cus_1", role, "subscriptions:write")
    response = await shop.ask("POST", "/v1/subscriptions/sub_1/cancel", body, by=by)

    assert response.status == 202, await response.text()
    assert shop.kafka.sent[0][0].requested_by == who


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.verb} {route.path}")
def test_a_route_fills_and_fixes_fields_that_its_message_has(route: Route) -> None:
    wire = {f.serialization_alias for f in route.message.model_fields.values()}
    named = {*route.takes, *route.fixed, *filter(None, (route.user, route.names))}
    assert named <= wire
    assert all(owner_of(route.message, tuple(name.split("."))) for name in route.reserved)


@pytest.mark.parametrize(
    ("verb", "path", "status", "words"),
    [
        ("GET", "/v1/nowhere", 404, "GET /v1/nowhere: no such route; GET /openapi.json tells them"),
        ("GET", "/v1/orders/", 404, "GET /v1/orders/: no such route"),
        ("PUT", "/v1/orders", 405, "PUT /v1/orders: this path takes GET, HEAD, POST"),
        ("OPTIONS", "/v1/returns", 405, "OPTIONS /v1/returns: this path takes POST"),
        ("GET", "/v1/orders", 401, "the token does not hold: Not enough segments; get a new one"),
    ],
)
async def test_who_asks_amiss_is_told_what_to_ask(
    shop: Shop, verb: str, path: str, status: int, words: str
) -> None:
    response = await shop.ask(verb, path, by="no token" if status == 401 else token())
    assert response.status == status
    assert response.content_type == "application/problem+json"
    assert (await response.json())["detail"].startswith(words)
    allowed = words.partition("this path takes ")[2]
    assert response.headers.get("Allow", "") == allowed


async def test_a_field_that_follows_from_wrong_ones_is_not_wrong_itself(shop: Shop) -> None:
    body = {"orderItems": [{"productId": "p", "quantity": "x", "unitPrice": 1}]}
    response = await shop.ask("POST", "/v1/orders", body, by=token())
    told = await response.json()
    assert [one["field"] for one in told["details"]] == [
        "orderItems.0.quantity", "shippingAddress", "payment",
    ]  # fmt: skip
    assert told["detail"] == "PlaceOrder: 3 fields are wrong"
