"""Money that goes back, and disputes over it."""

from events.ids import derived_id
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from streams.payments.refund import REFUNDS_MAX
from streams.payments.states import Owed, Status
from tests.streams.payments.samples import (
    AMOUNT,
    NOW_MS,
    ORDER,
    asked_back,
    cancelled,
    chargeback,
    charging,
    closed,
    failed,
    moment,
    paid,
    partly_refunded,
    refund_underway,
    refunded,
    refunding,
    taken_on,
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


def test_what_is_told_of_a_refund_names_its_order_and_customer() -> None:
    life = paid().hear(asked_back(AMOUNT + 1, "k0"), asked_back(5_000, "k1"))
    life.hear(failed("refund", retryable=False), refunded("r1", 100))

    refused, dropped = (m for m in life.said if m.name == "RefundFailed")
    issued = life.last("RefundIssued")
    assert [m.order_id for m in (refused, dropped, issued)] == [ORDER] * 3
    assert (issued.customer_id, issued.issued_at) == ("cust_1", moment(NOW_MS))


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
    for tries, wait_ms in enumerate((MINUTE_MS, 5 * MINUTE_MS, 30 * MINUTE_MS), 1):
        assert life.wait(wait_ms - 1).names.count("RefundCharge") == tries
        assert life.wait(1).names.count("RefundCharge") == tries + 1
        life.hear(failed("refund"))

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


def test_a_refund_on_its_way_is_not_done_until_the_provider_says_so() -> None:
    life = refund_underway()

    assert "RefundIssued" not in life.names
    assert (life.payment.refunded_minor, life.payment.refunds[0].state) == (0, "processing")
    assert life.payment.owed is Owed.NOTHING

    life.hear(refunded(life.payment.refund_id, 5_000))

    assert life.last("RefundIssued").amount_minor == 5_000
    assert (life.payment.refunds[0].state, life.kinds()) == ("completed", {"settlement"})


def test_a_refund_on_its_way_is_asked_about_every_day_and_never_made_again() -> None:
    life = refund_underway().forget_said().wait(3 * DAY_MS)

    asked = [
        (m.refund_id, metadata)
        for m, metadata in zip(life.said, life.metadata, strict=True)
        if m.name == "RefundCharge"
    ]
    assert asked == [(life.payment.refund_id, {"ask": "look_only"})] * 3


def test_of_two_refunds_on_their_way_each_is_asked_about_at_its_own_time() -> None:
    life = refunding()
    first = life.payment.refund_id
    life.hear(taken_on(first)).wait(HOUR_MS)
    life.hear(taken_on(life.payment.refund_id)).forget_said()

    life.wait(DAY_MS - HOUR_MS)

    assert [message.refund_id for message in life.said if message.name == "RefundCharge"] == [first]


def test_other_refunds_go_on_while_one_is_on_its_way() -> None:
    life = refunding()
    first = life.payment.refund_id

    life.hear(taken_on(first))

    second = life.last("RefundCharge")
    assert second.refund_id != first
    life.hear(refunded(second.refund_id, 1_000), refunded(first, 5_000))
    assert life.payment.refunded_minor == 6_000
    assert not life.payment.stuck


def test_what_is_on_its_way_cannot_go_back_a_second_time() -> None:
    life = refund_underway().hear(asked_back(AMOUNT - 4_999, "k2"))

    assert life.last("RefundFailed").failure_reason == "amount_exceeds_payment"


def test_a_refund_that_fails_on_its_way_is_told_and_left_to_a_person() -> None:
    life = refund_underway()

    life.hear(failed("refund", retryable=False, refund_id=life.payment.refund_id))

    told = life.last("RefundFailed")
    assert (told.failure_reason, told.rejected, told.amount_minor) == (
        "provider_error",
        False,
        5_000,
    )
    assert (life.payment.refunds[0].state, life.payment.stuck) == ("failed", True)
    assert "refund" not in life.kinds()
    life.hear(asked_back(5_000, "again"))
    assert life.last("RefundCharge").refund_id != told.refund_id


def test_a_look_that_does_not_get_through_changes_nothing() -> None:
    life = refund_underway()
    before = life.payment

    life.hear(failed("refund", refund_id=life.payment.refund_id))

    assert life.payment == before


def test_a_refund_that_fails_after_it_was_made_is_the_shops_money_again() -> None:
    life = paid().hear(asked_back(None, "k1"))
    refund_id = life.payment.refund_id
    life.hear(refunded(refund_id))
    assert life.status is Status.REFUNDED

    life.hear(*[failed("refund", retryable=False, refund_id=refund_id)] * 2)

    assert life.names.count("RefundFailed") == 1
    assert (life.status, life.payment.refunded_minor) == (Status.REFUNDED, 0)
    assert life.payment.stuck
    life.hear(asked_back(None, "again"))
    life.hear(refunded(life.payment.refund_id))
    assert (life.status, life.payment.refunded_minor) == (Status.REFUNDED, AMOUNT)
    assert life.names.count("RefundIssued") == 2


def test_nothing_is_asked_any_more_of_a_refund_that_takes_too_long_but_its_end_is_heard() -> None:
    life = refund_underway().wait(60 * DAY_MS)

    assert life.payment.stuck
    assert life.payment.refunds[0].state == "processing"
    assert "refund" not in life.kinds()
    assert life.hear(refunded(life.payment.refund_id, 5_000)).payment.refunded_minor == 5_000


def test_a_lost_dispute_leaves_room_for_what_is_on_its_way_back() -> None:
    life = refund_underway().hear(chargeback(), closed("lost"))

    assert life.payment.charged_back_minor == AMOUNT - 5_000
    life.hear(refunded(life.payment.refund_id, 5_000))
    assert life.payment.refunded_minor == 5_000
