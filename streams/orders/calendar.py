"""Days of delivery."""

from datetime import date

from streams.delivery import delivery_day
from streams.orders.rows import Order
from streams.orders.rules import OrderRules


def promised_on(order: Order, rules: OrderRules) -> date:
    """The day by which its customer was told to have an order."""
    days = rules.express_days if order.shipping_method == "express" else rules.standard_days
    return delivery_day(order.placed_at_ms, days)
