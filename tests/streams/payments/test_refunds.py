"""Money that goes back, and disputes over it."""

from events.ids import derived_id
from streams.payments.refund import REFUNDS_MAX
from streams.payments.states import Status
from tests.streams.payments.samples import (
    AMOUNT,
    DAY_MS,
    MINUTE_MS,
    cancelled,
    charging,
    failed,
    paid,
    partly_refunded,
    refunded,
)


def test_partial_refunds_add_up_to_a_full_one() -> None:
    life = paid().hear(refunded("r1", 5_000), refunded("r2", 5_000))
    assert life.status is Status.PARTIALLY_REFUNDED
    assert life.last("RefundIssued").payment_status == "partially_refunded"

    life.hear(refunded("r3", AMOUNT - 10_000))

    assert life.status is Status.REFUNDED
    issued = [
        (m.amount_minor, m.total_refunded_minor) for m in life.said if m.name == "RefundIssued"
    ]
    assert issued == [(5_000, 5_000), (5_000, 10_000), (8_997, AMOUNT)]


def test_one_refund_counts_once() -> None:
    life = paid().hear(refunded("r1", 100), refunded("r2", 100), refunded("r1", 100))

    assert life.payment.refunded_minor == 200


def test_no_more_goes_back_than_was_captured() -> None:
    life = paid().hear(refunded("r1", AMOUNT + 1), refunded("r2", 5))

    assert life.payment.refunded_minor == AMOUNT


def test_refunds_remembered_are_bounded() -> None:
    life = paid().hear(*(refunded(f"r{number}", 1) for number in range(60)))

    assert len(life.payment.refunds) == REFUNDS_MAX
    assert life.payment.refunded_minor == 60


def test_a_refund_of_another_charge_is_not_this_payments() -> None:
    assert paid().hear(refunded(charge_id="ch_other")).payment.refunded_minor == 0


def test_money_that_never_came_in_cannot_go_back() -> None:
    assert charging().hear(refunded()).payment.refunded_minor == 0


def test_a_cancellation_after_a_partial_refund_gives_back_the_rest() -> None:
    life = partly_refunded().hear(cancelled())

    refund = life.last("RefundCharge")
    assert refund.amount_minor == AMOUNT - 5_000
    assert refund.idempotency_key == derived_id("pay_ord_1", refund.refund_id, "refund")
    assert life.hear(refunded(refund.refund_id, refund.amount_minor)).status is Status.REFUNDED


def test_a_refund_is_tried_four_times_and_then_a_person_must_look() -> None:
    life = paid().hear(cancelled(), failed("refund"))
    for wait_ms in (MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS):
        life.wait(wait_ms).hear(failed("refund"))

    told = life.last("RefundFailed")
    assert life.names.count("RefundCharge") == 4
    assert len({m.refund_id for m in life.said if m.name == "RefundCharge"}) == 1
    assert (told.failure_reason, told.rejected, told.amount_minor) == (
        "provider_error",
        False,
        AMOUNT,
    )
    assert (life.status, life.payment.stuck) == (Status.CAPTURED, True)


def test_a_refused_refund_is_not_repeated() -> None:
    life = paid().hear(cancelled(), failed("refund", retryable=False)).wait(DAY_MS)

    assert life.names.count("RefundCharge") == 1
    assert life.names.count("RefundFailed") == 1


def test_a_refund_made_by_hand_after_that_is_noted() -> None:
    life = paid().hear(cancelled(), failed("refund", retryable=False))

    life.hear(refunded(life.last("RefundCharge").refund_id))

    assert life.status is Status.REFUNDED


def test_a_failure_of_another_refund_changes_nothing() -> None:
    life = paid().hear(cancelled())
    before = life.payment

    life.hear(failed("refund", refund_id="another"))

    assert life.payment == before


def test_a_silent_provider_is_asked_again_for_a_refund() -> None:
    life = paid().hear(cancelled()).wait(15 * MINUTE_MS)

    assert life.names.count("RefundCharge") == 2
