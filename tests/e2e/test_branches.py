"""Every way in which an order does not go straight to paid, on real Kafka.

Time runs a hundred times as fast (`conftest.SETTINGS`): a hold lasts 9 s, a payment is tried
again after 6 s, a backorder waits 8 s, a review 24 s. What needs such a timer is placed first,
all at once, so that the tests wait together.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.books import balanced, books_of
from tests.e2e.harness import Workers, until
from tests.e2e.heard import Ear, Said
from tests.e2e.shop import DOUBTFUL, HOME, STOLEN, Sender, line, order, partition_of

pytestmark = pytest.mark.own_broker

PRODUCT = "prd_plenty"
UNITS = 100_000
PRICE_MINOR = 2000
STATUS_S_MAX = 90
LATE_MS_MAX = 30_000
"""How late a busy machine may fire a timer. One that was not hurried would be due in minutes."""
GIFT_TO = {**HOME, "line1": "9 Elm Street", "city": "Springfield"}


def doubtful(name: str) -> dict[str, Any]:
    """An order that a person has to review."""
    return order(name, line(PRODUCT), risk=DOUBTFUL, shippingAddress=GIFT_TO, billingAddress=HOME)


SLOW: dict[str, Callable[[], dict[str, Any]]] = {
    "refused_once": lambda: order("refused_once", line(PRODUCT), token="tok_insufficient_once"),
    "refused_thrice": lambda: order("refused_thrice", line(PRODUCT), token="tok_declined"),
    "unanswered": lambda: order("unanswered", line(PRODUCT), token="tok_silent"),
    "never_restocked": lambda: order("never_restocked", line("prd_never"), line("prd_nowhere")),
    "never_reviewed": lambda: doubtful("never_reviewed"),
    "reviewed_late": lambda: doubtful("reviewed_late"),
}
"""Orders that wait for a timer."""


class Day:
    """The orders that wait, by name."""

    def __init__(self, ear: Ear, sender: Sender) -> None:
        sender.stock(PRODUCT, UNITS)
        self.requests = {name: make() for name, make in SLOW.items()}
        for request in self.requests.values():
            sender.place(request)
        ear.until(
            lambda: all(ear.of(self.id(name), "orders", "OrderConfirmed") for name in SLOW),
            "all orders that wait are confirmed",
        )

    def id(self, name: str) -> str:
        return str(self.requests[name]["orderId"])


@pytest.fixture(scope="module", autouse=True)
def buried_before(ear: Ear) -> int:
    """How many letters other modules' tests have left."""
    return len(ear.letters())


@pytest.fixture(scope="module", autouse=True)
def day(ear: Ear, sender: Sender) -> Day:
    return Day(ear, sender)


def last(ear: Ear, order_id: str, *names: str) -> Said:
    return ear.of(order_id, "", *names)[-1]


def until_free(ear: Ear, order_id: str) -> None:
    """Return once a cancelled order has neither money nor stock."""
    ear.until(
        lambda: books_of(ear.of(order_id)).orders[order_id].is_settled,
        f"money and stock of {order_id} are free again",
    )


def status(workers: Workers, order_id: str) -> str:
    row = workers.row("orders", order_id)
    assert row is not None
    return str(row["status"])


# -- timers that must not be over yet: what was placed first is looked at first


def test_a_provider_that_does_not_answer_for_one_order_holds_up_no_other(
    ear: Ear, sender: Sender, day: Day
) -> None:
    silent = day.id("unanswered")
    ear.until_said(silent, "ProcessPayment")

    order_id = sender.place(order("beside", line(PRODUCT), partition=partition_of(silent)))

    ear.until_said(order_id, "PaymentComplete")
    assert not ear.of(silent, "payments", "ChargeOperationFailed", "PaymentFailed")


def test_a_late_approval_asks_for_the_stock_again(ear: Ear, day: Day, sender: Sender) -> None:
    order_id = day.id("reviewed_late")
    ear.until(
        lambda: [
            said
            for said in ear.of(order_id, "inventory", "InventoryAdjusted")
            if said.data["reason"] == "reservation_expired"
        ],
        "its hold has lapsed",
    )
    assert not ear.of(order_id, "orders", "OrderCancelled")

    sender.review(order_id, "APPROVED")

    ear.until_said(order_id, "PaymentComplete")
    assert len(ear.of(order_id, "inventory", "ReserveStock")) == 2


# -- refused


def with_payment(amount: float) -> dict[str, Any]:
    return {"payment": {"method": "credit_card", "token": "tok_visa", "amount": amount}}


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("another price", "PRICE_MISMATCH", with_payment(21.00)),
    ("a country not served", "INVALID_ADDRESS", {"shippingAddress": HOME | {"country": "BR"}}),
    ("no state", "INVALID_ADDRESS", {"shippingAddress": HOME | {"state": None}}),
    ("an empty street", "INVALID_ADDRESS", {"shippingAddress": HOME | {"line1": " "}}),
    ("express to a box", "INVALID_ADDRESS",
     {"shippingAddress": HOME | {"line1": "PO Box 7"}, "shippingMethod": "express"}),
    ("51 lines", "INVALID_REQUEST", {"orderItems": [line(PRODUCT)] * 51}),
    ("no lines", "INVALID_REQUEST", {"orderItems": []}),
    ("101 units", "INVALID_REQUEST", {"orderItems": [line(PRODUCT, 101)]}),
    ("a total above 50,000", "INVALID_REQUEST", {"orderItems": [line(PRODUCT, 100, 501.00)]}),
    ("a foreign currency", "INVALID_REQUEST", {"currency": "JPY"}),
    ("an unknown discount", "INVALID_REQUEST", {"discountCode": "FREE100"}),
    ("everything wrong at once", "INVALID_REQUEST",
     {"currency": "JPY", "shippingAddress": HOME | {"country": "BR"}, **with_payment(1.0)}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "fields"),
    [(reason, fields) for _, reason, fields in REFUSED],
    ids=[what for what, _, _ in REFUSED],
)
def test_an_order_that_fails_a_check_is_refused_and_nothing_else_happens(
    ear: Ear, sender: Sender, workers: Workers, reason: str, fields: dict[str, Any]
) -> None:
    order_id = sender.place(order("refused", line(PRODUCT)) | fields)

    failed = ear.until_said(order_id, "OrderFailed")

    assert failed.data["rejectionReason"] == reason
    assert failed.data["details"]
    until_status(workers, order_id, "rejected")


def test_of_a_refused_order_nothing_is_charged_or_held(ear: Ear) -> None:
    ear.until_quiet(0.5)

    refused = [s.order_id for s in ear.everything if s.name == "OrderFailed"]
    assert len(refused) >= len(REFUSED)
    for order_id in refused:
        assert {said.name for said in ear.of(order_id)} == {"PlaceOrder", "OrderFailed"}


# -- stock


def test_a_short_line_waits_for_goods_and_is_paid_when_they_come(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    order_id = sender.place(order("restocked", line(PRODUCT), line("prd_later", 3)))
    short = ear.until_said(order_id, "OutOfStock").data
    until_status(workers, order_id, "backordered")

    sender.stock("prd_later", 5)

    ear.until_said(order_id, "PaymentComplete")
    assert (short["backorderAllowed"], short["requestedQuantity"]) == (True, 3)
    until_status(workers, order_id, "processing")
    [level] = workers.row("stock", "prd_later")["levels"]  # type: ignore[index]  # goods came
    assert (level["on_hand"], level["reserved"]) == (5, 3)


def until_status(workers: Workers, order_id: str, wanted: str) -> None:
    """Return once the order's row says so: views follow the topics by a commit."""
    until(lambda: status(workers, order_id) == wanted, STATUS_S_MAX, f"{order_id} is {wanted}")


def test_goods_go_to_those_who_wait_in_the_order_in_which_they_came(
    ear: Ear, sender: Sender
) -> None:
    first, second = (order(f"queue_{n}", line("prd_queue", 2)) for n in (1, 2))
    for request in (first, second):
        sender.place(request)
        ear.until_said(request["orderId"], "OutOfStock")

    sender.stock("prd_queue", 3)

    ear.until_said(first["orderId"], "PaymentComplete")
    assert not ear.of(second["orderId"], "inventory", "InventoryAdjusted")
    sender.stock("prd_queue", 1)
    ear.until_said(second["orderId"], "PaymentComplete")


def test_a_short_line_that_may_not_wait_is_cancelled_and_the_rest_is_paid(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    order_id = sender.place(order("final_line", line(PRODUCT, 2), line("prd_final")))

    amended = ear.until_said(order_id, "OrderAmended").data

    assert amended["cancellationReason"] == "OUT_OF_STOCK"
    assert [one["quantity"] for one in amended["lines"]] == [2, 0]
    paid = ear.until_said(order_id, "PaymentComplete").data
    assert paid["amount"] == amended["newOrderTotal"] < amended["previousOrderTotal"]
    until_status(workers, order_id, "processing")


def test_an_order_none_of_whose_lines_is_to_be_had_ends_at_once(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    order_id = sender.place(order("final", line("prd_final")))

    cancelled = ear.until_said(order_id, "OrderCancelled").data

    assert cancelled["cancellationReason"] == "OUT_OF_STOCK"
    assert cancelled.get("refund") is None
    assert ear.until_said(order_id, "OutOfStock").data["backorderAllowed"] is False
    until_free(ear, order_id)
    until_status(workers, order_id, "cancelled")


# -- payment


def test_a_card_that_may_not_be_tried_again_ends_its_order_at_once(
    ear: Ear, sender: Sender
) -> None:
    order_id = sender.place(order("expired_card", line(PRODUCT), token="tok_expired"))

    cancelled = ear.until_said(order_id, "OrderCancelled").data

    failed = ear.until_said(order_id, "PaymentFailed").data
    assert (failed["failureReason"], failed["retryable"]) == ("expired_card", False)
    assert failed.get("nextRetryAt") is None
    assert cancelled["cancellationReason"] == "PAYMENT_FAILED"
    assert cancelled["paymentFailureDetails"]["paymentId"] == f"pay_{order_id}"
    until_free(ear, order_id)
    assert len(ear.of(order_id, "payments", "ProcessPayment")) == 1


# -- fraud


def test_a_stolen_card_is_declined_before_anything_is_charged(ear: Ear, sender: Sender) -> None:
    order_id = sender.place(order("stolen", line(PRODUCT), risk=STOLEN))

    cancelled = ear.until_said(order_id, "OrderCancelled").data

    assert cancelled["cancellationReason"] == "FRAUD_DETECTED"
    assert ear.until_said(order_id, "FraudDetected").data["severity"] == "critical"
    assert ear.until_said(order_id, "FraudCheckCompleted").data["decision"] == "DECLINED"
    until_free(ear, order_id)
    assert not ear.of(order_id, "payments", "ProcessPayment")


def test_a_doubtful_order_is_held_and_paid_when_a_reviewer_approves(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    order_id = sender.place(doubtful("approved"))
    assert ear.until_said(order_id, "FraudCheckCompleted").data["decision"] == "MANUAL_REVIEW"
    until_status(workers, order_id, "on_hold")
    asked = ear.of(order_id, "payments", "ProcessPayment")

    sender.review(order_id, "APPROVED")

    ear.until_said(order_id, "PaymentComplete")
    assert asked == []
    assert [s.data["decision"] for s in ear.of(order_id, "payments", "FraudCheckCompleted")] == [
        "MANUAL_REVIEW",
        "APPROVED",
    ]
    until_status(workers, order_id, "processing")


def test_a_doubtful_order_ends_when_a_reviewer_declines(ear: Ear, sender: Sender) -> None:
    order_id = sender.place(doubtful("declined"))
    ear.until_said(order_id, "FraudCheckCompleted")

    sender.review(order_id, "DECLINED")

    cancelled = ear.until_said(order_id, "OrderCancelled").data
    assert cancelled["cancellationReason"] == "FRAUD_DETECTED"
    until_free(ear, order_id)
    assert not ear.of(order_id, "payments", "ProcessPayment")


# -- duplicates


def test_the_same_record_twice_is_one_order(ear: Ear, sender: Sender) -> None:
    request = order("twice", line(PRODUCT))
    for _ in range(3):
        sender.place(request, eventId="the-same-event")

    ear.until_said(request["orderId"], "PaymentComplete")

    ear.until_quiet(0.5)
    account = books_of(ear.of(request["orderId"])).orders[request["orderId"]]
    assert set(account.counts.values()) <= {1, 2}
    assert sum(account.captured.values()) == PRICE_MINOR


def test_the_first_order_of_an_id_counts_whatever_a_second_one_asks_for(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    request = order("renamed", line(PRODUCT, 2))
    other = order("renamed", line(PRODUCT, 7), token="tok_declined")
    sender.place(request)
    sender.place(other | {"orderId": request["orderId"]})

    ear.until_said(request["orderId"], "PaymentComplete")

    ear.until_quiet(0.5)
    row = workers.row("orders", request["orderId"])
    assert row is not None
    assert (row["user_id"], row["total_minor"]) == (request["userId"], 2 * PRICE_MINOR)
    assert len(ear.of(request["orderId"], "orders", "OrderConfirmed")) == 1


def test_goods_that_are_told_of_twice_came_once(sender: Sender, workers: Workers) -> None:
    goods = {"productId": "prd_twice", "quantity": 4, "warehouseId": "wh_MAIN_001"}
    for _ in range(2):
        sender.send("AddInventory", goods, eventId="the-same-goods")
    sender.send("AddInventory", goods | {"quantity": 1})

    def levels() -> list[int]:
        row = workers.row("stock", "prd_twice") or {"levels": []}
        return [level["on_hand"] for level in row["levels"]]

    until(lambda: levels() == [5], STATUS_S_MAX, "four and one units are there")


# -- timers: what was placed first


def test_a_backorder_that_nobody_fills_ends_its_order(ear: Ear, day: Day, workers: Workers) -> None:
    order_id = day.id("never_restocked")

    cancelled = ear.until_said(order_id, "OrderCancelled")

    waited_ms = cancelled.at_ms - last(ear, order_id, "OutOfStock").at_ms
    assert cancelled.data["cancellationReason"] == "OUT_OF_STOCK"
    assert 8_000 <= waited_ms < 8_000 + LATE_MS_MAX
    until_free(ear, order_id)
    until(
        lambda: (workers.row("stock", "prd_never") or {}).get("queue") == [],
        STATUS_S_MAX, "nobody waits for it any more",
    )  # fmt: skip


def test_a_refused_card_is_tried_again_and_then_pays(ear: Ear, day: Day, workers: Workers) -> None:
    order_id = day.id("refused_once")

    ear.until_said(order_id, "PaymentComplete")

    [failed] = ear.of(order_id, "payments", "PaymentFailed")
    first, second = ear.of(order_id, "payments", "ProcessPayment")
    assert (failed.data["attemptNumber"], failed.data["retryable"]) == (1, True)
    assert failed.data["failureReason"] == "insufficient_funds"
    assert 5_000 <= second.at_ms - first.at_ms < 6_000 + LATE_MS_MAX
    assert first.data["idempotencyKey"] != second.data["idempotencyKey"]
    until_status(workers, order_id, "processing")


def test_a_hold_ends_when_its_payment_takes_too_long(ear: Ear, day: Day) -> None:
    order_id = day.id("unanswered")

    cancelled = ear.until_said(order_id, "OrderCancelled")

    assert cancelled.data["cancellationReason"] == "RESERVATION_EXPIRED"
    [expired] = [
        said
        for said in ear.of(order_id, "inventory", "InventoryAdjusted")
        if said.data["reason"] == "reservation_expired"
    ]
    held = ear.of(order_id, "inventory", "InventoryAdjusted")[0]
    # It began when the hold was asked for: how long that took is the machine's.
    assert 8_000 <= expired.at_ms - held.at_ms < 9_000 + LATE_MS_MAX
    assert expired.data["reservationStatus"] == "EXPIRED"
    until_free(ear, order_id)


def test_a_card_that_is_refused_three_times_ends_its_order(
    ear: Ear, day: Day, workers: Workers
) -> None:
    order_id = day.id("refused_thrice")

    cancelled = ear.until_said(order_id, "OrderCancelled")

    failures = [said.data for said in ear.of(order_id, "payments", "PaymentFailed")]
    assert [failed["attemptNumber"] for failed in failures] == [1, 2, 3]
    assert all(failed["retryable"] for failed in failures), "its reason would allow more attempts"
    assert ["nextRetryAt" in failed for failed in failures] == [True, True, False]
    assert cancelled.data["cancellationReason"] == "PAYMENT_FAILED"
    assert cancelled.data["paymentFailureDetails"]["retryCount"] == 3
    until_free(ear, order_id)
    assert len(ear.of(order_id, "inventory", "ExtendHold")) >= 1
    until(
        lambda: (workers.row("payments", f"pay_{order_id}") or {}).get("status") == "CANCELLED",
        STATUS_S_MAX, "its payment is closed",
    )  # fmt: skip


def test_a_review_that_nobody_does_declines(ear: Ear, day: Day) -> None:
    order_id = day.id("never_reviewed")

    cancelled = ear.until_said(order_id, "OrderCancelled")

    assert cancelled.data["cancellationReason"] == "FRAUD_DETECTED"
    first, second = ear.of(order_id, "payments", "FraudCheckCompleted")[:2]
    assert (first.data["decision"], second.data["decision"]) == ("MANUAL_REVIEW", "DECLINED")
    assert 23_000 <= second.at_ms - first.at_ms < 24_000 + LATE_MS_MAX
    until_free(ear, order_id)


# -- all together


def test_the_books_balance(ear: Ear, workers: Workers) -> None:
    books = balanced(ear)

    for (product, warehouse), shelf in books.shelves.items():
        row = workers.row("stock", product)
        assert row is not None
        levels = {level["warehouse_id"]: level for level in row["levels"]}
        found = levels[warehouse]
        assert (found["on_hand"], found["reserved"]) == (shelf.on_hand, shelf.reserved)


def test_nothing_was_buried(ear: Ear, buried_before: int) -> None:
    assert [str(letter) for letter in ear.letters()[buried_before:]] == []
