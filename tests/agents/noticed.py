"""What customers are written about: an order that is placed, and confirmed."""

from typing import Any

from events.orders import OrderConfirmed, PlaceOrder
from events.types import (
    Address,
    Customer,
    OrderItem,
    OrderPayment,
)

ADDRESS = Address(line1="1 Main St", city="New York", state="NY", country="US")
ITEM = OrderItem(product_id="prd_1", product_name="Lamp", quantity=2, unit_price_minor=1_500)


def place(order_id: str = "ord_1", **told: Any) -> PlaceOrder:
    return PlaceOrder(
        **{
            "order_id": order_id,
            "user_id": "cus_1",
            "customer": Customer(customer_id="cus_1", email="ann@example.com"),
            "order_items": (ITEM,),
            "shipping_address": ADDRESS,
            "payment": OrderPayment(method="credit_card", amount_minor=3_000, token="tok_ok"),
            "currency": "USD",
            **told,
        }
    )


def confirmed(order_id: str = "ord_1", **told: Any) -> OrderConfirmed:
    return OrderConfirmed(
        **{
            "order_id": order_id,
            "user_id": "cus_1",
            "order_items": (ITEM,),
            "order_total_minor": 3_000,
            "currency": "USD",
            "shipping_address": ADDRESS,
            "shipping_method": "standard",
            "order_status": "confirmed",
            **told,
        }
    )
