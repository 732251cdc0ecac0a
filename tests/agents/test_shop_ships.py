"""The whole shop in memory: from a placed order to its door, to the shelf and back."""

from collections.abc import Iterator

import pytest

from app import agents_of
from events.inventory import AddInventory
from events.orders import CancelOrder, PlaceOrder
from events.types import OrderItem, OrderPayment
from settings import Settings
from streams.orders.rows import Status
from tables.inventory import RESERVATIONS, STOCK
from tables.orders import ORDERS
from tests.agents.dock import Dock
from tests.streams.shipping.samples import (
    DAY_MS,
    HOUR_MS,
    address,
    dispute,
    failure,
    label,
    receipt,
    scan,
)
from topics import INVENTORY_EVENTS, ORDERS_EVENTS, PAYMENTS_EVENTS, SHIPPING_EVENTS


@pytest.fixture
def shop() -> Iterator[Dock]:
    agents, effects = agents_of(Settings())
    made = Dock(
        agents=tuple(one for one in agents if one.name != "shipping"),
        effects=tuple(one for one in effects if one.name != "carriers"),
    )
    yield made
    made.close()


def stocked(shop: Dock, **units: int) -> Dock:
    """Units of p1 and p2 by warehouse."""
    for warehouse, quantity in units.items():
        for product in ("p1", "p2"):
            shop.tell(
                AddInventory(product_id=product, quantity=quantity, warehouse_id=f"wh_{warehouse}")
            )
    return shop


def place(shop: Dock, units: int = 2, **given: str) -> Dock:
    return shop.tell(
        PlaceOrder(
            order_id="ord_1",
            user_id="usr_1",
            order_items=(
                OrderItem(product_id="p1", quantity=units, unit_price_minor=3499),
                OrderItem(product_id="p2", quantity=1, unit_price_minor=6499),
            ),
            shipping_address=address(**given),
            payment=OrderPayment(method="credit_card", token="tok_visa"),
        )
    )


def on_hand(shop: Dock, product: str = "p1") -> tuple[int, int, int]:
    """On hand, reserved and in quarantine, over all warehouses."""
    levels = shop.driver.rows(STOCK)[product].levels
    return (
        sum(level.on_hand for level in levels),
        sum(level.reserved for level in levels),
        sum(level.quarantined for level in levels),
    )


def status(shop: Dock) -> Status:
    return shop.driver.rows(ORDERS)["ord_1"].status


def test_a_placed_order_is_paid_created_dispatched_and_delivered(shop: Dock) -> None:
    place(stocked(shop, a=10))
    assert status(shop) is Status.PROCESSING
    assert on_hand(shop) == (10, 2, 0)

    shop.tell(scan("shipped"))
    assert status(shop) is Status.SHIPPED
    assert on_hand(shop) == (8, 0, 0)
    assert {row.status for row in shop.driver.rows(RESERVATIONS).values()} == {"FULFILLED"}
    told = [e.data for e in shop.said(INVENTORY_EVENTS)]
    assert [one.reservation_id for one in told if one.reason == "order_shipped"] == [
        "ord_1:1",
        "ord_1:2",
    ]

    shop.tell(scan("in_transit"), scan("delivered"))
    assert status(shop) is Status.DELIVERED
    assert [name for name in shop.names(SHIPPING_EVENTS) if name.startswith("Shipment")] == [
        "ShipmentCreated",
        "ShipmentDispatched",
        "ShipmentInTransit",
        "ShipmentDelivered",
    ]
    assert len({e.correlation_id for e in shop.said(SHIPPING_EVENTS, ORDERS_EVENTS)}) == 1


def test_with_carriers_alone_an_order_arrives(shop: Dock) -> None:
    place(stocked(shop, a=10))

    shop.driver.advance(3 * DAY_MS, step_ms=HOUR_MS)

    assert status(shop) is Status.DELIVERED


def test_an_order_from_two_warehouses_is_delivered_with_its_last_parcel(shop: Dock) -> None:
    place(stocked(shop, a=3, b=3), units=4)
    names = sorted(row.shipment_id for row in map(shop.shipment, ("shp_ord_1", "shp_ord_1:2")))

    shop.tell(scan("delivered", shipment_id=names[0]))
    assert status(shop) is Status.SHIPPED
    assert on_hand(shop)[1] > 0

    shop.tell(scan("delivered", shipment_id=names[1]))
    assert status(shop) is Status.DELIVERED
    assert on_hand(shop) == (2, 0, 0)


def test_nothing_is_cancelled_after_dispatch(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(scan("shipped"))

    shop.tell(CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="late"))

    assert status(shop) is Status.SHIPPED
    assert "OrderCancelled" not in shop.names(ORDERS_EVENTS)


def test_an_order_cancelled_before_dispatch_is_not_sent(shop: Dock) -> None:
    place(stocked(shop, a=10))

    shop.tell(CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="late"))

    assert shop.shipment().status == "cancelled"
    assert on_hand(shop) == (10, 0, 0)
    assert "RefundIssued" in shop.names(PAYMENTS_EVENTS)


def test_a_disputed_order_that_has_not_left_gives_its_stock_back(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(dispute())

    assert shop.shipment().status == "cancelled"
    assert on_hand(shop) == (10, 0, 0)


def test_what_comes_back_is_on_the_shelf_or_in_quarantine(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(scan("delivered"), label())

    shop.tell(receipt(shop.shipment(), ("p1", 2, "new"), ("p2", 1, "damaged")))

    assert on_hand(shop, "p1") == (10, 0, 0)
    assert on_hand(shop, "p2") == (9, 0, 1)
    assert status(shop) is Status.RETURNED
    reasons = [e.data.reason for e in shop.said(INVENTORY_EVENTS) if hasattr(e.data, "reason")]
    assert reasons.count("customer_return") == 2


def test_a_part_that_comes_back_leaves_the_order_delivered(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(scan("delivered"), label())

    shop.tell(receipt(shop.shipment(), ("p1", 1, "new")))

    assert status(shop) is Status.DELIVERED
    assert on_hand(shop) == (9, 0, 0)


def test_a_refused_parcel_comes_back_and_its_price_goes_back(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(scan("shipped"), failure("REFUSED"))
    shop.driver.advance(1000)
    assert status(shop) is Status.SHIPPED

    shop.tell(receipt(shop.shipment(), ("p1", 2, "new"), ("p2", 1, "new")))

    steps = [step.status for step in shop.driver.rows(ORDERS)["ord_1"].history]
    assert steps[-3:] == [Status.RETURNED, Status.RETURNED, Status.REFUNDED]
    assert on_hand(shop) == (10, 0, 0)
