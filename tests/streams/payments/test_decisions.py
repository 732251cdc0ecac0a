"""Fraud's findings: nothing is charged before it approves, nothing captured while it doubts."""

import pytest

from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from streams.payments.states import Owed, Status
from tests.streams.payments.samples import (
    VISA,
    authorized,
    capturing,
    charging,
    checked,
    declined,
    detected,
    failed,
    failed_once,
    fresh,
    held,
    held_while_charging,
    line,
    paid,
    refunding,
    succeeded,
    voided,
)


def test_approval_starts_the_first_attempt() -> None:
    life = fresh().hear(checked())

    command = life.last("ProcessPayment")
    assert (command.idempotency_key, command.attempt_number) == ("pay_ord_1:1", 1)
    assert command.capture_immediately is False
    assert (command.amount_minor, command.payment_method.token) == (18_997, "tok_visa")


@pytest.mark.parametrize(
    ("reasons", "failure"), [((), "fraud_suspected"), (("rate_limited",), "rate_limited")]
)
def test_a_refusal_ends_the_payment_and_says_why(reasons: tuple[str, ...], failure: str) -> None:
    life = fresh().hear(checked("DECLINED", *reasons))

    told = life.last("PaymentFailed")
    assert life.status is Status.CANCELLED
    assert (told.failure_reason, told.retryable, told.next_retry_at) == (failure, False, None)
    assert told.attempt_number is None
    assert not life.timers


def test_a_review_stops_the_watch_over_machines() -> None:
    life = held().wait(20 * HOUR_MS)

    assert life.said == []
    assert life.kinds() == {"review"}


def test_a_review_that_approves_starts_the_charge() -> None:
    life = held().wait(HOUR_MS).hear(checked("APPROVED"))

    assert life.names == ["ProcessPayment"]
    assert life.last("ProcessPayment").payment_method.token == VISA
    assert "review" not in life.kinds()


def test_a_review_that_nobody_holds_in_time_ends_the_payment() -> None:
    life = held().wait(DAY_MS)
    assert life.status is Status.HELD

    life.wait(5 * MINUTE_MS)

    assert life.status is Status.CANCELLED
    assert life.last("PaymentFailed").failure_code == "review_expired"


def test_once_a_review_approved_the_machine_holds_the_payment_no_more() -> None:
    life = held().hear(checked("APPROVED"))

    life.hear(detected("high"), checked("MANUAL_REVIEW"))

    assert life.status is Status.INITIATED


def test_a_second_review_may_still_decline() -> None:
    life = held().hear(checked("APPROVED"), checked("DECLINED"))

    assert life.status is Status.CANCELLED


def test_a_charge_that_comes_while_held_is_taken_when_the_review_approves() -> None:
    life = held_while_charging().hear(succeeded())
    assert life.status is Status.HELD

    life.hear(line(1), line(2), checked("APPROVED"))

    assert life.status is Status.AUTHORIZED
    assert life.names == ["ProcessPayment", "CapturePayment"]


def test_a_charge_that_comes_while_held_is_let_go_when_the_review_declines() -> None:
    life = held_while_charging().hear(succeeded(), checked("DECLINED"))

    assert life.names[-2:] == ["PaymentFailed", "VoidPayment"]
    assert life.hear(voided()).payment.authorized_minor == 0


def test_a_charge_still_under_way_when_the_review_declines_is_let_go_when_it_comes() -> None:
    life = held_while_charging().hear(checked("DECLINED"), succeeded())

    assert life.names[-1] == "VoidPayment"


def test_a_charge_that_failed_while_held_is_tried_again_when_the_review_approves() -> None:
    life = held_while_charging().hear(declined(), checked("APPROVED"))

    assert life.last("ProcessPayment").idempotency_key == "pay_ord_1:2"


def test_an_expired_card_while_held_fails_when_the_review_approves() -> None:
    life = held_while_charging().hear(declined("expired_card"), checked("APPROVED"))

    assert life.status is Status.FAILED
    assert life.last("PaymentFailed").failure_reason == "expired_card"
    assert life.wait(0).status is Status.CANCELLED


def test_a_charge_of_unknown_outcome_while_held_is_asked_about_under_its_own_key() -> None:
    life = held_while_charging().hear(failed("authorize"), checked("APPROVED"))

    command = life.last("ProcessPayment")
    assert (command.idempotency_key, command.attempt_number) == ("pay_ord_1:1", 2)
    assert life.last_metadata("ProcessPayment") == {"ask": "look_first"}


@pytest.mark.parametrize("doubt", [detected("high"), detected("critical"), checked("DECLINED")])
def test_doubt_shuts_the_gate_of_an_authorised_payment(doubt: object) -> None:
    life = authorized().hear(doubt).forget_said()

    life.hear(line(1), line(2))

    assert (life.status, life.said) == (Status.AUTHORIZED, [])


def test_approval_opens_the_gate_again() -> None:
    life = authorized().hear(detected("high"), line(1), line(2)).forget_said()

    life.hear(checked("APPROVED"))

    assert life.names == ["CapturePayment"]


def test_a_capture_under_way_is_not_stopped_by_doubt() -> None:
    life = capturing()
    before = life.payment

    life.hear(detected("critical"), checked("DECLINED"))

    assert life.payment == before


def test_findings_about_paid_money_move_nothing_here() -> None:
    life = paid().forget_said()

    life.hear(detected("critical"), checked("DECLINED"), checked("MANUAL_REVIEW"))

    assert (life.status, life.names, life.timers) == (paid().status, [], paid().timers)
    assert life.payment.fraud == "MANUAL_REVIEW"


@pytest.mark.parametrize("severity", ["low", "medium"])
def test_mild_findings_hold_nothing(severity: str) -> None:
    assert fresh().hear(detected(severity)).status is Status.INITIATED


def test_a_critical_finding_waits_for_the_decision_that_follows() -> None:
    life = fresh().hear(detected("critical"))

    assert (life.status, life.payment.owed) == (Status.INITIATED, Owed.DECISION)


def test_a_refusal_while_a_retry_is_waited_for_ends_the_payment_at_the_next_tick() -> None:
    life = failed_once().hear(checked("DECLINED")).wait(0)

    assert life.status is Status.CANCELLED
    assert life.last("PaymentFailed").failure_reason == "fraud_suspected"


def test_a_review_that_began_while_a_retry_was_waited_for_holds_the_retry() -> None:
    life = failed_once().hear(checked("MANUAL_REVIEW")).forget_said()

    life.wait(10 * MINUTE_MS)

    assert (life.status, life.said) == (Status.HELD, [])
    assert life.hear(checked("APPROVED")).names == ["ProcessPayment"]


def test_a_review_that_holds_a_retry_may_last_as_long_as_any() -> None:
    life = failed_once().hear(checked("MANUAL_REVIEW")).wait(10 * MINUTE_MS + DAY_MS)
    assert life.status is Status.HELD

    life.wait(5 * MINUTE_MS)

    assert life.last("PaymentFailed").failure_code == "review_expired"


def test_a_case_that_ends_leaves_the_refund_that_is_asked_for_to_its_answer() -> None:
    life = refunding().hear(checked("MANUAL_REVIEW"), checked("APPROVED"))

    assert life.payment.owed is Owed.REFUND
    assert life.names.count("RefundCharge") == 1


def test_a_charge_that_came_in_a_review_is_made_anew_where_its_capture_is_refused() -> None:
    life = held_while_charging().hear(succeeded(), checked("APPROVED"), line(1), line(2))

    life.hear(failed("capture", retryable=False)).wait(10 * MINUTE_MS)

    command = life.last("ProcessPayment")
    assert (command.attempt_number, command.payment_method.token) == (2, VISA)


def test_the_same_approval_twice_charges_once() -> None:
    assert charging().hear(checked()).names == ["ProcessPayment"]
