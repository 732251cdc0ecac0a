"""The routes of the contract (G-1), and what each asks for."""

import pytest

from gateway.routes import LISTINGS, LOOKS, ROUTES, Route

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
def test_a_route_fills_and_fixes_fields_that_its_message_has(route: Route) -> None:
    wire = {f.serialization_alias for f in route.message.model_fields.values()}
    named = {*route.takes, *route.fixed, *filter(None, (route.user, route.names))}
    assert named <= wire
