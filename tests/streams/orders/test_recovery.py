"""A line that cannot be had goes alone, and the rest of its order goes on (G-11)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from events.base import Message
from events.orders import OrderAmended
from streams.moments import DAY_MS
from streams.orders.deciding import amendment_over, backorder_over, decide
from streams.orders.evolution import fold
from streams.orders.outcomes import due_times, following
from streams.orders.rows import Order, Status
from tests.streams.orders import samples
from tests.streams.orders.parcels import created
from tests.streams.orders.samples import (
    AT_MS,
    BACKORDERED,
    CONFIRMED,
    ON_HOLD,
    PAID,
    PAID_ON_HOLD,
    amend,
    cancel,
    change,
    declined,
    expired,
    held,
    item,
    paid,
    placed,
    refund,
    short,
    verdict,
)
from tests.streams.orders.shortages import gone, missed

RULES = replace(samples.RULES, substitutes={"p1": ("s1",), "p2": ("s2", "s3")})
WILLING = placed(allow_substitutes=True)
THREE = (item("p1", 1, 5), item("p2", 1, 5), item("p3", 3, 333))
"""With SAVE10 they cost 4, 5 and 899: the discount's halves go up and down."""


Told = Message | Callable[[Order], tuple]


def waited(order: Order) -> tuple:
    """Its restock did not come in time."""
    return backorder_over(order, order.backorder_due_ms, order.backorder_due_ms, RULES)


def unanswered(order: Order) -> tuple:
    """Stock did not answer."""
    due_ms = due_times(order)["amendment"]
    return amendment_over(order, due_ms, due_ms, RULES)


def facts_of(order: Order, told: Told) -> tuple:
    return told(order) if callable(told) else decide(order, told, AT_MS, RULES)


def after(order: Order, *lot: Told) -> Order:
    for told in lot:
        facts = facts_of(order, told)
        order = fold(order, facts) if facts else order
    return order


def said(order: Order, told: Told) -> list[Message]:
    facts = facts_of(order, told)
    message = None if callable(told) else told
    return [*following(fold(order, facts), facts, message, AT_MS, RULES)] if facts else []


def names(order: Order, told: Told) -> list[str]:
    return [one.name for one in said(order, told)]


def lines(order: Order) -> list[tuple[str, int]]:
    return [(line.product_id, line.quantity) for _, line in order.standing]


CASES = [
    ("turned away", CONFIRMED, (gone(1),), "confirmed", ["p2"]),
    ("turned away, the other held", CONFIRMED, (held(1), gone(2)), "confirmed", ["p1"]),
    ("waited in vain", CONFIRMED, (short("p1"), waited), "confirmed", ["p2"]),
    ("one waits, one is turned away", BACKORDERED, (gone(2),), "backordered", ["p1"]),
    ("both wait, one comes", BACKORDERED, (short("p2"), held(2), waited), "confirmed", ["p2"]),
    ("on hold", ON_HOLD, (gone(1),), "on_hold", ["p2"]),
    ("on hold, waited in vain", ON_HOLD, (short("p1"), waited), "on_hold", ["p2"]),
    ("asked anew after a review", ON_HOLD, (verdict("APPROVED"), gone(2)), "confirmed", ["p1"]),
    (
        "a review meets its end",
        BACKORDERED,
        (verdict("MANUAL_REVIEW"), waited),
        "on_hold",
        ["p2"],
    ),
    ("paid, its commit was missed", PAID, (missed(1),), "paid", ["p2"]),
    ("paid and on hold", PAID_ON_HOLD, (missed(2),), "on_hold", ["p1"]),
    ("paid, its hold alone expired", PAID, (expired(1),), "paid", ["p1", "p2"]),
    ("paid, and held again", PAID, (expired(1), held(1)), "paid", ["p1", "p2"]),
    ("twice the same", CONFIRMED, (gone(1), gone(1)), "confirmed", ["p2"]),
    ("all turned away", CONFIRMED, (gone(1), gone(2)), "cancelled", ["p2"]),
    ("all waited in vain", BACKORDERED, (short("p2"), waited), "cancelled", ["p1", "p2"]),
    ("paid, all missed", PAID, (missed(1), missed(2)), "cancelled", ["p2"]),
    ("of a subscription", placed(subscription_id="s"), (gone(1),), "cancelled", ["p1", "p2"]),
]


@pytest.mark.parametrize(
    ("order", "lot", "status", "left"), [case[1:] for case in CASES], ids=[one[0] for one in CASES]
)
def test_what_is_left_of_an_order(
    order: Order, lot: tuple[Told, ...], status: str, left: list[str]
) -> None:
    now = after(order, *lot)

    assert (now.status, [product for product, _ in lines(now)]) == (status, left)
    assert now.total_minor == sum(line.total_minor for line in now.lines)
    assert (now.unavailable, now.pending, now.amendments) == ((), None, 0)
    assert set(due_times(now)) <= {"backorder", "review"}
    assert ("backorder" in due_times(now)) is (now.status is Status.BACKORDERED)


def test_a_cancelled_line_is_told_with_its_reason_and_what_the_order_costs_now() -> None:
    [event] = said(CONFIRMED, gone(1))

    assert isinstance(event, OrderAmended)
    assert (event.amendment_type, event.cancellation_reason) == ("ITEM_REMOVED", "OUT_OF_STOCK")
    assert [(one.product_id, one.new_quantity) for one in event.amendments] == [("p1", 0)]
    assert (event.previous_order_total_minor, event.new_order_total_minor) == (13497, 6499)
    assert after(CONFIRMED, gone(1)).history[-1].reason == "LINE_CANCELLED_OUT_OF_STOCK"


def test_of_a_paid_order_the_line_was_lost_not_out_of_stock() -> None:
    [event] = said(PAID, missed(1))

    assert event.cancellation_reason == "RESERVATION_EXPIRED"
    now = after(PAID, missed(1), refund(6998, "partially_refunded"))
    assert (now.status, now.owed_minor) == (Status.PAID, 0)


@pytest.mark.parametrize(
    ("number", "left_minor"), [(1, 904), (2, 903), (3, 9)], ids=["first", "second", "third"]
)
def test_a_line_goes_with_its_own_share_of_the_discount(number: int, left_minor: int) -> None:
    order = placed(order_items=THREE, discount_code="SAVE10")
    shares = [line.total_minor for line in order.lines]

    [event] = said(order, gone(number))
    now = after(order, gone(number))

    assert (order.total_minor, shares) == (908, [4, 5, 899])
    assert now.total_minor == event.new_order_total_minor == left_minor
    changed = sum(
        (one.new_line_total_minor or 0) - (one.previous_line_total_minor or 0)
        for one in event.amendments
    )
    assert event.previous_order_total_minor + changed == event.new_order_total_minor


def test_only_the_line_that_the_shortage_names_is_lost() -> None:
    twice = placed(order_items=(item("p1", 1), item("p1", 2)))

    assert lines(after(twice, gone(2, "p1"))) == [("p1", 1)]
    assert lines(after(twice, short("p1", backorder_allowed=False))) == [("p1", 1), ("p1", 2)]
    assert after(twice, short("p1", backorder_allowed=False)).status is Status.CANCELLED


def test_the_price_from_before_and_the_price_from_now_both_pay() -> None:
    left = after(CONFIRMED, held(2), gone(1))

    assert after(left, paid(amount_minor=6499)).owed_minor == 0
    assert after(left, paid()).owed_minor == -6998


# -- with substitutes


def test_after_waiting_in_vain_a_substitute_is_sought() -> None:
    waiting = after(WILLING, short("p1"))
    [command] = said(waiting, waited)
    seeking = after(waiting, waited)

    assert (command.name, command.product_id) == ("ReserveStock", "s1")
    assert (seeking.status, set(due_times(seeking))) == (Status.BACKORDERED, {"amendment"})
    swapped = after(seeking, held(3))
    assert (swapped.status, lines(swapped)) == (Status.CONFIRMED, [("p2", 1), ("s1", 2)])
    assert swapped.total_minor == WILLING.total_minor
    assert lines(after(seeking, gone(3, "s1"))) == [("p2", 1)]
    assert after(seeking, gone(3, "s1")).status is Status.CONFIRMED


def test_lines_that_cannot_be_had_are_replaced_one_after_the_other() -> None:
    both = after(WILLING, gone(1), gone(2))
    assert (both.unavailable, both.pending is not None) == ((1, 2), True)

    assert names(both, held(3)) == ["OrderAmended", "ReserveStock"]
    swapped = after(both, held(3), held(4))
    assert lines(swapped) == [("s1", 2), ("s2", 1)]
    assert swapped.total_minor == WILLING.total_minor
    assert lines(after(both, gone(3, "s1"), held(4))) == [("s2", 1)]
    none = after(both, gone(3, "s1"), gone(4, "s2"), gone(5, "s3"))
    assert (none.status, none.cancellation_reason) == (Status.CANCELLED, "OUT_OF_STOCK")


def test_a_line_that_nothing_can_replace_goes_while_another_is_replaced() -> None:
    order = placed(allow_substitutes=True, order_items=(item(), item("p9", 1, 100)))

    first = after(order, gone(1), gone(2, "p9"))
    assert lines(first) == [("p1", 2), ("p9", 1)]
    assert names(first, held(3)) == ["OrderAmended", "OrderAmended"]
    assert lines(after(first, held(3))) == [("s1", 2)]


def test_what_comes_after_all_needs_no_substitute() -> None:
    seeking = after(WILLING, short("p1"), waited)

    assert names(seeking, held(1)) == ["ReleaseStock"]
    now = after(seeking, held(1))
    assert (now.status, now.held, now.pending) == (Status.CONFIRMED, (1,), None)
    assert now.unavailable == ()
    assert after(now, held(3)) == now


def test_money_that_was_taken_says_that_it_came() -> None:
    seeking = after(WILLING, short("p1"), waited)

    assert names(seeking, paid()) == ["ReleaseStock"]
    now = after(seeking, paid())
    assert (now.status, now.pending, now.unavailable) == (Status.PAID, None, ())


def test_a_paid_line_that_was_lost_is_replaced_too_but_not_once_a_parcel_is_booked() -> None:
    willing = after(WILLING, held(1), held(2), paid())

    assert names(willing, missed(1)) == ["ReserveStock"]
    assert after(willing, missed(1), held(3)).owed_minor == 0
    assert names(after(willing, created()), missed(1)) == ["OrderAmended"]


# -- where it meets other things under way


def test_while_an_amendment_is_under_way_a_line_waits_for_its_end() -> None:
    asked = after(CONFIRMED, amend(change("p2", 1, 3, 6499)))
    waiting = after(asked, gone(1), gone(1))

    assert (waiting.unavailable, lines(waiting)) == ((1,), [("p1", 2), ("p2", 1)])
    assert names(waiting, held(3)) == ["OrderAmended", "OrderAmended"]
    assert lines(after(waiting, held(3))) == [("p2", 1), ("p2", 2)]
    assert names(waiting, gone(3, "p2")) == ["ReleaseStock", "OrderAmended"]
    assert lines(after(waiting, unanswered)) == [("p2", 1)]


def test_two_changes_in_one_step_each_tell_their_own_total() -> None:
    asked = after(CONFIRMED, amend(change("p2", 1, 3, 6499)), gone(1))

    first, second = said(asked, held(3))

    assert first.new_order_total_minor == 13497 + 2 * 6499
    assert second.previous_order_total_minor == first.new_order_total_minor
    assert second.new_order_total_minor == 3 * 6499


def test_an_order_without_a_line_left_ends_with_its_amendment() -> None:
    alone = placed(order_items=(item(),))
    asked = after(
        alone, amend(change("p2", 0, 1, 6499, product_name="P"), amendment_type="ITEM_ADDED")
    )

    assert lines(after(asked, gone(1), held(2))) == [("p2", 1)]
    assert names(after(asked, gone(1)), gone(2)) == ["ReleaseStock", "OrderCancelled"]


@pytest.mark.parametrize("ending", [cancel(), declined(3), verdict("DECLINED")])
def test_an_order_that_ends_meanwhile_lets_the_substitute_go(ending: Message) -> None:
    seeking = after(WILLING, gone(1))

    assert names(seeking, ending) == ["ReleaseStock", "OrderCancelled"]
    now = after(seeking, ending)
    assert (now.unavailable, due_times(now)) == ((), {})
    assert after(now, held(3), gone(2)) == now


def test_a_restock_date_that_is_near_still_makes_a_line_wait_three_days() -> None:
    order = after(CONFIRMED, gone(2), short("p1"))

    assert (order.status, order.backorder_due_ms) == (Status.BACKORDERED, AT_MS + 3 * DAY_MS)


def test_an_increase_that_nobody_pays_takes_the_rest_with_it_once_nothing_else_is_left() -> None:
    grown = after(
        PAID,
        amend(change("p9", 0, 1, 1000, product_name="P"), amendment_type="ITEM_ADDED"),
        held(3),
    )
    alone = after(grown, missed(1), missed(2))
    assert lines(alone) == [("p9", 1)]

    now = after(alone, declined(3, payment_id="pay_ord_1:2"))

    assert (now.status, now.cancellation_reason) == (Status.CANCELLED, "PAYMENT_FAILED")


def test_an_increase_that_nobody_pays_ends_an_amendment_under_way() -> None:
    grown = after(PAID, amend(change("p1", 2, 3)), held(3), amend(change("p2", 1, 2, 6499)))

    assert names(grown, declined(3, payment_id="pay_ord_1:2")) == ["ReleaseStock", "OrderAmended"]
