"""The payment's fate: paid, failed for good, failed for now, given back."""

from typing import Any

import pytest
from msgspec.structs import replace

from events.base import Message
from streams.orders.deciding import decide
from streams.orders.rows import Order, Status
from tests.streams.orders.samples import (
    AT_MS,
    BACKORDERED,
    CANCELLED,
    CONFIRMED,
    ON_HOLD,
    PAID,
    REJECTED,
    RULES,
    after,
    amend,
    change,
    declined,
    held,
    item,
    paid,
    placed,
    refund,
    verdict,
)

SECOND = "pay_ord_1:2"
ADDED: dict[str, Any] = {"payment_id": SECOND, "amount_minor": 1_400}


def outcome(order: Order) -> tuple[str, str | None]:
    return order.status.value, order.cancellation_reason


@pytest.mark.parametrize(
    ("order", "status"),
    [
        (CONFIRMED, "paid"),
        (BACKORDERED, "paid"),
        (ON_HOLD, "on_hold"),
        (after(BACKORDERED, verdict("MANUAL_REVIEW")), "on_hold"),
        (CANCELLED, "cancelled"),
        (REJECTED, "rejected"),
    ],
    ids=["confirmed", "backordered", "on_hold", "backordered in review", "cancelled", "rejected"],
)
def test_captured_money_is_taken_down_wherever_the_order_stands(order: Order, status: str) -> None:
    order = after(order, paid(amount_minor=order.total_minor, currency=order.currency))

    assert order.status == status
    assert order.captured_minor == order.total_minor
    assert (order.short, order.backorder_due_ms) == ((), 0)


def test_an_order_paid_while_on_hold_comes_back_as_paid() -> None:
    assert after(ON_HOLD, paid(), verdict("APPROVED")).status is Status.PAID


def test_paying_twice_is_paying_once() -> None:
    assert decide(PAID, paid(), AT_MS, RULES) == ()
    assert decide(PAID, paid(payment_id="pay_2"), AT_MS, RULES) == ()


def test_an_order_for_nothing_is_paid_once_too() -> None:
    free = placed(order_items=(item(unit_price_minor=0),))

    order = after(free, paid(amount_minor=0))

    assert order.status is Status.PAID
    assert decide(order, paid(amount_minor=0), AT_MS, RULES) == ()


@pytest.mark.parametrize(
    "given", [{"amount_minor": 13496}, {"amount_minor": 13498}, {"currency": "EUR"}]
)
def test_another_amount_pays_nothing(given: dict[str, Any]) -> None:
    order = after(CONFIRMED, paid(**given), paid(**given))

    assert (order.status, order.captured_minor) == (Status.CONFIRMED, None)
    assert [step.reason for step in order.history] == ["PLACED", "PAYMENT_DIFFERS"]


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_only_confirmed_is_success(status: str) -> None:
    assert decide(CONFIRMED, paid(status=status), AT_MS, RULES) == ()


@pytest.mark.parametrize(
    ("event", "final"),
    [
        (declined(1), False),
        (declined(2), False),
        (declined(3), True),
        (declined(1, retryable=False), True),
        (declined(2, max_attempts=2), True),
        (declined(2, max_attempts=None), False),
        (declined(3, max_attempts=None), True),
        (declined(1, attempt_number=None, max_attempts=None), False),
    ],
)
@pytest.mark.parametrize(
    "order", [CONFIRMED, BACKORDERED, ON_HOLD], ids=lambda order: order.status.value
)
def test_the_last_failed_attempt_cancels(order: Order, event: Message, *, final: bool) -> None:
    told = after(order, event)

    assert outcome(told) == (
        ("cancelled", "PAYMENT_FAILED") if final else (order.status.value, None)
    )


def test_an_attempt_that_will_be_repeated_is_noted_once() -> None:
    order = after(CONFIRMED, declined(1), declined(1), declined(2))

    assert [step.reason for step in order.history] == [
        "PLACED",
        "PAYMENT_ATTEMPT_1_FAILED",
        "PAYMENT_ATTEMPT_2_FAILED",
    ]


@pytest.mark.parametrize("order", [PAID, CANCELLED, after(ON_HOLD, paid())])
def test_a_failure_that_comes_late_cancels_nothing(order: Order) -> None:
    assert decide(order, declined(3), AT_MS, RULES) == ()


@pytest.mark.parametrize("attempt", [1, 3])
def test_a_failure_of_another_payment_means_nothing_to_the_orders_own(attempt: int) -> None:
    other = declined(attempt, payment_id="pay_else")

    assert decide(CONFIRMED, other, AT_MS, RULES) == ()


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.RETURNED])
def test_what_was_sent_is_refunded_once_everything_went_back(status: Status) -> None:
    order = replace(PAID, status=status)

    part = after(order, refund(5000, "partially_refunded"))
    whole = after(part, refund(13497))

    assert (part.status, part.refund_status) == (status, "partially_refunded")
    assert (whole.status, whole.refund_status) == (Status.REFUNDED, "refunded")


@pytest.mark.parametrize("order", [PAID, CANCELLED], ids=lambda o: o.status)
def test_refunds_are_taken_down_and_move_nothing(order: Order) -> None:
    told = after(order, refund(5000, "partially_refunded"), refund(13497), refund(5000))

    assert told.status is order.status
    assert (told.refunded_minor, told.refund_status) == (13497, "refunded")
    assert decide(told, refund(13497), AT_MS, RULES) == ()


def test_the_happy_path_is_told_by_the_history() -> None:
    order = after(CONFIRMED, held(1), held(2), paid())

    assert [(step.status.value, step.reason) for step in order.history] == [
        ("confirmed", "PLACED"),
        ("confirmed", "STOCK_HELD"),
        ("confirmed", "PAYMENT_CAPTURED"),
        ("paid", "PAID"),
    ]
    assert [step.at_ms - AT_MS for step in order.history] == [0, 2000, 3000, 3000]


def test_an_order_of_two_payments_is_refunded_once_both_went_back() -> None:
    both = after(replace(PAID, total_minor=15_000), paid(payment_id=SECOND, amount_minor=1_503))
    sent = replace(both, status=Status.DELIVERED)

    first = after(sent, refund(13_497))
    second = after(first, refund(1_503, payment_id=SECOND))

    assert (first.status, first.refund_status) == (Status.DELIVERED, "partially_refunded")
    assert (second.status, second.refund_status) == (Status.REFUNDED, "refunded")
    assert (first.refunded_minor, second.refunded_minor) == (13_497, 15_000)
    assert decide(second, refund(1_503, payment_id=SECOND), AT_MS, RULES) == ()


def test_a_difference_is_taken_down_while_an_earlier_one_is_still_on_its_way_back() -> None:
    less = after(PAID, amend(change("p1", 2, 1)))
    assert less.owed_minor < 0

    more = after(less, amend(change("p9", 0, 2, 700)), held(3), paid(**ADDED))

    assert more.further_payments == (SECOND,)
    assert (more.captured_minor, more.unpaid) == (13_497 + 1_400, ())


def test_a_strangers_payment_beyond_what_is_owed_pays_nothing() -> None:
    order = after(PAID, paid(payment_id="pay_else", amount_minor=100))

    assert (order.captured_minor, order.further_payments) == (13_497, ())


def test_an_order_that_was_never_amended_has_no_difference_to_be_paid() -> None:
    order = after(PAID, paid(payment_id=SECOND, amount_minor=100))

    assert (order.captured_minor, order.further_payments) == (13_497, ())
