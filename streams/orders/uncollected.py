"""What an amendment brought and nobody paid, though it is on its way: people are told (G-8)."""

from collections.abc import Iterator
from typing import Final

from events.alerts import AlertRaised
from streams import alarms
from streams.orders.facts import Noted
from streams.orders.rows import Order

RULE: Final = "unpaid_amendment"
REASON: Final = "AMENDMENT_UNPAID"
"""What the order's history says of it."""


def told(order: Order, fact: Noted) -> Iterator[AlertRaised]:
    """Say what the lines cost that nobody paid."""
    if fact.reason != REASON:
        return
    price_minor = sum([order.lines[number - 1].total_minor for number in order.unpaid])
    named = (order.order_id, *map(str, order.unpaid))
    major = price_minor / 100
    yield alarms.alarm(RULE, named, order.order_id, major, order.currency, fact.at_ms)
