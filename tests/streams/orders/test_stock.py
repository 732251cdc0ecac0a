"""Inventory's answers: lines held, short, and lost."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from events.base import Message
from streams.moments import DAY_MS, HOUR_MS
from streams.orders.deciding import backorder_over, decide
from streams.orders.evolution import fold
from streams.orders.rows import Order, Status
from tests.streams.orders.samples import (
    AT_MS,
    BACKORDERED,
    CANCELLED,
    CONFIRMED,
    ON_HOLD,
    PAID,
    RULES,
    after,
    expired,
    held,
    item,
    paid,
    placed,
    released,
    short,
    verdict,
)


def outcome(order: Order) -> tuple[str, str | None]:
    return order.status.value, order.cancellation_reason


def test_lines_are_counted_as_they_are_held() -> None:
    one = after(CONFIRMED, held(2))
    both = after(one, held(1))

    assert one.held == (2,)
    assert both.held == (1, 2)
    assert both.status is Status.CONFIRMED
    assert [step.reason for step in both.history] == ["PLACED", "STOCK_HELD"]


@pytest.mark.parametrize(
    "message",
    [
        held(2, reservation_id=None),
        held(2, reservation_id="ord_2:2"),
        held(2, reservation_id="ord_1:3"),
        held(2, reservation_id="ord_1:0"),
        held(2, reservation_id="ord_1:-1"),
        held(2, reservation_id="ord_1:²"),
        held(2, reservation_id="ord_1"),
        held(2, reservation_status="PENDING"),
        held(2, reason="restock", reservation_status=None),
    ],
)
def test_what_is_not_a_hold_of_one_of_the_lines_changes_nothing(message: Message) -> None:
    assert decide(CONFIRMED, message, AT_MS, RULES) == ()


def test_a_line_held_twice_is_held_once() -> None:
    order = after(CONFIRMED, held(1))

    assert decide(order, held(1), AT_MS, RULES) == ()


def test_a_released_line_is_no_longer_held() -> None:
    order = after(CONFIRMED, held(1), held(2), released(1))

    assert order.held == (2,)
    assert order.status is Status.CONFIRMED


def test_a_short_line_waits_for_three_days() -> None:
    order = after(CONFIRMED, short(), at_ms=AT_MS - 1000)

    assert order.status is Status.BACKORDERED
    assert order.short == (1,)
    assert order.backorder_due_ms == AT_MS + 3 * DAY_MS


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"backorder_allowed": None}, "backordered"),
        ({"backorder_allowed": False}, "cancelled"),
        ({"estimated_restock_date": date(2025, 11, 19)}, "backordered"),
        ({"estimated_restock_date": date(2025, 11, 20)}, "cancelled"),
        ({"estimated_restock_date": date(2025, 11, 1)}, "backordered"),
        ({"estimated_restock_date": date(2025, 11, 17), "backorder_allowed": False}, "cancelled"),
    ],
)
def test_an_order_waits_when_it_may_and_the_restock_is_near(
    given: dict[str, Any], status: str
) -> None:
    order = after(placed(order_items=(item(),)), short(**given))

    assert order.status == status
    assert order.cancellation_reason == ("OUT_OF_STOCK" if status == "cancelled" else None)


def test_a_product_that_is_held_or_not_ordered_is_not_short() -> None:
    order = after(CONFIRMED, held(1))

    assert decide(order, short("p1"), AT_MS, RULES) == ()
    assert decide(order, short("p9"), AT_MS, RULES) == ()


def test_of_two_lines_of_a_product_only_the_missing_one_waits() -> None:
    order = placed(order_items=(item(), item()))

    order = after(order, short(), held(2, product_id="p1"))

    assert order.short == (1,)
    assert order.status is Status.BACKORDERED


def test_a_second_short_line_does_not_move_the_end_of_waiting() -> None:
    order = after(BACKORDERED, short("p2"), at_ms=AT_MS + HOUR_MS)

    assert order.short == (1, 2)
    assert order.backorder_due_ms == BACKORDERED.backorder_due_ms


def test_a_restock_confirms_the_order_once_nothing_waits() -> None:
    both = after(BACKORDERED, short("p2"))

    one_back = after(both, held(2))
    all_back = after(one_back, held(1))

    assert (one_back.status, one_back.short) == (Status.BACKORDERED, (1,))
    assert (all_back.status, all_back.short) == (Status.CONFIRMED, ())
    assert all_back.backorder_due_ms == 0


def test_the_end_of_waiting_cancels_what_was_waited_for() -> None:
    both = after(BACKORDERED, short("p2"))
    for order, ends_as in (
        (BACKORDERED, ("confirmed", None)),
        (both, ("cancelled", "OUT_OF_STOCK")),
    ):
        facts = backorder_over(order, order.backorder_due_ms, AT_MS + 3 * DAY_MS, RULES)

        assert outcome(fold(order, facts)) == ends_as


@pytest.mark.parametrize(
    "order", [after(BACKORDERED, held(1)), CANCELLED, replace(BACKORDERED, backorder_due_ms=1)]
)
def test_an_end_of_waiting_that_is_no_longer_meant_does_nothing(order: Order) -> None:
    assert backorder_over(order, BACKORDERED.backorder_due_ms, AT_MS, RULES) == ()


@pytest.mark.parametrize(
    ("order", "ends_as"),
    [
        (after(CONFIRMED, held(1)), ("cancelled", "RESERVATION_EXPIRED")),
        (CONFIRMED, ("cancelled", "RESERVATION_EXPIRED")),
        (PAID, ("paid", None)),
        (replace(PAID, status=Status.PROCESSING), ("processing", None)),
        (after(ON_HOLD, held(1)), ("on_hold", None)),
        (after(BACKORDERED, held(2)), ("backordered", None)),
        (replace(PAID, status=Status.SHIPPED), ("shipped", None)),
        (CANCELLED, ("cancelled", "CUSTOMER_REQUEST")),
    ],
    ids=["held", "unanswered", "paid", "processing", "review", "backorder", "shipped", "ended"],
)
def test_an_expired_hold_ends_an_order_that_waits_for_nothing(
    order: Order, ends_as: tuple[str, str | None]
) -> None:
    order = after(order, expired(1))

    assert outcome(order) == ends_as
    assert order.status is not Status.ON_HOLD or 1 not in order.held


def test_a_review_found_while_waiting_for_stock_holds_the_order_when_it_comes() -> None:
    order = after(BACKORDERED, verdict("MANUAL_REVIEW"))
    assert order.status is Status.BACKORDERED

    order = after(order, held(1))
    assert (order.status, order.held_from) == (Status.ON_HOLD, Status.CONFIRMED)

    assert after(order, verdict("APPROVED")).status is Status.CONFIRMED


def test_a_shortage_during_a_review_shows_when_the_review_is_over() -> None:
    order = after(ON_HOLD, short())
    assert (order.status, order.short) == (Status.ON_HOLD, (1,))

    order = after(order, verdict("APPROVED"))
    assert order.status is Status.BACKORDERED

    assert after(order, held(1)).status is Status.CONFIRMED


def test_a_paid_order_has_its_stock() -> None:
    assert decide(after(CONFIRMED, paid()), short(), AT_MS, RULES) == ()


def test_lines_that_take_turns_at_being_short_wait_three_days_in_all() -> None:
    first = after(CONFIRMED, held(1), short("p2"))
    turned = after(first, expired(1), held(2), short("p1"), at_ms=AT_MS + 2 * DAY_MS)

    assert (turned.status, turned.short) == (Status.BACKORDERED, (1,))
    assert turned.backorder_due_ms == first.backorder_due_ms


def test_who_had_everything_once_waits_anew() -> None:
    whole = after(CONFIRMED, held(1), short("p2"), held(2))
    anew = after(whole, released(2), short("p2"), at_ms=AT_MS + 2 * DAY_MS)

    assert anew.backorder_due_ms > AT_MS + 5 * DAY_MS


def test_what_runs_short_once_the_waiting_is_over_is_waited_for_no_more() -> None:
    first = after(CONFIRMED, held(1), short("p2"))
    late = after(first, expired(1), held(2), short("p1"), at_ms=AT_MS + 4 * DAY_MS)

    assert (late.short, late.lines[0].quantity, late.status) == ((), 0, Status.CONFIRMED)
