"""Snapshots told and counted, and goods receipts, by warehouse."""

from dataclasses import replace
from typing import Any

import pytest

from events.alerts import AlertRaised
from events.inventory import CountStock
from streams.inventory.capacity import crowded
from streams.inventory.corrections import moved_since, recount
from streams.inventory.facts import Refusal
from streams.inventory.rules import InventoryRules, Site
from streams.inventory.warehouses import (
    RECEIPTS_MAX,
    SKUS_A_SNAPSHOT,
    LevelsPart,
    Warehouse,
    counted,
    gathered,
    is_wanted,
    parts_of,
    received,
    told,
)
from streams.moments import moment_of
from tests.streams.inventory.shop import EAST, PRODUCT, RULES, START_MS, WEST, Shop, stocked
from tests.streams.inventory.snapshots import receipt, snapshot

QUARTER_MS = RULES.snapshot_every_ms
WH = Warehouse(EAST)


def part(slot_ms: int = QUARTER_MS, partition: int = 0, **levels: int) -> LevelsPart:
    units = {sku: (on_hand, 0, 0) for sku, on_hand in levels.items()}
    return LevelsPart(EAST, slot_ms, slot_ms + 5, partition, 0, units)


def heard(row: Warehouse, *parts: LevelsPart) -> Warehouse:
    for one in parts:
        row = gathered(row, one, one.slot_ms, RULES)
    return row


# -- told


def test_a_partition_tells_what_it_has_in_each_warehouse() -> None:
    shop = stocked(east=5, west=3)
    shop.reserve("a:1", 2)

    parts = {one.warehouse_id: one for one in parts_of([shop.stock], 2, START_MS, RULES)}

    assert {name: one.levels[PRODUCT][0] for name, one in parts.items()} == {EAST: 5, WEST: 3}
    assert sum(one.levels[PRODUCT][1] for one in parts.values()) == 2
    assert {(one.partition, one.slot_ms % QUARTER_MS) for one in parts.values()} == {(2, 0)}


def test_a_snapshot_is_told_every_quarter_of_an_hour() -> None:
    assert QUARTER_MS == 15 * 60_000


def test_the_parts_of_a_slot_become_one_snapshot_with_the_next_number() -> None:
    row = gathered(replace_row(sequence=7), part(a=1), QUARTER_MS, RULES)
    assert row.due_ms == QUARTER_MS + RULES.snapshot_grace_ms
    assert gathered(row, part(b=2), QUARTER_MS, RULES) is row

    after, [made] = told(row, [part(a=1), part(partition=1, b=2)])

    assert (made.sequence_number, made.totals_by_sku) == (8, {"a": 1, "b": 2})
    assert made.labels == {"origin": "books"}
    assert (after.sequence, after.due_ms) == (8, 0)


def replace_row(**changes: int) -> Warehouse:
    return Warehouse(EAST, **changes)


def test_a_part_that_comes_after_its_snapshot_is_in_none() -> None:
    row = gathered(WH, part(a=1), QUARTER_MS, RULES)
    after, _ = told(row, [part(a=1)])

    late = part(partition=1, b=1)
    assert gathered(after, late, QUARTER_MS, RULES).due_ms == 0
    assert not is_wanted(after, late)
    assert gathered(after, part(2 * QUARTER_MS), 2 * QUARTER_MS, RULES).due_ms > 0


def test_a_snapshot_without_the_parts_of_a_partition_that_was_there_says_so() -> None:
    row = heard(WH, part(a=1), part(partition=1, b=2), part(partition=2, c=3))

    row, [without] = told(row, [part(2 * QUARTER_MS, a=1)])
    _, [whole] = told(row, [part(partition=n) for n in (1, 0)] + [part(partition=2, c=3)])

    assert (without.totals_by_sku, without.labels) == (
        {"a": 1},
        {"origin": "books", "lacksPartitions": "1,2"},
    )
    assert whole.labels == {"origin": "books"}


def test_a_snapshot_names_a_partition_that_told_only_too_late_so_far() -> None:
    row, _ = told(heard(WH, part(a=1)), [part(a=1)])
    row = heard(row, part(partition=1, b=2), part(2 * QUARTER_MS, a=1))

    _, [made] = told(row, [part(2 * QUARTER_MS, a=1)])

    assert made.labels == {"origin": "books", "lacksPartitions": "1"}


def test_a_warehouse_of_many_products_is_told_in_several_snapshots() -> None:
    levels = {f"s{number:05d}": (1, 0, 0) for number in range(SKUS_A_SNAPSHOT + 1)}
    whole = LevelsPart(EAST, QUARTER_MS, QUARTER_MS, 0, 0, levels)

    _, made = told(WH, [whole])

    assert [one.sequence_number for one in made] == [1, 2]
    assert sum(len(zone.stock_by_sku) for one in made for zone in one.zones) == len(levels)
    assert all(len(zone.stock_by_sku) <= 1_000 for one in made for zone in one.zones)


def units(**levels: tuple[int, int, int]) -> LevelsPart:
    return LevelsPart(EAST, QUARTER_MS, QUARTER_MS, 0, 0, levels)


@pytest.mark.parametrize(
    ("capacity", "alarms"), [(0, 0), (10, 0), (9, 1)], ids=["no limit", "full", "over"]
)
def test_a_warehouse_with_more_than_it_has_room_for_raises_an_alarm(
    capacity: int, alarms: int
) -> None:
    rules = replace(RULES, sites={EAST: Site("US", capacity=capacity)})

    row, raised = crowded(WH, [units(a=(4, 4, 1)), units(b=(5, 0, 0))], START_MS, rules)

    assert len(raised) == alarms
    assert [(one.rule, one.subject, one.value, one.threshold) for one in raised] == [
        ("warehouse_full", EAST, 10, 9)
    ] * alarms
    assert crowded(row, [units(a=(10, 0, 0))], START_MS, rules)[1] == ()
    emptier, none = crowded(row, [units(a=(9, 0, 0))], START_MS, rules)
    assert none == ()
    assert len(crowded(emptier, [units(a=(10, 0, 0))], START_MS, rules)[1]) == alarms


def test_a_snapshot_that_lacks_a_partition_does_not_tell_that_there_is_room() -> None:
    rules = replace(RULES, sites={EAST: Site("US", capacity=9)})
    whole = [part(a=6), part(partition=1, b=4)]
    row, _ = crowded(heard(WH, *whole), whole, START_MS, rules)

    after, _ = crowded(row, whole[:1], START_MS, rules)

    assert crowded(after, whole, START_MS, rules)[1] == ()


# -- counted


def test_a_count_is_handed_to_its_products_summed_over_zones() -> None:
    after, [count] = counted(WH, snapshot(5), START_MS)

    assert isinstance(count, CountStock)
    assert (count.product_id, count.on_hand) == (PRODUCT, 7)
    assert (after.counted_sequence, after.gaps) == (5, 0)


@pytest.mark.parametrize("sequence", [4, 5])
def test_a_stale_snapshot_is_dropped_and_counted(sequence: int) -> None:
    row, _ = counted(WH, snapshot(5), START_MS)

    after, said = counted(row, snapshot(sequence), START_MS)

    assert (said, after.stale, after.counted_sequence) == ([], 1, 5)


def test_a_gap_raises_an_alarm_and_the_count_is_used_all_the_same() -> None:
    row, _ = counted(WH, snapshot(5), START_MS)

    after, [alarm, count] = counted(row, snapshot(8), START_MS)

    assert isinstance(alarm, AlertRaised)
    assert (alarm.rule, alarm.subject, alarm.value) == ("snapshot_gap", EAST, 2)
    assert isinstance(count, CountStock)
    assert after.gaps == 2


def test_what_we_told_ourselves_is_no_count() -> None:
    assert counted(WH, snapshot(9, labels={"origin": "books"}), START_MS) == (WH, [])


# -- what stock makes of a count


def count_of(shop: Shop, on_hand: int, at_ms: int) -> Any:
    command = CountStock(
        product_id=PRODUCT,
        warehouse_id=EAST,
        on_hand=on_hand,
        counted_at=moment_of(at_ms),
        snapshot_id="snap_1",
    )
    kept = {one.key: one for one in shop.movements[-shop.rules.movements_max :]}
    since = moved_since(shop.stock, command, kept.get, shop.rules)
    return shop._do(recount(shop.stock, command, since, shop.at_ms, shop.rules))


@pytest.mark.parametrize(("on_hand", "change"), [(7, 2), (3, -2)])
def test_a_difference_is_booked(on_hand: int, change: int) -> None:
    shop = stocked(east=5)

    count_of(shop, on_hand, shop.at_ms + 1)

    (told_,) = shop.take_adjusted()
    assert (told_.reason, told_.adjusted_quantity) == ("wms_reconciliation", change)
    assert shop.level().on_hand == on_hand


def test_goods_that_came_since_a_count_may_be_in_it() -> None:
    shop = stocked(east=5)

    count_of(shop, 3, shop.at_ms)

    assert shop.take() == []
    assert shop.level().on_hand == 5


@pytest.mark.parametrize(
    ("counted_units", "moves", "now"),
    [
        pytest.param(10, ["ship"], 7, id="what left since was counted"),
        pytest.param(8, ["ship"], 5, id="what is gone for another reason comes off the books"),
        pytest.param(13, ["ship"], 10, id="what was found is booked"),
        pytest.param(2, ["ship"], 0, id="less than nothing is not there"),
        pytest.param(10, ["elsewhere"], 10, id="what moved in another warehouse does not matter"),
        pytest.param(7, ["elsewhere"], 7, id="nor does it keep a count from being believed"),
        pytest.param(10, ["add"], 14, id="goods that came since were not in it"),
        pytest.param(14, ["add"], 14, id="or were"),
        pytest.param(16, ["add"], 16, id="no more are booked than surely are there"),
        pytest.param(8, ["add"], 12, id="no fewer than may be there"),
        pytest.param(8, ["correct"], 8, id="a correction may be the one that the count is about"),
        pytest.param(10, ["correct"], 8, id="or come after it"),
        pytest.param(10, ["send"], 7, id="what went to another warehouse was counted"),
        pytest.param(8, ["send"], 5, id="and what is gone beside it comes off the books"),
        pytest.param(12, ["ship", "ship", "add"], 8, id="all of it together"),
    ],
)
def test_a_count_is_believed_of_goods_that_move_meanwhile(
    counted_units: int, moves: list[str], now: int
) -> None:
    """Ten are there when it is taken: three go with a parcel, four come, two are taken off."""
    shop = stocked(east=10, west=10)
    for line, _ in enumerate(moves):
        shop.reserve(f"{line}:1", 3, only=EAST)
        shop.commit(f"{line}:1")
    shop.at_ms += 1
    counted_at_ms = shop.at_ms
    shop.at_ms += 1
    for line, move in enumerate(moves):
        if move == "ship":
            shop.ship(f"{line}:1")
        elif move == "add":
            shop.add(4, EAST)
        elif move == "correct":
            shop.update(-2, EAST)
        elif move == "send":
            shop.release(f"{line}:1")
            shop.add(3, WEST, sourceWarehouseId=EAST)
        else:
            shop.add(4, WEST)
        shop.release(f"{line}:1")

    count_of(shop, counted_units, counted_at_ms)

    assert (shop.level().on_hand, shop.level().missing) == (now, 0)


def test_two_counts_of_one_loss_book_it_once() -> None:
    shop = stocked(east=5)
    shop.at_ms += 3

    count_of(shop, 3, shop.at_ms - 2)
    count_of(shop, 3, shop.at_ms - 1)

    assert shop.level().on_hand == 3


def test_a_count_from_before_the_movements_that_are_kept_says_nothing() -> None:
    shop = stocked(replace(RULES, movements_max=2), east=5)
    shop.at_ms += 2
    for _ in range(3):
        shop.update(-1)

    count_of(shop, 1, shop.at_ms - 1)

    assert shop.level().on_hand == 2


def test_a_count_says_nothing_where_a_movement_since_it_is_forgotten() -> None:
    shop = stocked(east=5)
    command = CountStock(
        product_id=PRODUCT, warehouse_id=EAST, on_hand=1, counted_at=moment_of(shop.at_ms - 1)
    )

    assert moved_since(shop.stock, command, lambda _: None, RULES) is None


@pytest.mark.parametrize(
    ("rules", "where", "refusal"),
    [
        (replace(RULES, level_max=6), {"east": 5}, Refusal.LEVEL_FULL),
        (replace(RULES, warehouses_max=1), {"west": 5}, Refusal.TOO_MANY_WAREHOUSES),
    ],
)
def test_a_count_of_what_may_not_be_there_is_refused(
    rules: InventoryRules, where: dict[str, int], refusal: Refusal
) -> None:
    shop = stocked(rules, **where)
    before = shop.stock

    assert count_of(shop, 7, shop.at_ms + 1) is refusal
    assert shop.stock == before


def test_a_count_of_what_was_discontinued_changes_nothing() -> None:
    shop = stocked(east=1)
    shop.delete(f"{PRODUCT}:{EAST}")
    before = shop.stock

    assert count_of(shop, 7, shop.at_ms + 1) is None
    assert shop.stock == before


def test_a_count_says_nothing_where_goods_moved_and_some_are_still_to_come_off_the_books() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 4)
    count_of(shop, 1, shop.at_ms + 1)
    shop.at_ms += 2
    shop.add(1)

    count_of(shop, 9, shop.at_ms - 1)

    assert (shop.level().on_hand, shop.level().missing) == (4, 2)


def test_a_count_that_agrees_or_is_repeated_changes_nothing() -> None:
    shop = stocked(east=5)
    count_of(shop, 5, shop.at_ms + 1)
    assert shop.take() == []

    count_of(shop, 4, shop.at_ms + 1)
    shop.take()
    count_of(shop, 4, shop.at_ms + 1)
    assert shop.take() == []


def test_fewer_than_are_reserved_is_for_people_once() -> None:
    shop = stocked(east=5)
    shop.reserve("a:1", 4)
    shop.take()

    assert count_of(shop, 3, shop.at_ms + 1) is None
    first = shop.take()
    count_of(shop, 3, shop.at_ms + 1)

    assert [one.rule for one in first if isinstance(one, AlertRaised)] == ["stock_missing"]
    assert (shop.level().on_hand, shop.level().missing, shop.take()) == (4, 1, [])


def test_what_was_never_booked_begins_with_its_count_and_serves_who_waits() -> None:
    shop = Shop(replace(RULES))
    shop.reserve("a:1", 2)

    count_of(shop, 6, shop.at_ms + 1)

    assert shop.status("a:1") == "CONFIRMED"


# -- received


def test_a_receipt_is_booked_by_product_once() -> None:
    row, commands = received(WH, receipt())

    assert [(one.product_id, one.quantity) for one in commands] == [("s1", 5), ("p2", 7)]
    assert commands[0].stock_source == {
        "type": "purchase_order",
        "purchaseOrderId": "PO-1",
        "supplierId": "sup_1",
    }
    assert received(row, receipt()) == (row, [])


def test_only_the_newest_receipts_are_remembered() -> None:
    row = WH
    for number in range(RECEIPTS_MAX + 3):
        row, _ = received(row, receipt(f"inv_{number}"))

    assert len(row.receipts) == RECEIPTS_MAX
