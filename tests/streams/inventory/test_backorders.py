"""Short lines: who waits, who is turned away, who is served and when."""

from dataclasses import replace
from datetime import date

import msgspec
import pytest

from engine.sizes import RECORD_BYTES_MAX
from events.scalars import ID_CHARS_MAX, TEXT_CHARS_MAX
from streams.inventory.rows import Stock
from streams.inventory.rules import ReorderPolicy
from streams.moments import DAY_MS, MINUTE_MS, moment_of
from tests.streams.inventory.shop import (
    EAST,
    PRODUCT,
    RULES,
    START_MS,
    WEST,
    Shop,
    address,
    stocked,
)


def test_a_short_line_waits_and_its_order_is_told() -> None:
    shop = stocked(east=2, west=1)

    shop.reserve("a:1", 4)

    (told,) = shop.take_out_of_stock()
    assert (shop.status("a:1"), shop.level().reserved) == ("PENDING", 0)
    assert (told.triggered_by_order_id, told.requested_quantity) == ("ord_a:1", 4)
    assert (told.backorder_allowed, told.pending_orders) == (True, 1)
    assert (told.warehouse_id, told.previous_quantity, told.current_quantity) == (EAST, 3, 3)
    assert told.sku == PRODUCT
    assert told.estimated_restock_date is None


def test_a_line_short_of_everything_names_all_warehouses() -> None:
    shop = Shop()

    shop.reserve("a:1", 1)

    (told,) = shop.take_out_of_stock()
    assert (told.warehouse_id, told.current_quantity) == ("ALL", 0)


def _turned_away_for_good(shop: Shop, line: str) -> bool:
    (told,) = shop.take_out_of_stock()
    row = shop.reservations[line]
    shop.add(99, "wh_elsewhere")
    still = shop.status(line)
    return told.backorder_allowed is False and (row.status, still) == ("CANCELLED", "CANCELLED")


def test_nobody_waits_for_a_product_that_is_sold_nowhere_any_more() -> None:
    shop = stocked(east=2, west=1)
    shop.delete(f"{PRODUCT}:{EAST}")
    shop.reserve("a:1", 2)
    waited = shop.status("a:1")
    shop.release("a:1")
    shop.take_out_of_stock()

    shop.delete(f"{PRODUCT}:{WEST}")
    shop.reserve("b:1", 2)

    ran_out, short = shop.take_out_of_stock()
    assert waited == "PENDING"
    assert (ran_out.backorder_allowed, short.backorder_allowed) == (False, False)
    assert shop.status("b:1") == "CANCELLED"


def test_a_level_that_is_discontinued_expects_no_goods() -> None:
    reorder = ReorderPolicy(reorder_point=1, safety_stock=0, lead_time_days=2)
    shop = stocked(east=2, west=1, rules=replace(RULES, policies={f"{PRODUCT}:{EAST}": reorder}))
    shop.update(-1)
    shop.delete(f"{PRODUCT}:{EAST}")
    shop.take_out_of_stock()

    shop.reserve("a:1", 2)

    (told,) = shop.take_out_of_stock()
    assert (told.backorder_allowed, told.estimated_restock_date) == (True, None)


def test_a_product_without_backorder_turns_short_lines_away() -> None:
    shop = Shop(stock=Stock(product_id=PRODUCT, backorder_allowed=False))

    shop.reserve("a:1", 1)

    assert shop.stock.queue == ()
    assert _turned_away_for_good(shop, "a:1")


def test_a_line_that_does_not_want_to_wait_is_turned_away() -> None:
    shop = Shop()

    shop.reserve("a:1", 1, backorder=False)

    assert _turned_away_for_good(shop, "a:1")


def test_a_line_cannot_wait_for_a_product_without_backorder() -> None:
    shop = Shop(stock=Stock(product_id=PRODUCT, backorder_allowed=False))

    shop.reserve("a:1", 1, backorder=True)

    assert _turned_away_for_good(shop, "a:1")


def test_a_full_queue_turns_lines_away() -> None:
    shop = Shop(replace(RULES, backorders_max=1))
    shop.reserve("a:1", 1)
    shop.take()

    shop.reserve("b:1", 1)

    assert _turned_away_for_good(shop, "b:1")
    assert shop.status("a:1") == "CONFIRMED"


@pytest.mark.parametrize(("lead_time_days", "waits"), [(3, True), (4, False)])
def test_a_line_waits_only_if_the_restock_is_near(lead_time_days: int, *, waits: bool) -> None:
    policy = ReorderPolicy(reorder_point=5, lead_time_days=lead_time_days)
    shop = stocked(replace(RULES, policy=policy), east=6)
    shop.reserve("a:1", 1)
    shop.take()

    shop.reserve("b:1", 9)

    (told,) = shop.take_out_of_stock()
    assert (shop.status("b:1") == "PENDING", told.backorder_allowed) == (waits, waits)
    assert (told.estimated_restock_date - _today(shop)).days == lead_time_days
    assert told.auto_reorder_triggered


def _today(shop: Shop) -> date:
    return moment_of(shop.at_ms).date()


def test_a_late_restock_counts_as_not_known() -> None:
    policy = ReorderPolicy(reorder_point=5, lead_time_days=4)
    shop = stocked(replace(RULES, policy=policy), east=6)
    shop.reserve("a:1", 1)
    shop.commit("a:1")
    shop.advance(4 * DAY_MS)
    shop.take()

    shop.reserve("b:1", 9)

    (told,) = shop.take_out_of_stock()
    assert (shop.status("b:1"), told.estimated_restock_date) == ("PENDING", None)


def test_a_restock_serves_those_who_wait_in_the_order_they_came() -> None:
    shop = Shop()
    for line in ("c:1", "a:1", "b:1"):
        shop.reserve(line, 2)
        shop.advance(1)
    shop.take()

    shop.add(5)

    held = [told for told in shop.take_adjusted() if told.reason == "order_reserved"]
    assert [told.reservation_id for told in held] == ["c:1", "a:1"]
    assert {told.reservation_status for told in held} == {"CONFIRMED"}
    assert (shop.status("b:1"), shop.level().reserved) == ("PENDING", 4)


def test_lines_of_the_same_moment_are_served_by_their_id() -> None:
    shop = Shop()
    for line in ("b:1", "a:1"):
        shop.reserve(line, 1)

    shop.add(1)

    assert (shop.status("a:1"), shop.status("b:1")) == ("CONFIRMED", "PENDING")


def test_a_large_line_at_the_head_holds_back_smaller_ones() -> None:
    shop = stocked(east=5)
    shop.reserve("large:1", 6)
    shop.advance(1)

    shop.reserve("small:1", 1)

    assert (shop.status("large:1"), shop.status("small:1")) == ("PENDING", "PENDING")
    assert [told.current_quantity for told in shop.take_out_of_stock()] == [5, 5]


def test_a_large_line_that_gives_up_lets_those_behind_it_through() -> None:
    shop = stocked(east=5)
    shop.reserve("large:1", 6)
    shop.advance(1)
    shop.reserve("small:1", 1)

    shop.release("large:1")

    assert (shop.status("large:1"), shop.status("small:1")) == ("CANCELLED", "CONFIRMED")
    assert shop.stock.queue == ()


def test_a_line_asked_for_earlier_comes_before_those_that_wait() -> None:
    shop = stocked(east=5)
    shop.reserve("first:1", 5)
    shop.advance(1)
    shop.reserve("large:1", 6)
    shop.advance(15 * MINUTE_MS)
    expired = shop.status("first:1")

    shop.reserve("first:1", 5)

    assert (expired, shop.status("first:1")) == ("EXPIRED", "CONFIRMED")
    assert shop.status("large:1") == "PENDING"


@pytest.mark.parametrize("event", ["release", "expiry", "correction", "return", "quality"])
def test_whatever_frees_stock_serves_the_queue(event: str) -> None:
    shop = stocked(east=3)
    shop.update(-1, reason="quality_failure")
    shop.reserve("a:1", 2)
    shop.advance(1)
    shop.reserve("b:1", 1)
    free = {
        "release": lambda: shop.release("a:1"),
        "expiry": lambda: shop.advance(15 * MINUTE_MS),
        "correction": lambda: shop.update(1),
        "return": lambda: shop.add(1, **{"return": {"condition": "new"}}),
        "quality": lambda: shop.update(1, reason="quality_released"),
    }[event]

    before = shop.status("b:1")
    free()

    assert (before, shop.status("b:1")) == ("PENDING", "CONFIRMED")


def test_a_served_line_has_a_fresh_quarter_of_an_hour() -> None:
    shop = Shop()
    shop.reserve("a:1", 1)

    shop.advance(2 * DAY_MS)
    waited = shop.status("a:1")
    shop.add(1)

    row = shop.reservations["a:1"]
    assert (waited, row.status) == ("PENDING", "CONFIRMED")
    assert (row.created_at_ms, row.held_at_ms) == (START_MS, shop.at_ms)
    assert row.expires_at_ms == shop.at_ms + 15 * MINUTE_MS


def test_a_line_that_insists_on_a_warehouse_waits_for_that_one() -> None:
    shop = Shop()
    shop.reserve("a:1", 1, only=WEST)

    shop.add(1, EAST)
    elsewhere = shop.status("a:1")
    shop.add(1, WEST)

    assert (elsewhere, shop.status("a:1")) == ("PENDING", "CONFIRMED")


def test_a_line_that_insists_on_a_warehouse_is_short_there() -> None:
    shop = stocked(east=1)

    shop.reserve("a:1", 1, only=WEST)

    assert [told.warehouse_id for told in shop.take_out_of_stock()] == [WEST]


def test_a_waiting_line_that_is_released_tells_nobody_of_stock() -> None:
    shop = Shop()
    shop.reserve("a:1", 1)
    shop.take()

    shop.release("a:1")

    assert (shop.status("a:1"), shop.stock.queue, shop.take()) == ("CANCELLED", (), [])


def test_an_order_does_not_pass_its_units_from_one_of_its_lines_to_the_other() -> None:
    shop = stocked(east=3)
    shop.reserve("a:1", 2)
    shop.reserve("a:2", 2)
    shop.advance(15 * MINUTE_MS)
    assert (shop.status("a:1"), shop.status("a:2")) == ("EXPIRED", "PENDING")

    shop.add(1)

    assert shop.status("a:2") == "CONFIRMED"
    shop.reserve("a:1", 2)
    assert shop.status("a:1") == "CONFIRMED"


@pytest.mark.parametrize(
    ("waits_for", "spoken_for", "left"),
    [(5, True, 0), (3, None, 2), (9, None, 5)],
    ids=["all of it", "a part", "more than that"],
)
def test_units_that_those_who_wait_take_at_once_are_back_for_nobody_else(
    waits_for: int, *, spoken_for: bool | None, left: int
) -> None:
    shop = Shop()
    shop.reserve("a:1", waits_for)
    shop.take()

    shop.add(5)

    arrived = shop.take_adjusted()[0]
    assert (arrived.previous_quantity, arrived.new_quantity) == (0, 5)
    assert arrived.spoken_for is spoken_for
    level = shop.level()
    assert level.on_hand - level.reserved == left


def test_a_hold_that_passes_on_to_who_waits_is_back_for_nobody_else() -> None:
    shop = stocked(east=2)
    shop.reserve("a:1", 2)
    shop.reserve("b:1", 2)
    shop.take()

    shop.release("a:1")

    freed, held = shop.take_adjusted()
    assert (freed.new_quantity, freed.spoken_for) == (2, True)
    assert (held.reservation_id, held.spoken_for) == ("b:1", None)


def test_what_one_line_lets_go_passes_its_own_order_by_and_serves_who_waits_behind() -> None:
    """Two lines of one order would take it from each other time and again."""
    shop = stocked(east=5)
    for line, units in (("a:1", 5), ("a:2", 5), ("b:1", 2), ("c:1", 4), ("d:1", 1)):
        shop.reserve(line, units)

    shop.advance(15 * MINUTE_MS)

    assert {line: shop.status(line) for line in shop.reservations} == {
        "a:1": "EXPIRED",
        "a:2": "PENDING",
        "b:1": "CONFIRMED",
        "c:1": "PENDING",
        "d:1": "PENDING",
    }


def test_who_comes_behind_a_line_that_was_passed_by_does_not_wait_for_it() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 5)
    shop.reserve("a:2", 5)
    shop.advance(15 * MINUTE_MS)

    shop.reserve("b:1", 2)
    shop.reserve("c:1", 1)

    assert [shop.status(line) for line in ("a:2", "b:1", "c:1")] == [
        "PENDING",
        "CONFIRMED",
        "PENDING",
    ]
    shop.advance(15 * MINUTE_MS)
    assert [shop.status(line) for line in ("a:2", "b:1")] == ["CONFIRMED", "EXPIRED"]


def test_whatever_customers_write_of_where_they_live_a_products_row_takes_all_who_may_wait() -> (
    None
):
    shop = Shop()
    long = "\u6f22" * TEXT_CHARS_MAX
    name = "\u6f22" * (ID_CHARS_MAX - len("pay_ord_0000"))

    for number in range(RULES.backorders_max):
        shop.reserve(f"{name}{number:04d}", 1, to=address("US", long))

    assert len(shop.stock.queue) == RULES.backorders_max
    assert len(msgspec.json.encode(shop.stock)) < RECORD_BYTES_MAX // 2
