"""What a provider says late of what was given up: it takes the payment off a person's hands."""

from collections.abc import Callable

import pytest

from events.base import Message
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from streams.payments.states import Owed, Status
from tests.streams.payments.samples import (
    Life,
    asked_back,
    authorized,
    cancelled,
    captured,
    capturing,
    chargeback,
    committed,
    declined,
    ended_while_charging,
    failed,
    line,
    paid,
    refund_underway,
    refunded,
    refunding,
    succeeded,
    voided,
    voiding,
)


def given_up(life: Life, wait_ms: int = HOUR_MS) -> Life:
    """Nobody answered any try."""
    life.wait(2 * wait_ms)
    assert life.payment.stuck
    assert life.payment.owed is Owed.NOTHING
    return life


@pytest.mark.parametrize(
    ("make", "answer", "status"),
    [
        (capturing, captured(), Status.CAPTURED),
        (capturing, failed("capture", retryable=False), Status.FAILED),
        (capturing, declined(charge_id="ch_1"), Status.FAILED),
        (voiding, voided(), Status.CANCELLED),
        (voiding, failed("void", retryable=False, failure_code="already_voided"), "CANCELLED"),
        (voiding, failed("void", retryable=False, failure_code="unknown_charge"), "CANCELLED"),
        (ended_while_charging, declined(), Status.CANCELLED),
        (ended_while_charging, succeeded(), Status.CANCELLED),
    ],
)
def test_a_late_answer_takes_what_was_given_up_off_a_persons_hands(
    make: Callable[[], Life], answer: Message, status: Status
) -> None:
    life = given_up(make()).hear(answer)

    assert life.status == status
    assert not life.payment.stuck


@pytest.mark.parametrize(
    ("make", "answer"),
    [
        (capturing, failed("capture")),
        (voiding, failed("void")),
        (voiding, failed("void", retryable=False, failure_code="refused")),
        (voiding, failed("capture", retryable=False)),
    ],
)
def test_what_is_no_answer_leaves_it_to_a_person(make: Callable[[], Life], answer: Message) -> None:
    life = given_up(make())
    before = life.payment

    assert life.hear(answer).payment == before


def test_a_capture_that_comes_in_after_all_goes_on_where_it_stood() -> None:
    life = given_up(capturing()).hear(captured(), committed(1), committed(2))

    assert life.names.count("PaymentProcessed") == life.names.count("PaymentComplete") == 1


def test_a_hold_whose_capture_was_given_up_ends_when_it_lapses_and_its_order_hears_of_it() -> None:
    life = given_up(capturing()).wait(7 * DAY_MS)

    assert life.status is Status.CANCELLED
    assert life.last("PaymentFailed").failure_code == "authorization_expired"
    life.hear(failed("void", retryable=False, failure_code="charge_expired"))
    assert (life.payment.stuck, life.timers) == (False, {})


def test_a_hold_does_not_lapse_while_its_capture_is_under_way() -> None:
    life = authorized().wait(7 * DAY_MS - MINUTE_MS).hear(line(1), line(2)).wait(2 * MINUTE_MS)
    assert life.status is Status.AUTHORIZED

    assert life.hear(captured()).kinds() == {"settlement"}


def test_a_hold_that_is_let_go_needs_no_capture_any_more() -> None:
    life = given_up(capturing()).hear(cancelled())
    before = life.payment
    assert not before.stuck

    assert life.hear(failed("capture", retryable=False)).payment == before
    assert life.hear(voided()).payment.authorized_minor == 0


def test_a_late_answer_does_not_hide_another_reason_to_look() -> None:
    life = given_up(capturing()).hear(chargeback(), captured())

    assert life.status is Status.CAPTURED
    assert life.payment.stuck


def test_a_refund_that_goes_through_after_it_was_given_up_needs_nobody() -> None:
    life = paid().hear(cancelled()).wait(2 * HOUR_MS)
    assert life.payment.stuck

    life.hear(refunded(life.payment.refund_id))

    assert (life.status, life.payment.stuck) == (Status.REFUNDED, False)
    assert life.names.count("RefundFailed") == life.names.count("RefundIssued") == 1


def test_of_two_refunds_given_up_the_one_that_went_through_leaves_the_other_to_a_person() -> None:
    life = refunding()
    first, second = [refund.refund_id for refund in life.payment.refunds]
    life.wait(4 * HOUR_MS)

    life.hear(refunded(first, 5_000))
    assert life.payment.stuck

    life.hear(refunded(second, 1_000))
    assert not life.payment.stuck


def test_a_refund_that_failed_is_missing_no_more_once_all_of_the_money_is_back() -> None:
    life = refund_underway()
    life.hear(failed("refund", retryable=False, refund_id=life.payment.refund_id))

    life.hear(asked_back(None, "again"))
    life.hear(refunded(life.payment.refund_id))

    assert (life.status, life.payment.stuck) == (Status.REFUNDED, False)


def test_money_that_came_in_again_is_for_a_person_until_it_is_back() -> None:
    life = paid().hear(asked_back(None, "k1"))
    refund_id = life.payment.refund_id
    life.hear(refunded(refund_id), failed("refund", retryable=False, refund_id=refund_id))

    assert life.hear(refunded(refund_id)).payment.stuck
    life.hear(asked_back(None, "again"))
    assert not life.hear(refunded(life.payment.refund_id)).payment.stuck


def test_a_refund_that_took_too_long_needs_nobody_once_it_went_through() -> None:
    life = refund_underway().wait(60 * DAY_MS)
    assert life.payment.stuck

    assert not life.hear(refunded(life.payment.refund_id, 5_000)).payment.stuck
