"""A delivered order, what comes back of it, and its disputes."""

from typing import Any

from events.base import Message
from events.orders import RequestReturn
from events.refunds import ChargebackClosed, ChargebackOpened
from events.returns import ReturnInitiated, ReturnReceived
from events.shipping_parts import Package, RefundEstimate, ReturnedItem, ReturnLabel
from events.types import Customer, ShippedItem
from streams.moments import moment_of
from tests.streams.orders.parcels import PAID, created, delivered, dispatched
from tests.streams.orders.samples import AT_MS, after


def parcel(number: int, *units: tuple[int, int]) -> Message:
    """A booked parcel with so many units of lines."""
    items = tuple(ShippedItem(item_id=f"ord_1:{n}", quantity=many) for n, many in units)
    box = Package(package_id="p", weight_kg=1, items=items)
    return created(number).model_copy(update={"packages": (box,)})


DELIVERED = after(PAID, parcel(1, (1, 2), (2, 1)), dispatched(), delivered())


IN_TWO = after(
    PAID,
    parcel(1, (1, 1)),
    parcel(2, (1, 1), (2, 1)),
    *(dispatched(1), dispatched(2), delivered(1), delivered(2)),
)


def ware(product_id: str = "p1", quantity: int = 1) -> ShippedItem:
    return ShippedItem(item_id=product_id, product_id=product_id, quantity=quantity)


def ask(*items: ShippedItem, **given: object) -> RequestReturn:
    fields: dict[str, Any] = {
        "order_id": "ord_1",
        "user_id": "usr_1",
        "items": items or (ware(),),
        "reason": "changed_mind",
    }
    return RequestReturn(**(fields | given))


def advised(shipment: int = 1, *items: ShippedItem, **given: object) -> ReturnInitiated:
    fields: dict[str, Any] = {
        "return_id": f"ret_{shipment}",
        "shipment_id": f"shp_{shipment}",
        "order_id": "ord_1",
        "reason": "changed_mind",
        "items": items or (ware(),),
        "customer": Customer(customer_id="usr_1"),
        "return_method": "drop_off",
        "return_label": ReturnLabel(
            carrier="UPS", tracking_number="1Z", label_url="https://labels.example.com/1"
        ),
        "refund_estimate": RefundEstimate(amount_minor=3499, currency="USD"),
    }
    return ReturnInitiated(**(fields | given))


def received(
    *items: tuple[str, int, str], shipment: int = 1, refundable: bool | None = None
) -> ReturnReceived:
    return ReturnReceived(
        return_id=f"ret_{shipment}",
        shipment_id=f"shp_{shipment}",
        order_id="ord_1",
        warehouse_id="wh_1",
        items=tuple(
            ReturnedItem(
                sku=sku, product_id=sku, quantity=many, condition=how, refundable=refundable
            )
            for sku, many, how in items
        ),
        resolution="refund",
        received_at=moment_of(AT_MS),
    )


def dispute(outcome: str | None = None, claim: str = "cb_1") -> Message:
    fields: dict[str, Any] = {
        "chargeback_id": claim,
        "payment_id": "pay_ord_1",
        "order_id": "ord_1",
        "amount_minor": 1,
        "currency": "USD",
    }
    if outcome is not None:
        return ChargebackClosed(outcome=outcome, **fields)
    return ChargebackOpened(reason="fraudulent", evidence_due_by=moment_of(AT_MS), **fields)
