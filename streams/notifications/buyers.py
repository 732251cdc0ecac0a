"""Who is behind an order, and what they know of it."""

from typing import Any

from msgspec.structs import replace

from events.base import Message
from events.inventory import OutOfStock
from events.orders import OrderConfirmed, PlaceOrder
from events.shipping import ShipmentInTransit
from streams.notifications.rows import Buyer
from streams.reservations import line_of

SHORT_MAX = 50
"""Products of one order that its customer is told are missing."""
SCANNED_MAX = 50
"""Shipments of one order whose first scan is remembered."""


def buyer_of(command: PlaceOrder) -> Buyer:
    """Who places an order, and where they say to reach them."""
    customer = command.customer
    return Buyer(
        command.user_id,
        (customer.email or "") if customer is not None else "",
        (customer.phone or "") if customer is not None else "",
        lines=len(command.order_items),
    )


def first_seen(event: OrderConfirmed) -> Buyer:
    """Who placed an order whose command nobody here has read."""
    return Buyer(event.user_id, lines=len(event.order_items))


def order_of(event: Message) -> str | None:
    """The order an event is about, if any."""
    if isinstance(event, OutOfStock):
        return event.triggered_by_order_id
    return getattr(event, "order_id", None)


def customer_of(event: Message, buyer: Buyer | None) -> str:
    """Whom an event is about: whom it names, else who placed its order; empty: nobody knows."""
    named: Any = getattr(event, "user_id", None) or getattr(event, "customer_id", None)
    if named is None and buyer is None:
        customer = getattr(event, "customer", None)
        named = customer.customer_id if customer is not None else None
    return named or (buyer.user_id if buyer is not None else "")


def is_missed(buyer: Buyer, event: OutOfStock) -> bool:
    """Whether an order lacks something; what an amendment or a substitute would have brought, not.

    Nothing is said of a product that the customer may never have heard of.
    """
    line = line_of(event.reservation_id, event.triggered_by_order_id)
    return not buyer.lines or line <= buyer.lines


def is_new_shortage(buyer: Buyer, event: OutOfStock) -> bool:
    """Whether the customer does not know yet that the product is missing."""
    return event.product_id not in buyer.short and len(buyer.short) < SHORT_MAX


def is_watched_for(event: OutOfStock) -> bool:
    """Whether its customer waits for the product to be back: for what is there nobody is told."""
    return not event.backorder_allowed and event.current_quantity == 0


def told_short(buyer: Buyer, event: OutOfStock) -> Buyer:
    """Remember that they know."""
    return replace(buyer, short=(*buyer.short, event.product_id))


def is_first_scan(buyer: Buyer, event: ShipmentInTransit) -> bool:
    """Whether nobody was told yet that this shipment is on its way."""
    return event.shipment_id not in buyer.in_transit and len(buyer.in_transit) < SCANNED_MAX


def scanned(buyer: Buyer, event: ShipmentInTransit) -> Buyer:
    """Remember that it was told."""
    return replace(buyer, in_transit=(*buyer.in_transit, event.shipment_id))
