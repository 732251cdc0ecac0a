"""Orders as allocation hears of them."""

from events.orders import OrderCancelled, OrderConfirmed
from events.types import OrderPayment
from tests.streams.orders.samples import (
    address,
    item,
)


def confirmed(**given: object) -> OrderConfirmed:
    fields = {
        "order_id": "ord_1",
        "user_id": "usr_1",
        "order_items": (item(), item("p2", 1, 6499)),
        "order_total_minor": 13497,
        "currency": "USD",
        "shipping_address": address(),
        "shipping_method": "standard",
        "payment": OrderPayment(payment_id="pay_ord_1", method="credit_card"),
        "order_status": "confirmed",
    }
    return OrderConfirmed(**(fields | given))


def cancelled(reason: str = "CUSTOMER_REQUEST") -> OrderCancelled:
    return OrderCancelled(
        order_id="ord_1",
        user_id="usr_1",
        cancellation_reason=reason,
        order_items=(item(),),
        order_total_minor=13497,
        currency="USD",
        order_status="cancelled",
    )
