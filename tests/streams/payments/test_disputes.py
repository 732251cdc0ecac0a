"""Disputes: opened once, answered with evidence once, won or lost; and payouts (G-18, G-20)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from events.base import Message
from streams.moments import DAY_MS, MINUTE_MS
from streams.payments import goods
from streams.payments.amounts import remaining_minor
from streams.payments.calendar import settles_ms
from streams.payments.dispute import DISPUTES_MAX, Evidence
from streams.payments.dispute_facts import EvidenceAsked
from streams.payments.disputes import evidence_due, offer_evidence, record_chargeback
from streams.payments.evolution import evolve_all
from streams.payments.refund import RefundState
from streams.payments.rules import PaymentRules
from streams.payments.sales import NOTHING_SOLD, Sale
from streams.payments.states import Payment, Status
from tests.streams.payments.goods_samples import delivered, dispatched
from tests.streams.payments.samples import (
    AMOUNT,
    NOW_MS,
    RULES,
    asked_back,
    authorized,
    cancelled,
    chargeback,
    charged_back,
    charging,
    closed,
    disputed,
    evidence_taken,
    failed,
    fresh,
    line,
    moment,
    paid,
    partly_refunded,
    refunded,
    refunded_life,
    refunding,
    settled,
    settled_life,
    taken_on,
)


def test_a_chargeback_opens_a_dispute_with_a_week_for_evidence() -> None:
    life = paid().hear(chargeback(), chargeback())

    opened = life.last("ChargebackOpened")
    assert life.names.count("ChargebackOpened") == 1
    assert (opened.chargeback_id, opened.amount_minor, opened.fee_minor) == ("cb_1", AMOUNT, 1_500)
    assert opened.evidence_due_by == moment(NOW_MS + 7 * DAY_MS)


@pytest.mark.parametrize("outcome", ["won", "withdrawn"])
def test_a_dispute_that_is_won_leaves_the_money_settled(outcome: str) -> None:
    life = disputed().hear(closed(outcome))

    assert (life.status, life.payment.charged_back_minor) == (Status.SETTLED, 0)


@pytest.mark.parametrize("outcome", ["won", "withdrawn"])
def test_a_dispute_that_is_won_of_money_that_went_back_meanwhile_leaves_it_refunded(
    outcome: str,
) -> None:
    life = paid().hear(asked_back(None))
    refund_id = life.last("RefundCharge").refund_id

    life.hear(taken_on(refund_id), chargeback(), refunded(refund_id, AMOUNT), closed(outcome))
    life.wait(8 * DAY_MS)

    assert (life.status, life.last("RefundIssued").payment_status) == (Status.REFUNDED, "refunded")
    assert "PaymentSettled" not in life.names


@pytest.mark.parametrize(
    "late", [chargeback(), closed("lost"), closed("won")], ids=["opened", "lost", "won"]
)
@pytest.mark.parametrize("others", [0, 1, 3])
def test_a_dispute_that_is_over_opens_no_more(late: Message, others: int) -> None:
    life = disputed().hear(closed("won"))
    for number in range(others):
        life.hear(chargeback(AMOUNT, f"cb_other_{number}"), closed("won", f"cb_other_{number}"))
    before, told = life.payment, list(life.names)

    life.hear(late)

    assert (life.payment, life.names) == (before, told)


def test_a_dispute_is_no_repeat_of_one_that_was_never_taken_up() -> None:
    life = disputed().hear(chargeback(AMOUNT, "cb_2"), closed("won"), chargeback(AMOUNT, "cb_2"))

    assert life.status is Status.DISPUTED
    assert life.last("ChargebackOpened").chargeback_id == "cb_2"


def test_the_disputes_of_a_payment_that_are_known_are_bounded() -> None:
    life = paid()
    for number in range(DISPUTES_MAX + 5):
        life.hear(chargeback(AMOUNT, f"cb_{number}"), closed("won", f"cb_{number}"))

    assert len(life.payment.disputes_over) == DISPUTES_MAX


def test_a_lost_dispute_takes_what_remained() -> None:
    life = partly_refunded().hear(chargeback(), closed("lost"))

    assert life.status is Status.CHARGED_BACK
    assert life.payment.charged_back_minor == AMOUNT - 5_000


def test_another_dispute_cannot_end_this_one() -> None:
    assert disputed().hear(closed("lost", "cb_other")).status is Status.DISPUTED


def test_after_a_lost_dispute_nothing_is_refunded() -> None:
    assert "RefundCharge" not in charged_back().hear(cancelled()).names


def test_only_captured_money_settles() -> None:
    assert charging().hear(settled()).status is Status.INITIATED
    assert partly_refunded().hear(settled()).status is Status.PARTIALLY_REFUNDED


def test_a_dispute_over_a_part_takes_that_part_and_blocks_the_rest() -> None:
    life = paid().hear(chargeback(7_000), closed("lost"))

    assert (life.status, remaining_minor(life.payment)) == (Status.CHARGED_BACK, AMOUNT - 7_000)
    assert life.last("ChargebackClosed").amount_minor == 7_000
    assert life.last("ChargebackClosed").customer_id == "cust_1"


def test_what_a_lost_dispute_left_of_a_cancelled_order_is_for_a_person() -> None:
    left = paid().hear(chargeback(7_000), cancelled(), closed("lost"))
    none = paid().hear(chargeback(), cancelled(), closed("lost"))
    kept = paid().hear(chargeback(7_000), closed("lost"))
    assert [life.payment.stuck for life in (left, none, kept)] == [True, False, False]

    kept.hear(cancelled(), cancelled())
    none.hear(cancelled())

    assert [life.payment.stuck_on for life in (kept, none)] == [("puzzle",), ()]


def test_a_dispute_claims_no_more_than_is_left() -> None:
    assert (
        partly_refunded().hear(chargeback()).last("ChargebackOpened").amount_minor == AMOUNT - 5_000
    )


@pytest.mark.parametrize("make", [refunded_life, charged_back, authorized, charging])
def test_a_claim_of_money_that_is_not_here_is_for_a_person(make: Any) -> None:
    life = make().forget_said().hear(chargeback(reference="cb_2"))

    assert life.payment.stuck
    assert life.names == []


def test_a_claim_of_money_that_is_only_held_does_not_keep_it_from_being_captured() -> None:
    life = authorized().hear(chargeback(), line(1), line(2))

    assert life.payment.stuck
    assert "CapturePayment" in life.names


def test_a_claim_of_a_payment_that_was_never_charged_is_nothing() -> None:
    assert not fresh().hear(chargeback()).payment.stuck


def test_a_dispute_that_ended_is_not_opened_again_by_a_repeat() -> None:
    life = disputed().hear(closed("won"), chargeback())

    assert life.status is Status.SETTLED
    assert life.hear(chargeback(reference="cb_2")).status is Status.DISPUTED


@pytest.mark.parametrize("make", [paid, settled_life, partly_refunded])
@pytest.mark.parametrize(
    ("outcome", "status"), [("won", Status.SETTLED), ("lost", Status.CHARGED_BACK)]
)
def test_a_verdict_may_come_before_its_dispute(make: Any, outcome: str, status: Status) -> None:
    life = make().hear(closed(outcome), chargeback(), closed(outcome))

    assert life.status is status
    assert life.names.count("ChargebackOpened") == life.names.count("ChargebackClosed") == 1


@pytest.mark.parametrize(
    ("told_minor", "lost_minor"), [(4_000, 4_000), (AMOUNT + 1, AMOUNT), (None, AMOUNT)]
)
def test_a_verdict_before_its_dispute_takes_what_was_claimed_or_all_where_it_does_not_say(
    told_minor: int | None, lost_minor: int
) -> None:
    life = paid().hear(closed("lost", amount_minor=told_minor), chargeback(4_000))

    assert life.payment.charged_back_minor == lost_minor
    assert life.last("ChargebackOpened").amount_minor == lost_minor
    assert life.last("ChargebackClosed").amount_minor == lost_minor


def test_without_evidence_the_dispute_is_lost_after_a_week() -> None:
    life = disputed().wait(7 * DAY_MS)

    assert (life.status, life.last("ChargebackClosed").outcome) == (Status.CHARGED_BACK, "lost")
    assert life.timers == {}


def test_a_bank_that_gives_back_what_was_lost_for_want_of_evidence_is_for_a_person_once() -> None:
    life = disputed().wait(7 * DAY_MS)
    told = list(life.names)

    life.hear(closed("lost"), closed("won", "cb_other"))
    assert not life.payment.stuck
    life.hear(closed("won"), closed("won"))

    assert (life.status, life.payment.stuck_on) == (Status.CHARGED_BACK, ("cb_1",))
    assert life.names == told


def test_a_lost_dispute_keeps_accepted_refunds_from_going_out() -> None:
    life = refunding().hear(chargeback(), closed("lost"))

    (failure,) = [m for m in life.said if m.name == "RefundFailed"]
    assert (failure.amount_minor, failure.failure_reason) == (1_000, "already_refunded")
    assert [refund.state for refund in life.payment.refunds] == ["processing", "failed"]


def test_a_refund_that_was_under_way_comes_to_its_end_in_a_dispute() -> None:
    life = refunding().hear(chargeback())

    life.hear(refunded(life.last("RefundCharge").refund_id, 5_000), closed("lost"))

    assert life.payment.refunds[0].state is RefundState.COMPLETED
    assert remaining_minor(life.payment) == 0
    assert life.payment.charged_back_minor == AMOUNT - 5_000


# --- evidence --------------------------------------------------------------------------------


def sold() -> Sale:
    """A sale whose parcel has arrived."""
    sale = NOTHING_SOLD
    for event, move in ((dispatched(), goods.dispatched), (delivered(), goods.delivered)):
        sale = move(paid().payment, sale, event, RULES).sale
    return sale


def claimed(sale: Sale) -> tuple[Payment, list[str]]:
    payment = paid().payment
    facts = record_chargeback(payment, sale, chargeback(), NOW_MS, RULES)
    return evolve_all(payment, facts), [type(fact).__name__ for fact in facts]


def test_the_proof_of_delivery_goes_to_the_bank_at_once() -> None:
    payment, facts = claimed(sold())

    assert facts == ["Disputed", "EvidenceAsked"]
    assert payment.dispute is not None
    assert payment.dispute.evidence is Evidence.ASKED


def test_without_a_delivery_there_is_no_evidence_yet() -> None:
    assert claimed(NOTHING_SOLD)[1] == ["Disputed"]


def test_the_first_parcel_to_arrive_is_the_evidence_and_the_next_is_not() -> None:
    assert offer_evidence(claimed(NOTHING_SOLD)[0], sold()) == (EvidenceAsked(sold().parcels[0]),)
    assert offer_evidence(claimed(sold())[0], sold()) == ()


def test_evidence_that_was_taken_stops_the_clock() -> None:
    life = disputed().hear(evidence_taken(), evidence_taken()).wait(30 * DAY_MS)

    assert (life.status, life.payment.stuck) == (Status.DISPUTED, False)
    assert life.hear(closed("won")).status is Status.SETTLED
    assert life.timers == {}


def test_a_bank_that_does_not_decide_is_for_a_person_and_decides_all_the_same() -> None:
    life = disputed().hear(evidence_taken()).wait(90 * DAY_MS)

    assert (life.status, life.payment.stuck_on) == (Status.DISPUTED, ("cb_1",))
    assert life.timers == {}
    life.hear(closed("won"))
    assert (life.status, life.payment.stuck) == (Status.SETTLED, False)


def test_evidence_of_another_dispute_does_not_count() -> None:
    assert disputed().hear(evidence_taken("cb_other")).kinds() == {"evidence"}


def test_evidence_is_offered_again_until_the_deadline() -> None:
    payment, _ = claimed(sold())
    life = disputed()
    life.row = payment
    life.hear(failed("evidence"))
    retry_ms = NOW_MS + 30 * MINUTE_MS
    assert life.payment.due_ms == retry_ms

    (again,) = evidence_due(life.payment, sold(), retry_ms, retry_ms, RULES)
    assert isinstance(again, EvidenceAsked)

    assert evidence_due(life.payment, sold(), retry_ms - 1, retry_ms, RULES) == ()


def test_evidence_that_is_refused_is_for_a_person() -> None:
    payment, _ = claimed(sold())
    life = disputed()
    life.row = payment

    assert life.hear(failed("evidence", retryable=False)).payment.stuck
    assert not life.hear(closed("won")).payment.stuck


# --- payouts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("captured", "paid_out"),
    [
        ("2026-11-16T10:15", "2026-11-18T10:15"),  # Monday, Wednesday
        ("2026-11-19T23:59", "2026-11-23T23:59"),  # Thursday, Monday
        ("2026-11-20T00:00", "2026-11-24T00:00"),  # Friday, Tuesday
        ("2026-11-21T12:00", "2026-11-24T12:00"),  # Saturday, Tuesday
        ("2026-11-22T12:00", "2026-11-24T12:00"),  # Sunday, Tuesday
    ],
)
def test_a_payout_is_two_business_days_away(captured: str, paid_out: str) -> None:
    told, wanted = (
        round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
        for text in (captured, paid_out)
    )

    assert settles_ms(told, RULES) == wanted


def test_a_day_of_another_length_has_no_calendar() -> None:
    assert settles_ms(NOW_MS, PaymentRules(settlement_day_ms=10)) == NOW_MS + 20


def test_what_remains_is_paid_out_less_the_fee() -> None:
    life = paid().wait(4 * DAY_MS)

    told = life.last("PaymentSettled")
    assert life.status is Status.SETTLED
    assert (told.gross_amount_minor, told.fee_amount_minor) == (AMOUNT, 580)
    assert told.net_amount_minor == AMOUNT - 580
    assert (told.settlement_type, told.batch_id) == ("NET_BATCH", "batch_stripe_20250617")


def test_money_of_which_a_part_went_back_is_paid_out_all_the_same() -> None:
    life = partly_refunded().wait(4 * DAY_MS)

    assert life.last("PaymentSettled").gross_amount_minor == AMOUNT - 5_000
    assert life.status is Status.PARTIALLY_REFUNDED
    assert life.timers == {}


def test_what_a_lost_dispute_left_is_paid_out_once() -> None:
    by_the_bank = paid().hear(chargeback(7_000), closed("lost"))
    in_silence = paid().hear(chargeback(7_000)).wait(8 * DAY_MS)
    paid_out = paid().hear(settled(), chargeback(7_000), closed("lost")).wait(8 * DAY_MS)
    whole = disputed().hear(closed("lost")).wait(8 * DAY_MS)

    for life in (by_the_bank, in_silence):
        assert life.status is Status.CHARGED_BACK
        assert life.last("PaymentSettled").gross_amount_minor == AMOUNT - 7_000
        assert life.wait(8 * DAY_MS).names.count("PaymentSettled") == 1
    assert "PaymentSettled" not in paid_out.names + whole.names


def test_a_payout_is_told_once() -> None:
    by_itself = paid().wait(4 * DAY_MS).hear(settled())
    by_the_provider = paid().hear(settled(), settled()).wait(4 * DAY_MS)

    assert by_itself.names.count("PaymentSettled") == 1
    assert "PaymentSettled" not in by_the_provider.names


def test_what_went_back_is_not_paid_out() -> None:
    life = paid().hear(cancelled())
    life.hear(refunded(life.last("RefundCharge").refund_id)).wait(4 * DAY_MS)

    assert "PaymentSettled" not in life.names
