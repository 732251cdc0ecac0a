"""What messages about parcels and returns say."""

from events.returns import ReturnInitiated, ReturnReceived
from events.shipping import (
    DeliveryFailed,
    ShipmentBookingFailed,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentInTransit,
    ShipmentRouteUpdated,
)
from events.vocabulary import LOST, UNDELIVERED
from streams.notifications.wording import Facts, minute, money, words

CARRIERS_MAX = 10
"""Carriers that a message names."""


def shipment_created(event: ShipmentCreated) -> Facts:
    """What a message of ShipmentCreated says."""
    return {
        "orderId": event.order_id,
        "carrier": event.carrier,
        "tracking": event.tracking_number or "",
        "delivery": event.estimated_delivery.date().isoformat(),
    }


def booking_failed(event: ShipmentBookingFailed) -> Facts:
    """What a message of ShipmentBookingFailed says."""
    return {
        "orderId": event.order_id,
        "shipmentId": event.shipment_id,
        "attempts": event.attempts,
        "carriers": list(event.carriers_tried[:CARRIERS_MAX]),
    }


def shipment_dispatched(event: ShipmentDispatched | ShipmentInTransit) -> Facts:
    """What a message of ShipmentDispatched or ShipmentInTransit says."""
    return {
        "orderId": event.order_id,
        "carrier": event.carrier,
        "tracking": event.tracking_number,
        "delivery": event.estimated_delivery.date().isoformat(),
    }


def shipment_delivered(event: ShipmentDelivered) -> Facts:
    """What a message of ShipmentDelivered says."""
    return {
        "orderId": event.order_id,
        "carrier": event.carrier,
        "tracking": event.tracking_number,
        "deliveredAt": minute(event.delivered_at),
    }


def route_updated(event: ShipmentRouteUpdated) -> Facts:
    """What a message of ShipmentRouteUpdated says."""
    return {"orderId": event.order_id, "delivery": event.updated_eta.date().isoformat()}


def delivery_failed(event: DeliveryFailed) -> Facts:
    """What a message of DeliveryFailed says."""
    again = event.next_attempt_at
    return {
        "orderId": event.order_id,
        "reason": words(event.reason_code),
        "nextAttempt": again.date().isoformat() if again is not None else "",
        "outlook": _outlook(event),
    }


def _outlook(event: DeliveryFailed) -> str:
    """What becomes of the parcel where no attempt follows by itself; empty: its customer says."""
    if event.reason_code == LOST:
        return "lost"
    if event.retriable is False:
        return "back"
    return "address" if event.reason_code == "ADDRESS_NOT_FOUND" else ""


def return_initiated(event: ReturnInitiated) -> Facts:
    """What a message of ReturnInitiated says: how to send it, or that it comes back by itself.

    What is exchanged has no estimate: other goods come for it.
    """
    label = event.return_label
    return {
        "orderId": event.order_id,
        "returnId": event.return_id,
        "method": words(event.return_method),
        "undelivered": event.reason == UNDELIVERED,
        "carrier": label.carrier,
        "tracking": label.tracking_number,
        "label": str(label.label_url),
        "estimate": "" if event.reshipping else money(event.refund_estimate.amount_minor),
        "currency": event.refund_estimate.currency,
    }


def return_received(event: ReturnReceived) -> Facts:
    """What a message of ReturnReceived says, also where nothing of it is taken back."""
    return {
        "orderId": event.order_id,
        "returnId": event.return_id,
        "resolution": event.resolution,
        "unfit": not any(item.is_taken_back for item in event.items),
    }
