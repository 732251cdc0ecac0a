"""What runs low, what runs out, and how often that is said."""

from dataclasses import replace

import pytest

from events.inventory import LowStockAlert, OutOfStock
from streams.inventory.rules import InventoryRules, ReorderPolicy
from streams.moments import DAY_MS, moment_of
from tests.streams.inventory.shop import EAST, PRODUCT, RULES, SITES, START_MS, WEST, stocked

POLICY = ReorderPolicy(
    reorder_point=5, reorder_quantity=20, maximum_stock_level=30, safety_stock=5, lead_time_days=2
)
REORDERED: InventoryRules = replace(RULES, policy=POLICY)


def test_falling_to_the_reorder_point_is_said_once_a_crossing() -> None:
    shop = stocked(REORDERED, east=7)

    shop.reserve("a:1", 1)
    above = shop.take_low_stock()
    shop.reserve("b:1", 1)
    crossing = shop.take_low_stock()
    shop.reserve("c:1", 1)
    below = shop.take_low_stock()
    shop.release("b:1")
    shop.release("c:1")
    shop.reserve("d:1", 1)
    again = shop.take_low_stock()

    (told,) = crossing
    assert (above, below, len(again)) == ([], [], 1)
    assert (told.product_id, told.warehouse_id) == (PRODUCT, EAST)
    assert (told.available_quantity, told.reorder_point) == (5, 5)
    assert (told.auto_reorder_enabled, told.suggested_reorder_quantity) == (True, 20)


@pytest.mark.parametrize(("on_hand", "suggested"), [(10, 20), (11, 19), (30, 0), (31, 0)])
def test_no_more_is_suggested_than_fits_under_the_maximum(on_hand: int, suggested: int) -> None:
    shop = stocked(REORDERED, east=on_hand)

    shop.reserve("a:1", on_hand - 1)

    assert [told.suggested_reorder_quantity for told in shop.take_low_stock()] == [suggested]


def test_each_warehouse_runs_low_by_itself() -> None:
    shop = stocked(REORDERED, east=6, west=6)

    shop.reserve("a:1", 9)

    assert {told.warehouse_id for told in shop.take_low_stock()} == {EAST, WEST}


def test_a_restock_that_goes_straight_to_those_who_wait_crosses_nothing() -> None:
    shop = stocked(REORDERED, east=1)
    shop.reserve("a:1", 10)
    shop.take()

    shop.add(10)

    told = shop.take()
    assert shop.status("a:1") == "CONFIRMED"
    assert not [each for each in told if isinstance(each, (LowStockAlert, OutOfStock))]


def test_an_automatic_reorder_is_expected_and_arrives() -> None:
    shop = stocked(REORDERED, east=6)

    shop.reserve("a:1", 2)
    expected = shop.level().restock_at_ms
    shop.advance(DAY_MS)
    shop.reserve("b:1", 6)
    shop.release("b:1")
    shop.reserve("c:1", 5)
    unmoved = shop.level().restock_at_ms
    shop.add(20)

    assert expected == shop.at_ms + DAY_MS
    assert unmoved == expected
    assert shop.level().restock_at_ms is None


def test_only_goods_that_were_ordered_are_what_was_expected() -> None:
    shop = stocked(REORDERED, east=6)
    shop.reserve("a:1", 2)
    expected = shop.level().restock_at_ms

    shop.update(-1)
    shop.update(1)
    shop.add(1, returnId="r1", condition="new")

    assert shop.level().restock_at_ms == expected is not None


def test_the_first_of_the_goods_that_are_expected_is_told() -> None:
    later = replace(POLICY, lead_time_days=3)
    policies = {f"{PRODUCT}:{EAST}": later, f"{PRODUCT}:{WEST}": POLICY}
    shop = stocked(replace(RULES, policies=policies), east=6, west=6)
    shop.reserve("a:1", 1, only=EAST)
    shop.reserve("b:1", 1, only=WEST)
    shop.take()

    shop.reserve("c:1", 20)

    (told,) = shop.take_out_of_stock()
    assert told.estimated_restock_date == moment_of(START_MS + 2 * DAY_MS).date()


def test_a_reorder_that_did_not_come_is_expected_anew_when_it_falls_low_again() -> None:
    shop = stocked(REORDERED, east=6)

    expected = []
    for line in ("a:1", "b:1", "c:1"):
        shop.reserve(line, 2)
        expected.append(shop.level().restock_at_ms)
        shop.advance(DAY_MS)  # The hold lapses.

    first = START_MS + 2 * DAY_MS
    assert expected == [first, first, first + 2 * DAY_MS]


def test_of_what_is_at_its_maximum_nothing_is_reordered_and_nothing_expected() -> None:
    shop = stocked(REORDERED, east=30)

    shop.reserve("a:1", 30)

    low, out = (each for each in shop.take() if isinstance(each, (LowStockAlert, OutOfStock)))
    assert low.suggested_reorder_quantity == 0
    assert (out.auto_reorder_triggered, out.estimated_restock_date) == (False, None)


def test_a_warehouse_that_takes_no_goods_any_more_is_not_reordered_for() -> None:
    sites = {**SITES, EAST: replace(SITES[EAST], active=False)}
    shop = stocked(REORDERED, east=6)
    shop.rules = replace(REORDERED, sites=sites)

    shop.reserve("a:1", 6)

    low, out = (each for each in shop.take() if isinstance(each, (LowStockAlert, OutOfStock)))
    assert low.suggested_reorder_quantity == 0
    assert (out.auto_reorder_triggered, out.estimated_restock_date) == (False, None)


def test_without_automatic_reorder_there_is_an_alert_and_nothing_is_expected() -> None:
    rules = replace(RULES, policy=replace(POLICY, auto_reorder=False))
    shop = stocked(rules, east=6)

    shop.reserve("a:1", 6)

    low, out = (each for each in shop.take() if isinstance(each, (LowStockAlert, OutOfStock)))
    assert (low.auto_reorder_enabled, low.suggested_reorder_quantity) == (False, 20)
    assert (out.auto_reorder_triggered, out.estimated_restock_date) == (False, None)


def test_the_last_unit_of_a_warehouse_is_said_once_and_names_no_order() -> None:
    shop = stocked(east=2, west=2)

    shop.reserve("a:1", 2, only=EAST)

    (told,) = shop.take_out_of_stock()
    assert (told.warehouse_id, told.previous_quantity, told.current_quantity) == (EAST, 2, 0)
    assert told.triggered_by_order_id is None
    assert told.requested_quantity is None


def test_the_last_unit_of_a_product_is_said_once_and_for_all() -> None:
    shop = stocked(east=2, west=3)

    shop.reserve("a:1", 5)

    (told,) = shop.take_out_of_stock()
    assert (told.warehouse_id, told.previous_quantity, told.current_quantity) == ("ALL", 5, 0)


def test_a_line_that_finds_nothing_is_the_only_one_to_say_so() -> None:
    shop = stocked(east=1)
    shop.reserve("a:1", 1)
    shop.take()

    shop.reserve("b:1", 1)

    assert [told.triggered_by_order_id for told in shop.take_out_of_stock()] == ["ord_b:1"]


def test_what_is_empty_already_runs_out_of_nothing() -> None:
    shop = stocked(east=1)
    shop.reserve("a:1", 1)
    shop.take()

    shop.add(1, returnId="r1", condition="damaged")
    shop.update(0, reason="quality_failure")

    assert shop.take_out_of_stock() == []


@pytest.mark.parametrize("event", ["correction", "quality", "withdrawal", "end", "transfer"])
def test_whatever_empties_a_warehouse_says_so(event: str) -> None:
    shop = stocked(east=2, west=9)
    empty = {
        "correction": lambda: shop.update(-2),
        "quality": lambda: shop.update(-2, reason="quality_failure"),
        "withdrawal": lambda: shop.update(0, reason="quality_failure"),
        "end": lambda: shop.delete(f"{PRODUCT}:{EAST}"),
        "transfer": lambda: shop.add(2, WEST, sourceWarehouseId=EAST),
    }[event]

    empty()

    assert [told.warehouse_id for told in shop.take_out_of_stock()] == [EAST]


def test_a_level_given_up_is_not_reordered() -> None:
    shop = stocked(REORDERED, east=9)

    shop.delete(f"{PRODUCT}:{EAST}")

    assert shop.take_low_stock() == []


def test_the_last_sale_is_told() -> None:
    shop = stocked(east=2)
    shop.reserve("a:1", 1)
    shop.commit("a:1")
    sold_at_ms = shop.at_ms
    shop.take()

    shop.advance(DAY_MS)
    shop.reserve("b:1", 1)

    (told,) = shop.take_out_of_stock()
    assert round(told.last_sold_at.timestamp() * 1000) == sold_at_ms


@pytest.mark.parametrize(
    "figures",
    [
        {"reorder_point": 4, "safety_stock": 5},
        {"maximum_stock_level": 25},
        {"lead_time_days": 0},
    ],
)
def test_a_policy_that_cannot_work_is_refused(figures: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        replace(POLICY, **figures)
