"""The whole shop in memory: from a placed order to its door, to the shelf and back."""

import pytest

from events.orders import AmendOrder, CancelOrder
from streams.moments import DAY_MS, HOUR_MS
from streams.orders.rows import Status
from streams.shipping.rows import Shipment
from tables.inventory import RESERVATIONS
from tables.orders import ORDERS
from tests.agents.dock import Dock
from tests.agents.whole_shop import history, on_hand, place, shop, status, stocked
from tests.streams.orders.samples import place_order
from tests.streams.shipping.samples import (
    address,
    booked,
    closed,
    dispute,
    failure,
    fraud,
    label,
    receipt,
    scan,
    verdict,
)
from topics import INVENTORY_EVENTS, ORDERS_EVENTS, PAYMENTS_EVENTS, SHIPPING_EVENTS

__all__ = ["shop"]


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


@pytest.mark.parametrize("order_id", ["shop:7", "shop:8", "shop:x9", "a:b:c", "ord:2:3", "shop"])
def test_an_order_is_paid_whatever_it_is_called(shop: Dock, order_id: str) -> None:
    stocked(shop, a=10).tell(place_order(order_id=order_id))

    assert shop.driver.rows(ORDERS)[order_id].status is Status.PROCESSING


def test_a_cancellation_leaves_the_orders_alone_whose_names_begin_with_its_own(shop: Dock) -> None:
    stocked(shop, a=20)
    others = [f"ord_1:{number}" for number in range(2, 8)]
    shop.tell(*(place_order(order_id=order_id) for order_id in ("ord_1", *others)))

    shop.tell(CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="late"))

    orders = shop.driver.rows(ORDERS)
    assert orders["ord_1"].status is Status.CANCELLED
    assert {orders[order_id].status for order_id in others} == {Status.PROCESSING}
    refunds = [e.data.payment_id for e in shop.said(PAYMENTS_EVENTS) if "Refund" in e.event_type]
    assert set(refunds) == {"pay_ord_1"}


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


def test_a_disputed_order_that_has_not_left_gives_its_stock_back_once_it_is_lost(
    shop: Dock,
) -> None:
    place(stocked(shop, a=10)).tell(dispute())
    assert on_hand(shop) == (10, 2, 0)

    shop.tell(closed("lost"))

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


def refunds(shop: Dock) -> list[int]:
    """Amounts that went back, in minor units."""
    told = [one.data for one in shop.said(PAYMENTS_EVENTS) if one.event_type == "RefundIssued"]
    return [one.amount_minor for one in told]


ALL_MINOR = 2 * 3499 + 6499


def test_an_order_cancelled_while_no_carrier_takes_it_is_booked_no_more(shop: Dock) -> None:
    place(stocked(shop, a=10), postal_code="02101-busy")
    assert (shop.shipment().status, status(shop)) == ("pending", Status.PAID)

    shop.tell(CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="late"))
    asked = shop.names().count("BookCarrier")
    shop.driver.advance(HOUR_MS, step_ms=10_000)

    assert (shop.shipment().status, status(shop)) == ("cancelled", Status.CANCELLED)
    assert shop.names().count("BookCarrier") == asked
    assert on_hand(shop) == (10, 0, 0)
    assert refunds(shop) == [ALL_MINOR]


def test_a_label_that_comes_after_the_cancellation_is_given_back(shop: Dock) -> None:
    place(stocked(shop, a=10), postal_code="02101-busy")
    waiting = shop.shipment()

    shop.tell(
        CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="late"), booked(waiting)
    )

    assert shop.shipment().status == "cancelled"
    assert shop.one("VoidLabel").tracking_number == "94A"
    assert "ShipmentCreated" not in shop.names(SHIPPING_EVENTS)


def test_suspicion_keeps_a_booked_parcel_in_the_house_until_somebody_approves(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(fraud("high"))
    assert status(shop) is Status.ON_HOLD

    shop.tell(scan("shipped"))
    assert on_hand(shop) == (10, 2, 0)

    shop.tell(verdict("APPROVED"))
    assert status(shop) is Status.SHIPPED
    assert on_hand(shop) == (8, 0, 0)


def test_suspicion_that_comes_after_dispatch_changes_nothing(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(scan("shipped"), fraud("critical"))

    shop.tell(scan("delivered"))

    assert status(shop) is Status.DELIVERED


def test_what_is_refused_after_a_suspicion_stays_in_the_house(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(fraud("high"), verdict("DECLINED"))

    shop.tell(scan("shipped"))

    assert (shop.shipment().status, status(shop)) == ("cancelled", Status.CANCELLED)
    assert on_hand(shop) == (10, 0, 0)
    assert refunds(shop) == [ALL_MINOR]


def test_a_lost_parcel_is_paid_back_ends_its_order_and_may_still_turn_up(shop: Dock) -> None:
    place(stocked(shop, a=10), postal_code="02101-lost")
    shop.driver.advance(7 * DAY_MS, step_ms=HOUR_MS)

    assert status(shop) is Status.REFUNDED
    assert history(shop).count("DELIVERY_FAILED_LOST_1") == 1
    assert refunds(shop) == [ALL_MINOR]

    shop.tell(scan("delivered"))
    assert (shop.shipment().status, status(shop)) == ("delivered", Status.REFUNDED)
    assert refunds(shop) == [ALL_MINOR]


def test_of_two_parcels_one_comes_back_and_the_other_stays(shop: Dock) -> None:
    place(stocked(shop, a=3, b=3), units=4)
    one, other = sorted(map(shop.shipment, ("shp_ord_1", "shp_ord_1:2")), key=len_of)

    shop.tell(
        scan("delivered", shipment_id=other.shipment_id),
        scan("shipped", shipment_id=one.shipment_id),
        scan("delivery_failed", shipment_id=one.shipment_id, reason_code="REFUSED"),
    )
    shop.driver.advance(1000)
    shop.tell(receipt(shop.shipment(one.shipment_id), ("p1", 1, "new")))

    assert status(shop) is Status.DELIVERED
    assert refunds(shop) == [3499]


def len_of(shipment: Shipment) -> int:
    return sum(item.quantity for item in shipment.items)


def test_an_address_that_is_mended_under_way_is_gone_to(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(scan("shipped"), failure("ADDRESS_NOT_FOUND"))

    shop.tell(
        AmendOrder(
            order_id="ord_1",
            user_id="usr_1",
            amendment_type="ADDRESS_CHANGE",
            new_address=address(line1="2 Main St"),
        )
    )
    assert shop.one("ShipmentRouteUpdated").reason == "CUSTOMER_ADDRESS_CHANGED"
    assert shop.shipment().destination.line1 == "2 Main St"

    shop.driver.advance(3 * DAY_MS, step_ms=HOUR_MS)
    assert status(shop) is Status.DELIVERED


def test_everything_told_at_once_and_backwards_ends_the_same(shop: Dock) -> None:
    place(stocked(shop, a=10))
    told_ms = shop.driver.now_ms + HOUR_MS

    for step, name in enumerate(("delivered", "out_for_delivery", "in_transit", "shipped")):
        for _ in range(2):
            shop.put(scan(name, told_ms - step))
    shop.driver.run()

    assert status(shop) is Status.DELIVERED
    assert on_hand(shop) == (8, 0, 0)
    events_told = [n for n in shop.names(SHIPPING_EVENTS) if n.startswith("Shipment")]
    assert events_told == ["ShipmentCreated", "ShipmentDispatched", "ShipmentDelivered"]
