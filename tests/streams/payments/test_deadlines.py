"""Time: the session's watch, reviews, retries, authorisations, and how long it all took."""

from collections.abc import Callable

import pytest

from events.types import PaymentMethod
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from streams.payments.states import Owed, Status
from tests.streams.payments.samples import (
    LIVES,
    NOW_MS,
    RULES,
    TIME_UP,
    Life,
    authorized,
    cancelled,
    captured,
    capturing,
    charging,
    checked,
    complete,
    declined,
    ended_while_charging,
    fresh,
    held,
    held_while_charging,
    initiated,
    line,
    paid,
    renewal,
    succeeded,
    voiding,
)

SESSION_MS = 15 * MINUTE_MS


def test_fraud_that_does_not_answer_is_asked_once_more() -> None:
    life = fresh().wait(SESSION_MS)

    check = life.last("CheckFraud")
    assert life.names == ["CheckFraud"]
    assert (check.payment_id, check.customer_id, check.amount_minor) == (
        "pay_ord_1",
        "cust_1",
        18_997,
    )
    assert life.hear(checked()).names[-1] == "ProcessPayment"


def test_a_session_that_fraud_never_answers_fails() -> None:
    life = fresh().wait(2 * SESSION_MS)

    told = life.last("PaymentFailed")
    assert (told.failure_reason, told.failure_code) == ("other", "session_expired")
    assert told.retryable is False
    assert life.wait(0).status is Status.CANCELLED
    assert life.hear(checked()).names[-1] == "PaymentFailed"


def test_a_provider_that_does_not_answer_is_asked_again_under_the_same_key() -> None:
    life = charging().wait(SESSION_MS)

    first, second = (m for m in life.said if m.name == "ProcessPayment")
    assert first.idempotency_key == second.idempotency_key
    assert life.last_metadata("ProcessPayment") == {"ask": "look_first"}
    assert life.status is Status.INITIATED


def test_a_provider_that_stays_silent_fails_the_attempt_as_unknown() -> None:
    life = charging().wait(2 * SESSION_MS)
    assert life.last("PaymentFailed").failure_code == "no_answer"

    life.wait(0)

    command = life.last("ProcessPayment")
    assert (command.attempt_number, command.idempotency_key) == (2, "pay_ord_1:1")


def test_patience_begins_anew_with_each_question() -> None:
    life = fresh().wait(10 * MINUTE_MS).hear(checked()).forget_said()

    life.wait(14 * MINUTE_MS)
    assert life.said == []

    assert life.wait(MINUTE_MS).names == ["ProcessPayment"]


def test_the_watch_is_set_once_on_the_way_to_the_money() -> None:
    assert fresh().timers == charging().timers == capturing().timers
    assert paid().kinds() == {"settlement"}


def test_people_and_shelves_have_no_session() -> None:
    life = authorized().forget_said().wait(3 * DAY_MS)

    assert life.said == []
    assert life.hear(line(1), line(2)).names == ["CapturePayment"]


def test_a_charge_is_only_looked_for_while_the_payment_is_held() -> None:
    life = held_while_charging().wait(SESSION_MS)

    assert life.last_metadata("ProcessPayment") == {"ask": "look_only"}


def test_a_charge_that_stays_unknown_while_held_waits_for_the_review() -> None:
    life = held_while_charging().wait(2 * SESSION_MS)

    assert (life.status, life.payment.owed) == (Status.HELD, Owed.NOTHING)
    assert life.hear(checked()).last_metadata("ProcessPayment") == {"ask": "look_first"}


def test_a_charge_is_looked_for_after_the_end_until_it_is_known() -> None:
    life = ended_while_charging().wait(SESSION_MS)
    assert life.last_metadata("ProcessPayment") == {"ask": "look_only"}

    life.wait(DAY_MS)

    assert life.payment.stuck
    assert life.names.count("ProcessPayment") == 6


def test_a_void_nobody_answers_is_given_up_in_the_end() -> None:
    life = voiding().wait(DAY_MS)

    assert life.names.count("VoidPayment") == 4
    assert life.payment.stuck
    assert life.payment.authorized_minor == 18_997


def test_an_authorisation_is_let_go_after_seven_days() -> None:
    life = authorized().wait(7 * DAY_MS - 1)
    assert life.status is Status.AUTHORIZED

    life.wait(1)

    assert life.status is Status.CANCELLED
    assert life.names[-2:] == ["PaymentFailed", "VoidPayment"]
    assert life.last("PaymentFailed").failure_code == "authorization_expired"


def test_a_capture_under_way_is_not_let_go_after_seven_days() -> None:
    assert "authorization" not in capturing().kinds()


@pytest.mark.parametrize("make", LIVES.values(), ids=LIVES)
def test_a_timer_that_is_not_the_payments_any_more_means_nothing(
    make: Callable[[], Life],
) -> None:
    life = make()

    for kind, time_up in TIME_UP.items():
        for due_ms in (NOW_MS - 1, life.payment.due_ms):
            if due_ms and (kind, due_ms) not in life.timers:
                assert time_up(life.payment, due_ms, life.now_ms, RULES) == ()


# --- latency (G-52) --------------------------------------------------------------------------


def test_latency_is_the_time_from_the_session_to_the_money() -> None:
    life = Life().wait(40).hear(checked(), line(1), line(2)).wait(60).hear(succeeded())

    life.wait(25).hear(captured())

    assert life.last_metadata("PaymentProcessed") == {"provider": "stripe", "latencyMs": 125}


def test_latency_leaves_out_the_wait_for_stock_a_review_and_a_retry() -> None:
    life = Life().wait(10).hear(checked("MANUAL_REVIEW"))
    life.wait(HOUR_MS).hear(checked("APPROVED"))
    life.wait(20).hear(declined())
    life.wait(10 * MINUTE_MS)  # 20 ms of it are the second attempt's.
    life.wait(30).hear(succeeded("ch_2", attempt_number=2))
    life.wait(2 * DAY_MS).hear(line(1), line(2))
    life.wait(5).hear(captured("ch_2"))

    assert life.last_metadata("PaymentProcessed") == {
        "provider": "stripe",
        "latencyMs": 10 + 20 + 20 + 30 + 5,
    }


def test_latency_of_a_renewal_leaves_out_its_review_once() -> None:
    life = Life(renewal()).hear(checked("MANUAL_REVIEW")).wait(HOUR_MS).hear(checked("APPROVED"))

    life.wait(20).hear(succeeded())

    assert life.last_metadata("PaymentProcessed") == {"provider": "stripe", "latencyMs": 20}


def test_the_first_failure_tells_its_latency_too() -> None:
    life = Life().wait(10).hear(checked()).wait(15).hear(declined())

    assert life.last_metadata("PaymentFailed") == {"provider": "stripe", "latencyMs": 25}


def test_messages_never_carry_the_token_but_for_the_charge() -> None:
    customers = "tok_of_a_customer"
    method = PaymentMethod(type="credit_card", token=customers, last4="4242")
    life = Life(initiated(payment_method=method)).hear(checked(), declined()).wait(HOUR_MS)
    life.hear(succeeded("ch_2"), line(1), line(2), captured("ch_2"), cancelled())

    carrying = {m.name for m in life.said if customers in m.model_dump_json()}
    assert carrying == {"ProcessPayment"}
    assert complete().payment.complete


def test_a_held_payment_has_the_review_timer_alone() -> None:
    assert held().wait(SESSION_MS).kinds() == {"review"}
