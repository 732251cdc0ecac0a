"""What Shipping tells of goods."""

from typing import Any

from events.returns import ReturnInitiated, ReturnReceived
from events.shipping import DeliveryFailed, ShipmentDelivered, ShipmentDispatched
from events.shipping_parts import (
    DeliveryLocation,
    Package,
    ProofOfDelivery,
    Recipient,
    RefundEstimate,
    ReturnedItem,
    ReturnLabel,
)
from events.types import Customer, Place, ShippedItem
from tests.streams.payments.samples import NOW_MS, ORDER, moment

PLACE = Place(city="Leeds", country="GB")


def item(sku: str = "MUG-1", quantity: int = 1, **told: Any) -> ReturnedItem:
    return ReturnedItem(**{"sku": sku, "quantity": quantity, "condition": "new", **told})


def received(*items: ReturnedItem, return_id: str = "ret_1", **told: Any) -> ReturnReceived:
    return ReturnReceived(
        **{
            "return_id": return_id,
            "shipment_id": "shp_1",
            "order_id": ORDER,
            "warehouse_id": "wh_1",
            "items": items or (item(),),
            "resolution": "refund",
            "received_at": moment(NOW_MS),
            **told,
        }
    )


def agreed(
    reason: str = "changed_mind", estimate_minor: int = 2_734, return_id: str = "ret_1"
) -> ReturnInitiated:
    """A mug at 33.33 goes back; at changed_mind the customer was told 27.34."""
    return ReturnInitiated(
        return_id=return_id,
        shipment_id="shp_1",
        order_id=ORDER,
        reason=reason,
        items=(ShippedItem(item_id="1", sku="MUG-1", quantity=1, price_per_unit_minor=3_333),),
        customer=Customer(customer_id="cust_1"),
        return_method="drop_off",
        return_label=ReturnLabel(
            carrier="UPS", tracking_number="1Z1", label_url="https://labels.test/1"
        ),
        refund_estimate=RefundEstimate(amount_minor=estimate_minor, currency="USD"),
    )


def dispatched(
    shipment_id: str = "shp_1", sku: str = "MUG-1", quantity: int = 3, item_id: str = "1"
) -> Any:
    box = Package(
        package_id="box_1",
        weight_kg=1,
        items=(ShippedItem(item_id=item_id, sku=sku, quantity=quantity),),
    )
    return ShipmentDispatched(
        shipment_id=shipment_id,
        order_id=ORDER,
        carrier="UPS",
        tracking_number="1Z9",
        shipping_method="standard",
        estimated_delivery=moment(NOW_MS),
        destination=PLACE,
        packages=(box,),
    )


def delivered(shipment_id: str = "shp_1", **proof: Any) -> ShipmentDelivered:
    return ShipmentDelivered(
        shipment_id=shipment_id,
        order_id=ORDER,
        delivered_at=moment(NOW_MS),
        carrier="UPS",
        tracking_number="1Z9",
        delivery_type="front_door",
        signature_required=False,
        delivery_location=DeliveryLocation(type="front_door"),
        proof_of_delivery=ProofOfDelivery(**proof or {"photo_url": "https://proof.test/1"}),
        recipient=Recipient(name="Ann", address=PLACE),
    )


def lost(code: str = "LOST", shipment_id: str = "shp_1") -> DeliveryFailed:
    return DeliveryFailed(
        shipment_id=shipment_id, order_id=ORDER, failure_reason="?", reason_code=code
    )
