"""The agent `payments` in memory, with the gateway behind it: rows, timers and messages."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.payments import payments_agent
from engine.specs import Timer
from events.base import Message
from events.types import OrderItem
from streams.moments import DAY_MS, MINUTE_MS
from streams.payments.states import Owed, Status
from tables.payments import PAYMENTS, SALES
from tests.agents.till import RULES, Till, about, session
from tests.streams.payments.goods_samples import agreed, delivered, dispatched, item, lost, received
from tests.streams.payments.samples import (
    AMOUNT,
    amended,
    asked_back,
    cancelled,
    chargeback,
    checked,
    committed,
    declined,
    initiated,
    lapsed,
    line,
    renewal,
    settled,
    succeeded,
)
from topics import (
    ALERTS_EVENTS,
    INVENTORY_EVENTS,
    ORDERS_EVENTS,
    PAYMENTS_COMMANDS,
    PAYMENTS_EVENTS,
    SHIPPING_EVENTS,
)

TOPICS = (PAYMENTS_EVENTS, PAYMENTS_COMMANDS, INVENTORY_EVENTS, ORDERS_EVENTS, SHIPPING_EVENTS)


def checked_further(number: int = 2) -> Message:
    """Fraud approves the payment that an amendment brought."""
    return checked().model_copy(update={"payment_id": f"pay_ord_1:{number}"})


def paid() -> Till:
    return Till().hear(initiated(), checked(), line(1), line(2))


def test_an_order_is_paid_from_session_to_completion() -> None:
    till = paid().hear(committed(1), committed(2))

    row = till.row()
    (entry,) = till.provider.ledger()
    assert (row.status, row.complete) == (Status.CAPTURED, True)
    assert (entry.captures, entry.captured_minor) == (1, row.captured_minor)
    assert till.names() == [
        "ProcessPayment",
        "CapturePayment",
        "StripeChargeSucceeded",
        "ChargeCaptured",
        "PaymentProcessed",
        "PaymentComplete",
    ]
    assert till.driver.timers() == {"payments.settlement": 1}
    assert not any(till.driver.dead_letters(topic) for topic in TOPICS)


def test_a_row_tells_since_when_its_status_stands() -> None:
    till = Till().hear(initiated())
    opened_ms = till.driver.now_ms
    till.driver.advance(MINUTE_MS)
    till.hear(line(1))
    assert till.row().updated_at_ms == opened_ms, "a line is held, the payment is as it was"

    till.hear(checked(), line(2))

    assert till.row().status is Status.CAPTURED
    assert till.row().updated_at_ms == opened_ms + MINUTE_MS


def test_events_of_one_payment_meet_in_one_partition_whatever_their_key() -> None:
    till = Till()
    for number in range(20):
        order = f"ord_{number}"
        till.hear(*(about(m, order) for m in (initiated(), checked(), line(1), line(2))))
        till.hear(about(cancelled(), order))

    rows = till.driver.rows(PAYMENTS)
    assert {row.status for row in rows.values()} == {Status.REFUNDED}
    assert len(rows) == 20


def test_a_message_tells_its_saga_and_its_cause() -> None:
    till = paid()

    (processed,) = till.said("PaymentProcessed")
    (captured,) = till.said("ChargeCaptured")
    assert processed.correlation_id == captured.correlation_id
    assert processed.causation_id == captured.event_id
    assert processed.metadata == {"provider": "simulated", "latencyMs": 0}


def test_what_a_timer_causes_stays_in_the_saga() -> None:
    till = Till().hear(session("ord_1", "tok_insufficient_once"), checked())
    till.driver.advance(10 * MINUTE_MS)

    sagas = {envelope.correlation_id for envelope in till.said("ProcessPayment")}
    assert sagas == {"saga_pay_ord_1"}
    assert till.row().attempt == 2


def test_ids_are_never_used_twice() -> None:
    till = Till().hear(session("ord_1", "tok_insufficient"), checked())
    till.driver.advance(2 * DAY_MS, step_ms=MINUTE_MS)
    till.hear(cancelled())

    ids = [envelope.event_id for envelope in till.said()]
    assert len(ids) == len(set(ids)) > 5


@pytest.mark.parametrize(
    ("token", "status", "attempts", "reason"),
    [
        ("tok_declined", Status.CANCELLED, 3, "card_declined"),
        ("tok_insufficient", Status.CANCELLED, 3, "insufficient_funds"),
        ("tok_auth_required", Status.CANCELLED, 3, "authentication_required"),
        ("tok_network", Status.CANCELLED, 3, "network_error"),
        ("tok_silent", Status.CANCELLED, 3, "network_error"),
        ("tok_expired", Status.CANCELLED, 1, "expired_card"),
        ("tok_invalid", Status.CANCELLED, 1, "invalid_payment_method"),
        ("tok_stolen", Status.CANCELLED, 1, "fraud_suspected"),
        ("tok_rate_limited", Status.CANCELLED, 1, "rate_limited"),
        ("tok_insufficient_once", Status.CAPTURED, 2, "insufficient_funds"),
        ("tok_insufficient_twice", Status.CAPTURED, 3, "insufficient_funds"),
        ("tok_network_once", Status.CAPTURED, 2, "network_error"),
        ("tok_unknown", Status.CAPTURED, 1, None),
        ("tok_unknown_declined", Status.CANCELLED, 3, "card_declined"),
        ("tok_capture_expired", Status.CANCELLED, 3, "other"),
    ],
)
def test_every_token_comes_to_its_end(
    token: str, status: Status, attempts: int, reason: str | None
) -> None:
    till = Till().hear(session("ord_1", token), checked(), line(1), line(2))
    till.driver.advance(DAY_MS, step_ms=MINUTE_MS)

    row = till.row()
    failures = [envelope.data.failure_reason for envelope in till.said("PaymentFailed")]
    assert (row.status, row.attempt) == (status, attempts)
    assert set(failures) == ({reason} if reason else set())
    paid_out = {"payments.settlement": 1} if status is Status.CAPTURED else {}
    assert till.driver.timers() == paid_out
    assert sum(entry.captures for entry in till.provider.ledger()) == (status is Status.CAPTURED)
    assert row.stuck == token.endswith("silent")  # Only a person can find out what it did.
    if not row.stuck:
        assert sum(entry.held_minor for entry in till.provider.ledger()) == 0


def test_a_provider_that_is_out_is_asked_until_it_is_back() -> None:
    till = Till()
    till.provider.outage = True
    till.hear(initiated(), checked(), line(1), line(2))
    assert till.row().status is Status.FAILED

    till.provider.outage = False
    till.driver.advance(10 * MINUTE_MS)

    assert till.row().status is Status.CAPTURED
    assert len(till.provider.ledger()) == 1


def test_an_outage_during_the_capture_takes_the_money_once() -> None:
    till = Till().hear(initiated(), checked(), line(1))
    till.provider.outage = True
    till.hear(line(2))
    till.provider.outage = False

    till.driver.advance(MINUTE_MS)

    (entry,) = till.provider.ledger()
    assert (entry.captures, till.row().status) == (1, Status.CAPTURED)


def test_a_cancelled_order_has_its_money_back() -> None:
    till = paid().hear(cancelled(), cancelled())

    (entry,) = till.provider.ledger()
    row = till.row()
    assert row.status is Status.REFUNDED
    assert entry.refunded_minor == entry.captured_minor == row.refunded_minor > 0
    assert till.names().count("RefundIssued") == 1


def test_a_refund_that_is_refused_is_told_and_left_to_a_person() -> None:
    till = Till().hear(session("ord_1", "tok_refund_refused"), checked(), line(1), line(2))

    till.hear(cancelled())

    assert till.names()[-1] == "RefundFailed"
    assert till.row().stuck


# --- refunds ---------------------------------------------------------------------------------


def test_a_refund_is_given_back_once_by_rows_and_books() -> None:
    till = paid().hear(asked_back(4_000), asked_back(4_000), asked_back(1_000, "k2"))

    (entry,) = till.provider.ledger()
    row = till.row()
    assert (row.status, row.refunded_minor) == (Status.PARTIALLY_REFUNDED, 5_000)
    assert entry.refunded_minor == 5_000
    assert till.names().count("RefundIssued") == 2


def test_a_refund_of_a_payment_that_nobody_opened_is_refused() -> None:
    till = Till().hear(asked_back(None))

    (failure,) = till.said("RefundFailed")
    assert (failure.data.failure_reason, failure.data.rejected) == ("not_captured", True)
    assert till.driver.rows(PAYMENTS) == {}


def test_a_return_and_a_request_under_its_id_are_one_refund() -> None:
    till = paid().hear(dispatched(sku="prod_1", quantity=1), agreed("defective_item", 3_333))
    till.hear(received(item("prod_1")))
    back = till.row().refunded_minor
    assert back == 9_000

    till.hear(asked_back(9_000, "ret_1", return_id="ret_1"), received(item("prod_1")))

    assert till.row().refunded_minor == back
    assert len(till.row().refunds) == 1


def test_a_lost_parcel_is_paid_back() -> None:
    till = paid().hear(dispatched(sku="prod_1", quantity=1), lost())

    assert till.row().refunded_minor == 9_000
    assert till.said("RefundIssued")[0].data.reason == "LOST"


def test_goods_of_an_order_without_a_payment_are_passed_over() -> None:
    till = Till().hear(dispatched(), delivered(), agreed(), received(), lost())

    assert till.driver.rows(SALES) == {}
    assert till.driver.dead_letters(SHIPPING_EVENTS) == []


def test_what_nobody_approves_ends_in_time() -> None:
    till = Till().hear(initiated(amount_minor=90_000), checked(), line(1), line(2))
    till.hear(asked_back(None))
    assert till.driver.timers() == {"payments.approval": 1, "payments.settlement": 1}

    till.driver.advance(7 * DAY_MS)

    assert till.driver.timers() == {}
    assert till.said("RefundFailed")[0].data.failure_reason == "approval_required"


def test_of_a_refund_that_waits_for_approval_people_are_told_once_and_approve_it_by_its_name() -> (
    None
):
    tv = OrderItem(product_id="prod_1", quantity=1, unit_price_minor=90_000)
    opened = initiated(amount_minor=90_000, currency="GBP", items=(tv,))
    till = Till().hear(opened, checked(), line(1))
    till.hear(dispatched(sku="prod_1", quantity=1), agreed("defective_item", 90_000))

    till.hear(received(item("prod_1")), received(item("prod_1")))
    [refund] = till.row().refunds
    [alert] = till.alerts()

    assert (alert.rule, alert.subject) == ("refund_approval", f"pay_ord_1 {refund.refund_id}")
    assert (alert.value, alert.unit) == (900, "GBP")
    till.hear(asked_back(None, refund.refund_id, approved_by="agent_1"))
    assert till.row().refunded_minor == 90_000
    assert len(till.driver.outputs(ALERTS_EVENTS)) == 1


def test_what_is_approved_with_its_request_is_no_alert() -> None:
    till = Till().hear(initiated(amount_minor=90_000), checked(), line(1), line(2))

    till.hear(asked_back(None, approved_by="boss"))

    assert till.row().refunded_minor == 90_000
    assert till.driver.outputs(ALERTS_EVENTS) == []


def test_what_one_moment_says_twice_has_two_names() -> None:
    till = Till().hear(initiated(amount_minor=200_000), checked(), line(1), line(2))
    till.send(asked_back(90_000, "k1"), asked_back(90_000, "k2")).driver.run()

    till.driver.advance(7 * DAY_MS)

    lapsed = till.said("RefundFailed")
    assert len({told.data.refund_id for told in lapsed}) == 2
    assert len({told.event_id for told in lapsed}) == 2


# --- amendments ------------------------------------------------------------------------------


def test_an_order_that_became_dearer_is_paid_by_two_payments() -> None:
    till = paid().hear(amended(AMOUNT + 3_000), checked_further())

    first, second = (entry.captured_minor for entry in till.provider.ledger())
    assert (first, second) == (AMOUNT, 3_000)
    assert [told.data.payment_id for told in till.said("PaymentProcessed")] == [
        "pay_ord_1",
        "pay_ord_1:2",
    ]
    assert till.hear(amended(AMOUNT + 3_000)).names().count("PaymentInitiated") == 1


def test_an_amendment_that_overtakes_its_orders_payment_is_charged_with_it() -> None:
    till = Till().hear(amended(AMOUNT + 9_000), amended(AMOUNT + 3_000))

    till.hear(initiated(), checked(), line(1), line(2))

    assert [entry.captured_minor for entry in till.provider.ledger()] == [AMOUNT + 3_000]
    assert till.hear(amended(AMOUNT + 3_000)).names().count("PaymentInitiated") == 0


def test_amendments_that_follow_each_other_at_once_are_each_charged_their_difference() -> None:
    till = paid().send(amended(AMOUNT + 3_000), amended(AMOUNT + 8_000))
    till.send(amended(AMOUNT + 8_000)).driver.run()

    asked = [
        (told.data.payment_id, told.data.amount_minor) for told in till.said("PaymentInitiated")
    ]
    assert asked == [("pay_ord_1:2", 3_000), ("pay_ord_1:3", 5_000)]
    till.hear(checked_further(), checked_further(3))
    assert [entry.captured_minor for entry in till.provider.ledger()] == [AMOUNT, 3_000, 5_000]
    ids = [envelope.event_id for envelope in till.said()]
    assert len(ids) == len(set(ids))


def test_a_difference_that_is_taken_back_at_once_costs_nothing_in_the_end() -> None:
    till = paid().send(amended(AMOUNT + 3_000), amended(AMOUNT))
    till.driver.run()

    till.hear(checked_further())

    kept = [entry.captured_minor - entry.refunded_minor for entry in till.provider.ledger()]
    assert sum(kept) == AMOUNT


def test_a_difference_that_is_taken_back_and_never_paid_is_not_given_back() -> None:
    till = paid().hear(amended(AMOUNT + 3_000), amended(AMOUNT))

    till.hear(checked_further().model_copy(update={"decision": "DECLINED"}))

    (entry,) = till.provider.ledger()
    assert (entry.captured_minor, entry.refunded_minor) == (AMOUNT, 0)


def test_what_was_added_and_taken_away_goes_back_whatever_the_first_payment_was() -> None:
    till = paid().hear(amended(AMOUNT + 50_000, 1, 1, 1), checked_further())

    till.hear(amended(AMOUNT, 1, 1, 0), amended(AMOUNT - 3_000, 1, 1, 0))

    kept = [entry.captured_minor - entry.refunded_minor for entry in till.provider.ledger()]
    assert kept == [AMOUNT - 3_000, 0]
    assert not till.row().stuck
    ids = [envelope.event_id for envelope in till.said()]
    assert len(ids) == len(set(ids))


def test_the_first_payment_lives_on_where_its_goods_were_replaced_by_dearer_ones() -> None:
    till = paid().hear(amended(AMOUNT + 50_000, 1, 1, 1), checked_further())

    till.hear(amended(50_000, 0, 0, 1), amended(40_000, 0, 0, 1), amended(60_000, 0, 0, 2))
    till.hear(checked_further(3))

    kept = [entry.captured_minor - entry.refunded_minor for entry in till.provider.ledger()]
    assert (kept[0], sum(kept)) == (AMOUNT, 60_000)


def test_an_order_that_is_cancelled_as_it_becomes_dearer_is_not_charged_the_difference() -> None:
    till = paid().send(amended(AMOUNT + 3_000), cancelled())
    till.driver.run()

    till.hear(checked_further())

    assert [entry.captured_minor for entry in till.provider.ledger()] == [AMOUNT]
    assert till.provider.ledger()[0].refunded_minor == AMOUNT


def test_a_cancellation_gives_back_every_payment_of_the_order() -> None:
    till = paid().hear(amended(AMOUNT + 3_000), checked_further(), cancelled())

    assert {entry.captured_minor - entry.refunded_minor for entry in till.provider.ledger()} == {0}
    first, second = (told.data.refund_id for told in till.said("RefundIssued"))
    assert "ref_ord_1" in {first, second}
    assert first != second
    ids = [envelope.event_id for envelope in till.said()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("decision", "back"),
    [("DECLINED", [100]), ("MANUAL_REVIEW", [100]), ("APPROVED", [3_000, 100])],
)
def test_goods_of_an_amendment_that_nobody_paid_come_back_for_nothing(
    decision: str, back: list[int]
) -> None:
    charged = checked_further().model_copy(update={"decision": decision})
    till = paid().hear(amended(AMOUNT + 3_000, 1, 1, 30), charged)

    till.hear(received(item("prod_3", quantity=30)), received(item("prod_1"), return_id="ret_2"))

    assert [told.data.amount_minor for told in till.said("RefundIssued")] == back


@pytest.mark.parametrize(("decision", "back"), [("APPROVED", [3_000]), ("DECLINED", [])])
def test_goods_that_come_back_before_their_charge_is_taken_are_paid_back_once_it_is(
    decision: str, back: list[int]
) -> None:
    doubted = checked_further().model_copy(update={"decision": "MANUAL_REVIEW"})
    till = paid().hear(amended(AMOUNT + 3_000, 1, 1, 30), doubted)
    came = received(item("prod_3", quantity=30))

    till.hear(came, came)
    assert till.said("RefundIssued") == []
    till.hear(checked_further().model_copy(update={"decision": decision}))

    assert [told.data.amount_minor for told in till.said("RefundIssued")] == back
    assert [told.data.payment_id for told in till.said("RefundIssued")] == ["pay_ord_1:2"] * len(
        back
    )
    assert till.said("RefundFailed") == []
    ids = [envelope.event_id for envelope in till.said()]
    assert len(ids) == len(set(ids))


def test_what_a_failed_charge_was_for_is_not_paid_back_by_the_next_one() -> None:
    doubted = checked_further().model_copy(update={"decision": "MANUAL_REVIEW"})
    till = paid().hear(amended(AMOUNT + 3_000, 1, 1, 30), doubted)
    till.hear(received(item("prod_3", quantity=30)))

    till.hear(checked_further().model_copy(update={"decision": "DECLINED"}))
    till.hear(amended(AMOUNT + 8_000, 1, 1, 80), checked_further(3))

    assert till.said("RefundIssued") == []
    kept = [entry.captured_minor - entry.refunded_minor for entry in till.provider.ledger()]
    assert kept[0] == AMOUNT


def test_goods_of_an_amendment_that_is_paid_in_part_are_worth_that_part() -> None:
    till = paid().hear(amended(AMOUNT + 40, 1, 1, 1))

    till.hear(received(item("prod_3")))

    assert [told.data.amount_minor for told in till.said("RefundIssued")] == [60]


def test_a_return_is_paid_back_by_as_many_payments_as_it_takes() -> None:
    till = paid().hear(amended(AMOUNT + 3_000, 1, 1, 1), checked_further())
    prices = {"prod_1": 100, "prod_2": 100, "prod_3": 100}
    assert sum(line.total_minor for line in till.driver.rows(SALES)["pay_ord_1"].lines) == sum(
        prices.values()
    )

    till.hear(asked_back(AMOUNT - 150), received(*map(item, prices)))

    back = [entry.refunded_minor for entry in till.provider.ledger()]
    assert back == [AMOUNT, 150]
    assert till.hear(received(*map(item, prices))).names().count("RefundIssued") == 3


def test_an_order_that_became_cheaper_has_the_difference_back_once() -> None:
    till = paid().hear(amended(AMOUNT - 3_000), amended(AMOUNT - 3_000))

    (entry,) = till.provider.ledger()
    assert entry.refunded_minor == 3_000


def test_a_renewal_is_charged_at_once() -> None:
    till = Till().hear(renewal(), checked())

    (entry,) = till.provider.ledger()
    assert (till.row().status, entry.captures) == (Status.CAPTURED, 1)
    assert "CapturePayment" not in till.names()


@pytest.mark.parametrize(
    ("token", "status"),
    [("tok_visa", Status.SETTLED), ("tok_dispute_lost", Status.CHARGED_BACK)],
)
def test_a_dispute_is_answered_with_the_proof_of_delivery(token: str, status: Status) -> None:
    till = Till().hear(session("ord_1", token), checked(), line(1), line(2))
    till.hear(dispatched(), delivered(), chargeback(), chargeback())

    assert till.row().status is status
    assert till.names().count("SubmitEvidence") == 1
    assert [told.data.outcome for told in till.said("ChargebackClosed")] == [
        "won" if status is Status.SETTLED else "lost"
    ]


def test_evidence_is_handed_in_when_the_parcel_arrives() -> None:
    till = paid().hear(settled(), chargeback(), dispatched())
    assert till.row().status is Status.DISPUTED

    till.hear(delivered())

    assert till.row().status is Status.SETTLED
    (evidence,) = till.said("SubmitEvidence")
    assert (evidence.data.tracking_number, evidence.data.proof_url) == (
        "1Z9",
        "https://proof.test/1",
    )


def test_an_outage_does_not_lose_a_dispute() -> None:
    till = paid().hear(dispatched(), delivered())
    till.provider.outage = True
    till.hear(chargeback())
    assert till.row().status is Status.DISPUTED

    till.provider.outage = False
    till.driver.advance(30 * MINUTE_MS)

    assert till.row().status is Status.SETTLED


def test_a_dispute_without_evidence_is_lost_in_a_week() -> None:
    till = paid().hear(chargeback())

    till.driver.advance(7 * DAY_MS)

    assert till.row().status is Status.CHARGED_BACK
    assert till.driver.timers() == {}


# --- what comes early ------------------------------------------------------------------------


def test_holds_and_a_decision_before_the_session_are_taken_up() -> None:
    till = Till().hear(line(1), line(2), checked())
    assert set(till.early()) == {"pay_ord_1"}

    till.hear(initiated())

    assert till.row().status is Status.CAPTURED
    assert till.early() == {}
    assert till.driver.timers() == {"payments.settlement": 1}


def test_a_session_of_an_order_that_was_cancelled_before_is_never_charged() -> None:
    till = Till().hear(line(1), cancelled()).hear(initiated(), checked(), line(2))

    assert till.row().status is Status.CANCELLED
    assert till.said() == []
    assert till.driver.timers() == {}


def test_news_without_a_session_is_forgotten_in_time() -> None:
    till = Till().hear(line(1), about(cancelled(), "ord_2"))

    till.driver.advance(10 * MINUTE_MS)
    assert set(till.early()) == {"pay_ord_2"}

    till.driver.advance(DAY_MS)
    assert till.early() == {}
    assert till.driver.timers() == {}


def test_stock_news_that_concerns_no_payment_is_passed_over() -> None:
    restock = line(1, reason="restock", payment_id=None, order_id=None, reservation_id=None)

    till = Till().hear(restock)

    assert (till.early(), till.driver.dead_letters(INVENTORY_EVENTS)) == ({}, [])


def test_a_webhook_for_an_unknown_payment_changes_nothing() -> None:
    till = Till().hear(succeeded(), declined())

    assert till.said() == []
    assert till.driver.dead_letters(PAYMENTS_EVENTS) == []


def test_a_timer_without_a_payment_does_nothing() -> None:
    spec = payments_agent(RULES)
    till = Till()
    context = till.driver._lanes[0].processor._contexts["payments"]

    for kind, handler in spec.timers.items():
        handler(context, Timer(kind, "pay_nobody", 1), 2)

    assert till.said() == []


# --- repeats, batches, restarts --------------------------------------------------------------

STORY = (
    initiated(),
    checked(),
    line(1),
    line(2),
    lapsed(1),
    committed(1),
    committed(2),
    cancelled(),
)


@settings(max_examples=25)
@given(st.permutations(STORY), st.integers(1, 5))
def test_batch_boundaries_do_not_change_the_result(story: list[object], chunk_max: int) -> None:
    whole, parts = Till(), Till(chunk_max=chunk_max)

    for till in (whole, parts):
        till.send(*story)  # type: ignore[arg-type]  # messages
        till.driver.run()
        till.driver.advance(2 * DAY_MS)

    (one,), (other,) = (t.driver.rows(PAYMENTS).values() for t in (whole, parts))
    assert (one.status, one.captured_minor, one.refunded_minor) == (
        other.status,
        other.captured_minor,
        other.refunded_minor,
    )
    assert one.captured_minor == one.refunded_minor
    assert {e.event_id for e in whole.said("RefundIssued")} == {
        e.event_id for e in parts.said("RefundIssued")
    }


@settings(max_examples=25)
@given(st.permutations(STORY))
def test_a_story_told_twice_is_told_once(story: list[object]) -> None:
    till = Till()
    till.hear(*story)  # type: ignore[arg-type]  # messages
    said, row = till.names(), till.row()

    till.hear(*story)  # type: ignore[arg-type]  # messages

    assert till.row() == row
    assert till.names() == said


def test_a_restart_between_any_two_events_changes_nothing() -> None:
    till = Till()
    for message in STORY[:4]:
        till.hear(message)
        till.driver.restart()

    assert till.row().status is Status.CAPTURED
    assert till.row().owed is Owed.NOTHING


def test_rows_of_ended_payments_are_small() -> None:
    items = initiated(lines=50)
    till = Till().hear(items, checked(), *(line(number) for number in range(1, 51)))
    till.hear(*(committed(number) for number in range(1, 51)))

    assert till.row().complete
    assert len(msgspec.json.encode(till.row())) < 600
