"""What is told of, what of it failed, and under which names."""

from types import MappingProxyType
from typing import Final

from topics import ALL

PUBLIC: Final = MappingProxyType({spec.name: spec for spec in ALL if not spec.internal})
"""Topics whose records are told, by the pattern of their name."""

FAILED: Final = MappingProxyType(
    {
        "CarrierBookingFailed": "the carrier gave no label",
        "ChargeOperationFailed": "the provider refused a capture, a void or a refund",
        "DeliveryFailed": "the parcel was not delivered",
        "FraudDetected": "taken for fraud",
        "NotificationFailed": "the customer was not told",
        "OrderFailed": "the order was refused",
        "OutOfStock": "out of stock",
        "PaymentFailed": "the payment failed",
        "RefundFailed": "the money did not go back",
        "ShipmentBookingFailed": "no carrier took the parcel",
        "StripeChargeFailed": "the charge was declined",
    }
)
"""Messages that say that something failed or was refused, and what."""

NAMED: Final = MappingProxyType(
    {
        "orderId": "flowmart.order_id",
        "paymentId": "flowmart.payment_id",
        "shipmentId": "flowmart.shipment_id",
        "productId": "flowmart.product_id",
        "alertId": "flowmart.alert_id",
    }
)
"""Attributes of keys that name no person."""
OF_ORDERS: Final = frozenset({"orderId", "paymentId", "shipmentId"})
"""Keys that tell the order."""
