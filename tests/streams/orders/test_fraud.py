"""Fraud findings: on hold, back to where it was, or cancelled."""

import pytest
from msgspec.structs import replace

from streams.moments import DAY_MS, MINUTE_MS
from streams.orders.deciding import decide, review_over
from streams.orders.evolution import fold
from streams.orders.rows import Order, Status
from tests.streams.orders.samples import (
    AT_MS,
    BACKORDERED,
    CANCELLED,
    CONFIRMED,
    ON_HOLD,
    PAID,
    PAID_ON_HOLD,
    RULES,
    after,
    declined,
    fraud,
    verdict,
)

PROCESSING = replace(PAID, status=Status.PROCESSING)
SHIPPED = replace(PAID, status=Status.SHIPPED)


@pytest.mark.parametrize(
    ("message", "holds"),
    [
        (verdict("MANUAL_REVIEW"), True),
        (fraud("high"), True),
        (fraud("critical"), True),
        (fraud("medium"), False),
        (fraud("low"), False),
        (verdict("APPROVED"), False),
    ],
)
@pytest.mark.parametrize("order", [CONFIRMED, PAID, PROCESSING], ids=lambda o: o.status)
def test_grave_findings_hold_an_order(order: Order, message: object, *, holds: bool) -> None:
    told = after(order, message, at_ms=AT_MS - 1000)

    assert (told.status is Status.ON_HOLD) is holds
    if holds:
        assert told.held_from is order.status
        assert told.review_due_ms == AT_MS + DAY_MS + 5 * MINUTE_MS
    else:
        assert told == order


@pytest.mark.parametrize("order", [CONFIRMED, PAID, PROCESSING], ids=lambda o: o.status)
def test_approval_brings_the_order_back_to_where_it_was(order: Order) -> None:
    back = after(order, verdict("MANUAL_REVIEW"), verdict("APPROVED"))

    assert back.status is order.status
    assert (back.review_due_ms, back.held_from) == (0, None)


def test_an_approval_lifts_the_hold_of_its_own_payment_and_no_other() -> None:
    held = after(PAID, verdict("MANUAL_REVIEW", "pay_ord_1:2"))
    both = after(held, verdict("MANUAL_REVIEW", "pay_ord_1:3"), at_ms=AT_MS + DAY_MS)

    unasked = after(held, verdict("APPROVED", "pay_ord_1:3"))
    one = after(both, verdict("APPROVED", "pay_ord_1:2"))
    none = after(one, verdict("APPROVED", "pay_ord_1:3"))

    assert unasked == held
    assert (one.status, one.review_due_ms) == (Status.ON_HOLD, both.review_due_ms)
    assert both.review_due_ms > held.review_due_ms
    assert (none.status, none.review_due_ms) == (Status.PAID, 0)


def test_one_review_is_opened_however_many_findings_come() -> None:
    assert decide(ON_HOLD, fraud(), AT_MS + DAY_MS, RULES) == ()
    assert decide(ON_HOLD, verdict("MANUAL_REVIEW"), AT_MS + DAY_MS, RULES) == ()


@pytest.mark.parametrize("order", [CONFIRMED, BACKORDERED, ON_HOLD, PAID, PAID_ON_HOLD, PROCESSING])
def test_a_refusal_cancels_until_dispatch(order: Order) -> None:
    ended = after(order, verdict("DECLINED"))

    assert (ended.status, ended.cancellation_reason) == (Status.CANCELLED, "FRAUD_DETECTED")


@pytest.mark.parametrize(
    ("message", "note"),
    [
        (verdict("DECLINED"), "FRAUD_DECLINED_TOO_LATE"),
        (fraud("critical"), "FRAUD_SUSPECTED_TOO_LATE"),
        (verdict("MANUAL_REVIEW"), "MANUAL_REVIEW_TOO_LATE"),
    ],
)
def test_what_comes_after_dispatch_is_noted_once(message: object, note: str) -> None:
    told = after(SHIPPED, message, message)

    assert told.status is Status.SHIPPED
    assert [step.reason for step in told.history].count(note) == 1
    assert after(CANCELLED, message) == CANCELLED


@pytest.mark.parametrize(
    ("payment_id", "reason", "status"),
    [
        ("pay_ord_1:2", "rate_limited", Status.PAID),
        ("pay_ord_1:2", "stolen_card", Status.CANCELLED),
        ("pay_ord_1", "rate_limited", Status.PAID),
    ],
)
def test_one_payment_too_many_is_no_suspicion_of_its_order(
    payment_id: str, reason: str, status: Status
) -> None:
    refused = verdict("DECLINED").model_copy(
        update={"payment_id": payment_id, "reasons": (reason,)}
    )

    assert after(PAID, refused).status is status


def test_an_order_whose_payment_is_one_too_many_ends_as_unpaid_and_not_as_fraud() -> None:
    refused = verdict("DECLINED").model_copy(update={"reasons": ("rate_limited",)})

    ended = after(CONFIRMED, refused, declined(1, retryable=False))

    assert (ended.status, ended.cancellation_reason) == (Status.CANCELLED, "PAYMENT_FAILED")


def test_nobody_reviewing_for_a_day_cancels() -> None:
    facts = review_over(ON_HOLD, ON_HOLD.review_due_ms, ON_HOLD.review_due_ms, RULES)

    ended = fold(ON_HOLD, facts)

    assert (ended.status, ended.cancellation_reason) == (Status.CANCELLED, "FRAUD_DETECTED")


def test_what_a_review_decided_in_its_last_moment_is_heard_before_the_clock_ends_the_order() -> (
    None
):
    opened = after(CONFIRMED, verdict("MANUAL_REVIEW"), at_ms=AT_MS)
    told_late_ms = AT_MS + DAY_MS + MINUTE_MS  # Its worker was killed a moment before.

    approved = after(opened, verdict("APPROVED"), at_ms=told_late_ms)

    assert opened.review_due_ms > told_late_ms
    assert approved.status is Status.CONFIRMED


def test_a_review_that_ended_is_not_ended_by_its_clock() -> None:
    back = after(ON_HOLD, verdict("APPROVED"))

    assert review_over(back, ON_HOLD.review_due_ms, ON_HOLD.review_due_ms, RULES) == ()


def test_an_approval_during_a_backorder_leaves_it_waiting() -> None:
    order = after(BACKORDERED, fraud(), verdict("APPROVED"))

    assert (order.status, order.review_due_ms) == (Status.BACKORDERED, 0)
    assert order.backorder_due_ms == BACKORDERED.backorder_due_ms
