"""News of stock, money and people that cross each other: whatever comes first decides, once."""

import pytest

from events.base import Message
from streams.orders.deciding import backorder_over, decide
from streams.orders.evolution import fold
from streams.orders.outcomes import following
from streams.orders.rows import Order
from tests.streams.orders.samples import (
    AT_MS,
    RULES,
    after,
    cancel,
    expired,
    held,
    paid,
    placed,
    refund,
    short,
)

HELD = after(placed(), held(1), held(2))
WAITING = after(placed(), held(2), short("p1"))
MISSED = expired(1).model_copy(update={"adjusted_quantity": 0})
ALL_BACK = refund(13497, "refunded")
UP = "the backorder's time is up"


def told(order: Order, *news: Message | str) -> tuple[Order, list[str]]:
    """The order once all of it was told, and what it published."""
    said: list[str] = []
    for number, one in enumerate(news, 1):
        at_ms = AT_MS + 1_000 * number
        if isinstance(one, str):
            facts, cause = backorder_over(order, order.backorder_due_ms or -1, at_ms, RULES), None
        else:
            facts, cause = decide(order, one, at_ms, RULES), one
        if facts:
            order = fold(order, facts)
            said += [one.name for one in following(order, facts, cause, at_ms, RULES)]
    return order, said


@pytest.mark.parametrize(
    ("order", "news", "status", "said", "ends_with"),
    [
        # Its hold expires while the capture is under way: who is told first decides.
        (HELD, (expired(1), paid(), ALL_BACK), "cancelled", ["OrderCancelled"], "REFUND_ISSUED"),
        (HELD, (expired(1), ALL_BACK, paid()), "cancelled", ["OrderCancelled"], "PAYMENT_CAPTURED"),
        (HELD, (expired(1), expired(2)), "cancelled", ["OrderCancelled"], "RESERVATION_EXPIRED"),
        # It expires behind the payment and before its commit, which holds it again, or cannot.
        (HELD, (paid(), expired(1), held(1)), "paid", [], "STOCK_HELD"),
        (HELD, (paid(), expired(1), expired(2), held(2), held(1)), "paid", [], "STOCK_HELD"),
        (
            HELD,
            (paid(), expired(1), MISSED, MISSED),
            "paid",
            ["OrderAmended"],
            "LINE_CANCELLED_RESERVATION_EXPIRED",
        ),
        (HELD, (expired(1), MISSED, paid()), "cancelled", ["OrderCancelled"], "PAYMENT_CAPTURED"),
        # The customer cancels meanwhile.
        (HELD, (paid(), expired(1), cancel()), "cancelled", ["OrderCancelled"], "CUSTOMER_REQUEST"),
        (HELD, (expired(1), cancel()), "cancelled", ["OrderCancelled"], "RESERVATION_EXPIRED"),
        # One of several lines waits for a restock: what lapses meanwhile is asked for anew.
        (WAITING, (expired(2), held(1)), "confirmed", [], "RESTOCKED"),
        (WAITING, (held(1), UP), "confirmed", [], "RESTOCKED"),
        (WAITING, (UP, held(1)), "confirmed", ["OrderAmended"], "RESTOCKED"),
        (WAITING, (held(1), paid(), UP), "paid", [], "PAID"),
    ],
)
def test_what_is_told_first_decides_and_it_is_said_once(
    order: Order, news: tuple[Message | str, ...], status: str, said: list[str], ends_with: str
) -> None:
    after_it, published = told(order, *news)

    assert (after_it.status, published) == (status, said)
    assert after_it.history[-1].reason == ends_with


def test_money_of_an_order_that_expired_is_known_to_have_gone_back_whole() -> None:
    order, _ = told(HELD, expired(1), paid(), ALL_BACK, ALL_BACK)

    assert (order.captured_minor, order.refunded_minor) == (13497, 13497)
    assert (order.refund_status, order.held) == ("refunded", ())
