"""Orders and messages for tests: every builder takes what a test is about."""

from typing import Any

from events.base import Message
from events.fraud import FraudCheckCompleted, FraudDetected
from events.inventory import InventoryAdjusted, OutOfStock
from events.order_parts import Amendment
from events.orders import AmendOrder, CancelOrder, PlaceOrder
from events.payments import PaymentFailed, PaymentProcessed
from events.refunds import RefundIssued
from events.types import Address, OrderItem, OrderPayment
from streams.orders.deciding import decide
from streams.orders.evolution import fold
from streams.orders.placing import place
from streams.orders.rows import Order
from streams.orders.rules import OrderRules

RULES = OrderRules()
AT_MS = 1_763_288_129_553
"""A Sunday: 2025-11-16T10:15:29.553Z."""
TOKENISED = "tok_1"


def address(**given: object) -> Address:
    fields = {"line1": "1 Main St", "city": "Washington", "state": "DC", "country": "US"}
    return Address(**(fields | given))


def item(product_id: str = "p1", quantity: int = 2, unit_price_minor: int = 3499) -> OrderItem:
    return OrderItem(product_id=product_id, quantity=quantity, unit_price_minor=unit_price_minor)


def place_order(**given: object) -> PlaceOrder:
    """Two lines, 134.97 USD."""
    fields: dict[str, Any] = {
        "order_id": "ord_1",
        "user_id": "usr_1",
        "order_items": (item(), item("p2", 1, 6499)),
        "shipping_address": address(),
        "payment": OrderPayment(method="credit_card", token=TOKENISED, card_last_four="1881"),
    }
    return PlaceOrder(**(fields | given))


def placed(**given: object) -> Order:
    return fold(None, place(place_order(**given), AT_MS, RULES, "corr_1"))


def after(order: Order, *messages: Message, at_ms: int = AT_MS) -> Order:
    """The order once all of these have been told, a second apart."""
    for step, message in enumerate(messages, 1):
        facts = decide(order, message, at_ms + 1000 * step, RULES)
        if facts:
            order = fold(order, facts)
    return order


def reasons(order: Order) -> list[str]:
    """What the order's history tells, step by step."""
    return [step.reason for step in order.history]


def held(line: int = 1, **given: object) -> InventoryAdjusted:
    fields: dict[str, Any] = {
        "adjustment_id": "adj_1",
        "product_id": f"p{line}",
        "warehouse_id": "wh_1",
        "adjustment_type": "decrease",
        "previous_quantity": 10,
        "adjusted_quantity": -1,
        "new_quantity": 9,
        "reason": "order_reserved",
        "order_id": "ord_1",
        "reservation_id": f"ord_1:{line}",
        "reservation_status": "CONFIRMED",
    }
    return InventoryAdjusted(**(fields | given))


def expired(line: int = 1) -> InventoryAdjusted:
    return held(line, reason="reservation_expired", reservation_status="EXPIRED")


def released(line: int = 1) -> InventoryAdjusted:
    return held(line, reason="reservation_released", reservation_status="CANCELLED")


def short(product_id: str = "p1", **given: object) -> OutOfStock:
    fields: dict[str, Any] = {
        "product_id": product_id,
        "sku": product_id,
        "warehouse_id": "ALL",
        "previous_quantity": 1,
        "current_quantity": 1,
        "triggered_by_order_id": "ord_1",
        "requested_quantity": 2,
        "backorder_allowed": True,
    }
    return OutOfStock(**(fields | given))


def paid(**given: object) -> PaymentProcessed:
    fields: dict[str, Any] = {
        "payment_id": "pay_ord_1",
        "order_id": "ord_1",
        "amount_minor": 13497,
        "currency": "USD",
        "payment_method": "credit_card",
        "status": "confirmed",
    }
    return PaymentProcessed(**(fields | given))


def declined(attempt: int = 3, *, retryable: bool = True, **given: object) -> PaymentFailed:
    fields: dict[str, Any] = {
        "payment_id": "pay_ord_1",
        "order_id": "ord_1",
        "amount_minor": 13497,
        "currency": "USD",
        "failure_reason": "card_declined",
        "retryable": retryable,
        "attempt_number": attempt,
        "max_attempts": 3,
    }
    return PaymentFailed(**(fields | given))


def verdict(decision: str, payment_id: str = "pay_ord_1") -> FraudCheckCompleted:
    return FraudCheckCompleted(
        transaction_id="txn_1",
        payment_id=payment_id,
        order_id="ord_1",
        risk_score=60,
        decision=decision,
        reasons=(),
        confidence=0.9,
    )


def fraud(severity: str = "high") -> FraudDetected:
    return FraudDetected(
        payment_id="pay_ord_1", order_id="ord_1", fraud_type="stolen_card", severity=severity
    )


def refund(
    total_minor: int = 13497, status: str = "refunded", payment_id: str = "pay_ord_1"
) -> RefundIssued:
    return RefundIssued(
        refund_id="ref_1",
        payment_id=payment_id,
        order_id="ord_1",
        amount_minor=total_minor,
        currency="USD",
        total_refunded_minor=total_minor,
        payment_status=status,
    )


def cancel(user_id: str = "usr_1", reason: str = "I changed my mind") -> CancelOrder:
    return CancelOrder(order_id="ord_1", user_id=user_id, cancellation_reason=reason)


def change(
    product_id: str = "p1", was: int = 2, now: int = 3, price_minor: int = 3499, **given: object
) -> Amendment:
    fields: dict[str, Any] = {
        "product_id": product_id,
        "previous_quantity": was,
        "new_quantity": now,
        "unit_price_minor": price_minor,
    }
    return Amendment(**(fields | given))


def amend(*changes: Amendment, **given: object) -> AmendOrder:
    fields: dict[str, Any] = {
        "order_id": "ord_1",
        "user_id": "usr_1",
        "amendment_type": "QUANTITY_CHANGE",
        "amendments": changes or None,
    }
    return AmendOrder(**(fields | given))


def readdress(**given: object) -> AmendOrder:
    return amend(amendment_type="ADDRESS_CHANGE", new_address=address(**given))


CONFIRMED = placed()
BACKORDERED = after(CONFIRMED, short())
ON_HOLD = after(CONFIRMED, verdict("MANUAL_REVIEW"))
PAID = after(CONFIRMED, held(1), held(2), paid())
PAID_ON_HOLD = after(PAID, fraud())
CANCELLED = after(CONFIRMED, cancel())
REJECTED = placed(currency="CHF")
