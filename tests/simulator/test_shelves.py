"""A chain of stock records holds together from wherever it is read."""

from typing import Any

from simulator.heard import Data
from simulator.shelves import Shelves


def adjusted(before: int, change: int, on_hand: int, reserved: int, **more: Any) -> Data:
    return Data(
        product_id="p",
        warehouse_id=more.pop("warehouse_id", "w"),
        previous_quantity=before,
        adjusted_quantity=change,
        new_quantity=before + change,
        on_hand=on_hand,
        reserved=reserved,
        reason=more.pop("reason", "order_reserved"),
    )


def read(*records: Data) -> Shelves:
    shelves = Shelves()
    for each in records:
        shelves.adjusted(each)
    return shelves


def test_a_chain_from_the_beginning_adds_up() -> None:
    shelves = read(
        adjusted(0, 10, 10, 0, reason="restock"),
        adjusted(10, -3, 10, 3),
        adjusted(7, 2, 10, 1, reason="order_cancelled"),
    )

    shelf = shelves.shelves["p", "w"]
    assert shelves.broken == []
    assert (shelf.brought, shelf.held, shelves.available("p")) == (10, 1, 9)


def test_a_chain_from_the_middle_counts_only_what_was_read() -> None:
    shelves = read(adjusted(7, -2, 10, 5), adjusted(5, 4, 14, 5, reason="restock"))

    shelf = shelves.shelves["p", "w"]
    assert shelves.broken == []
    assert (shelf.brought, shelf.held) == (4, 2)


def test_what_is_shipped_was_brought_and_stays_its_orders() -> None:
    shelves = read(
        adjusted(0, 10, 10, 0, reason="restock"),
        adjusted(10, -3, 10, 3),
        adjusted(7, 0, 7, 0, reason="order_shipped"),
    )

    shelf = shelves.shelves["p", "w"]
    assert shelves.broken == []
    assert (shelf.brought, shelf.held) == (10, 3)


def test_a_missing_record_breaks_the_chain() -> None:
    shelves = read(adjusted(0, 10, 10, 0, reason="restock"), adjusted(9, -3, 10, 4))

    assert shelves.broken == ["p in w: 9 were available, but 10 before"]


def test_more_held_than_there_is_is_told() -> None:
    shelves = read(adjusted(0, 2, 2, 0, reason="restock"), adjusted(2, -3, 2, 3))

    assert shelves.broken == ["p in w: 2 on hand, 3 held, -1 available"]


def test_everywhere_is_no_warehouse() -> None:
    assert read(adjusted(5, 0, 9, 4, warehouse_id="ALL")).shelves == {}
