"""Shipments, keyed by shipmentId."""

from typing import Any, Final, Literal

from events.base import Command, Event, Query, Upcast, names
from events.moments import Moment
from events.scalars import Count, Id, Many, Text
from events.shipping_parts import (
    Customs,
    DeliveryLocation,
    Package,
    ProofOfDelivery,
    Recipient,
    RouteSegment,
    TransitPoint,
    WarehouseRef,
)
from events.types import Address, Customer, Money, Place, ShippedItem
from events.vocabulary import (
    Carrier,
    CarrierScan,
    DeliveryFailureCode,
    DeliveryType,
    RouteChangeReason,
    ShippingMethod,
    TransitType,
)

_REASON_WORDS: Final = (
    ("address", "ADDRESS_NOT_FOUND"),
    ("unavailable", "CUSTOMER_UNAVAILABLE"),
    ("damaged", "DAMAGED_IN_TRANSIT"),
)


def _reason_code(event: dict[str, Any]) -> str:
    """Read the code out of the free text of the first catalog version, which has no code."""
    text = str(event.get("failureReason", "")).lower()
    return next((code for word, code in _REASON_WORDS if word in text), "OTHER")


class ShipmentCommand(Command):
    """A request to Shipping."""

    topic = "shipping.{env}.commands"
    key_field = "shipment_id"
    source = "api-gateway"


class ShipmentEvent(Event):
    """A fact about one shipment."""

    topic = "shipping.{env}.events"
    key_field = "shipment_id"
    source = "shipping-service"


class CreateShipment(ShipmentCommand):
    """Asks for a carrier to be booked for a paid order."""

    model_config = names(shipping_address=("shippingAddress", "address"))
    key_field = "order_id"
    source = "orders-service"

    shipment_id: Id | None = None  # server generates shp_<ulid> when absent
    order_id: Id
    shipping_address: Address
    items: Many[ShippedItem]
    shipping_method: ShippingMethod
    warehouse_id: Id | None = None
    customer: Customer | None = None


class UpdateShipmentStatus(ShipmentCommand):
    """A carrier's scan, by webhook or polling (G-30)."""

    shipment_id: Id
    status: CarrierScan
    updated_at: Moment | None = None
    location: Place | None = None
    reason_code: Text | None = None
    proof_of_delivery: ProofOfDelivery | None = None
    carrier: Carrier | None = None  # an extension: who says so
    tracking_number: Id | None = None  # an extension: of which parcel


class CancelShipment(ShipmentCommand):
    """Asks to stop a shipment; legal only before dispatch."""

    shipment_id: Id
    reason: Text | None = None


class QuoteShipping(Query):
    """What shipping would cost (G-26). Answered by `POST /v1/shipping/quotes`."""

    source = "shipping-service"

    destination: Address
    packages: Many[Package]
    shipping_method: ShippingMethod | None = None
    order_total: Money | None = None


class ShipmentCreated(ShipmentEvent):
    """A carrier is booked."""

    model_config = names(shipping_address=("shippingAddress", "address"))
    upcast = Upcast(timestamp_from="createdAt")

    shipment_id: Id
    order_id: Id
    status: Literal["created"] | None = None
    customer: Customer | None = None
    shipping_address: Address
    shipping_method: ShippingMethod
    carrier: Carrier
    tracking_number: Id | None = None
    packages: Many[Package]
    estimated_delivery: Moment
    shipping_cost: Money
    created_at: Moment | None = None


class ShipmentDispatched(ShipmentEvent):
    """A parcel left the warehouse: Inventory lowers on-hand, Orders says shipped."""

    upcast = Upcast(timestamp_from="dispatchedAt")

    shipment_id: Id
    order_id: Id
    carrier: Carrier
    tracking_number: Id
    shipping_method: ShippingMethod
    estimated_delivery: Moment
    priority: bool | None = None
    warehouse: WarehouseRef | None = None
    destination: Place
    packages: Many[Package] | None = None
    dispatched_at: Moment | None = None


class ShipmentInTransit(ShipmentEvent):
    """A parcel was scanned on its way."""

    shipment_id: Id
    order_id: Id
    carrier: Carrier
    tracking_number: Id
    transit_type: TransitType
    current_location: Place
    origin: Place | None = None
    destination: Place
    status: Literal["in_transit"]
    estimated_delivery: Moment
    customs: Customs | None = None
    transit_history: Many[TransitPoint]


class ShipmentDelivered(ShipmentEvent):
    """A parcel arrived."""

    upcast = Upcast(timestamp_from="deliveredAt")

    shipment_id: Id
    order_id: Id
    delivered_at: Moment
    carrier: Carrier
    tracking_number: Id
    delivery_type: DeliveryType
    signature_required: bool
    delivery_location: DeliveryLocation | None = None
    proof_of_delivery: ProofOfDelivery
    recipient: Recipient
    estimated_delivery: Moment | None = None  # an extension: when it was promised


class DeliveryFailed(ShipmentEvent):
    """An attempt to deliver failed; at most three are made (ADR-012, K13)."""

    upcast = Upcast(derive={"reasonCode": _reason_code})

    shipment_id: Id
    order_id: Id
    failure_reason: Text
    reason_code: DeliveryFailureCode
    attempt_number: Count | None = None
    max_attempts: Count | None = None
    retriable: bool | None = None
    next_attempt_at: Moment | None = None


class ShipmentRouteUpdated(ShipmentEvent):
    """A parcel's way changed. A route version at or below the last one seen is stale."""

    upcast = Upcast(timestamp_from="occurredAt")

    shipment_id: Id
    order_id: Id
    route_version: Count
    reason: RouteChangeReason
    segments: Many[RouteSegment] | None = None
    previous_eta: Moment
    updated_eta: Moment
    customer_notification_required: bool  # |updatedEta-previousEta| > 24 h
    occurred_at: Moment


ORDER_AMENDED: Final = "ORDER_AMENDED"
"""Why a shipment is cancelled for which others are made: nothing of the order is gone."""


class ShipmentCancelled(ShipmentEvent):
    """A shipment ended before dispatch."""

    upcast = Upcast(timestamp_from="cancelledAt")

    shipment_id: Id
    order_id: Id
    reason: Text | None = None
    cancelled_at: Moment
    items: Many[ShippedItem] | None = None  # extension: what was in it
    warehouse_id: Id | None = None  # extension: where that lies; absent = nobody has said


class ShipmentBookingFailed(ShipmentEvent):
    """No carrier could be booked (G-28); a person takes over."""

    shipment_id: Id
    order_id: Id
    attempts: Count
    carriers_tried: Many[Text]
    manual_fulfillment: bool
