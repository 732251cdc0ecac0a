"""Another product in the place of one that cannot be had (G-11)."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from events.base import Message
from events.orders import OrderCancelled
from streams.moments import day_of
from streams.orders.deciding import amendment_over, decide
from streams.orders.evolution import fold
from streams.orders.facts import AmendmentAsked
from streams.orders.outcomes import due_times, following
from streams.orders.rows import LINES_EVER_MAX, Order, Status
from tests.streams.orders import samples
from tests.streams.orders.samples import (
    AT_MS,
    amend,
    cancel,
    change,
    held,
    item,
    place_order,
    placed,
)

RULES = replace(samples.RULES, substitutes={"p1": ("s1", "s2")})
WILLING = placed(allow_substitutes=True)
FINAL = samples.short("p1", reservation_id="ord_1:1", backorder_allowed=False)


def after(order: Order, *messages: Message) -> Order:
    for message in messages:
        facts = decide(order, message, AT_MS, RULES)
        order = fold(order, facts) if facts else order
    return order


def said(order: Order, message: Message) -> list[Message]:
    facts = decide(order, message, AT_MS, RULES)
    return [*following(fold(order, facts), facts, message, AT_MS, RULES)]


def short(number: int, product_id: str) -> Message:
    name = f"ord_1:{number}"
    return samples.short(product_id, reservation_id=name, backorder_allowed=False)


def test_a_substitute_is_asked_of_stock_before_the_order_changes() -> None:
    [command] = said(WILLING, FINAL)

    assert (command.name, command.product_id, command.quantity) == ("ReserveStock", "s1", 2)
    assert command.reservation_id == "ord_1:3"
    assert after(WILLING, FINAL).total_minor == WILLING.total_minor


def test_once_held_it_takes_the_place_at_the_same_price() -> None:
    asked = after(WILLING, FINAL)

    [amended] = said(asked, held(3))
    now = after(asked, held(3))

    assert [(line.product_id, line.quantity) for _, line in now.standing] == [("p2", 1), ("s1", 2)]
    assert now.total_minor == WILLING.total_minor == amended.new_order_total_minor
    assert (now.status, now.amendments, now.pending) == (Status.CONFIRMED, 0, None)


def test_one_that_is_short_makes_room_for_the_next_and_after_the_last_the_line_goes() -> None:
    asked = after(WILLING, FINAL)

    names = [one.name for one in said(asked, short(3, "s1"))]
    second = after(asked, short(3, "s1"))
    assert names == ["ReleaseStock", "ReserveStock"]
    assert second.pending is not None

    last = said(second, short(4, "s2"))
    assert [one.name for one in last] == ["ReleaseStock", "OrderAmended"]
    left = after(second, short(4, "s2"))
    assert (left.status, left.total_minor) == (Status.CONFIRMED, 6499)


def test_an_order_that_ends_for_want_of_a_substitute_says_nothing_of_that_ones_stock() -> None:
    alone = placed(allow_substitutes=True, order_items=(item("p1"),))

    [_, ended] = said(after(alone, FINAL, short(2, "s1")), short(3, "s2"))

    assert isinstance(ended, OrderCancelled)
    assert [one.product_id for one in ended.order_items] == ["p1"]
    assert ended.inventory_details is None


def test_stock_that_does_not_answer_is_no_substitute_either() -> None:
    order = after(WILLING, FINAL)
    for _ in range(2):
        due_ms = due_times(order)["amendment"]
        order = fold(order, amendment_over(order, due_ms, due_ms, RULES))

    assert (order.status, due_times(order)) == (Status.CONFIRMED, {})
    assert [line.product_id for _, line in order.standing] == ["p2"]


GONE = msgspec.structs.replace(WILLING.lines[0], quantity=0, total_minor=0)
LONG = msgspec.structs.replace(WILLING, lines=WILLING.lines + (GONE,) * (LINES_EVER_MAX - 2))
NEAR = samples.short(
    "p1", reservation_id="ord_1:1", estimated_restock_date=day_of(AT_MS) + timedelta(days=2)
)


@pytest.mark.parametrize(
    ("order", "event", "status", "left"),
    [
        (placed(), FINAL, Status.CONFIRMED, ["p2"]),
        (WILLING, short(2, "p2"), Status.CONFIRMED, ["p1"]),
        (WILLING, NEAR, Status.BACKORDERED, ["p1", "p2"]),
        (
            after(WILLING, amend(change("p2", 1, 2, 6499))),
            FINAL,
            Status.CONFIRMED,
            ["p1", "p2"],
        ),
        (LONG, FINAL, Status.CONFIRMED, ["p2"]),
    ],
    ids=[
        "not allowed",
        "none known",
        "restock is near",
        "an amendment is under way",
        "no line more",
    ],
)
def test_where_there_is_none_or_none_is_wanted_none_is_asked_for(
    order: Order, event: Message, status: Status, left: list[str]
) -> None:
    now = after(order, event)

    assert now.status is status
    assert [line.product_id for _, line in now.standing] == left
    assert "s1" not in [line.product_id for line in (now.pending or now).lines]


@pytest.mark.parametrize(
    ("prices", "sent"),
    [
        ({"s1:USD": 3_499, "s2:USD": 1}, "s1"),
        ({"s1:USD": 3_500, "s2:USD": 3_498}, "s2"),
        ({"s1:EUR": 3_500}, "s1"),
    ],
)
def test_what_is_dearer_by_the_catalogue_is_no_substitute(
    prices: dict[str, int], sent: str
) -> None:
    rules = replace(RULES, prices=prices)

    [asked] = [
        one for one in decide(WILLING, FINAL, AT_MS, rules) if isinstance(one, AmendmentAsked)
    ]

    assert asked.pending.lines[-1].product_id == sent


def test_of_two_lines_of_a_product_each_is_replaced_for_itself() -> None:
    twice = placed(allow_substitutes=True, order_items=(item("p1", 1), item("p1", 2)))

    now = after(twice, FINAL, held(3))

    assert [(line.product_id, line.quantity) for _, line in now.standing] == [("p1", 2), ("s1", 1)]


def test_an_order_cancelled_meanwhile_lets_the_substitute_go() -> None:
    asked = after(WILLING, FINAL)

    assert [one.name for one in said(asked, cancel())] == ["ReleaseStock", "OrderCancelled"]
    assert place_order().allow_substitutes is None
