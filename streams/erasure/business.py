"""What of a customer stays: what open business needs, what they stopped; where payments lie."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from streams.billing.rows import Invoice
from streams.notifications.rows import Notification, Preferences
from streams.notifications.rows import Status as NotificationStatus
from streams.orders.exchanging import is_open as is_exchanging
from streams.orders.rows import Order
from streams.orders.rows import Status as OrderStatus
from streams.payments.states import Payment, seen_status
from streams.shipping.rows import BEFORE_DISPATCH as UNSENT
from streams.shipping.rows import UNDER_WAY, Fulfilment, Shipment
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
_UNTOLD: Final = frozenset({NotificationStatus.QUEUED, NotificationStatus.SENDING})


def is_open(order: Order) -> bool:
    """Whether an order still needs its address: for itself, or for what replaces its goods."""
    return order.status not in _DONE or any(map(is_exchanging, order.returns))


def is_later(order: Order | None, placed_at_ms: int, asked_at_ms: int) -> bool:
    """Whether an order began after its customer asked.

    What replaces goods began with them, and what a subscription brings with the subscription: the
    erasure waits for its end, and then takes all of it.
    """
    began_before = order is not None and (order.exchange or order.subscription_id)
    return placed_at_ms > asked_at_ms and not began_before


def is_awaited(
    fulfilment: Fulfilment, shipments: Iterable[Shipment], payment: Payment | None
) -> bool:
    """Whether goods of another system's order are still to come; nobody tells us of its end."""
    if any(one.status in UNSENT | UNDER_WAY for one in shipments):
        return True
    ended = payment is not None and seen_status(payment.status, final=payment.final) == "failed"
    return not (fulfilment.shipments or fulfilment.stopped or ended)


def is_unpaid(payment: Payment) -> bool:
    """Whether a payment may yet be charged, and needs its way to pay."""
    return seen_status(payment.status, final=payment.final) == "pending"


def is_untold(notification: Notification) -> bool:
    """Whether a message still has to be written, so that its words must stay."""
    return notification.status in _UNTOLD


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


def remains(row: Any) -> Preferences | None:
    """What is left of a row that is worth nothing without its person; None: it goes whole.

    What somebody stopped stays: while an order of theirs goes on nobody may write to them again.
    """
    if isinstance(row, Preferences) and row.opted_out:
        return Preferences(row.user_id, row.opted_out)
    return None
