"""Figures mended by hand, and levels given up."""

from dataclasses import replace

import pytest

from events.alerts import AlertRaised
from events.base import Message
from events.inventory import DeleteInventory
from streams.inventory.corrections import product_of
from streams.inventory.facts import Refusal
from tests.streams.inventory.shop import EAST, PRODUCT, RULES, WEST, Shop, stocked

ITEM = f"{PRODUCT}:{EAST}"


@pytest.mark.parametrize(
    ("change", "given", "told_as", "notes"),
    [
        (2, None, "manual_correction", None),
        (-2, "stock_count", "stock_count", None),
        (-1, "damaged_goods", "damaged_goods", None),
        (1, "wms_reconciliation", "wms_reconciliation", None),
        (-5, "fell off a lorry", "manual_correction", "fell off a lorry"),
        (1, "order_reserved", "manual_correction", "order_reserved"),
    ],
)
def test_a_correction_changes_what_is_on_hand(
    change: int, given: str | None, told_as: str, notes: str | None
) -> None:
    shop = stocked(east=5)

    shop.update(change, reason=given)

    (told,) = shop.take_adjusted()
    moved = shop.movements[-1]
    assert shop.level().on_hand == 5 + change
    assert (told.previous_quantity, told.adjusted_quantity) == (5, change)
    assert (told.reason, told.notes) == (told_as, notes)
    assert told.adjustment_type == ("increase" if change > 0 else "decrease")
    assert (moved.type, moved.quantity, moved.reason) == ("ADJUSTMENT", change, told_as)


def test_a_first_count_begins_a_level() -> None:
    shop = Shop()

    shop.update(4, WEST, "stock_count")

    assert shop.level(WEST).on_hand == 4


def test_a_correction_by_nothing_is_no_movement() -> None:
    shop = stocked(east=5)
    before = shop.stock

    shop.update(0)

    assert (shop.stock, shop.take()) == (before, [])


def test_failed_units_go_to_quarantine_and_come_back() -> None:
    shop = stocked(east=5)

    shop.update(-2, reason="quality_failure")
    failed = shop.level()
    shop.update(1, reason="quality_released")
    released = shop.level()

    told = shop.take_adjusted()
    assert (failed.on_hand, failed.quarantined, failed.status) == (3, 2, "ACTIVE")
    assert (released.on_hand, released.quarantined) == (4, 1)
    assert [each.adjusted_quantity for each in told] == [-2, 1]
    assert [each.reason for each in told] == ["damaged_goods", "manual_correction"]


def test_a_level_is_withdrawn_from_sale_and_restored() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.take()

    shop.update(0, reason="quality_failure")
    withdrawn = shop.level()
    shop.reserve("b:1", 1)
    waits = shop.status("b:1")
    shop.update(0, reason="quality_released")

    told = shop.take_adjusted()
    assert (withdrawn.status, withdrawn.on_hand, withdrawn.reserved) == ("QUARANTINED", 5, 2)
    assert (shop.level().status, waits, shop.status("b:1")) == ("ACTIVE", "PENDING", "CONFIRMED")
    assert [each.adjusted_quantity for each in told] == [-3, 3, -1]


def test_a_hold_on_a_withdrawn_level_stands_and_its_end_makes_nothing_available() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.update(0, reason="quality_failure")
    shop.take()

    shop.release("a:1")

    (told,) = shop.take_adjusted()
    assert (told.previous_quantity, told.adjusted_quantity, told.reserved) == (0, 0, 0)


def test_withdrawing_a_level_twice_is_no_movement() -> None:
    shop = stocked(east=5)
    shop.update(0, reason="quality_failure")
    before = shop.stock

    shop.update(0, reason="quality_failure")

    assert shop.stock == before


def _held() -> Shop:
    shop = stocked(replace(RULES, level_max=6, warehouses_max=1), east=5)
    shop.update(-1, reason="quality_failure")
    shop.reserve("a:1", 2)
    return shop


def _discontinued() -> Shop:
    shop = stocked(east=1)
    shop.delete(ITEM)
    return shop


@pytest.mark.parametrize(
    ("refusal", "shop", "change", "warehouse", "reason"),
    [
        (Refusal.DISCONTINUED, _discontinued(), -9, EAST, None),
        (Refusal.TOO_MANY_WAREHOUSES, _held(), -9, WEST, None),
        (Refusal.QUALITY_SIGN, _held(), 9, EAST, "quality_failure"),
        (Refusal.QUALITY_SIGN, _held(), -9, EAST, "quality_released"),
        (Refusal.QUARANTINE_SHORT, _held(), 2, EAST, "quality_released"),
        (Refusal.BELOW_ZERO, _held(), -5, EAST, "quality_failure"),
        (Refusal.BELOW_ZERO, _held(), -5, EAST, None),
        (Refusal.BELOW_ZERO, Shop(), -1, EAST, None),
        (Refusal.LEVEL_FULL, _held(), 3, EAST, None),
    ],
)
def test_corrections_are_refused_in_order_of_precedence(
    refusal: Refusal, shop: Shop, change: int, warehouse: str, reason: str | None
) -> None:
    before = shop.stock

    assert shop.update(change, warehouse, reason) is refusal

    assert shop.stock == before


def test_what_is_beyond_a_limit_of_today_may_become_less() -> None:
    shop = stocked(east=9)
    shop.rules = replace(RULES, level_max=5)

    assert shop.update(-1) is None
    assert shop.level().on_hand == 8


def test_a_correction_may_leave_just_what_is_reserved() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)

    refusal = shop.update(-3)

    assert (refusal, shop.level().on_hand) == (None, 2)


def _alarms(told: list[Message]) -> list[tuple[str, str, float]]:
    return [(one.rule, one.subject, one.value) for one in told if isinstance(one, AlertRaised)]


def test_held_units_that_are_gone_are_told_of_and_come_off_the_books_with_their_hold() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.reserve("b:1", 2)
    shop.take()

    shop.update(-3, reason="stock_count")
    counted, alarms = shop.level(), _alarms(shop.take())
    shop.reserve("c:1", 1)
    shop.release("a:1")

    assert alarms == [("stock_missing", f"{PRODUCT} in {EAST}", 2)]
    assert (counted.on_hand, counted.reserved, counted.missing) == (4, 4, 2)
    assert (shop.level().on_hand, shop.level().reserved, shop.level().missing) == (2, 2, 0)
    assert (shop.status("b:1"), shop.status("c:1")) == ("CONFIRMED", "PENDING")
    assert shop.movements[-1].reason == "stock_count"


def test_held_units_that_fail_in_quality_are_in_quarantine_and_missing_to_those_who_hold() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 2)
    shop.reserve("b:1", 2)
    shop.take()

    shop.update(-3, reason="quality_failure")
    failed, alarms = shop.level(), _alarms(shop.take())
    shop.release("a:1")
    freed = shop.level()
    shop.update(3, reason="quality_released")

    assert alarms == [("stock_missing", f"{PRODUCT} in {EAST}", 2)]
    assert (failed.on_hand, failed.reserved, failed.missing, failed.quarantined) == (4, 4, 2, 3)
    assert (freed.on_hand, freed.reserved, freed.missing, freed.quarantined) == (2, 2, 0, 3)
    assert (shop.level().on_hand, shop.level().missing, shop.level().quarantined) == (5, 0, 0)


def test_each_count_that_finds_less_tells_all_that_is_missing() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 5)
    shop.take()

    shop.update(-2)
    shop.update(-1)

    where = f"{PRODUCT} in {EAST}"
    assert _alarms(shop.take()) == [("stock_missing", where, 2), ("stock_missing", where, 3)]


def test_goods_that_come_in_make_good_what_is_missing_first() -> None:
    shop = stocked(east=2)
    shop.reserve("a:1", 2)
    shop.update(-1)

    shop.add(3)

    assert (shop.level().on_hand, shop.level().reserved, shop.level().missing) == (4, 2, 0)
    assert [one.quantity for one in shop.movements] == [2, 3, -1]


def test_what_is_found_again_is_missing_no_more() -> None:
    shop = stocked(east=2)
    shop.reserve("a:1", 2)
    shop.update(-1)
    shop.take()

    shop.update(1)

    assert (shop.level().on_hand, shop.level().missing, _alarms(shop.take())) == (2, 0, [])


def test_what_leaves_was_not_missing() -> None:
    shop = stocked(east=2)
    shop.reserve("a:1", 2)
    shop.commit("a:1")
    shop.update(-1)

    shop.ship("a:1")

    assert (shop.level().on_hand, shop.level().missing) == (0, 0)


def test_a_discontinued_level_sells_nothing_and_keeps_its_books() -> None:
    shop = stocked(east=5)

    shop.delete(ITEM)
    shop.delete(ITEM)

    (told,) = shop.take_adjusted()
    assert (shop.level().status, shop.level().on_hand) == ("DISCONTINUED", 5)
    assert (told.adjusted_quantity, told.new_quantity, told.discontinued) == (-5, 0, True)
    assert (told.reason, told.notes) == ("manual_correction", "discontinued")
    shop.reserve("a:1", 1)
    assert shop.status("a:1") == "CANCELLED"


@pytest.mark.parametrize(
    ("refusal", "inventory_id", "warehouse"),
    [
        (Refusal.MALFORMED_INVENTORY_ID, PRODUCT, None),
        (Refusal.MALFORMED_INVENTORY_ID, f"{PRODUCT}:", None),
        (Refusal.INVENTORY_ID_DIFFERS, f"prod_2:{EAST}", None),
        (Refusal.INVENTORY_ID_DIFFERS, ITEM, WEST),
        (Refusal.UNKNOWN_LEVEL, f"{PRODUCT}:{WEST}", None),
        (Refusal.STILL_RESERVED, ITEM, EAST),
    ],
)
def test_giving_up_a_level_is_refused_in_order_of_precedence(
    refusal: Refusal, inventory_id: str, warehouse: str | None
) -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 1)

    assert shop.delete(inventory_id, PRODUCT, warehouse) is refusal

    assert shop.level().status == "ACTIVE"


@pytest.mark.parametrize(
    ("product_id", "product"), [(None, "prod_1"), ("prod_1", "prod_1"), ("a:b", "a:b")]
)
def test_the_product_of_a_level_is_named_or_read_from_its_id(
    product_id: str | None, product: str
) -> None:
    command = DeleteInventory(inventory_id=ITEM, product_id=product_id)

    assert product_of(command) == product
    assert product_id is not None or command.fallback_key() == product
