"""What follows from facts about a shipment: messages for the world and commands to carriers."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from events import shipping as wire
from events.base import Message
from events.shipping_parts import (
    DeliveryLocation,
    ProofOfDelivery,
    Recipient,
    TransitPoint,
    WarehouseRef,
)
from events.types import Customer, Geo, Money
from streams.addresses import wire_address
from streams.moments import moment_of
from streams.shipping import facts as f
from streams.shipping import return_facts as rf
from streams.shipping import return_messages as back
from streams.shipping import strayed
from streams.shipping.asking import booking_asked, claimed, label_voided, parcel_tracked
from streams.shipping.claims import alarm
from streams.shipping.deliveries import ADDRESS
from streams.shipping.places import place_of, place_of_scan
from streams.shipping.rows import Scan, Shipment
from streams.shipping.rules import ShippingRules
from streams.shipping.wares import packages_of, wares_of

Said = tuple[Message, ...]

_HISTORY_MAX: Final = 20
"""Scans that travel with ShipmentInTransit: the newest."""


def following(
    shipment: Shipment, facts: Iterable[f.Fact], rules: ShippingRules
) -> Iterator[Message]:
    """Give the messages, in the order of the facts; shipment is as it is after all of them."""
    for fact in facts:
        say = _SAID.get(type(fact))
        if say is not None:
            yield from say(shipment, fact, rules)


def _booked(shipment: Shipment, fact: f.Booked, _rules: ShippingRules) -> Said:
    created = wire.ShipmentCreated(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        status="created",
        customer=Customer(customer_id=shipment.user_id),
        shipping_address=wire_address(shipment.destination),
        shipping_method=shipment.method,
        carrier=fact.carrier,
        tracking_number=fact.tracking_number,
        packages=packages_of(shipment.packages),
        estimated_delivery=moment_of(fact.eta_ms),
        shipping_cost=Money(amount_minor=shipment.cost_minor, currency=shipment.currency),
        created_at=moment_of(fact.at_ms),
    )
    return (created,)


def _given_up(shipment: Shipment, fact: f.BookingGivenUp, _rules: ShippingRules) -> Said:
    failed = wire.ShipmentBookingFailed(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        attempts=fact.tries,
        carriers_tried=fact.carriers,
        manual_fulfillment=True,
    )
    return (failed,)


def _label_spare(shipment: Shipment, fact: f.LabelSpare, _rules: ShippingRules) -> Said:
    return (label_voided(shipment, fact.carrier, fact.tracking_number),)


def _dispatched(shipment: Shipment, fact: f.Dispatched, _rules: ShippingRules) -> Said:
    dispatched = wire.ShipmentDispatched(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        shipping_method=shipment.method,
        estimated_delivery=moment_of(fact.eta_ms),
        priority=shipment.method == "express",
        warehouse=None if shipment.guessed else WarehouseRef(id=shipment.warehouse_id),
        destination=place_of(shipment.destination),
        packages=packages_of(shipment.packages),
        dispatched_at=moment_of(fact.at_ms),
    )
    return (dispatched,)


def _travelled(shipment: Shipment, fact: f.Travelled, rules: ShippingRules) -> Said:
    return (_in_transit(shipment, fact.scan, rules),)


def _resumed(shipment: Shipment, _fact: f.Resumed, rules: ShippingRules) -> Said:
    seen = shipment.scans[-1] if shipment.scans else None
    return (_in_transit(shipment, seen, rules),)


def _in_transit(
    shipment: Shipment, scan: Scan | None, rules: ShippingRules
) -> wire.ShipmentInTransit:
    origin = rules.country_of(shipment.warehouse_id)
    return wire.ShipmentInTransit(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        transit_type="domestic" if origin == shipment.destination.country else "international",
        current_location=place_of_scan(scan, shipment.destination),
        destination=place_of(shipment.destination),
        status="in_transit",
        estimated_delivery=moment_of(shipment.eta_ms),
        transit_history=tuple([_point(seen) for seen in shipment.scans[-_HISTORY_MAX:]]),
    )


def _point(scan: Scan) -> TransitPoint:
    where = ", ".join([part for part in (scan.city, scan.state or scan.country) if part])
    return TransitPoint(location=where, status=scan.status, timestamp=moment_of(scan.at_ms))


def _delivered(shipment: Shipment, fact: f.Delivered, _rules: ShippingRules) -> Said:
    proof = fact.proof
    spot = None
    if proof is not None and proof.latitude is not None and proof.longitude is not None:
        spot = Geo(latitude=proof.latitude, longitude=proof.longitude)
    signed = shipment.signature
    delivered = wire.ShipmentDelivered(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        delivered_at=moment_of(fact.at_ms),
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        delivery_type="signed" if signed else "front_door",
        signature_required=signed,
        delivery_location=DeliveryLocation(type="recipient" if signed else "front_door"),
        proof_of_delivery=ProofOfDelivery(
            photo_url=proof and proof.photo_url,
            signed_by=proof and proof.signed_by,
            signature_url=proof and proof.signature_url,
            gps_coordinates=spot,
        ),
        recipient=Recipient(
            name=(proof and proof.signed_by) or shipment.user_id,
            address=place_of(shipment.destination),
        ),
        estimated_delivery=moment_of(shipment.eta_ms),
    )
    return (delivered,)


def _attempt_failed(shipment: Shipment, fact: f.AttemptFailed, rules: ShippingRules) -> Said:
    again = fact.retriable and fact.code != ADDRESS
    failed = wire.DeliveryFailed(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        failure_reason=fact.text,
        reason_code=fact.code,
        attempt_number=max(1, fact.attempts),
        max_attempts=rules.attempts_max,
        retriable=fact.retriable,
        next_attempt_at=moment_of(fact.next_ms) if again else None,
    )
    return (failed,)


def _rerouted(shipment: Shipment, fact: f.Rerouted, _rules: ShippingRules) -> Said:
    if not fact.own:
        return ()
    updated = wire.ShipmentRouteUpdated(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        route_version=fact.route_version,
        reason=fact.reason,
        previous_eta=moment_of(fact.previous_eta_ms),
        updated_eta=moment_of(fact.eta_ms),
        customer_notification_required=fact.tell,
        occurred_at=moment_of(fact.at_ms),
    )
    return (updated,)


def _cancelled(shipment: Shipment, fact: f.Cancelled, _rules: ShippingRules) -> Said:
    cancelled = wire.ShipmentCancelled(
        shipment_id=shipment.shipment_id,
        order_id=shipment.order_id,
        reason=fact.reason,
        cancelled_at=moment_of(fact.at_ms),
        items=wares_of(shipment.items),
        warehouse_id=None if shipment.guessed else shipment.warehouse_id,
    )
    if not shipment.tracking_number:
        return (cancelled,)
    return (cancelled, label_voided(shipment, shipment.carrier, shipment.tracking_number))


def _strayed(shipment: Shipment, fact: f.Strayed, _rules: ShippingRules) -> Said:
    return (strayed.alarm(shipment, fact),)


def _asked(shipment: Shipment, fact: f.Asked, _rules: ShippingRules) -> Said:
    return (booking_asked(shipment, fact.purpose, fact.booking),)


def _polled(shipment: Shipment, fact: f.Polled, _rules: ShippingRules) -> Said:
    return (parcel_tracked(shipment),) if fact.asked else ()


def _claim_filed(shipment: Shipment, fact: f.ClaimFiled, _rules: ShippingRules) -> Said:
    return (claimed(shipment, fact.claim),)


def _claim_ended(shipment: Shipment, fact: f.ClaimEnded, _rules: ShippingRules) -> Said:
    alert = alarm(shipment, fact)
    return () if alert is None else (alert,)


_SAID: Final[dict[type, Callable[[Shipment, Any, ShippingRules], Said]]] = {
    f.Asked: _asked,
    f.Booked: _booked,
    f.BookingGivenUp: _given_up,
    f.LabelSpare: _label_spare,
    f.Dispatched: _dispatched,
    f.Travelled: _travelled,
    f.Resumed: _resumed,
    f.Delivered: _delivered,
    f.AttemptFailed: _attempt_failed,
    f.Rerouted: _rerouted,
    f.Cancelled: _cancelled,
    f.Strayed: _strayed,
    f.SentBack: back.sent_back,
    rf.ReturnLabelled: back.labelled,
    rf.ReturnGivenUp: back.unlabelled,
    rf.Returned: back.returned,
    f.Polled: _polled,
    f.ClaimFiled: _claim_filed,
    f.ClaimEnded: _claim_ended,
}
