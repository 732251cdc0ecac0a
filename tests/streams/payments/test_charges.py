"""The provider's answers: attempts, retries, unknown outcomes, and races."""

import pytest

from streams.moments import HOUR_MS, MINUTE_MS
from streams.payments.states import Owed, Status
from tests.streams.payments.samples import (
    AMOUNT,
    NOW_MS,
    VISA,
    Life,
    amended,
    authorized,
    cancelled,
    captured,
    capturing,
    charging,
    checked,
    committed,
    declined,
    ended,
    failed,
    failed_for_good,
    failed_once,
    failed_unknown,
    held_while_charging,
    initiated,
    line,
    moment,
    paid,
    refunded,
    renewal,
    settled_life,
    succeeded,
    voided,
    voiding,
)

RETRY_MS = 10 * MINUTE_MS


# --- attempts --------------------------------------------------------------------------------


def test_three_attempts_ten_minutes_apart_and_then_the_end() -> None:
    life = charging()

    life.wait(2_000).hear(declined(charge_id="ch_f1"))
    first = life.last("PaymentFailed")
    life.wait(RETRY_MS - 2_000).wait(3_000).hear(declined(charge_id="ch_f2"))
    second = life.last("PaymentFailed")
    life.wait(RETRY_MS - 3_000).hear(declined(charge_id="ch_f3"))
    third = life.last("PaymentFailed")

    assert first.next_retry_at == moment(NOW_MS + RETRY_MS)
    assert second.next_retry_at == moment(NOW_MS + 2 * RETRY_MS)
    assert third.next_retry_at is None
    told = [(f.attempt_number, f.max_attempts, f.retryable) for f in (first, second, third)]
    assert told == [(1, 3, True), (2, 3, True), (3, 3, True)]
    keys = [c.idempotency_key for c in life.said if c.name == "ProcessPayment"]
    assert keys == ["pay_ord_1:1", "pay_ord_1:2", "pay_ord_1:3"]
    assert life.wait(0).status is Status.CANCELLED
    assert life.names.count("PaymentFailed") == 3


def test_a_late_failure_is_tried_again_at_once() -> None:
    life = charging().wait(12 * MINUTE_MS).hear(declined())
    assert life.last("PaymentFailed").next_retry_at == moment(life.now_ms), "never in the past"

    assert life.wait(0).payment.attempt == 2


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("expired_card", "expired_card"),
        ("incorrect_number", "invalid_payment_method"),
        ("stolen_card", "fraud_suspected"),
        ("rate_limited", "rate_limited"),
        ("amount_too_small", "invalid_payment_method"),
    ],
)
def test_some_refusals_are_never_tried_again(code: str, reason: str) -> None:
    life = charging().hear(declined(code))

    told = life.last("PaymentFailed")
    assert (told.failure_reason, told.retryable, told.next_retry_at) == (reason, False, None)
    assert life.wait(0).status is Status.CANCELLED
    assert life.wait(HOUR_MS).names.count("ProcessPayment") == 1


def test_a_failure_says_what_the_gateway_answered() -> None:
    life = charging().hear(declined("insufficient_funds", failure_message="Too little."))

    told = life.last("PaymentFailed")
    answer = told.gateway_response
    assert (answer.gateway_id, answer.transaction_id) == ("gw_stripe", "ch_f1")
    assert (told.failure_code, told.failure_message) == ("insufficient_funds", "Too little.")
    assert (told.payment_method.last4, told.payment_method.token) == ("4242", None)


def test_the_second_attempt_may_succeed() -> None:
    life = failed_once().wait(RETRY_MS).hear(succeeded(attempt_number=2), line(1), line(2))

    assert life.last("CapturePayment").idempotency_key == "pay_ord_1:2:capture"


def test_a_refusal_of_the_previous_attempt_that_comes_late_changes_nothing() -> None:
    life = failed_once().wait(RETRY_MS)
    before = life.payment

    life.hear(declined(charge_id="ch_f1"), declined(charge_id="ch_new", attempt_number=1))

    assert life.payment == before


def test_a_webhook_about_a_refusal_before_the_last_changes_nothing() -> None:
    life = failed_once().wait(RETRY_MS).hear(declined(charge_id="ch_f2", attempt_number=2))
    life.wait(RETRY_MS)
    before = life.payment
    assert before.attempt == 3

    life.hear(declined(charge_id="ch_f1"), declined(charge_id="ch_f2"))

    assert life.payment == before


def test_a_webhook_about_an_authorisation_that_was_lost_does_not_fail_the_next_attempt() -> None:
    life = authorized().hear(declined(charge_id="ch_1")).wait(RETRY_MS)
    life.hear(declined(charge_id="ch_f2", attempt_number=2)).wait(RETRY_MS)
    before = life.payment

    life.hear(declined(charge_id="ch_1"))

    assert life.payment == before


def test_a_webhook_about_an_authorisation_that_was_let_go_does_not_fail_the_next_attempt() -> None:
    life = authorized().hear(voided()).wait(RETRY_MS)
    before = life.payment

    life.hear(declined(charge_id="ch_1"))

    assert life.payment == before


@pytest.mark.parametrize("told", [{"amount_minor": 100}, {"currency": "EUR"}])
def test_a_charge_of_another_amount_that_comes_between_attempts_is_let_go(
    told: dict[str, object],
) -> None:
    life = failed_unknown().hear(succeeded(**told)).wait(0)

    assert life.status is Status.CANCELLED
    assert life.last("PaymentFailed").failure_code == "amount_differs"
    assert life.last("VoidPayment").charge_id == "ch_1"


@pytest.mark.parametrize("told", [{"amount_minor": 100}, {"currency": "EUR"}])
def test_a_charge_of_another_amount_that_comes_in_a_review_is_let_go_after_it(
    told: dict[str, object],
) -> None:
    life = held_while_charging().hear(succeeded(**told), checked()).wait(0)

    assert life.status is Status.CANCELLED
    assert life.last("VoidPayment").charge_id == "ch_1"


def test_a_success_that_is_told_again_after_its_capture_was_refused_changes_nothing_for_good() -> (
    None
):
    life = capturing().hear(amended(AMOUNT - 1_000, 1, 1)).wait(0)
    life.hear(failed("capture", retryable=False), succeeded()).wait(0)

    assert life.status is Status.AUTHORIZED
    life.hear(failed("capture", retryable=False)).wait(RETRY_MS)
    assert life.last("ProcessPayment").idempotency_key == "pay_ord_1:2"


def test_a_success_of_an_attempt_that_certainly_failed_is_let_go() -> None:
    life = failed_once().wait(RETRY_MS)

    life.hear(succeeded("ch_old", attempt_number=1))

    assert life.status is Status.INITIATED
    assert life.last("VoidPayment").charge_id == "ch_old"
    assert life.hear(succeeded("ch_2", attempt_number=2)).payment.charge_id == "ch_2"


def test_a_refusal_after_the_authorisation_changes_nothing() -> None:
    life = authorized()
    before = life.payment

    life.hear(declined(charge_id="ch_other"))

    assert life.payment == before


def test_a_second_charge_is_let_go_and_the_first_kept() -> None:
    life = authorized().hear(succeeded("ch_2"))

    assert life.payment.charge_id == "ch_1"
    assert life.last("VoidPayment").charge_id == "ch_2"
    assert life.hear(voided("ch_2")).status is Status.AUTHORIZED


@pytest.mark.parametrize("told", [{"amount_minor": 1}, {"currency": "EUR"}])
def test_a_charge_of_another_amount_fails_and_is_let_go(told: dict[str, object]) -> None:
    life = charging().hear(succeeded(**told))

    assert life.last("PaymentFailed").failure_code == "amount_differs"
    life.wait(0)
    assert (life.status, life.names[-1]) == (Status.CANCELLED, "VoidPayment")


def test_a_charge_for_a_payment_that_ended_is_let_go() -> None:
    assert ended().hear(succeeded()).names == ["VoidPayment"]


# --- renewals --------------------------------------------------------------------------------


def test_a_renewal_is_charged_at_once_and_waits_for_no_stock() -> None:
    life = Life(renewal()).hear(checked())
    assert life.last("ProcessPayment").capture_immediately is True

    life.hear(succeeded())

    processed = life.last("PaymentProcessed")
    assert life.status is Status.CAPTURED
    assert (processed.subscription_id, processed.invoice_id) == ("sub_1", "inv_1")
    assert processed.order_id is None
    assert life.kinds() == {"settlement"}


def test_a_payment_without_an_order_is_captured_as_soon_as_it_is_authorised() -> None:
    life = Life(initiated(lines=0, order_id=None)).hear(checked(), succeeded())

    assert life.names == ["ProcessPayment", "CapturePayment"]


# --- unknown outcomes ------------------------------------------------------------------------


def test_an_unknown_outcome_keeps_its_key_for_the_next_attempt() -> None:
    life = failed_unknown()
    told = life.last("PaymentFailed")
    assert (told.failure_reason, told.retryable) == ("network_error", True)

    life.wait(RETRY_MS)

    command = life.last("ProcessPayment")
    assert (command.idempotency_key, command.attempt_number) == ("pay_ord_1:1", 2)
    assert life.last_metadata("ProcessPayment") == {"ask": "look_first"}


def test_a_known_failure_frees_the_key() -> None:
    life = failed_unknown().wait(RETRY_MS).hear(declined(attempt_number=2)).wait(RETRY_MS)

    command = life.last("ProcessPayment")
    assert (command.idempotency_key, command.attempt_number) == ("pay_ord_1:3", 3)
    assert life.last_metadata("ProcessPayment") is None


def test_a_charge_that_turns_out_to_have_gone_through_is_taken_at_the_next_tick() -> None:
    life = failed_unknown().hear(line(1), line(2), succeeded()).wait(0)

    assert life.status is Status.AUTHORIZED
    assert life.names[-1] == "CapturePayment"
    assert life.names.count("ProcessPayment") == 1


def test_a_charge_that_turns_out_to_have_failed_is_tried_under_a_new_key() -> None:
    life = failed_unknown().hear(declined()).wait(RETRY_MS)

    assert life.last("ProcessPayment").idempotency_key == "pay_ord_1:2"


def test_an_outcome_that_stays_unknown_is_looked_for_after_the_end_but_never_charged() -> None:
    life = failed_unknown()
    for _ in range(2):
        life.wait(RETRY_MS).hear(failed("authorize"))
    life.wait(0)

    assert life.status is Status.CANCELLED
    assert life.last_metadata("ProcessPayment") == {"ask": "look_only"}
    assert life.last("ProcessPayment").idempotency_key == "pay_ord_1:1"
    assert life.hear(succeeded()).names[-1] == "VoidPayment"


def test_looking_for_a_charge_ends() -> None:
    life = failed_unknown()
    for _ in range(2):
        life.wait(RETRY_MS).hear(failed("authorize"))
    life.wait(0).forget_said()

    for _ in range(10):
        life.wait(HOUR_MS).hear(failed("authorize"))

    assert life.payment.stuck
    assert not life.timers
    assert 1 <= len(life.said) <= 5
    assert {str(ask) for ask in life.metadata} == {"{'ask': 'look_only'}"}


# --- capture ---------------------------------------------------------------------------------


def test_captured_money_is_processed_once() -> None:
    life = capturing().hear(captured(), captured(), succeeded())

    processed = life.last("PaymentProcessed")
    details = processed.confirmation_details
    assert life.names == ["ProcessPayment", "CapturePayment", "PaymentProcessed"]
    assert (processed.status, processed.amount_minor) == ("confirmed", 18_997)
    assert (details.gateway_response, details.transaction_id) == ("Approved", "ch_1")
    assert (processed.user_id, processed.order_id) == ("cust_1", "ord_1")
    assert life.payment.captured_minor == 18_997


def test_a_capture_of_another_charge_is_not_taken_in() -> None:
    assert capturing().hear(captured("ch_other")).payment.captured_minor == 0


def test_a_capture_that_may_be_repeated_is_asked_for_again_under_its_key() -> None:
    life = capturing().hear(failed("capture"))
    for wait_ms in (MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS):
        life.wait(wait_ms).hear(failed("capture"))

    keys = {c.idempotency_key for c in life.said if c.name == "CapturePayment"}
    assert life.names.count("CapturePayment") == 4
    assert keys == {"pay_ord_1:1:capture"}
    assert life.payment.stuck
    assert life.wait(6 * 24 * HOUR_MS).status is Status.AUTHORIZED
    assert life.hear(line(1), line(2)).names.count("CapturePayment") == 4
    assert life.wait(2 * 24 * HOUR_MS).status is Status.CANCELLED


def test_a_refused_capture_needs_a_new_authorisation() -> None:
    life = capturing().hear(failed("capture", retryable=False))
    assert (life.status, life.names[-2:]) == (Status.FAILED, ["PaymentFailed", "VoidPayment"])

    life.wait(RETRY_MS).hear(succeeded("ch_2", attempt_number=2))

    assert life.last("CapturePayment").charge_id == "ch_2"


def test_money_captured_after_the_end_goes_back() -> None:
    life = voiding().hear(captured())

    assert life.status is Status.CANCELLED
    assert life.last("RefundCharge").amount_minor == 18_997
    life.hear(refunded(life.last("RefundCharge").refund_id))
    assert life.payment.refunded_minor == life.payment.captured_minor
    assert life.last("RefundIssued").total_refunded_minor == 18_997
    assert life.last_metadata("RefundIssued") == {"unprocessed": True, "latencyMs": 0}
    assert "PaymentProcessed" not in life.names


# --- void ------------------------------------------------------------------------------------


def test_a_void_that_may_be_repeated_is_asked_for_again() -> None:
    life = voiding().hear(failed("void")).wait(MINUTE_MS)

    assert life.names.count("VoidPayment") == 2
    assert not life.hear(voided()).timers
    assert life.payment.authorized_minor == 0


def test_an_authorisation_that_the_provider_let_go_fails_the_attempt() -> None:
    life = authorized().hear(voided())

    assert life.last("PaymentFailed").failure_code == "authorization_gone"
    assert life.wait(RETRY_MS).payment.attempt == 2


@pytest.mark.parametrize("gone", [voided(), declined(charge_id="ch_1")])
def test_an_authorisation_lost_while_a_cancelled_order_is_captured_ends_it(gone: object) -> None:
    life = capturing().hear(cancelled(), gone)

    assert life.status is Status.CANCELLED
    assert life.payment.authorized_minor == 0
    assert "VoidPayment" not in life.names


def test_an_operation_that_nobody_waits_for_cannot_fail() -> None:
    life = paid()
    before = life.payment

    life.hear(*(failed(op) for op in ("authorize", "capture", "void", "refund")))

    assert life.payment == before


def test_the_token_is_forgotten_once_no_charge_can_follow() -> None:
    assert authorized().payment.session.method.token == VISA
    assert paid().payment.session.method.token == VISA  # An amendment may make it dearer.
    assert settled_life().payment.session.method.token is None
    assert Life(renewal()).hear(checked(), succeeded()).payment.session.method.token is None
    assert failed_for_good().wait(0).payment.session.method.token is None


def test_a_webhook_that_names_no_provider_is_the_default_one() -> None:
    life = charging().hear(succeeded(provider=None))

    assert life.payment.provider == "stripe"
    assert life.payment.owed is Owed.NOTHING


# --- what costs nothing ----------------------------------------------------------------------


def free() -> Life:
    """AUTHORIZED: an order that costs nothing waits for its stock."""
    return Life(initiated(amount_minor=0)).hear(checked(), succeeded(amount_minor=0))


def test_an_order_that_costs_nothing_is_paid_and_complete() -> None:
    life = free().hear(line(1), line(2), captured(amount_minor=0), committed(1), committed(2))

    assert life.last("PaymentProcessed").amount_minor == 0
    assert life.last("PaymentComplete").net_amount_minor == 0
    assert not life.payment.stuck


def test_what_costs_nothing_leaves_nothing_to_let_go() -> None:
    life = free().hear(cancelled()).wait(HOUR_MS)

    assert life.status is Status.CANCELLED
    assert "VoidPayment" not in life.names
    assert not life.payment.stuck


def test_what_is_added_to_what_costs_nothing_is_paid() -> None:
    before, after = free().hear(amended(2_000)), free().hear(line(1), line(2))

    before.hear(line(1), line(2))
    assert before.last("CapturePayment").amount_minor == 0
    before.hear(captured(amount_minor=0))
    after.hear(captured(amount_minor=0), amended(2_000))

    assert before.last("PaymentInitiated").amount_minor == 2_000
    assert after.last("PaymentInitiated").amount_minor == 2_000
