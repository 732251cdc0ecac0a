"""One entry to every rule: what a message or a timer means for an order."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from events.base import Message
from events.fraud import FraudCheckCompleted, FraudDetected
from events.inventory import InventoryAdjusted, OutOfStock
from events.orders import CancelOrder
from events.payments import PaymentFailed, PaymentProcessed
from events.refunds import RefundIssued
from events.returns import ReturnReceived
from events.shipping import (
    DeliveryFailed,
    ShipmentBookingFailed,
    ShipmentCancelled,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
)
from streams.orders import cancelling, fraud, payment, shipping, stock
from streams.orders.facts import Fact
from streams.orders.rows import BEFORE_DISPATCH, Order
from streams.orders.rules import OrderRules

Rule = Callable[[Order, Any, int, OrderRules], tuple[Fact, ...]]

_order_id: Final = attrgetter("order_id")

_RULES: Final[dict[type[Message], Rule]] = {
    CancelOrder: cancelling.cancel,
    InventoryAdjusted: stock.adjusted,
    OutOfStock: stock.out_of_stock,
    PaymentProcessed: payment.processed,
    PaymentFailed: payment.failed,
    FraudDetected: fraud.detected,
    FraudCheckCompleted: fraud.checked,
    RefundIssued: payment.refunded,
    ShipmentCreated: shipping.created,
    ShipmentDispatched: shipping.dispatched,
    ShipmentDelivered: shipping.delivered,
    DeliveryFailed: shipping.attempt_failed,
    ReturnReceived: shipping.returned,
    ShipmentCancelled: shipping.shipment_cancelled,
    ShipmentBookingFailed: shipping.booking_failed,
}


def decide(order: Order, message: Message, at_ms: int, rules: OrderRules) -> tuple[Fact, ...]:
    """Say what a message means for an order that has been placed; for PlaceOrder see `place`.

    No facts: it is a repeat, or nothing that this order minds.
    """
    return _RULES[type(message)](order, message, at_ms, rules)


def backorder_over(order: Order, due_ms: int, now_ms: int, rules: OrderRules) -> tuple[Fact, ...]:
    """Cancel an order whose stock did not come in time (G-11)."""
    if order.backorder_due_ms != due_ms or order.status not in BEFORE_DISPATCH:
        return ()
    return cancelling.ended_by_shop(now_ms, "OUT_OF_STOCK", rules)


def review_over(order: Order, due_ms: int, now_ms: int, rules: OrderRules) -> tuple[Fact, ...]:
    """Cancel an order that nobody reviewed in time (G-24)."""
    if order.review_due_ms != due_ms or order.status not in BEFORE_DISPATCH:
        return ()
    return cancelling.ended_by_shop(now_ms, "FRAUD_DETECTED", rules)


def order_id_of(message: Message) -> str:
    """Name the order a message is about."""
    if isinstance(message, OutOfStock):
        return message.triggered_by_order_id or ""
    return str(_order_id(message))
