"""What each command may be told, as the API's document shows it: whole bodies to begin with."""

from typing import Any, Final

from events.base import Message
from events.fraud import CheckFraud, ClearSuspension, OverrideFraudDecision
from events.inventory import AddInventory, DeleteInventory, UpdateInventory
from events.orders import AmendOrder, CancelOrder, PlaceOrder, RequestReturn
from events.payments import PaymentInitiated
from events.refunds import RecordChargeback, RefundPayment
from events.returns import CreateReturnLabel
from events.shipping import CancelShipment, CreateShipment, UpdateShipmentStatus
from events.subscriptions import (
    CancelSubscription,
    ChangePlan,
    PauseSubscription,
    RespondToOffer,
    ResumeSubscription,
    SubscribeUser,
    UpdatePaymentMethod,
)

_PRODUCT: Final = "prd_0001"
_WAREHOUSE: Final = "wh_MAIN_001"
_HOME: Final = {
    "line1": "1 Main Street", "city": "Chicago", "state": "IL", "postalCode": "60601",
    "country": "US",
}  # fmt: skip
_CARD: Final = {"type": "credit_card", "token": "tok_visa"}
_LINE: Final = {"itemId": "1", "productId": _PRODUCT, "quantity": 1}

BODIES: Final[dict[type[Message], dict[str, Any]]] = {
    PlaceOrder: {
        "orderItems": [{"productId": _PRODUCT, "quantity": 1, "unitPrice": 19.99}],
        "shippingAddress": _HOME,
        "payment": {"method": "credit_card", "token": "tok_visa", "amount": 19.99},
        "currency": "USD",
    },
    AmendOrder: {
        "amendmentType": "QUANTITY_CHANGE",
        "amendments": [
            {"productId": _PRODUCT, "previousQuantity": 1, "newQuantity": 2, "unitPrice": 19.99}
        ],
    },
    CancelOrder: {"cancellationReason": "CUSTOMER_REQUEST"},
    RequestReturn: {
        "orderId": "ord_1",
        "items": [_LINE],
        "reason": "defective_item",
        "resolution": "refund",
    },
    AddInventory: {"productId": _PRODUCT, "warehouseId": _WAREHOUSE, "quantity": 100},
    UpdateInventory: {"quantityChange": -2, "reason": "two were broken"},
    DeleteInventory: {"reason": "no longer sold"},
    PaymentInitiated: {
        "orderId": "ord_1",
        "amount": 19.99,
        "currency": "USD",
        "paymentMethod": _CARD,
    },
    RefundPayment: {"amount": 5.0, "currency": "USD", "reason": "came late"},
    RecordChargeback: {
        "chargebackReference": "cb_1",
        "amountMinor": 1999,
        "reason": "fraudulent",
    },
    CreateShipment: {
        "orderId": "ord_1",
        "shippingAddress": _HOME,
        "items": [_LINE],
        "shippingMethod": "standard",
        "warehouseId": _WAREHOUSE,
    },
    UpdateShipmentStatus: {"status": "in_transit"},
    CancelShipment: {"reason": "the customer asked"},
    CreateReturnLabel: {"reason": "wrong_item", "items": [_LINE]},
    SubscribeUser: {"planId": "plan_monthly_pro", "paymentMethodId": "tok_visa"},
    CancelSubscription: {"reason": "too_expensive"},
    PauseSubscription: {},
    ResumeSubscription: {},
    ChangePlan: {"newPlanId": "plan_monthly_basic", "effective": "period_end"},
    UpdatePaymentMethod: {"paymentMethod": _CARD},
    RespondToOffer: {"accepted": True},
    CheckFraud: {
        "paymentId": "pay_ord_1",
        "amount": 19.99,
        "currency": "USD",
        "customerId": "cus_1",
    },
    OverrideFraudDecision: {"decision": "APPROVED", "rationale": "known for years"},
    ClearSuspension: {"customerId": "cus_1", "rationale": "the bank erred"},
}
"""A body of each command; path, token and server say the rest."""

QUOTE: Final = {
    "destination": _HOME,
    "packages": [{"packageId": "1", "weightKg": 1.5}],
    "orderTotal": {"amount": 19.99, "currency": "USD"},
}
"""A `QuoteShipping`."""

SCAN: Final = {
    "shipmentId": "shp_ord_1",
    "trackingNumber": "1Z0001",
    "status": "in_transit",
    "location": {"city": "Chicago", "country": "US"},
    "updatedAt": "2026-01-31T12:00:00Z",
}
"""What a carrier's webhook tells."""
