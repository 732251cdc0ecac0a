"""Stock holds: Inventory's internal commands, one an order line, keyed by productId."""

from datetime import date

from events.base import Command
from events.moments import Moment
from events.scalars import Count, Id, Quantity, Text
from events.types import Address
from events.vocabulary import ReleaseReason


class HoldCommand(Command):
    """A request to hold, keep or let go of stock."""

    topic = "inventory.{env}.commands"
    key_field = "product_id"
    source = "inventory-service"


class ReserveStock(HoldCommand):
    """Asks to hold stock for one line of an order, re-keyed from the order to the product.

    Answered by InventoryAdjusted or OutOfStock. `expiresAt` is 15 minutes ahead (K2).
    """

    reservation_id: Id
    order_id: Id
    product_id: Id
    quantity: Quantity
    destination: Address | None = None
    expires_at: Moment
    payment_id: Id | None = None  # extension: echoed in the answer, which Payment waits for
    lines_total: Count | None = None  # extension: how many lines the order has
    warehouse_id: Id | None = None  # extension: hold here and nowhere else
    backorder: bool | None = None  # extension: wait for a restock when short
    takes_over: Id | None = None  # extension: the reservation whose hold this one goes on with
    sales_channel: Text | None = None  # extension: where it was sold; warehouses may prefer it
    promised_date: date | None = None  # extension: by when the customer was told to have it


class ReleaseStock(HoldCommand):
    """Undoes a hold: the compensation of ReserveStock (ADR-004).

    `keep` says how many units stay held. It is a level, not a change, so a repeat frees nothing.
    """

    reservation_id: Id
    order_id: Id
    product_id: Id
    quantity: Quantity
    reason: ReleaseReason
    keep: Quantity | None = None  # extension: free only what is above it; absent = free all
    warehouse_id: Id | None = None  # extension: free only so many units as are held there
    shipment_id: Id | None = None  # extension: the parcel that will not be sent; each frees once


class CommitStock(HoldCommand):
    """Makes a hold permanent because its payment was captured (K11); its timer stops.

    An extension.
    """

    reservation_id: Id
    order_id: Id
    payment_id: Id | None = None
    product_id: Id
    quantity: Quantity


class ExtendHold(HoldCommand):
    """Moves a hold's expiry while a payment is retried (K2). An extension.

    Never past 30 minutes from the hold's creation.
    """

    reservation_id: Id
    order_id: Id
    product_id: Id
    expires_at: Moment


class ShipStock(HoldCommand):
    """Tells that a committed hold's units left the warehouse (K11): on-hand and reserved drop.

    An extension. As many units have left as it says, of what the reservation holds in that
    warehouse, or, without one, in any; a parcel leaves once. Where a named parcel has more than
    that warehouse holds, its own units have left, and as many that others hold are free.
    """

    reservation_id: Id
    order_id: Id
    shipment_id: Id | None = None
    product_id: Id
    quantity: Quantity
    warehouse_id: Id | None = None
