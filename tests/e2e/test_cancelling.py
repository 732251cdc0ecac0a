"""CancelOrder at every moment of an order's life, on real Kafka."""

import time
from typing import Any

import pytest

from tests.e2e.books import balanced, books_of
from tests.e2e.harness import Workers, until
from tests.e2e.heard import Ear
from tests.e2e.shop import Sender, line, order

pytestmark = pytest.mark.own_broker

PRODUCT = "prd_cancelled"
UNITS = 1_000
RACES = 24


@pytest.fixture(scope="module", autouse=True)
def goods(sender: Sender) -> None:
    sender.stock(PRODUCT, UNITS)


def until_settled(ear: Ear, order_id: str, end: str) -> None:
    def settled() -> bool:
        account = books_of(ear.of(order_id)).orders[order_id]
        return account.end == end and account.is_settled

    ear.until(settled, f"{order_id} is {end}, its money and stock are free")


def seconds_until_paid(ear: Ear, sender: Sender) -> float:
    """How long an order takes on this machine."""
    began = time.monotonic()
    ear.until_said(sender.place(order("timed", line(PRODUCT))), "PaymentComplete")
    return time.monotonic() - began


def test_before_it_is_paid_nothing_is_charged_and_the_authorisation_is_let_go(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    request = order("early", line(PRODUCT, 2), line("prd_absent"))
    order_id = sender.place(request)
    for name in ("OutOfStock", "StripeChargeSucceeded", "InventoryAdjusted"):
        ear.until_said(order_id, name)

    sender.cancel(request, "ordered by mistake")

    until_settled(ear, order_id, "cancelled")
    cancelled = ear.until_said(order_id, "OrderCancelled").data
    assert cancelled["cancellationReason"] == "CUSTOMER_REQUEST"
    assert cancelled["cancellationNote"] == "ordered by mistake"
    assert "refund" not in cancelled
    assert len(ear.of(order_id, "payments", "ChargeVoided")) == 1
    assert not ear.of(order_id, "payments", "CapturePayment", "RefundCharge")
    until(
        lambda: (workers.row("stock", "prd_absent") or {}).get("queue") == [],
        90, "nobody waits for the missing product any more",
    )  # fmt: skip


def test_after_it_is_paid_all_of_it_is_given_back(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    request = order("paid", line(PRODUCT, 3))
    order_id = sender.place(request)
    ear.until_said(order_id, "PaymentComplete")

    sender.cancel(request)

    until_settled(ear, order_id, "cancelled")
    cancelled = ear.until_said(order_id, "OrderCancelled").data
    issued = ear.until_said(order_id, "RefundIssued").data
    assert cancelled["refund"]["amount"] == 60.00
    assert (issued["amount"], issued["totalRefunded"], issued["paymentStatus"]) == (
        60.00, 60.00, "refunded"
    )  # fmt: skip
    assert issued["refundId"] == cancelled["refund"]["refundId"]

    def refunded() -> bool:
        row = workers.row("payments", f"pay_{order_id}")
        return row is not None and row["status"] == "REFUNDED"

    until(refunded, 90, "its payment's row says so")


def test_asking_twice_refunds_once(ear: Ear, sender: Sender) -> None:
    request = order("asked_twice", line(PRODUCT))
    order_id = sender.place(request)
    ear.until_said(order_id, "PaymentComplete")

    for _ in range(3):
        sender.cancel(request)

    until_settled(ear, order_id, "cancelled")
    ear.until_said(order_id, "RefundIssued")
    ear.until_quiet(0.5)
    counts = books_of(ear.of(order_id)).orders[order_id].counts
    assert (counts["OrderCancelled"], counts["ChargeRefunded"], counts["RefundIssued"]) == (1, 1, 1)


def test_a_stranger_cannot_cancel(ear: Ear, sender: Sender, workers: Workers) -> None:
    request = order("stranger", line(PRODUCT))
    order_id = sender.place(request)

    sender.cancel(request | {"userId": "cus_somebody_else"})

    ear.until_said(order_id, "PaymentComplete")

    def history() -> list[str]:
        return [step[2] for step in (workers.row("orders", order_id) or {}).get("history", ())]

    until(lambda: "CANCEL_REFUSED_FOREIGN" in history(), 90, "the history tells of it")
    assert not ear.of(order_id, "orders", "OrderCancelled")


def test_a_cancellation_that_overtakes_its_order_waits_for_it(ear: Ear, sender: Sender) -> None:
    request = order("overtaken", line(PRODUCT))
    sender.cancel(request)
    time.sleep(0.3)

    order_id = sender.place(request)

    until_settled(ear, order_id, "cancelled")


def test_whenever_a_cancellation_comes_no_money_and_no_stock_stay(ear: Ear, sender: Sender) -> None:
    requests: list[dict[str, Any]] = [order("race", line(PRODUCT)) for _ in range(RACES)]
    step_s = 2 * seconds_until_paid(ear, sender) / RACES

    for number, request in enumerate(requests):
        sender.place(request)
        time.sleep(number * step_s)
        if request is requests[-1]:  # The machine may have become slower than it was.
            ear.until_said(request["orderId"], "PaymentComplete")
        sender.cancel(request)

    for request in requests:
        until_settled(ear, request["orderId"], "cancelled")
    books = balanced(ear)
    raced = [books.orders[request["orderId"]] for request in requests]
    assert all(sum(a.captured.values()) == sum(a.refunded.values()) for a in raced)
    assert any(a.captured for a in raced), "some were cancelled after they were paid"
    assert any(not a.captured for a in raced), "some were cancelled before"
