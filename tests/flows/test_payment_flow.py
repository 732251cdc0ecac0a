from datetime import UTC, datetime

import pytest

from events.fraud import OverrideFraudDecision
from events.orders import CancelOrder
from events.types import RiskContext
from tests.flows.scene import Scene

DOUBTFUL = RiskContext(
    account_created_at=datetime(2025, 6, 16, 9, 59, tzinfo=UTC),
    previous_orders=0,
    device_id="dev_1",
    ip_country="FR",
)
"""60 points: a person must look."""


def word(decision: str) -> OverrideFraudDecision:
    return OverrideFraudDecision(
        payment_id="pay_ord_1", decision=decision, reviewer="ann", rationale="looked at it"
    )


def test_payment_flow_scores_authorises_captures_and_completes() -> None:
    scene = Scene().stock()

    scene.place()

    scene.was_told(
        "PaymentInitiated",
        "RiskScoreCalculated",
        "FraudCheckCompleted",
        "ProcessPayment",
        "StripeChargeSucceeded",
        "CapturePayment",
        "ChargeCaptured",
        "PaymentProcessed",
        "CommitStock",
        "PaymentComplete",
    )
    assert scene.books() == (2_000, 0, 0)
    assert scene.mails("payment-processed") == 1
    assert scene.last("PaymentComplete").processing_fee_minor == 88


def test_payment_flow_declined_once_is_retried_after_ten_minutes() -> None:
    scene = Scene().stock()

    scene.place(token="tok_declined_once")
    assert scene.last("PaymentFailed").retryable
    scene.wait(minutes=11)

    scene.was_told("PaymentFailed", "ExtendHold", "ProcessPayment", "PaymentProcessed")
    assert scene.last("ProcessPayment").attempt_number == 2
    assert scene.books() == (2_000, 0, 0)


def test_payment_flow_declined_three_times_is_cancelled_and_released() -> None:
    scene = Scene().stock()

    scene.place(token="tok_declined").wait(minutes=30)

    scene.was_told(
        "PaymentFailed", "PaymentFailed", "PaymentFailed", "OrderCancelled", "ReleaseStock"
    )
    assert [one.attempt_number for one in scene.data("PaymentFailed")] == [1, 2, 3]
    assert scene.last("OrderCancelled").cancellation_reason == "PAYMENT_FAILED"
    assert scene.mails("payment-failed") > 0
    assert scene.level() == (10, 0, 0)
    assert scene.books() == (0, 0, 0)


def test_payment_flow_expired_card_is_not_retried() -> None:
    scene = Scene().stock()

    scene.place(token="tok_expired")

    assert len(scene.data("ProcessPayment")) == 1
    assert scene.status() == "cancelled"


def test_payment_flow_held_by_fraud_is_approved_by_a_reviewer() -> None:
    scene = Scene().stock()

    scene.place(risk=DOUBTFUL)
    assert scene.status() == "on_hold"
    scene.tell(word("APPROVED"))

    scene.was_told("FraudCheckCompleted", "FraudCheckCompleted", "ProcessPayment", "CapturePayment")
    assert scene.books() == (2_000, 0, 0)


def test_payment_flow_held_by_fraud_is_declined_by_a_reviewer() -> None:
    scene = Scene().stock()

    scene.place(risk=DOUBTFUL).tell(word("DECLINED"))

    scene.was_told("FraudCheckCompleted", "OrderCancelled", "ReleaseStock")
    assert scene.last("OrderCancelled").cancellation_reason == "FRAUD_DETECTED"
    scene.never_told("ProcessPayment")


def test_payment_flow_held_by_fraud_leaves_the_queue_with_its_order() -> None:
    scene = Scene().stock()

    scene.place(risk=DOUBTFUL)
    scene.tell(CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="no need"))

    assert scene.row("fraud", "pay_ord_1").state == "confirmed"
    scene.wait(days=2)
    scene.never_told("AlertRaised", "ProcessPayment")
    assert scene.names().count("OrderCancelled") == 1


def test_payment_flow_held_by_fraud_is_declined_after_a_day_of_silence() -> None:
    scene = Scene().stock()

    scene.place(risk=DOUBTFUL).wait(hours=24, minutes=1)

    assert scene.last("FraudCheckCompleted").decision == "DECLINED"
    assert scene.status() == "cancelled"


def test_payment_flow_stolen_card_is_blocked_at_once() -> None:
    scene = Scene().stock()

    scene.place(risk=DOUBTFUL.model_copy(update={"card_reported_stolen": True}))

    scene.was_told("FraudDetected", "OrderCancelled")
    assert scene.last("FraudDetected").severity == "critical"
    scene.never_told("ProcessPayment")


@pytest.mark.parametrize(
    ("token", "attempts", "captured", "status"),
    [
        ("tok_unknown", 1, 2_000, "processing"),
        ("tok_network_once", 2, 2_000, "processing"),
        ("tok_lost_call", 3, 0, "cancelled"),
    ],
)
def test_payment_flow_cut_off_is_asked_about_and_charged_once(
    token: str, attempts: int, captured: int, status: str
) -> None:
    scene = Scene().stock()

    scene.place(token=token).wait(minutes=31)

    assert len(scene.data("ProcessPayment")) == attempts
    assert (scene.books(), scene.status()) == ((captured, 0, 0), status)
