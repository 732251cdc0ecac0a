"""Commands that follow: to Shipping itself, once an order is paid, and to carriers."""

from collections.abc import Iterable, Iterator

from events.base import Message
from events.carriers import BookCarrier, FileClaim, KnownScan, Purpose, TrackParcel, VoidLabel
from events.ids import derived_id
from events.shipping import CreateShipment
from events.types import Customer
from streams.addresses import wire_address
from streams.moments import moment_of
from streams.shipping.booking import key_of
from streams.shipping.fulfilment_facts import FulfilmentFact, Planned
from streams.shipping.rows import Booking, Claim, Fulfilment, Shipment
from streams.shipping.wares import packages_of, wares_of


def shipments_asked(row: Fulfilment, facts: Iterable[FulfilmentFact]) -> Iterator[Message]:
    """Ask for a shipment a parcel, once the order is split into parcels."""
    for fact in facts:
        if not isinstance(fact, Planned):
            continue
        assert row.destination is not None, "an order with lines has an address"
        for parcel in fact.parcels:
            yield CreateShipment(
                shipment_id=parcel.shipment_id,
                order_id=row.order_id,
                shipping_address=wire_address(row.destination),
                items=wares_of(parcel.items),
                shipping_method=row.method,
                warehouse_id=parcel.warehouse_id or None,
                customer=Customer(customer_id=row.user_id),
            )


def booking_asked(shipment: Shipment, purpose: Purpose, booking: Booking) -> BookCarrier:
    """Ask a carrier for a label."""
    return BookCarrier(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        carrier=booking.carrier,
        purpose=purpose,
        attempt=booking.tries,
        shipping_method=shipment.method,
        address=wire_address(shipment.destination),
        packages=packages_of(shipment.packages),
        idempotency_key=key_of(shipment.shipment_id, purpose, booking),
    )


def label_voided(shipment: Shipment, carrier: str, tracking_number: str) -> VoidLabel:
    """Ask a carrier to forget a parcel."""
    return VoidLabel(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        carrier=carrier,
        tracking_number=tracking_number,
        idempotency_key=derived_id(shipment.shipment_id, "void", tracking_number),
    )


def claimed(shipment: Shipment, claim: Claim) -> FileClaim:
    """Ask a carrier to pay for a parcel."""
    return FileClaim(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        amount_minor=claim.amount_minor,
        currency=shipment.currency,
        idempotency_key=derived_id(shipment.shipment_id, "claim", shipment.tracking_number),
    )


def parcel_tracked(shipment: Shipment) -> TrackParcel:
    """Ask a carrier where a parcel is, as often as it takes: so it is made of what was checked."""
    return TrackParcel.made(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        booked_at=moment_of(shipment.booked_at_ms),
        address=wire_address(shipment.destination),
        known=tuple(
            [
                KnownScan.made(status=scan.status, at=moment_of(scan.at_ms))
                for scan in shipment.scans
            ]
        ),
    )
