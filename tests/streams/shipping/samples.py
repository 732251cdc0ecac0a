"""Orders, shipments and messages for tests: every builder takes what a test is about."""

from typing import Any

from events.base import Message
from events.carriers import CarrierBooked, CarrierBookingFailed
from events.fraud import FraudCheckCompleted, FraudDetected
from events.inventory import InventoryAdjusted
from events.order_parts import AddressChange
from events.orders import OrderAmended, OrderCancelled, OrderConfirmed
from events.payments import PaymentComplete
from events.refunds import ChargebackClosed, ChargebackOpened
from events.returns import ConfirmReturnReceived, CreateReturnLabel
from events.shipping import CancelShipment, UpdateShipmentStatus
from events.shipping_parts import ReturnedItem
from events.types import Address, OrderItem, PaymentMethod, ShippedItem
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS, moment_of
from streams.shipping import fulfilment
from streams.shipping.asking import shipments_asked
from streams.shipping.booking import key_of
from streams.shipping.deciding import decide
from streams.shipping.evolution import fold
from streams.shipping.opening import begun
from streams.shipping.rows import Fulfilment, Shipment
from streams.shipping.rules import ShippingRules

__all__ = ["DAY_MS", "HOUR_MS", "MINUTE_MS"]

RULES = ShippingRules()
AT_MS = 1_773_140_400_000
"""A Tuesday: 2026-03-10T11:00:00Z."""


def address(**given: object) -> Address:
    fields = {"line1": "1 Main St", "city": "Boston", "state": "MA", "country": "US"}
    return Address(**(fields | {"postal_code": "02101"} | given))


def confirmed(**given: object) -> OrderConfirmed:
    """Two units of p1 and one of p2, 134.97 USD."""
    fields: dict[str, Any] = {
        "order_id": "ord_1",
        "user_id": "usr_1",
        "order_items": (
            OrderItem(product_id="p1", sku="SKU1", quantity=2, unit_price_minor=3499),
            OrderItem(product_id="p2", sku="SKU2", quantity=1, unit_price_minor=6499),
        ),
        "order_total_minor": 13497,
        "currency": "USD",
        "shipping_address": address(),
        "shipping_method": "standard",
        "order_status": "confirmed",
    }
    return OrderConfirmed(**(fields | given))


def held(line: int = 1, warehouse: str = "wh_a", units: int = 1, **given: object) -> Message:
    fields: dict[str, Any] = {
        "adjustment_id": f"adj_{line}_{warehouse}",
        "product_id": f"p{line}",
        "warehouse_id": warehouse,
        "adjustment_type": "decrease",
        "previous_quantity": 100,
        "adjusted_quantity": -units,
        "new_quantity": 100 - units,
        "reason": "order_reserved",
        "order_id": "ord_1",
        "reservation_id": f"ord_1:{line}",
        "reservation_status": "CONFIRMED",
    }
    return InventoryAdjusted(**(fields | given))


def let_go(line: int = 1, warehouse: str = "wh_a") -> Message:
    return held(
        line,
        warehouse,
        adjusted_quantity=1,
        reason="reservation_expired",
        reservation_status="EXPIRED",
    )


def complete() -> PaymentComplete:
    return PaymentComplete(
        payment_id="pay_ord_1",
        order_id="ord_1",
        customer_id="usr_1",
        amount_minor=13497,
        currency="USD",
        payment_method=PaymentMethod(type="credit_card"),
        status="completed",
        transaction_id="ch_1",
        processing_fee_minor=421,
        net_amount_minor=13076,
        completed_at=moment_of(AT_MS),
    )


def cancelled() -> OrderCancelled:
    return OrderCancelled(
        order_id="ord_1",
        user_id="usr_1",
        cancellation_reason="CUSTOMER_REQUEST",
        order_items=(),
        order_total_minor=13497,
        currency="USD",
        order_status="cancelled",
    )


def moved_to(**given: object) -> OrderAmended:
    return OrderAmended(
        order_id="ord_1",
        user_id="usr_1",
        amendment_type="ADDRESS_CHANGE",
        amendments=(),
        shipping_address=AddressChange(previous=address(), updated=address(**given)),
        new_order_total_minor=13497,
        currency="USD",
        order_status="processing",
    )


def fraud(severity: str = "high") -> FraudDetected:
    return FraudDetected(
        payment_id="pay_ord_1", order_id="ord_1", fraud_type="stolen_card", severity=severity
    )


def verdict(
    decision: str = "APPROVED", *reasons: str, payment_id: str = "pay_ord_1"
) -> FraudCheckCompleted:
    return FraudCheckCompleted(
        transaction_id="txn_1",
        payment_id=payment_id,
        order_id="ord_1",
        risk_score=60,
        decision=decision,
        reasons=reasons,
        confidence=0.9,
    )


def dispute(claim: str = "cb_1") -> ChargebackOpened:
    return ChargebackOpened(
        chargeback_id=claim,
        payment_id="pay_ord_1",
        order_id="ord_1",
        amount_minor=13497,
        currency="USD",
        reason="fraudulent",
        evidence_due_by=moment_of(AT_MS + 7 * DAY_MS),
    )


def closed(outcome: str, claim: str = "cb_1") -> ChargebackClosed:
    return ChargebackClosed(
        chargeback_id=claim,
        payment_id="pay_ord_1",
        order_id="ord_1",
        outcome=outcome,
        amount_minor=13497,
        currency="USD",
    )


def scan(status: str, at_ms: int | None = None, **given: object) -> UpdateShipmentStatus:
    fields: dict[str, Any] = {
        "shipment_id": "shp_ord_1",
        "status": status,
        "updated_at": None if at_ms is None else moment_of(at_ms),
    }
    return UpdateShipmentStatus(**(fields | given))


def failure(code: str = "CUSTOMER_UNAVAILABLE", at_ms: int | None = None) -> UpdateShipmentStatus:
    return scan("delivery_failed", at_ms, reason_code=code)


def cancel(reason: str | None = None) -> CancelShipment:
    return CancelShipment(shipment_id="shp_ord_1", reason=reason)


def label(**given: object) -> CreateReturnLabel:
    fields: dict[str, Any] = {"shipment_id": "shp_ord_1", "reason": "changed_mind"}
    return CreateReturnLabel(**(fields | given))


def ware(product_id: str, quantity: int = 1) -> ShippedItem:
    return ShippedItem(item_id=product_id, product_id=product_id, quantity=quantity)


def receipt(shipment: Shipment, *items: tuple[str, int, str]) -> ConfirmReturnReceived:
    assert shipment.returning is not None
    return ConfirmReturnReceived(
        return_id=shipment.returning.return_id,
        shipment_id=shipment.shipment_id,
        warehouse_id="wh_a",
        items=tuple(
            ReturnedItem(sku=sku, quantity=units, condition=condition)
            for sku, units, condition in items
        ),
    )


def booked(shipment: Shipment, purpose: str = "outbound", **given: object) -> CarrierBooked:
    fields: dict[str, Any] = {
        "shipment_id": shipment.shipment_id,
        "order_id": shipment.order_id,
        "carrier": "USPS",
        "purpose": purpose,
        "tracking_number": "94A",
        "label_url": "https://carriers.example.com/94A.pdf",
        "idempotency_key": "k",
    }
    return CarrierBooked(**(fields | given))


def refused(shipment: Shipment, *, retryable: bool = True, **given: object) -> CarrierBookingFailed:
    assert shipment.booking is not None
    fields: dict[str, Any] = {
        "shipment_id": shipment.shipment_id,
        "order_id": shipment.order_id,
        "carrier": shipment.booking.carrier,
        "purpose": "outbound",
        "failure_code": "capacity",
        "retryable": retryable,
        "idempotency_key": key_of(shipment.shipment_id, "outbound", shipment.booking),
    }
    return CarrierBookingFailed(**(fields | given))


def told(*messages: Message, rules: ShippingRules = RULES) -> Fulfilment | None:
    """The order's fulfilment after all of these."""
    row = None
    for message in messages:
        facts = fulfilment.decide(row, message, AT_MS, rules)
        row = fulfilment.fold(row, facts) if facts else row
    return row


def pending(rules: ShippingRules = RULES, **given: object) -> Shipment:
    """The one shipment of the order, with a carrier asked."""
    before = told(confirmed(**given), held(1, units=2), held(2))
    facts = fulfilment.decide(before, complete(), AT_MS, rules)
    row = fulfilment.fold(before, facts)
    [command] = shipments_asked(row, facts)
    return fold(None, begun(row, command.shipment_id, command, AT_MS, "corr_1", rules))


def after(shipment: Shipment, *messages: Message, at_ms: int = AT_MS) -> Shipment:
    """The shipment once all of these have been told, a second apart."""
    for step, message in enumerate(messages, 1):
        shipment = fold(shipment, decide(shipment, message, at_ms + 1000 * step, RULES))
    return shipment


def created(**given: object) -> Shipment:
    row = pending(**given)
    return after(row, booked(row))


def dispatched(**given: object) -> Shipment:
    return after(created(**given), scan("shipped"))


def delivered(**given: object) -> Shipment:
    return after(dispatched(**given), scan("in_transit"), scan("delivered"))
