"""Every route as data (G-1): verb, path, what it asks for, and who may."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from events.base import Message
from events.fraud import CheckFraud, ClearSuspension, OverrideFraudDecision
from events.inventory import (
    AddInventory,
    DeleteInventory,
    GetInventoryList,
    GetInventoryStatus,
    UpdateInventory,
)
from events.notifications import GetNotificationDetails, GetUserNotifications
from events.orders import AmendOrder, CancelOrder, GetOrder, PlaceOrder, RequestReturn
from events.payment_ids import PAYMENT_PREFIX, payment_id_of
from events.payments import GetPaymentStatus, PaymentInitiated
from events.refunds import RecordChargeback, RefundPayment
from events.returns import CreateReturnLabel
from events.shipping import CancelShipment, CreateShipment, UpdateShipmentStatus
from events.subscription_ids import subscription_id_of
from events.subscriptions import (
    CancelSubscription,
    ChangePlan,
    GetSubscriptionStatus,
    PauseSubscription,
    RespondToOffer,
    ResumeSubscription,
    SubscribeUser,
    UpdatePaymentMethod,
)
from gateway import filters
from gateway.refusals import bad_request
from gateway.route import Listing, Look, Owned, Route
from gateway.tokens import Role

SUPPORT: Final = frozenset({Role.CUSTOMER_SERVICE, Role.ADMIN})
STORE: Final = frozenset({Role.STORE_MANAGER, Role.ADMIN})
WAREHOUSE: Final = STORE | {Role.SERVICE}
ADMIN: Final = frozenset({Role.ADMIN})
MACHINES: Final = frozenset({Role.SERVICE, Role.ADMIN})
PAYMENT_STATUS: Final = "/v1/payments/{id}/status"
_ORDER: Final = Owned("orders", "user_id", "orderId")
_PAYMENT: Final = Owned("payments", "session.customer_id", "paymentId")
_SHIPMENT: Final = Owned("shipments", "user_id", "shipmentId")
_SUBSCRIPTION: Final = Owned("subscriptions", "", "subscriptionId", among="userId")
_OF_A_BUYER: Final = frozenset(
    {
        "accountCreatedAt", "previousOrders", "ipAddress", "ipCountry", "ipRegion",
        "cardFingerprint", "cardReportedStolen",
    }
)  # fmt: skip
"""Risk inputs (G-22) that nobody says of themselves; of a device and its place only it can tell."""


def _payment_of(either: str) -> str:
    """A payment by its own id or its order's (K21)."""
    return either if either.startswith(PAYMENT_PREFIX) else payment_id_of(either)


def _item(inventory_id: str, body: Mapping[str, Any]) -> dict[str, str]:
    """What an inventoryId, `<productId>:<warehouseId>`, says; a product's own id says no more."""
    where = f":{body.get('warehouseId')}"
    if inventory_id.endswith(where):
        return {"productId": inventory_id.removesuffix(where)}
    product_id, colon, warehouse_id = inventory_id.partition(":")
    return {"productId": product_id} | ({"warehouseId": warehouse_id} if colon else {})


def _whole_item(inventory_id: str, _body: Mapping[str, Any]) -> dict[str, str]:
    """The inventoryId, where it names product and warehouse."""
    if not all(inventory_id.partition(":")):
        raise bad_request(f"inventoryId: {inventory_id}; expected <productId>:<warehouseId>")
    return {"inventoryId": inventory_id}


def _own(message: type[Message], verb: str, told: str) -> Route:
    """A command of a customer about their own subscription."""
    return Route(
        "POST",
        f"/v1/subscriptions/{{id}}/{verb}",
        message,
        "subscriptions",
        told,
        takes=MappingProxyType({"subscriptionId": "id"}),
        user="userId",
        owned=_SUBSCRIPTION,
        location="/v1/subscriptions/{user}/status",
    )


def _map(**pairs: str) -> Mapping[str, str]:
    return MappingProxyType(pairs)


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "POST", "/v1/orders", PlaceOrder, "orders", "Place an order.",
        user="userId", names="orderId", made="ord_", location="/v1/orders/{id}",
        further=(PAYMENT_STATUS,), checkout=True, waits=True,
        reserved=frozenset({"subscriptionId", *(f"risk.{name}" for name in _OF_A_BUYER)}),
    ),
    Route(
        "PATCH", "/v1/orders/{id}", AmendOrder, "orders",
        "Change an order before anything is dispatched.",
        takes=_map(orderId="id"), user="userId", owned=_ORDER, location="/v1/orders/{id}",
    ),
    Route(
        "POST", "/v1/orders/{id}/cancel", CancelOrder, "orders",
        "Cancel an order before anything is dispatched.",
        takes=_map(orderId="id"), user="userId", owned=_ORDER, location="/v1/orders/{id}",
    ),
    Route(
        "POST", "/v1/returns", RequestReturn, "returns",
        "Send goods back, for a refund or in exchange.",
        user="userId", owned=_ORDER, takes=_map(orderId="body"), location="/v1/orders/{id}",
    ),
    Route(
        "POST", "/v1/inventory", AddInventory, "inventory", "Put goods into stock.",
        roles=WAREHOUSE, mfa=True, location="/v1/inventory/{id}/status",
        takes=_map(productId="body"),
    ),
    Route(
        "PUT", "/v1/inventory/{id}", UpdateInventory, "inventory",
        "Correct the stock of a product in a warehouse: `<productId>:<warehouseId>`.",
        roles=STORE, mfa=True, takes=_map(productId="id"), parts=_item,
        location="/v1/inventory/{id}/status",
    ),
    Route(
        "DELETE", "/v1/inventory/{id}", DeleteInventory, "inventory",
        "Discontinue a product in a warehouse: `<productId>:<warehouseId>`.",
        roles=ADMIN, mfa=True, takes=_map(inventoryId="id"), parts=_whole_item,
    ),
    Route(
        "POST", "/v1/payments", PaymentInitiated, "payments", "Open a payment.",
        user="customerId", names="paymentId", made="pay_", location="/v1/payments/{id}",
        further=(PAYMENT_STATUS,), checkout=True, owned=_ORDER,
        reserved=_OF_A_BUYER | {"subscriptionId", "invoiceId"},
        withheld=_map(checkoutType="recurring"),
    ),
    Route(
        "POST", "/v1/payments/{id}/refund", RefundPayment, "payments",
        "Pay money back.", roles=SUPPORT, mfa=True, takes=_map(paymentId="id"),
        owned=_PAYMENT, location="/v1/payments/{id}", signs="approvedBy",
        fixed=MappingProxyType({"requestedBy": "$subject"}),
    ),
    Route(
        "POST", "/v1/payments/{id}/chargeback", RecordChargeback, "payments",
        "Record a customer's dispute at the bank.", roles=ADMIN, mfa=True,
        takes=_map(paymentId="id"), owned=_PAYMENT, location="/v1/payments/{id}",
    ),
    Route(
        "POST", "/v1/shipments", CreateShipment, "shipments",
        "Book a carrier for a paid order.", roles=MACHINES, location="/v1/shipments/{id}",
        names="shipmentId", made="shp_",
    ),
    Route(
        "PUT", "/v1/shipments/{id}/status", UpdateShipmentStatus, "shipments",
        "Tell of a carrier's scan.", roles=MACHINES, takes=_map(shipmentId="id"),
        location="/v1/shipments/{id}",
    ),
    Route(
        "POST", "/v1/shipments/{id}/cancel", CancelShipment, "shipments",
        "Stop a shipment before dispatch.", roles=SUPPORT | STORE,
        takes=_map(shipmentId="id"), owned=_SHIPMENT, location="/v1/shipments/{id}",
    ),
    Route(
        "POST", "/v1/shipments/{id}/return-label", CreateReturnLabel, "shipments",
        "Ask for a return label.", roles=SUPPORT | STORE, takes=_map(shipmentId="id"),
        owned=_SHIPMENT, location="/v1/shipments/{id}",
    ),
    Route(
        "POST", "/v1/subscriptions", SubscribeUser, "subscriptions", "Subscribe.",
        user="userId", location="/v1/subscriptions/{user}/status",
        further=("/v1/subscriptions/{id}",), named_after=subscription_id_of,
    ),
    Route(
        "POST", "/v1/subscriptions/{id}/cancel", CancelSubscription, "subscriptions",
        "Cancel a subscription.", takes=_map(subscriptionId="id"), user="userId",
        owned=_SUBSCRIPTION,
        fixed=MappingProxyType({"requestedBy": "$capacity"}),
        location="/v1/subscriptions/{user}/status",
    ),
    _own(PauseSubscription, "pause", "Stop deliveries and charges for a while."),
    _own(ResumeSubscription, "resume", "Go on with a paused subscription."),
    _own(ChangePlan, "plan", "Change the plan, at once or with the next period."),
    _own(UpdatePaymentMethod, "payment-method", "Pay with another card from now on."),
    _own(RespondToOffer, "offer", "Take or refuse what was offered to stay."),
    Route(
        "POST", "/v1/fraud/check", CheckFraud, "fraud", "Score a payment.",
        roles=MACHINES,
    ),
    Route(
        "POST", "/v1/fraud/override/{id}", OverrideFraudDecision, "fraud",
        "Decide on a payment under review.", roles=ADMIN, mfa=True,
        takes=_map(paymentId="id"), fixed=MappingProxyType({"reviewer": "$subject"}),
        owned=_PAYMENT,  # Not its case: an override may come before that, and waits for it.
    ),
    Route(
        "POST", "/v1/fraud/suspensions/{id}/clear", ClearSuspension, "fraud",
        "Lift the suspension that a payment's finding brought on its customer.", roles=ADMIN,
        mfa=True, takes=_map(paymentId="id"), fixed=MappingProxyType({"reviewer": "$subject"}),
        owned=_PAYMENT,
    ),
)  # fmt: skip
"""Routes that become a command on Kafka, answered with 202 (G-7)."""


LOOKS: Final = (
    Look(
        "/v1/orders/{id}", GetOrder, "orders", "orders", "One order.",
        owner="user_id", ttl="order_ttl_ms",
    ),
    Look(
        "/v1/inventory/{id}/status", GetInventoryStatus, "inventory", "stock",
        "What is in stock of a product.", ttl="inventory_status_ttl_ms",
    ),
    Look(
        "/v1/payments/{id}", GetPaymentStatus, "payments", "payments", "One payment.",
        owner="session.customer_id", ttl="payment_open_ttl_ms",
    ),
    Look(
        PAYMENT_STATUS, GetPaymentStatus, "payments", "payments",
        "The payment of an order, by either's id (K21).", key_of=_payment_of,
        owner="session.customer_id", ttl="payment_open_ttl_ms",
    ),
    Look(
        "/v1/shipments/{id}", None, "shipments", "shipments",
        "One shipment with its scans.", owner="user_id", ttl="shipment_ttl_ms",
    ),
    Look(
        "/v1/subscriptions/{id}/status", GetSubscriptionStatus, "subscriptions",
        "subscription_statuses", "How a customer's newest subscription stands.", by_user=True,
    ),
    Look(
        "/v1/notifications/{id}", GetNotificationDetails, "notifications",
        "notifications", "One message to a customer, with what became of it.",
        owner="user_id", index="notification_ids",
    ),
)  # fmt: skip
"""Routes that read one row by its key."""


LISTINGS: Final = (
    Listing(
        "/v1/orders", None, "orders", "customer_orders",
        "A customer's orders, newest first.", by_user=True, rows_of="orders", owner="user_id",
        filters=filters.ORDERS,
    ),
    Listing(
        "/v1/inventory", GetInventoryList, "inventory", "stock",
        "Products with their stock.", ttl="inventory_list_ttl_ms", filters=filters.STOCK,
    ),
    Listing(
        "/v1/users/{id}/notifications", GetUserNotifications, "notifications",
        "notifications", "What a customer was told, newest first.", by_user=True,
        filters=filters.NOTIFICATIONS,
    ),
)  # fmt: skip
