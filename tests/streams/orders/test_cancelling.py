"""CancelOrder: who may, when, and what it leaves behind."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from streams.orders.deciding import decide
from streams.orders.rows import Order, Status
from tests.streams.orders.samples import (
    AT_MS,
    BACKORDERED,
    CANCELLED,
    CONFIRMED,
    ON_HOLD,
    PAID,
    PAID_ON_HOLD,
    REJECTED,
    RULES,
    after,
    cancel,
    reasons,
)

PROCESSING = changed(PAID, status=Status.PROCESSING)


@pytest.mark.parametrize("order", [CONFIRMED, BACKORDERED, ON_HOLD, PAID, PAID_ON_HOLD, PROCESSING])
def test_a_customer_cancels_until_dispatch(order: Order) -> None:
    ended = after(order, cancel())

    assert ended.status is Status.CANCELLED
    assert ended.cancellation_reason == "CUSTOMER_REQUEST"
    assert (ended.backorder_due_ms, ended.review_due_ms) == (0, 0)
    assert (ended.held, ended.short) == ((), ())


@pytest.mark.parametrize(
    "status", [Status.SHIPPED, Status.DELIVERED], ids=lambda status: status.value
)
def test_after_dispatch_the_history_says_that_it_is_too_late(status: Status) -> None:
    order = after(changed(PAID, status=status), cancel(), cancel())

    assert order.status is status
    assert reasons(order).count("CANCEL_REFUSED_DISPATCHED") == 1


def test_a_stranger_cancels_nothing() -> None:
    order = after(CONFIRMED, cancel("usr_2"), cancel("usr_2"))

    assert order.status is Status.CONFIRMED
    assert reasons(order) == ["PLACED", "CANCEL_REFUSED_FOREIGN"]


@pytest.mark.parametrize("order", [CANCELLED, REJECTED, changed(PAID, status=Status.REFUNDED)])
def test_an_order_that_has_ended_is_not_cancelled_again(order: Order) -> None:
    assert decide(order, cancel(), AT_MS, RULES) == ()
    assert decide(order, cancel("system"), AT_MS, RULES) == ()
    assert decide(order, cancel("usr_2"), AT_MS, RULES) == ()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("FRAUD_DETECTED", "FRAUD_DETECTED"),
        ("OUT_OF_STOCK", "OUT_OF_STOCK"),
        ("the warehouse burnt down", "OTHER"),
    ],
)
def test_the_shop_gives_a_reason_of_the_contract(said: str, reason: str) -> None:
    ended = after(CONFIRMED, cancel("system", said))

    assert ended.cancellation_reason == reason


def test_a_customer_cannot_pretend_another_reason() -> None:
    ended = after(CONFIRMED, cancel(reason="FRAUD_DETECTED"))

    assert ended.cancellation_reason == "CUSTOMER_REQUEST"


def test_who_speaks_for_the_shop_is_a_setting() -> None:
    rules = replace(RULES, system_users=frozenset({"ops"}))

    assert [fact.reason for fact in decide(CONFIRMED, cancel("ops"), AT_MS, rules)] == ["OTHER"]
    assert decide(CONFIRMED, cancel("system"), AT_MS, rules)[0].reason == "CANCEL_REFUSED_FOREIGN"


@pytest.mark.parametrize(("user", "days"), [("usr_1", 5), ("system", 3)])
def test_the_refund_takes_five_days_for_customers_and_three_for_the_shop(
    user: str, days: int
) -> None:
    [fact] = decide(PAID, cancel(user), AT_MS, RULES)

    assert fact.refund_days == days
