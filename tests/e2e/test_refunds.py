"""Money that goes back, on real Kafka: refunds by request, and a chargeback that is lost."""

import pytest

from tests.e2e.books import balanced
from tests.e2e.harness import Workers, until
from tests.e2e.heard import Ear, Said
from tests.e2e.shop import Sender, line, order

pytestmark = pytest.mark.own_broker

PRODUCT = "prd_refunded"
UNITS = 100
ROW_S_MAX = 90


@pytest.fixture(scope="module", autouse=True)
def goods(sender: Sender) -> None:
    sender.stock(PRODUCT, UNITS)


def paid(ear: Ear, sender: Sender, name: str, units: int, **fields: object) -> str:
    order_id = sender.place(order(name, line(PRODUCT, units), **fields))
    ear.until_said(order_id, "PaymentComplete")
    return order_id


def until_refund(ear: Ear, order_id: str, name: str, number: int) -> Said:
    """The refund's outcome of that name, counted from 1."""

    def told() -> Said | None:
        found = ear.of(order_id, "payments", name)
        return found[number - 1] if len(found) >= number else None

    return ear.until(told, f"{name} {number} of {order_id}")


def until_payment(workers: Workers, order_id: str, status: str) -> dict[str, object]:
    def row() -> dict[str, object] | None:
        found = workers.row("payments", f"pay_{order_id}")
        return found if found is not None and found["status"] == status else None

    found: dict[str, object] = until(row, ROW_S_MAX, f"the payment of {order_id} is {status}")
    return found


def test_parts_of_a_payment_go_back_until_nothing_is_left(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    order_id = paid(ear, sender, "in_parts", 3)

    sender.refund(order_id, "k1", amount=20.00)
    first = until_refund(ear, order_id, "RefundIssued", 1).data
    sender.refund(order_id, "k1", amount=20.00)
    sender.refund(order_id, "k2", amount=40.01)
    refused = until_refund(ear, order_id, "RefundFailed", 1).data
    sender.refund(order_id, "k3")
    last = until_refund(ear, order_id, "RefundIssued", 2).data

    assert (first["amount"], first["paymentStatus"], first["reason"]) == (
        20.00, "partially_refunded", "goodwill"
    )  # fmt: skip
    assert (refused["failureReason"], refused["rejected"]) == ("amount_exceeds_payment", True)
    assert (last["amount"], last["totalRefunded"], last["paymentStatus"]) == (
        40.00, 60.00, "refunded"
    )  # fmt: skip
    until_payment(workers, order_id, "REFUNDED")


def test_a_large_refund_waits_for_somebody_else(ear: Ear, sender: Sender, workers: Workers) -> None:
    order_id = paid(ear, sender, "dear", 40)

    sender.refund(order_id, "k1")
    sender.refund(order_id, "k1", approvedBy="sam")
    sender.refund(order_id, "k2", amount=1.00)
    refused = until_refund(ear, order_id, "RefundFailed", 1).data
    assert not ear.of(order_id, "payments", "RefundCharge")

    sender.refund(order_id, "k1", approvedBy="kim")

    assert refused["failureReason"] == "amount_exceeds_payment"
    assert until_refund(ear, order_id, "RefundIssued", 1).data["amount"] == 800.00
    until_payment(workers, order_id, "REFUNDED")


def test_a_refund_on_its_way_is_done_when_the_provider_says_so(ear: Ear, sender: Sender) -> None:
    order_id = paid(ear, sender, "on_its_way", 1, token="tok_refund_pending")

    sender.refund(order_id, "k1", amount=5.00)
    assert until_refund(ear, order_id, "RefundIssued", 1).data["amount"] == 5.00
    names = [said.name for said in ear.of(order_id, "payments")]
    assert "ChargeRefundAccepted" in names[: names.index("RefundIssued")]


def test_a_chargeback_that_is_lost_stops_the_order_and_marks_its_customer(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    order_id = paid(ear, sender, "claimed", 2)
    ear.until_said(order_id, "ShipmentCreated")
    claim = {"paymentId": f"pay_{order_id}", "chargebackReference": f"cb_{order_id}"}

    sender.send("RecordChargeback", claim | {"amountMinor": 40_00, "reason": "fraudulent"})
    opened = ear.until_said(order_id, "ChargebackOpened").data
    sender.refund(order_id, "k1", amount=1.00)
    held = until_refund(ear, order_id, "RefundFailed", 1).data
    sender.send("CloseChargeback", claim | {"outcome": "lost"})
    closed = ear.until_said(order_id, "ChargebackClosed").data
    ear.until_said(order_id, "ShipmentCancelled")

    assert (opened["amount"], opened["fee"], held["failureReason"]) == (40.00, 15.00, "fraud_hold")
    assert (closed["outcome"], closed["amount"]) == ("lost", 40.00)
    assert until_payment(workers, order_id, "CHARGED_BACK")["charged_back_minor"] == 40_00

    customer = opened["customerId"]
    until(
        lambda: (workers.row("risk_profiles", customer) or {}).get("chargebacks"),
        ROW_S_MAX, "the customer's profile knows of it",
    )  # fmt: skip
    again = sender.place(order("claimed_again", line(PRODUCT), userId=customer))
    scored = ear.until_said(again, "RiskScoreCalculated").data
    history = next(f for f in scored["factors"] if f["name"] == "customer_history")
    assert "with past chargebacks" in history["description"]


def test_the_books_of_all_that_add_up(ear: Ear) -> None:
    balanced(ear)
