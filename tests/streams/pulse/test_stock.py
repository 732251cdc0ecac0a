"""Shelves and their sums."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.inventory import InventoryAdjusted, LowStockAlert
from streams.pulse import stock
from streams.pulse.stock import BARE, Levels, Shelf


def change(new: int, product: str = "p", *, discontinued: bool | None = None) -> InventoryAdjusted:
    return InventoryAdjusted(
        adjustment_id="a",
        product_id=product,
        warehouse_id="w",
        adjustment_type="increase",
        previous_quantity=0,
        adjusted_quantity=new,
        new_quantity=new,
        reason="restock",
        discontinued=discontinued,
    )


def low(available: int, product: str = "p") -> LowStockAlert:
    return LowStockAlert(
        product_id=product, warehouse_id="w", available_quantity=available, reorder_point=10
    )


@pytest.mark.parametrize(
    ("shelf", "new", "after"),
    [
        (None, 5, Shelf(5)),
        (Shelf(50), 5, Shelf(5)),
        (Shelf(8, low_until=10), 3, Shelf(3, low_until=10)),
        (Shelf(8, low_until=10), 10, Shelf(10, low_until=10)),
        (Shelf(8, low_until=10), 11, Shelf(11)),
    ],
    ids=["first seen", "sold", "low stays low", "low at the point", "no longer low above it"],
)
def test_a_shelf_follows_its_stock(shelf: Shelf | None, new: int, after: Shelf) -> None:
    assert stock.adjusted(shelf, change(new)) == after


@pytest.mark.parametrize("shelf", [None, Shelf(8), Shelf(0, low_until=10)])
def test_a_shelf_whose_product_is_sold_no_more_is_no_shelf(shelf: Shelf | None) -> None:
    others = stock.summed(BARE, None, Shelf(3))
    levels = others if shelf is None else stock.summed(others, None, shelf)

    assert stock.adjusted(shelf, change(0, discontinued=True)) is None
    after = stock.summed(levels, shelf, None)
    assert (after.shelves, after.units, after.low, after.out) == (1, 3, 0, 0)


def test_a_shelf_is_low_from_its_alert() -> None:
    assert stock.ran_low(low(9)) == Shelf(9, low_until=10)


def test_one_product_in_two_warehouses_is_two_shelves() -> None:
    other = change(1).model_copy(update={"warehouse_id": "v"})

    assert stock.shelf_key(change(1)) != stock.shelf_key(other)


@given(st.lists(st.tuples(st.sampled_from("pqr"), st.integers(0, 20), st.booleans()), max_size=40))
@settings(max_examples=60)
def test_the_sums_are_those_of_the_shelves(changes: list[tuple[str, int, bool]]) -> None:
    shelves: dict[str, Shelf | None] = {}
    levels = BARE

    for product, units, alerted in changes:
        event = low(units, product) if alerted else change(units, product)
        key = stock.shelf_key(event)
        before = shelves.get(key)
        shelves[key] = (
            stock.ran_low(event)
            if isinstance(event, LowStockAlert)
            else stock.adjusted(before, event)
        )
        levels = stock.summed(levels, before, shelves[key])

    found = [shelf for shelf in shelves.values() if shelf is not None]
    assert levels == Levels(
        seq=len(changes),
        shelves=len(found),
        units=sum(shelf.available for shelf in found),
        low=sum(shelf.low_until is not None for shelf in found),
        out=sum(shelf.available == 0 for shelf in found),
    )


def test_sums_that_were_told_are_not_told_again_until_they_change() -> None:
    told = stock.told(stock.summed(BARE, None, Shelf(1)))

    assert told.published == told.seq == 1
    assert stock.standing(told).cells["units"].total == 1
    assert stock.summed(told, Shelf(1), Shelf(0)).seq == 2
