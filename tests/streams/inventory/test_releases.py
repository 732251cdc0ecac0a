"""Letting go of a part of what a line holds."""

import pytest

from streams.inventory.rows import Allocation
from tests.streams.inventory.shop import BERLIN, EAST, WEST, address, stocked


def test_a_line_keeps_what_it_is_told_to_and_the_rest_is_free() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 4)
    shop.take()

    shop.release("a:1", "order_amended", keep=1)

    row, (told,) = shop.reservations["a:1"], shop.take_adjusted()
    assert (row.status, row.quantity, row.allocations) == ("CONFIRMED", 1, (Allocation(EAST, 1),))
    assert shop.level().reserved == 1
    assert (told.reason, told.adjusted_quantity, told.reservation_status) == (
        "order_amended",
        3,
        "CONFIRMED",
    )


def test_what_is_kept_is_a_level_so_a_repeat_or_an_older_one_frees_nothing() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 4)
    shop.release("a:1", "order_amended", keep=2)
    shop.take()
    before = shop.stock

    for keep in (2, 3, 4, 9):
        shop.release("a:1", "order_amended", keep=keep)

    assert (shop.stock, shop.take()) == (before, [])
    assert shop.reservations["a:1"].quantity == 2


def test_a_split_line_frees_the_furthest_warehouse_first() -> None:
    shop = stocked(east=3, west=3)
    shop.reserve("a:1", 5)
    first, second = shop.reservations["a:1"].allocations

    shop.release("a:1", "order_amended", keep=2)

    assert {first.warehouse_id, second.warehouse_id} == {EAST, WEST}
    assert shop.reservations["a:1"].allocations == (Allocation(first.warehouse_id, 2),)


def test_a_line_that_waits_asks_for_less_and_may_be_served_by_it() -> None:
    shop = stocked(east=2)
    shop.reserve("a:1", 5)

    shop.release("a:1", "order_amended", keep=3)
    assert (shop.status("a:1"), shop.stock.queue[0].quantity) == ("PENDING", 3)

    shop.release("a:1", "order_amended", keep=2)
    assert (shop.status("a:1"), shop.stock.queue) == ("CONFIRMED", ())


def test_what_is_freed_serves_who_waits() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 5)
    shop.reserve("b:1", 2)

    shop.release("a:1", "order_amended", keep=3)

    assert shop.status("b:1") == "CONFIRMED"


def test_a_committed_hold_stays_committed() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 4)
    shop.commit("a:1")

    shop.release("a:1", "order_amended", keep=1)

    assert shop.reservations["a:1"].committed
    assert shop.level().reserved == 1


def test_what_a_line_that_ended_held_is_not_freed_from_who_holds_it_now() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 4)
    shop.release("a:1")
    shop.reserve("b:1", 5)

    shop.release("a:1", "order_amended", keep=1)
    shop.release("a:1", where=EAST, shipment="shp_1")

    assert shop.level().reserved == 5


def test_nothing_is_freed_of_a_line_of_which_something_left_or_that_is_unknown() -> None:
    shop = stocked(east=2, berlin=2)
    shop.reserve("a:1", 4)
    shop.commit("a:1")
    shop.ship("a:1", only=EAST)
    shop.take()

    shop.release("a:1", "order_amended", keep=1)
    shop.release("nobody:1", "order_amended", keep=1)

    assert shop.take() == []
    assert shop.level(BERLIN).reserved == 2
    assert "nobody:1" not in shop.reservations


def test_what_one_warehouse_holds_is_freed_whatever_is_to_leave_another() -> None:
    shop = stocked(east=2, berlin=2)
    shop.reserve("a:1", 4)
    shop.commit("a:1")

    shop.release("a:1", where=BERLIN)
    assert (shop.level(BERLIN).reserved, shop.level().reserved) == (0, 2)
    shop.ship("a:1", only=EAST)

    assert shop.status("a:1") == "FULFILLED"
    assert (shop.level(BERLIN).on_hand, shop.level().on_hand) == (2, 0)


def test_what_one_warehouse_holds_is_freed_once_the_rest_has_left_and_nothing_leaves_for_it() -> (
    None
):
    shop = stocked(east=2, berlin=2)
    shop.reserve("a:1", 4)
    shop.commit("a:1")
    shop.ship("a:1", only=EAST)

    for where in (BERLIN, BERLIN, EAST):
        shop.release("a:1", where=where)
    shop.ship("a:1", only=BERLIN)

    assert shop.status("a:1") == "CANCELLED"
    assert (shop.level(BERLIN).reserved, shop.level(BERLIN).on_hand) == (0, 2)


@pytest.mark.parametrize("order", [("ship", "release"), ("release", "ship")])
@pytest.mark.parametrize("only", [EAST, None])
def test_of_what_a_parcel_leaves_behind_nothing_is_lost_or_counted_twice(
    order: tuple[str, str], only: str | None
) -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 3)
    shop.commit("a:1")
    acts = {
        "ship": lambda: shop.ship("a:1", only, quantity=2, shipment="shp_2"),
        "release": lambda: shop.release("a:1", where=EAST, quantity=1, shipment="shp_1"),
    }

    for name in order:
        acts[name]()
        acts[name]()

    assert (shop.level().on_hand, shop.level().reserved) == (3, 0)
    assert sum(one.quantity for one in shop.movements if one.type == "OUTBOUND") == -2


def test_what_one_parcel_leaves_behind_stays_held_for_another() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 3)
    shop.commit("a:1")

    shop.ship("a:1", EAST, quantity=2, shipment="shp_1")
    shop.ship("a:1", EAST, quantity=2, shipment="shp_1")

    assert shop.status("a:1") == "CONFIRMED"
    assert (shop.level().on_hand, shop.level().reserved) == (3, 1)
    shop.ship("a:1", EAST, quantity=1, shipment="shp_2")
    assert shop.status("a:1") == "FULFILLED"
    assert (shop.level().on_hand, shop.level().reserved) == (2, 0)


def test_what_people_send_from_another_warehouse_leaves_that_one_and_is_held_no_more() -> None:
    shop = stocked(east=5, berlin=5)
    shop.reserve("a:1", 3, to=address("US"))
    shop.commit("a:1")

    for _ in range(2):
        shop.ship("a:1", BERLIN, quantity=3, shipment="shp_2")

    assert (shop.level().on_hand, shop.level().reserved) == (5, 0)
    assert (shop.level(BERLIN).on_hand, shop.level(BERLIN).owed) == (2, 0)
    assert shop.status("a:1") == "CANCELLED"


def test_of_what_people_send_from_another_warehouse_in_part_the_rest_stays_held() -> None:
    shop = stocked(east=5, berlin=5)
    shop.reserve("a:1", 3, to=address("US"))
    shop.reserve("b:1", 5, to=address("DE"))
    shop.commit("a:1")

    for _ in range(2):
        shop.ship("a:1", BERLIN, quantity=2, shipment="shp_2")
    assert (shop.level().on_hand, shop.level().reserved) == (5, 1)
    assert (shop.level(BERLIN).on_hand, shop.level(BERLIN).owed) == (5, 2)

    shop.release("b:1")
    shop.release("a:1", where=EAST, quantity=1, shipment="shp_1")
    assert (shop.level().on_hand, shop.level().reserved) == (5, 0)
    assert (shop.level(BERLIN).on_hand, shop.level(BERLIN).owed) == (3, 0)


def test_who_waits_is_served_with_what_was_sent_from_elsewhere() -> None:
    shop = stocked(east=3, berlin=1)
    shop.reserve("a:1", 3, to=address("US"))
    shop.commit("a:1")
    shop.reserve("b:1", 3)

    shop.ship("a:1", "wh_nowhere", quantity=3, shipment="shp_2")

    assert (shop.status("a:1"), shop.status("b:1")) == ("CANCELLED", "CONFIRMED")


def test_a_line_of_two_warehouses_that_people_send_from_one_is_held_in_neither() -> None:
    shop = stocked(east=5, berlin=2)
    shop.reserve("b:1", 3, to=address("US"))
    shop.reserve("a:1", 4, to=address("US"))
    shop.commit("a:1")
    shop.release("b:1")
    assert (shop.level().reserved, shop.level(BERLIN).reserved) == (2, 2)

    for _ in range(2):
        shop.ship("a:1", EAST, quantity=4, shipment="shp_3")

    assert (shop.level().on_hand, shop.level().reserved) == (1, 0)
    assert (shop.level(BERLIN).on_hand, shop.level(BERLIN).reserved) == (2, 0)
    assert shop.status("a:1") == "FULFILLED"
