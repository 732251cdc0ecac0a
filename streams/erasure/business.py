"""What of a customer is still open, and so keeps what it needs; and where its payments lie."""

from collections.abc import Iterator
from typing import Final

from streams.billing.rows import Invoice
from streams.orders.rows import Order
from streams.orders.rows import Status as OrderStatus
from streams.subscriptions.rows import ENDED, Subscriber

_DONE: Final = frozenset(
    {
        OrderStatus.REJECTED,
        OrderStatus.CANCELLED,
        OrderStatus.DELIVERED,
        OrderStatus.RETURNED,
        OrderStatus.REFUNDED,
    }
)
"""Nothing is to be sent to the customer any more."""


def is_open(order: Order) -> bool:
    """Whether an order still needs its address."""
    return order.status not in _DONE


def open_subscriptions(subscriber: Subscriber) -> int:
    """How many of a customer's subscriptions still need their way to pay."""
    return sum(one.status not in ENDED for one in subscriber.subscriptions)


def payments_of(invoice: Invoice) -> Iterator[str]:
    """Name every charge of an invoice; where a key was too long to be readable, the newest."""
    if not invoice.charge_key:
        return
    yield invoice.payment_id
    stem = invoice.payment_id.removesuffix(f"_{invoice.attempt}")
    if stem != invoice.payment_id:
        yield stem
        yield from (f"{stem}_{attempt}" for attempt in range(2, invoice.attempt))
