"""Amendments in the whole shop in memory: stock first, then the order, then what follows."""

import pytest

from app import agents_of
from events.inventory import AddInventory
from events.orders import CancelOrder
from events.types import OrderPayment
from settings import Settings
from streams.inventory.rules import InventoryRules
from streams.orders.rows import Order, Status
from streams.orders.rules import OrderRules
from tables.orders import ORDERS
from tests.agents.dock import Dock
from tests.agents.whole_shop import history, on_hand, place, request, shop, status
from tests.streams.orders.samples import amend, change, place_order, readdress
from tests.streams.shipping.samples import receipt, scan
from topics import INVENTORY_COMMANDS, ORDERS_EVENTS, PAYMENTS_EVENTS

__all__ = ["shop"]

MORE = amend(change("p1", 2, 5))


def placed_and_short(shop: Dock) -> Dock:
    """The order waits for p2, which is nowhere; p1 is held."""
    shop.tell(AddInventory(product_id="p1", quantity=10, warehouse_id="wh_a"))
    place(shop)
    assert status(shop) is Status.BACKORDERED
    return shop


def test_more_of_a_product_is_held_ordered_and_released_with_the_order(shop: Dock) -> None:
    placed_and_short(shop).tell(MORE)

    assert on_hand(shop) == (10, 5, 0)
    assert shop.driver.rows(ORDERS)["ord_1"].amendments == 1

    shop.tell(CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="late"))
    assert on_hand(shop) == (10, 0, 0)


def test_fewer_frees_the_rest(shop: Dock) -> None:
    placed_and_short(shop).tell(amend(change("p1", 2, 1)))

    assert on_hand(shop) == (10, 1, 0)


def test_an_amendment_that_comes_once_more_after_it_was_taken_back_is_not_made_again(
    shop: Dock,
) -> None:
    placed_and_short(shop).tell(MORE, event_id="more")
    shop.tell(amend(change("p1", 5, 2)))

    shop.tell(MORE, event_id="more")

    assert on_hand(shop) == (10, 2, 0)
    assert shop.names(ORDERS_EVENTS).count("OrderAmended") == 2


def test_what_stock_has_not_got_leaves_everything_as_it_was(shop: Dock) -> None:
    placed_and_short(shop).tell(amend(change("p1", 2, 3), change("p3", 0, 1, 500)))

    assert on_hand(shop) == (10, 2, 0)
    assert history(shop)[-1] == "AMEND_REFUSED_SHORT"
    assert "OrderAmended" not in shop.names(ORDERS_EVENTS)
    assert status(shop) is Status.BACKORDERED


def test_an_address_alone_asks_nothing_of_stock(shop: Dock) -> None:
    placed_and_short(shop)
    before = len(shop.said(INVENTORY_COMMANDS))

    shop.tell(readdress(city="Boston", state="MA"))

    assert len(shop.said(INVENTORY_COMMANDS)) == before
    assert shop.fulfilment().destination.city == "Boston"


# -- with the money


@pytest.fixture
def unbooked() -> Dock:
    """A shop whose carriers do not answer: what is paid stays amendable."""
    agents, effects = agents_of(Settings())
    return Dock(
        agents=tuple(one for one in agents if one.name != "shipping"),
        effects=tuple(one for one in effects if one.name != "carriers"),
        with_carriers=False,
    )


def paid(shop: Dock) -> Dock:
    """The order of 134.97 is paid and not booked."""
    for product in ("p1", "p2", "p3"):
        shop.tell(AddInventory(product_id=product, quantity=10, warehouse_id="wh_a"))
    place(shop)
    assert status(shop) is Status.PAID
    return shop


def moved_minor(shop: Dock) -> list[tuple[str, int]]:
    """Money that came in and went back."""
    names = {"PaymentProcessed", "RefundIssued"}
    return [
        (one.event_type, one.data.amount_minor)
        for one in shop.said(PAYMENTS_EVENTS)
        if one.event_type in names
    ]


def order(shop: Dock) -> Order:
    return shop.driver.rows(ORDERS)["ord_1"]


def test_an_order_that_grew_while_it_waited_is_captured_at_its_new_price(shop: Dock) -> None:
    placed_and_short(shop).tell(MORE)

    shop.tell(AddInventory(product_id="p2", quantity=1, warehouse_id="wh_a"))

    assert status(shop) is Status.PROCESSING
    assert sum(amount for _, amount in moved_minor(shop)) == 13497 + 3 * 3499
    assert order(shop).owed_minor == 0
    assert shop.packed("shp_ord_1") == {"ord_1:1": 2, "ord_1:2": 1, "ord_1:3": 3}


def test_without_the_line_it_waited_for_an_order_is_paid_and_sent(shop: Dock) -> None:
    placed_and_short(shop).tell(amend(change("p2", 1, 0, 6499)))

    assert status(shop) is Status.PROCESSING
    assert moved_minor(shop) == [("PaymentProcessed", 6998)]
    assert shop.packed("shp_ord_1") == {"ord_1:1": 2}


def test_a_paid_order_that_grows_is_charged_the_difference_and_packed_anew(unbooked: Dock) -> None:
    paid(unbooked).tell(MORE)

    assert moved_minor(unbooked) == [("PaymentProcessed", 13497), ("PaymentProcessed", 3 * 3499)]
    assert (order(unbooked).owed_minor, order(unbooked).unpaid) == (0, ())
    assert unbooked.shipment("shp_ord_1").status == "cancelled"
    assert unbooked.packed("shp_ord_1:2") == {"ord_1:1": 2, "ord_1:2": 1, "ord_1:3": 3}
    assert on_hand(unbooked) == (10, 5, 0)


def test_a_paid_order_that_shrinks_gets_the_difference_back(unbooked: Dock) -> None:
    paid(unbooked).tell(amend(change("p1", 2, 1)))

    assert moved_minor(unbooked) == [("PaymentProcessed", 13497), ("RefundIssued", 3499)]
    assert order(unbooked).owed_minor == 0
    assert unbooked.packed("shp_ord_1:2") == {"ord_1:1": 1, "ord_1:2": 1}
    assert on_hand(unbooked) == (10, 1, 0)


def test_half_a_dollar_is_nobodys_business(unbooked: Dock) -> None:
    paid(unbooked).tell(amend(change("p3", 0, 1, 50), amendment_type="ITEM_ADDED"))

    assert moved_minor(unbooked) == [("PaymentProcessed", 13497)]
    assert order(unbooked).total_minor == 13547


def test_a_paid_and_amended_order_that_is_cancelled_gets_all_of_it_back(unbooked: Dock) -> None:
    paid(unbooked).tell(MORE, amend(change("p2", 1, 0, 6499)))

    unbooked.tell(CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="late"))

    taken = [amount for name, amount in moved_minor(unbooked) if name == "PaymentProcessed"]
    back = [amount for name, amount in moved_minor(unbooked) if name == "RefundIssued"]
    assert sum(taken) == sum(back)
    assert on_hand(unbooked, "p1") == on_hand(unbooked, "p2") == (10, 0, 0)


def test_an_amended_order_is_sent_back_at_the_price_it_was_bought_for(shop: Dock) -> None:
    placed_and_short(shop).tell(MORE)
    shop.tell(AddInventory(product_id="p2", quantity=1, warehouse_id="wh_a"))
    shop.tell(scan("shipped"), scan("delivered"))

    shop.tell(request(("p1", 5), ("p2", 1)))
    shop.tell(receipt(shop.shipment(), ("p1", 5, "new"), ("p2", 1, "new")))

    back = [amount for name, amount in moved_minor(shop) if name == "RefundIssued"]
    assert sum(back) == 13497 + 3 * 3499
    assert status(shop) is Status.REFUNDED
    assert on_hand(shop) == (10, 0, 0)


def test_a_substitute_is_held_paid_and_sent_in_the_place_of_what_ran_out() -> None:
    settings = Settings(
        orders=OrderRules(substitutes={"p1": ("p3",)}),
        inventory=InventoryRules(no_backorder=frozenset({"p1"})),
    )
    agents, effects = agents_of(settings)
    shop = Dock(
        agents=tuple(one for one in agents if one.name != "shipping"),
        effects=tuple(one for one in effects if one.name != "carriers"),
    )
    for product in ("p2", "p3"):
        shop.tell(AddInventory(product_id=product, quantity=10, warehouse_id="wh_a"))

    shop.tell(
        place_order(allow_substitutes=True, payment=OrderPayment(method="paypal", token="tok_visa"))
    )

    assert status(shop) is Status.PROCESSING
    assert shop.packed("shp_ord_1") == {"ord_1:2": 1, "ord_1:3": 2}
    assert moved_minor(shop) == [("PaymentProcessed", 13497)]
    assert on_hand(shop, "p3") == (10, 2, 0)
