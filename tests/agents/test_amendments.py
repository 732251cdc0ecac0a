"""Amendments in the whole shop in memory: stock first, then the order, then what follows."""

from events.inventory import AddInventory
from events.orders import CancelOrder
from streams.orders.rows import Status
from tables.orders import ORDERS
from tests.agents.dock import Dock
from tests.agents.test_shop_ships import on_hand, place, shop, status
from tests.streams.orders.samples import amend, change, readdress
from topics import INVENTORY_COMMANDS, ORDERS_EVENTS

__all__ = ["shop"]

MORE = amend(change("p1", 2, 5))


def history(shop: Dock) -> list[str]:
    return [step.reason for step in shop.driver.rows(ORDERS)["ord_1"].history]


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
