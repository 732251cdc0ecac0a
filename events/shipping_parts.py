"""Parts of shipments and returns."""

from events.base import Part
from events.moments import Moment
from events.money import Minor
from events.scalars import Count, Currency, Id, JsonObject, Many, Number, Quantity, Size, Text, Url
from events.types import Geo, Money, Place, ShippedItem
from events.vocabulary import Carrier, CustomsStatus, ItemCondition, ShippingMethod, TransportMode


class Dimensions(Part):
    """Length, width and height, in centimetres."""

    length_cm: Size
    width_cm: Size
    height_cm: Size


class Package(Part):
    """One parcel."""

    package_id: Id
    weight_kg: Size
    dimensions: Dimensions | None = None
    items: Many[ShippedItem] | None = None
    fragile: bool | None = None


class ShippingOffer(Part):
    """One way to send packages, and what it costs (G-26, G-27). An extension."""

    shipping_method: ShippingMethod
    carrier: Carrier | None = None  # absent: a person has to find one
    cost: Money
    customer_pays: Money
    estimated_delivery: Moment


class WarehouseRef(Part):
    """Which warehouse."""

    id: Id
    name: Text | None = None
    location: Text | None = None


class Customs(Part):
    """Where a parcel stands with customs."""

    status: CustomsStatus
    cleared_at: Moment | None = None
    declaration_number: Text | None = None


class TransitPoint(Part):
    """One scan on the way."""

    location: Text
    status: Text
    timestamp: Moment


class DeliveryLocation(Part):
    """Where a parcel was left."""

    type: Text
    notes: Text | None = None


class ProofOfDelivery(Part):
    """How we know: signature when one was required, else a photo."""

    photo_url: Url | None = None
    signed_by: Text | None = None
    signature_url: Url | None = None
    gps_coordinates: Geo | None = None


class Recipient(Part):
    """Who took the parcel."""

    name: Text
    address: Place | None = None


class ReturnLabel(Part):
    """The label a customer sends goods back with."""

    carrier: Carrier
    tracking_number: Id
    label_url: Url


class RefundEstimate(Part):
    """What a return will probably pay back."""

    amount_minor: Minor
    currency: Currency
    method: Text | None = None


class DropOff(Part):
    """Where a customer may hand goods in."""

    name: Text
    address: Text


class ExpectedItem(Part):
    """What should have been sent instead."""

    sku: Id
    name: Text | None = None
    quantity: Count


class RouteSegment(Part):
    """One leg of a parcel's way."""

    origin: JsonObject
    destination: JsonObject
    mode: TransportMode
    assigned_vehicle: JsonObject | None = None
    estimated_duration_seconds: Count | None = None
    distance_km: Number | None = None


class ReturnedItem(Part):
    """One line of a return as inspected."""

    sku: Id
    product_id: Id | None = None
    quantity: Quantity
    condition: ItemCondition
    refundable: bool | None = None
    item_id: Id | None = None  # the order's line, as the parcel named it

    @property
    def is_taken_back(self) -> bool:
        """Whether its price may go back; of an inspection that does not say so, what is whole."""
        return self.condition != "damaged" if self.refundable is None else self.refundable
