"""What an order's news leaves of its fulfilment: who holds what, and what is sent of it."""

import pytest

from events.base import Message
from events.order_parts import OrderLine
from events.orders import OrderAmended
from streams.shipping import fulfilment
from streams.shipping.planning import planned
from streams.shipping.rows import Fulfilment
from tests.streams.orders.samples import paid
from tests.streams.shipping.samples import (
    AT_MS,
    RULES,
    cancelled,
    closed,
    complete,
    confirmed,
    dispute,
    fraud,
    held,
    let_go,
    moved_to,
    told,
    verdict,
)


def holds(row: Fulfilment | None) -> list[tuple[int, str, int]]:
    assert row is not None
    return [(one.line, one.warehouse_id, one.quantity) for one in row.held]


def freed(warehouse: str, units: int) -> Message:
    """Stock lets go of units of the first line, because the order was amended."""
    return held(1, warehouse, adjusted_quantity=units, reason="order_amended")


def amended(*quantities: int) -> OrderAmended:
    """The order's lines have these quantities from now on."""
    lines = [
        OrderLine(
            number=number,
            product_id=f"p{number}",
            quantity=quantity,
            unit_price_minor=1000,
            total_price_minor=1000 * quantity,
        )
        for number, quantity in enumerate(quantities, 1)
    ]
    return moved_to().model_copy(
        update={
            "shipping_address": None,
            "amendments": ({"productId": "p1"},),
            "lines": tuple(lines),
            "new_order_total_minor": 1000 * sum(quantities),
        }
    )


def test_a_hold_that_lapses_is_of_its_line_and_its_warehouse_alone() -> None:
    row = told(confirmed(), held(1), held(1, "wh_b"), held(2), let_go(1))

    assert holds(row) == [(1, "wh_b", 1), (2, "wh_a", 1)]


def test_a_hold_that_lapses_everywhere_is_held_nowhere() -> None:
    row = told(confirmed(), held(1), held(1, "wh_b"), held(2), let_go(1, "ALL"))

    assert holds(row) == [(2, "wh_a", 1)]


def test_what_a_warehouse_holds_anew_takes_the_place_of_what_it_held() -> None:
    row = told(confirmed(), held(1), held(1, units=2))

    assert holds(row) == [(1, "wh_a", 2)]


@pytest.mark.parametrize(("units", "left"), [(1, [(1, "wh_a", 1)]), (2, [])])
def test_an_amendment_frees_as_many_units_as_stock_says(units: int, left: list[object]) -> None:
    row = told(confirmed(), held(1, units=2), freed("wh_a", units))

    assert holds(row) == left


def test_a_warehouse_that_sells_no_more_frees_what_it_holds_beyond_the_order() -> None:
    before = (confirmed(), held(1), held(1, "wh_b"), held(2), amended(1, 1))

    first = told(*before, freed("wh_a", 0))
    repeated = told(*before, freed("wh_a", 0), freed("wh_b", 0))

    assert holds(first) == holds(repeated) == [(1, "wh_b", 1), (2, "wh_a", 1)]


def test_a_line_that_an_amendment_would_have_added_is_freed_whole() -> None:
    extra = held(3, units=2)
    gone = held(3, adjusted_quantity=0, reason="order_amended")

    assert holds(told(confirmed(), held(2), extra, gone)) == [(2, "wh_a", 1)]


def test_only_what_replaces_other_goods_goes_on_with_what_is_not_for_sale() -> None:
    withdrawn = held(1, "wh_b", adjusted_quantity=0)

    assert holds(told(confirmed(), withdrawn)) == []
    assert holds(told(confirmed(exchange_for="ord_0"), held(1), withdrawn)) == [
        (1, "wh_a", 1),
        (1, "wh_b", 1),
    ]
    assert holds(told(confirmed(exchange_for="ord_0"), held(3, adjusted_quantity=0))) == []


def test_no_more_is_sent_than_was_ordered_whoever_holds_it() -> None:
    row = told(confirmed(), held(1, units=2), held(1, "wh_b", units=2), held(2))
    assert row is not None

    [parcel] = planned(row)

    assert [(item.item_id, item.quantity) for item in parcel.items] == [
        ("ord_1:1", 2),
        ("ord_1:2", 1),
    ]


def test_a_line_that_is_gone_is_in_no_parcel() -> None:
    row = told(confirmed(), amended(2, 0))
    assert row is not None

    [parcel] = planned(row)

    assert [item.item_id for item in parcel.items] == ["ord_1:1"]


def test_an_amendment_changes_what_a_parcel_is_worth() -> None:
    row = told(confirmed(), amended(1, 1))

    assert row is not None
    assert ([line.total_minor for line in row.lines], row.total_minor) == ([1000, 1000], 2000)


def test_money_that_is_not_confirmed_is_not_in() -> None:
    pending, known = told(confirmed(), paid(status="pending")), told(confirmed(), paid())

    assert pending is not None
    assert known is not None
    assert (pending.paid, known.paid) == (False, True)


@pytest.mark.parametrize("message", [dispute(), fraud(), paid(), cancelled()])
def test_what_is_heard_of_an_order_that_is_never_confirmed_is_forgotten(message: Message) -> None:
    early, known = told(message), told(message, confirmed())
    assert early is not None
    assert known is not None

    assert early.early_due_ms == AT_MS + RULES.early_ms
    assert fulfilment.forgotten(early, early.early_due_ms)
    assert known.early_due_ms == 0


@pytest.mark.parametrize("message", [moved_to(), let_go(), verdict(), fraud("medium")])
def test_what_changes_nothing_begins_no_fulfilment(message: Message) -> None:
    assert fulfilment.decide(None, message, AT_MS, RULES) == ()


@pytest.mark.parametrize(
    "message", [confirmed(), paid(), complete(), dispute(), fraud(), cancelled(), closed("lost")]
)
def test_news_of_an_order_that_is_repeated_means_nothing(message: Message) -> None:
    row = told(confirmed(), message)

    assert fulfilment.decide(row, message, AT_MS + 1, RULES) == ()


def test_a_line_is_worth_what_is_paid_for_it() -> None:
    items = tuple(
        one.model_copy(update={"total_price_minor": 1000}) for one in confirmed().order_items
    )

    row = told(confirmed(order_items=items))

    assert row is not None
    assert [line.total_minor for line in row.lines] == [1000, 1000]


def test_an_amendment_of_lines_and_address_sends_both_anew() -> None:
    both = amended(1, 1).model_copy(
        update={"shipping_address": moved_to(city="Salem").shipping_address}
    )

    row = told(confirmed(), held(1, units=2), held(2), complete(), both)

    assert row is not None
    assert row.destination is not None
    assert row.destination.city == "Salem"
    assert (row.planned, row.superseded) == (("shp_ord_1", "shp_ord_1:2"), ("shp_ord_1",))


def test_another_address_plans_nothing_anew() -> None:
    row = told(confirmed(), held(1, units=2), held(2), complete(), moved_to(city="Salem"))

    assert row is not None
    assert row.planned == ("shp_ord_1",)


def test_an_address_that_changes_before_the_order_is_confirmed_stays_changed() -> None:
    row = told(paid(), moved_to(city="Salem"), confirmed())

    assert row is not None
    assert row.destination is not None
    assert row.destination.city == "Salem"


def test_stock_of_no_line_of_the_order_is_not_held_for_it() -> None:
    row = told(confirmed())

    assert fulfilment.decide(row, held(1, reservation_id="res_1"), AT_MS, RULES) == ()


def test_each_line_goes_on_with_the_rest_of_its_own() -> None:
    withdrawn = held(2, "wh_b", adjusted_quantity=0)

    row = told(confirmed(exchange_for="ord_0"), held(1, units=2), withdrawn)

    assert holds(row) == [(1, "wh_a", 2), (2, "wh_b", 1)]


def test_a_warehouse_that_sells_no_more_frees_nothing_that_is_ordered_or_held_elsewhere() -> None:
    few = (confirmed(), held(1), held(2))
    twice = (confirmed(), held(1, units=4), held(1, "wh_b"))

    assert holds(told(*few, freed("wh_a", 0))) == [(1, "wh_a", 1), (2, "wh_a", 1)]
    assert holds(told(*twice, freed("wh_b", 0))) == [(1, "wh_a", 4)]


@pytest.mark.parametrize(
    "message", [closed("won", "cb_of_another"), verdict(payment_id="pay_of_another")]
)
def test_what_ends_a_concern_that_is_none_means_nothing(message: Message) -> None:
    row = told(confirmed(), dispute(), fraud())

    assert fulfilment.decide(row, message, AT_MS, RULES) == ()
