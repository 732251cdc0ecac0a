"""Returns in the whole shop in memory: asked for, labelled, back on the shelf, refunded."""

import pytest

from streams.moments import DAY_MS
from streams.orders.rows import Order, Status
from tables.orders import ORDERS
from tests.agents.dock import Dock
from tests.agents.whole_shop import on_hand, place, request, shop, status, stocked
from tests.streams.shipping.samples import receipt, scan
from topics import PAYMENTS_EVENTS

__all__ = ["shop"]


def order(shop: Dock) -> Order:
    return shop.driver.rows(ORDERS)["ord_1"]


def test_what_is_sent_back_is_on_the_shelf_and_its_price_with_the_customer(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(scan("shipped"), scan("delivered"), request(("p1", 1)))
    [asked] = order(shop).returns
    assert asked.return_id == shop.shipment().returning.return_id

    shop.tell(receipt(shop.shipment(), ("p1", 1, "new")))

    [line] = order(shop).returns[0].lines
    assert (line.line, line.units, line.state, line.money) == (1, 1, "back_in_stock", "refunded")
    assert on_hand(shop) == (9, 0, 0)
    issued = [e.data for e in shop.said(PAYMENTS_EVENTS) if e.event_type == "RefundIssued"]
    assert [one.amount_minor for one in issued] == [3499]
    assert status(shop) is Status.DELIVERED


def test_everything_sent_back_ends_as_refunded(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(scan("shipped"), scan("delivered"))

    shop.tell(request(("p1", 2), ("p2", 1)))
    shop.tell(receipt(shop.shipment(), ("p1", 2, "new"), ("p2", 1, "new")))

    assert status(shop) is Status.REFUNDED
    assert on_hand(shop) == (10, 0, 0)


def test_a_label_that_nobody_uses_lapses_for_both(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(scan("shipped"), scan("delivered"), request(("p1", 1)))

    shop.driver.advance(15 * DAY_MS, step_ms=DAY_MS)

    assert order(shop).returns[0].lapsed
    assert shop.shipment().status == "delivered"
    shop.tell(request(("p1", 1)))
    assert [back.lapsed for back in order(shop).returns] == [True, False]
    assert order(shop).returns[1].return_id != ""


def test_goods_that_come_after_their_label_lapsed_are_paid_back(shop: Dock) -> None:
    place(stocked(shop, a=10)).tell(scan("shipped"), scan("delivered"), request(("p1", 1)))
    label = shop.shipment()
    shop.driver.advance(40 * DAY_MS, step_ms=DAY_MS)

    shop.tell(receipt(label, ("p1", 1, "new")))

    [line] = order(shop).returns[0].lines
    assert (line.units, line.state, line.money) == (1, "back_in_stock", "refunded")
    assert on_hand(shop) == (9, 0, 0)


def test_what_was_announced_in_time_gets_another_label_when_the_window_is_over(
    shop: Dock,
) -> None:
    place(stocked(shop, a=10)).tell(scan("shipped"), scan("delivered"), request(("p1", 1)))
    shop.driver.advance(40 * DAY_MS, step_ms=DAY_MS)

    shop.tell(request(("p1", 1)))

    assert [back.lapsed for back in order(shop).returns] == [True, False]
    assert order(shop).returns[1].return_id == shop.shipment().returning.return_id


@pytest.mark.parametrize("first", ["the newest", "the lapsed"])
def test_two_labels_of_one_parcel_bring_back_two_parts_of_it_in_any_order(
    shop: Dock, first: str
) -> None:
    place(stocked(shop, a=10)).tell(scan("shipped"), scan("delivered"), request(("p1", 2)))
    lapsed = receipt(shop.shipment(), ("p1", 2, "new"))
    shop.driver.advance(15 * DAY_MS, step_ms=DAY_MS)
    shop.tell(request(("p2", 1)))
    newest = receipt(shop.shipment(), ("p2", 1, "new"))

    shop.tell(*((newest, lapsed) if first == "the newest" else (lapsed, newest)))

    assert [one.money for back in order(shop).returns for one in back.lines] == ["refunded"] * 2
    assert status(shop) is Status.REFUNDED
    assert on_hand(shop) == (10, 0, 0)
    assert shop.shipment().status == "returned"
