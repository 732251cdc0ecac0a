"""What an amendment brought and nobody paid, though it is on its way: people are told (G-8)."""

from typing import Final

from events.alerts import AlertRaised
from streams import alarms
from streams.orders.rows import Order

RULE: Final = "unpaid_amendment"
REASON: Final = "AMENDMENT_UNPAID"
"""What the order's history says of it."""


def alarm(order: Order, at_ms: int) -> AlertRaised:
    """Say what the lines cost that nobody paid."""
    price_minor = sum([order.lines[number - 1].total_minor for number in order.unpaid])
    named = (order.order_id, *map(str, order.unpaid))
    return alarms.alarm(RULE, named, order.order_id, price_minor / 100, order.currency, at_ms)
