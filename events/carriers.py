"""The carrier boundary, keyed by shipmentId: what carriers are asked, and their answers.

All are extensions: the contract names the carriers, not how they are called.
"""

from typing import Final, Literal

from events.base import Command, Event, Part
from events.moments import Moment
from events.money import Minor
from events.scalars import Count, Currency, Id, Many, Text, Url
from events.shipping_parts import Package
from events.types import Address
from events.vocabulary import Carrier, ShippingMethod

WEBHOOK: Final = "carrier-webhook"
"""The source of what a carrier told by itself."""

Purpose = Literal["outbound", "return"]
"""A parcel to the customer, or the label for its way back."""


class CarrierCommand(Command):
    """A request to a carrier; harmless when repeated with the same idempotency key."""

    topic = "shipping.{env}.commands"
    key_field = "shipment_id"
    source = "shipping-service"


class CarrierEvent(Event):
    """A carrier's answer."""

    topic = "shipping.{env}.events"
    key_field = "shipment_id"
    source = "carrier-gateway-service"


class BookCarrier(CarrierCommand):
    """Asks a carrier for a label. An extension."""

    shipment_id: Id
    order_id: Id
    carrier: Carrier
    purpose: Purpose
    attempt: Count
    shipping_method: ShippingMethod
    address: Address
    packages: Many[Package]
    idempotency_key: Id


class VoidLabel(CarrierCommand):
    """Asks a carrier to forget a parcel that will not come. An extension."""

    shipment_id: Id
    order_id: Id
    carrier: Carrier
    tracking_number: Id
    idempotency_key: Id


class KnownScan(Part):
    """A scan that need not be told again."""

    status: Text
    at: Moment


class TrackParcel(CarrierCommand):
    """Asks a carrier where a parcel is, should its webhook not tell (G-30). An extension.

    What it says beyond the scans that are known arrives as UpdateShipmentStatus, once a scan.
    """

    shipment_id: Id
    order_id: Id
    carrier: Carrier
    tracking_number: Id
    booked_at: Moment
    address: Address
    known: Many[KnownScan] = ()


class FileClaim(CarrierCommand):
    """Asks a carrier to pay for a parcel that it lost (G-30). An extension."""

    shipment_id: Id
    order_id: Id
    carrier: Carrier
    tracking_number: Id
    amount_minor: Minor
    currency: Currency
    idempotency_key: Id


class ClaimSettled(CarrierEvent):
    """A carrier pays for a parcel that it lost, or will not. An extension."""

    shipment_id: Id
    order_id: Id
    carrier: Carrier
    tracking_number: Id
    accepted: bool
    amount_minor: Minor
    currency: Currency


class CarrierBooked(CarrierEvent):
    """The carrier takes the parcel. An extension."""

    shipment_id: Id
    order_id: Id
    carrier: Carrier
    purpose: Purpose
    tracking_number: Id
    label_url: Url
    idempotency_key: Id


class CarrierBookingFailed(CarrierEvent):
    """The carrier does not take the parcel, or gave no answer. An extension."""

    shipment_id: Id
    order_id: Id
    carrier: Carrier
    purpose: Purpose
    failure_code: Text
    retryable: bool
    idempotency_key: Id
