"""The contract's order machine: every transition happens, one row for each of its table."""

from collections.abc import Callable

import pytest

from events.base import Message
from streams.orders.deciding import backorder_over, review_over
from streams.orders.evolution import fold
from streams.orders.outcomes import due_times
from streams.orders.rows import Order
from streams.orders.subscribed import SubscribedOrders, confirmed, ended
from tests.streams.orders.parcels import created, delivered, dispatched, failed, returned
from tests.streams.orders.samples import (
    BACKORDERED,
    CONFIRMED,
    ON_HOLD,
    PAID,
    PAID_ON_HOLD,
    REJECTED,
    RULES,
    after,
    cancel,
    declined,
    expired,
    fraud,
    held,
    item,
    paid,
    placed,
    readdress,
    refund,
    short,
    verdict,
)
from tests.streams.orders.subscribers import TODAY, end, order
from tests.streams.orders.table import TABLE

Act = Callable[[Order], Order]

PROCESSING = after(PAID, created())
SHIPPED = after(PROCESSING, dispatched())
DELIVERED = after(SHIPPED, delivered())
RETURNED = after(DELIVERED, returned())
BEFORE_DISPATCH = (CONFIRMED, BACKORDERED, ON_HOLD, PAID, PROCESSING)


def say(message: Message) -> Act:
    return lambda row: after(row, message)


def time_up(kind: str) -> Act:
    """The timer of that kind comes due."""
    rule = {"backorder": backorder_over, "review": review_over}[kind]

    def wait(row: Order) -> Order:
        due_ms = due_times(row)[kind]
        return fold(row, rule(row, due_ms, due_ms, RULES))

    return wait


def subscription_ends(row: Order) -> Order:
    """The subscription of an order that is dated tomorrow ends today."""
    known, _ = confirmed(SubscribedOrders(), order(1, days=1), 0)
    _, [command] = ended(known, end(TODAY))
    gone = after(row, command)
    assert gone.cancellation_reason == "SUBSCRIPTION_CANCELLED"
    return gone


# from, to, what causes it, and how it comes about.
CASES: list[tuple[Order, str, str, Act]] = [
    (CONFIRMED, "backordered", "OutOfStock", say(short())),
    (BACKORDERED, "confirmed", "InventoryAdjusted", say(held(1))),
    (after(BACKORDERED, short("p2")), "cancelled", "timer:backorder", time_up("backorder")),
    (
        placed(order_items=(item(),)),
        "cancelled",
        "OutOfStock",
        say(short(backorder_allowed=False)),
    ),
    *[(row, "on_hold", "FraudDetected", say(fraud())) for row in (CONFIRMED, PAID, PROCESSING)],
    *[
        (row, "on_hold", "FraudCheckCompleted", say(verdict("MANUAL_REVIEW")))
        for row in (CONFIRMED, PAID, PROCESSING)
    ],
    (ON_HOLD, "confirmed", "FraudCheckCompleted", say(verdict("APPROVED"))),
    (PAID_ON_HOLD, "paid", "FraudCheckCompleted", say(verdict("APPROVED"))),
    (
        after(PROCESSING, fraud()),
        "processing",
        "FraudCheckCompleted",
        say(verdict("APPROVED")),
    ),
    (ON_HOLD, "cancelled", "FraudCheckCompleted", say(verdict("DECLINED"))),
    (ON_HOLD, "cancelled", "timer:review", time_up("review")),
    (CONFIRMED, "paid", "PaymentProcessed", say(paid())),
    (CONFIRMED, "cancelled", "PaymentFailed", say(declined(3))),
    (CONFIRMED, "cancelled", "InventoryAdjusted", say(expired(1))),
    (PAID, "processing", "ShipmentCreated", say(created())),
    (PROCESSING, "shipped", "ShipmentDispatched", say(dispatched())),
    (SHIPPED, "shipped", "DeliveryFailed", say(failed())),
    (SHIPPED, "delivered", "ShipmentDelivered", say(delivered())),
    (SHIPPED, "returned", "ReturnReceived", say(returned())),
    (DELIVERED, "returned", "ReturnReceived", say(returned())),
    (DELIVERED, "delivered", "RefundIssued", say(refund(100, "partially_refunded"))),
    (RETURNED, "refunded", "RefundIssued", say(refund())),
    (DELIVERED, "refunded", "RefundIssued", say(refund())),
    *[(row, "cancelled", "CancelOrder", say(cancel())) for row in BEFORE_DISPATCH],
    *[
        (row, "cancelled", "UserSubscriptionCancelled", subscription_ends)
        for row in BEFORE_DISPATCH
    ],
    *[
        (row, row.status.value, "AmendOrder", say(readdress(city="Boston")))
        for row in (CONFIRMED, BACKORDERED, PAID, PROCESSING)
    ],
]


@pytest.mark.parametrize(
    ("before", "to", "act"),
    [(before, to, act) for before, to, _, act in CASES],
    ids=[f"{before.status.value} to {to} by {cause}" for before, to, cause, _ in CASES],
)
def test_every_transition_of_the_contract_happens(before: Order, to: str, act: Act) -> None:
    now = act(before)

    assert now.status.value == to
    assert now.version > before.version


def test_an_order_is_confirmed_or_rejected_when_it_is_placed() -> None:
    assert (CONFIRMED.status.value, REJECTED.status.value) == ("confirmed", "rejected")


def test_the_cases_are_the_contracts_table() -> None:
    begun = {row for row in TABLE if row[0] == "pending"}

    assert {(before.status.value, to, cause) for before, to, cause, _ in CASES} == TABLE - begun
