"""Opening a payment, and what a cancelled order means for it."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from events.base import Message
from events.types import PaymentMethod
from streams.moments import HOUR_MS, MINUTE_MS
from streams.payments.early import early_decision
from streams.payments.early_news import Early
from streams.payments.states import Owed, Status
from tests.streams.payments.samples import (
    NOW_MS,
    RULES,
    Life,
    authorized,
    cancelled,
    captured,
    capturing,
    chargeback,
    charged_back,
    charging,
    checked,
    closed,
    complete,
    declined,
    disputed,
    ended_while_charging,
    failed,
    failed_once,
    fresh,
    held,
    initiated,
    line,
    paid,
    partly_refunded,
    refunded,
    renewal,
    succeeded,
    voided,
)

EXPIRES_MS = NOW_MS + 10 * MINUTE_MS


def test_a_session_waits_for_fraud_and_asks_nothing_yet() -> None:
    life = fresh()

    assert (life.status, life.payment.owed) == (Status.INITIATED, Owed.DECISION)
    assert life.said == []
    assert life.timers == {("session", NOW_MS + 15 * MINUTE_MS): None}


def test_the_provider_is_told_all_that_the_customer_said_of_how_they_pay() -> None:
    method = PaymentMethod(
        type="digital_wallet",
        token="tok_1",
        brand="visa",
        last4="4242",
        expiry_month=12,
        expiry_year=2030,
        wallet_type="apple_pay",
        paypal_email="a***@shop.test",
        paypal_payer_id="payer_1",
    )

    life = Life(initiated(payment_method=method)).hear(checked())

    assert life.last("ProcessPayment").payment_method == method


def test_a_second_session_under_the_same_id_changes_nothing() -> None:
    life = charging()
    before = life.payment
    other = PaymentMethod(type="paypal")

    life.hear(initiated(amount_minor=1, payment_method=other))

    assert life.payment == before


def test_lines_held_before_the_session_count() -> None:
    life = Life(early=Early(EXPIRES_MS, held=("1", "2"), lines=2))

    life.hear(checked(), succeeded())

    assert life.names == ["ProcessPayment", "CapturePayment"]


def test_a_decision_before_the_session_starts_the_charge() -> None:
    life = Life(early=Early(EXPIRES_MS, decision="APPROVED"))

    assert life.names == ["ProcessPayment"]


def test_a_review_before_the_session_holds_it() -> None:
    assert Life(early=Early(EXPIRES_MS, decision="MANUAL_REVIEW")).status is Status.HELD


def test_a_refusal_before_the_session_ends_it_for_the_reason_that_it_had() -> None:
    early = early_decision(None, checked("DECLINED", "rate_limited"), NOW_MS, RULES)

    life = Life(early=early)

    assert life.status is Status.CANCELLED
    assert life.payment is not None
    assert life.payment.failure is not None
    assert life.payment.failure.reason == "rate_limited"


def test_a_cancellation_before_the_session_outranks_everything_else_that_was_early() -> None:
    early = Early(EXPIRES_MS, held=("1",), decision="APPROVED", cancel_reason="OUT_OF_STOCK")

    life = Life(early=early)

    assert life.status is Status.CANCELLED
    assert life.said == []
    assert not life.timers
    assert life.hear(checked(), line(1), line(2)).said == []


@pytest.mark.parametrize(
    ("make", "status", "said"),
    [
        (fresh, Status.CANCELLED, []),
        (held, Status.CANCELLED, ["OverrideFraudDecision"]),
        (charging, Status.CANCELLED, []),
        (authorized, Status.CANCELLED, ["VoidPayment"]),
        (capturing, Status.AUTHORIZED, []),
        (failed_once, Status.FAILED, []),
        (paid, Status.CAPTURED, ["RefundCharge"]),
        (complete, Status.CAPTURED, ["RefundCharge"]),
        (partly_refunded, Status.PARTIALLY_REFUNDED, ["RefundCharge"]),
        (disputed, Status.DISPUTED, []),
    ],
)
def test_a_cancelled_order_ends_its_payment_or_has_the_money_back(
    make: Callable[[], Life], status: Status, said: list[str]
) -> None:
    life = make().forget_said()

    life.hear(cancelled())

    assert life.status is status
    assert life.names == said
    assert life.payment.cancel_reason == "CUSTOMER_REQUEST"


def renewal_let_go() -> Life:
    """CANCELLED by fraud, and what was taken all the same goes back."""
    return Life(renewal()).hear(checked(), checked("DECLINED"), succeeded())


def left_by_a_dispute() -> Life:
    """CHARGED_BACK after a cancellation: a person settled what was left."""
    life = paid().hear(chargeback(7_000), cancelled(), closed("lost"))
    life.row = replace(life.payment, stuck_on=())
    return life


@pytest.mark.parametrize(
    "make",
    [
        lambda: fresh().hear(checked("DECLINED")),
        renewal_let_go,
        charged_back,
        left_by_a_dispute,
        lambda: paid().hear(cancelled()).wait(2 * HOUR_MS),
    ],
    ids=["declined", "taken and let go", "charged back", "settled by a person", "given up"],
)
def test_a_cancellation_of_what_ended_or_is_cancelled_changes_nothing(
    make: Callable[[], Life],
) -> None:
    life = make()
    before = life.payment

    life.hear(cancelled())

    assert life.payment == before


@pytest.mark.parametrize(
    "heard", [(checked("MANUAL_REVIEW"), cancelled()), (cancelled(), checked("MANUAL_REVIEW"))]
)
def test_nobody_need_review_a_payment_whose_order_was_cancelled(heard: tuple[Message, ...]) -> None:
    life = fresh().hear(*heard, *heard)

    assert life.status is Status.CANCELLED
    assert life.names == ["OverrideFraudDecision"]
    assert life.last("OverrideFraudDecision").decision == "DECLINED"


def test_a_payment_that_was_declined_is_not_declined_again() -> None:
    life = held().hear(checked("DECLINED"), cancelled("FRAUD_DETECTED"))

    assert "OverrideFraudDecision" not in life.names


def test_a_charge_that_comes_after_the_cancellation_is_let_go() -> None:
    life = ended_while_charging().hear(succeeded())

    assert life.names[-1] == "VoidPayment"
    assert life.last("VoidPayment").charge_id == "ch_1"
    assert life.hear(voided()).payment.authorized_minor == 0


def test_a_charge_refused_after_the_cancellation_ends_the_waiting() -> None:
    life = ended_while_charging().hear(declined())

    assert life.payment.owed is Owed.NOTHING
    assert life.payment.session.method.token is None
    assert not life.timers
    assert "PaymentFailed" not in life.names


def test_a_renewal_charged_after_its_cancellation_is_refunded() -> None:
    life = Life(renewal()).hear(checked(), cancelled(), succeeded())

    assert life.last("RefundCharge").amount_minor == life.payment.captured_minor > 0


def test_a_cancellation_during_the_capture_refunds_in_full_once_the_money_is_in() -> None:
    life = capturing().hear(cancelled("RESERVATION_EXPIRED")).forget_said()

    life.hear(captured())

    assert life.status is Status.CAPTURED
    assert life.names == ["PaymentProcessed", "RefundCharge"]
    refund = life.last("RefundCharge")
    life.hear(refunded(refund.refund_id, refund.amount_minor))
    issued = life.last("RefundIssued")
    assert life.status is Status.REFUNDED
    assert (issued.amount_minor, issued.total_refunded_minor) == (18_997, 18_997)
    assert (issued.payment_status, issued.reason) == ("refunded", "RESERVATION_EXPIRED")
    assert issued.estimated_processing_days == 3


def test_a_cancellation_during_a_capture_that_is_refused_ends_the_payment() -> None:
    life = capturing().hear(cancelled()).forget_said()

    life.hear(failed("capture", retryable=False))

    assert life.status is Status.CANCELLED
    assert life.names == ["VoidPayment"]


def test_a_cancelled_order_does_not_wait_for_its_retry() -> None:
    life = failed_once().hear(cancelled()).forget_said()

    life.wait(0)

    assert (life.status, life.payment.cancel_reason) == (Status.CANCELLED, "CUSTOMER_REQUEST")
    assert life.said == []
    assert not life.timers


def test_a_cancelled_order_under_dispute_is_refunded_once_the_dispute_is_won() -> None:
    life = disputed().hear(cancelled()).forget_said()

    life.hear(closed("won"))

    assert life.names == ["ChargebackClosed", "PaymentSettled", "RefundCharge"]


def test_a_customer_waits_five_days_for_a_refund_of_their_own_choice() -> None:
    life = paid().hear(cancelled("CUSTOMER_REQUEST"))

    life.hear(refunded(life.last("RefundCharge").refund_id))

    assert life.last("RefundIssued").estimated_processing_days == 5


def test_a_second_cancellation_does_not_refund_twice() -> None:
    life = paid().hear(cancelled())
    refund = life.last("RefundCharge").refund_id
    life.hear(refunded(refund)).forget_said()

    life.hear(cancelled("OUT_OF_STOCK"), refunded(refund))

    assert life.said == []
    assert life.payment.refunded_minor == 18_997
