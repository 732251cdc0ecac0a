"""A reservation that goes on with what another holds (G-33)."""

import pytest

from events.inventory import InventoryAdjusted
from tests.streams.inventory.shop import EAST, WEST, Shop


def stocked(units: int = 4) -> Shop:
    shop = Shop()
    shop.add(units)
    shop.reserve("a:x1", 3)
    return shop


def states(shop: Shop) -> dict[str, str]:
    return {key: row.status for key, row in shop.reservations.items()}


def test_what_one_held_the_other_holds_in_the_same_warehouses() -> None:
    shop = Shop()
    shop.add(2)
    shop.add(2, WEST)
    shop.reserve("a:x1", 3)
    parts = shop.reservations["a:x1"].allocations

    shop.reserve("b:1", 3, takes_over="a:x1")

    assert {part.warehouse_id for part in parts} == {EAST, WEST}
    assert shop.reservations["b:1"].allocations == parts
    assert states(shop) == {"a:x1": "CANCELLED", "b:1": "CONFIRMED"}


def test_whoever_waits_does_not_get_between() -> None:
    shop = stocked(3)
    shop.reserve("c:1", 1)

    shop.reserve("b:1", 3, takes_over="a:x1")

    assert states(shop) == {"a:x1": "CANCELLED", "b:1": "CONFIRMED", "c:1": "PENDING"}


def test_what_is_told_adds_up() -> None:
    shop = stocked()
    before = len(shop.messages)

    shop.reserve("b:1", 3, takes_over="a:x1")

    told = [one for one in shop.messages[before:] if isinstance(one, InventoryAdjusted)]
    assert [(one.reservation_id, one.adjusted_quantity) for one in told] == [
        ("a:x1", 3),
        ("b:1", -3),
    ]
    assert told[1].previous_quantity == told[0].new_quantity


@pytest.mark.parametrize("end", ["released", "expired", "committed", "other units", "unknown"])
def test_what_cannot_be_taken_over_is_held_like_any_line(end: str) -> None:
    shop = stocked(10)
    if end == "released":
        shop.release("a:x1")
    elif end == "expired":
        shop.advance(16 * 60_000)
    elif end == "committed":
        shop.commit("a:x1")
    units = 2 if end == "other units" else 3
    before = states(shop)["a:x1"]

    shop.reserve("b:1", units, takes_over="a:x9" if end == "unknown" else "a:x1")

    assert states(shop) == {"a:x1": before, "b:1": "CONFIRMED"}


def test_taking_over_twice_is_once() -> None:
    shop = stocked()
    shop.reserve("b:1", 3, takes_over="a:x1")
    before = len(shop.messages)

    shop.reserve("b:1", 3, takes_over="a:x1")

    assert len(shop.messages) == before
