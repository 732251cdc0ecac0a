"""Shipping's news of a paid order's parcels."""

from collections.abc import Iterable
from typing import Any

from events.base import Message
from events.returns import ReturnReceived
from events.shipping import (
    DeliveryFailed,
    ShipmentCancelled,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
)
from events.shipping_parts import Package, ProofOfDelivery, Recipient, ReturnedItem
from events.types import Money, Place, ShippedItem
from streams.moments import moment_of
from tests.streams.orders.samples import (
    AT_MS,
    address,
    after,
    held,
    paid,
    placed,
)

CARRIED: dict[str, Any] = {
    "order_id": "ord_1",
    "carrier": "UPS",
    "tracking_number": "1Z",
}
PAID = after(placed(), held(1), held(2), paid())
"""Three units in two lines."""


def created(number: int = 1, units: int = 3) -> Message:
    items = (ShippedItem(item_id="i", quantity=units),) if units else None
    return ShipmentCreated(
        shipment_id=f"shp_{number}",
        shipping_address=address(),
        shipping_method="standard",
        packages=(Package(package_id="p", weight_kg=1, items=items),),
        estimated_delivery=moment_of(AT_MS),
        shipping_cost=Money(amount_minor=599, currency="USD"),
        **CARRIED,
    )


def dispatched(number: int = 1) -> Message:
    return ShipmentDispatched(
        shipment_id=f"shp_{number}",
        shipping_method="standard",
        estimated_delivery=moment_of(AT_MS),
        destination=Place(city="Boston", country="US"),
        **CARRIED,
    )


def delivered(number: int = 1) -> Message:
    return ShipmentDelivered(
        shipment_id=f"shp_{number}",
        delivered_at=moment_of(AT_MS),
        delivery_type="front_door",
        signature_required=False,
        proof_of_delivery=ProofOfDelivery(),
        recipient=Recipient(name="somebody"),
        **CARRIED,
    )


def failed(attempt: int = 1) -> Message:
    return DeliveryFailed(
        shipment_id="shp_1",
        order_id="ord_1",
        failure_reason="nobody",
        reason_code="CUSTOMER_UNAVAILABLE",
        attempt_number=attempt,
    )


def came_back(goods: Iterable[tuple[str, int]]) -> tuple[ReturnedItem, ...]:
    return tuple(
        [
            ReturnedItem(sku=sku, quantity=units, condition="new")
            for sku, units in goods
            if units > 0
        ]
    )


def returned(number: int = 1, units: int = 3) -> Message:
    return ReturnReceived(
        return_id="ret_1",
        shipment_id=f"shp_{number}",
        order_id="ord_1",
        warehouse_id="wh_1",
        items=came_back([("p1", min(units, 2)), ("p2", units - 2)]),
        resolution="refund",
        received_at=moment_of(AT_MS),
    )


def gone(number: int = 1) -> Message:
    return ShipmentCancelled(
        shipment_id=f"shp_{number}", order_id="ord_1", cancelled_at=moment_of(AT_MS)
    )
