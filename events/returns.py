"""Returned goods, keyed by the shipmentId they came with."""

from events.base import Command, Event, Upcast
from events.moments import Moment
from events.scalars import Id, Many, Text
from events.shipping_parts import (
    DropOff,
    ExpectedItem,
    RefundEstimate,
    ReturnedItem,
    ReturnLabel,
)
from events.types import Customer, ShippedItem
from events.vocabulary import Resolution, ReturnMethod, ReturnReason


class CreateReturnLabel(Command):
    """Asks for a return label, valid 14 days (G-32)."""

    topic = "shipping.{env}.commands"
    key_field = "shipment_id"
    source = "orders-service"

    shipment_id: Id
    order_id: Id | None = None
    reason: Text | None = None
    reason_details: Text | None = None  # the customer's own words, for ReturnInitiated
    items: Many[ShippedItem] | None = None
    return_method: ReturnMethod | None = None
    reshipping: bool | None = None
    granted: bool | None = None  # Orders was asked in time: Shipping does not judge that again


class ConfirmReturnReceived(Command):
    """The warehouse inspected returned goods."""

    topic = "shipping.{env}.commands"
    key_field = "shipment_id"
    source = "api-gateway"

    return_id: Id
    shipment_id: Id
    warehouse_id: Id
    items: Many[ReturnedItem]


class ReturnInitiated(Event):
    """A return label was issued. `reshipping` means an exchange."""

    upcast = Upcast(timestamp_from="initiatedAt")
    topic = "shipping.{env}.events"
    key_field = "shipment_id"
    source = "shipping-service"

    return_id: Id
    shipment_id: Id
    order_id: Id
    initiated_at: Moment | None = None
    reason: ReturnReason
    reason_details: Text | None = None
    items: Many[ShippedItem]
    expected_items: Many[ExpectedItem] | None = None  # what should have been sent (wrong_item)
    customer: Customer
    return_method: ReturnMethod
    drop_off_locations: Many[DropOff] | None = None
    return_label: ReturnLabel
    refund_estimate: RefundEstimate
    reshipping: bool = False


class ReturnReceived(Event):
    """Returned goods arrived and were inspected."""

    upcast = Upcast(timestamp_from="receivedAt")
    topic = "shipping.{env}.events"
    key_field = "shipment_id"
    source = "shipping-service"

    return_id: Id
    shipment_id: Id
    order_id: Id
    warehouse_id: Id
    items: Many[ReturnedItem]
    resolution: Resolution
    received_at: Moment
