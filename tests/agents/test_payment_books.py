"""The nightly look at the provider's books: what differs is told, listed, and comes off again."""

from collections import Counter
from dataclasses import replace

import pytest
from msgspec.structs import replace as structs_replace

from events.books import ResolveStuckPayment
from settings import Settings
from streams.moments import HOUR_MS, MINUTE_MS, moment_of
from streams.payments.books import RULE
from streams.payments.rules import PaymentRules
from tables.payments import BOOK_NOTES, STUCK
from tests.agents.till import RULES, Till, about, session
from tests.engine.walked import Walked
from tests.streams.payments.samples import asked_back, cancelled, checked, initiated, line, refunded
from topics import ALERTS_EVENTS

UNTIL_TWO_MS = (10 * 60 + 54) * MINUTE_MS
"""The till opens at 15:06:40 UTC; after this it is 02:00:40 of the next day."""


def paid(orders: int = 1, rules: PaymentRules = RULES) -> Till:
    till = Till(rules=rules)
    for number in range(1, orders + 1):
        messages = (initiated(), checked(), line(1), line(2))
        till.hear(*(about(message, f"ord_{number}") for message in messages))
    return till


def asked(till: Till) -> list[int]:
    """How many charges each question was about."""
    return [len(told.data.charges) for told in till.said("ReconcileCharges")]


def test_a_day_is_compared_after_two_in_the_night_and_not_before() -> None:
    till = paid(2)

    till.driver.advance(UNTIL_TWO_MS - 2 * MINUTE_MS)
    assert asked(till) == []
    till.driver.advance(2 * MINUTE_MS)

    assert sum(asked(till)) == 2
    assert till.driver.rows(BOOK_NOTES) == {}
    assert till.driver.rows(STUCK) == {}
    assert till.driver.outputs(ALERTS_EVENTS) == []


def test_a_night_is_a_night_however_fast_time_runs() -> None:
    till = paid(rules=Settings(time_scale=600).scaled(RULES))

    till.driver.advance(UNTIL_TWO_MS - 2 * MINUTE_MS)
    assert asked(till) == []
    till.driver.advance(2 * MINUTE_MS)

    assert sum(asked(till)) == 1


def test_books_that_agree_are_compared_once() -> None:
    till = paid()

    till.driver.advance(3 * 24 * HOUR_MS, step_ms=10 * MINUTE_MS)

    assert asked(till) == [1]


def test_a_mismatch_is_told_and_listed() -> None:
    till = paid()
    till.provider.ledger()[0].captured_minor -= 500

    till.driver.advance(UNTIL_TWO_MS)

    (stuck,) = till.driver.rows(STUCK).values()
    assert (stuck.why, stuck.captured_minor) == ("books", till.row().captured_minor)
    assert stuck.provider_captured_minor == till.row().captured_minor - 500
    (alert,) = till.alerts()
    assert (alert.rule, alert.severity, alert.value) == (RULE, "critical", 1)
    assert alert.subject == "simulated 2025-06-15"


def test_a_charge_that_the_provider_does_not_know_is_a_mismatch() -> None:
    till = paid()
    till.provider._books._entries.clear()

    till.driver.advance(UNTIL_TWO_MS)

    (stuck,) = till.driver.rows(STUCK).values()
    assert stuck.provider_captured_minor is None


def test_a_row_leaves_the_list_once_the_books_agree() -> None:
    till = paid()
    till.provider.ledger()[0].refunded_minor = 4_000
    till.driver.advance(UNTIL_TWO_MS)
    assert len(till.driver.rows(STUCK)) == 1

    till.provider.ledger()[0].refunded_minor = 0
    till.hear(asked_back(1_000))
    till.driver.advance(24 * HOUR_MS, step_ms=HOUR_MS)

    assert till.driver.rows(STUCK) == {}


def test_several_days_are_compared_each_by_itself() -> None:
    till = paid()
    till.driver.advance(10 * HOUR_MS)  # 01:06 of the next day: the first is not compared yet.
    till.hear(cancelled())
    till.driver.advance(HOUR_MS)
    assert asked(till) == [1]

    till.driver.advance(24 * HOUR_MS)

    assert asked(till) == [1, 1]


def test_an_outage_puts_the_comparison_off() -> None:
    till = paid()
    till.provider.outage = True
    till.driver.advance(UNTIL_TWO_MS)
    assert len(till.driver.rows(BOOK_NOTES)) == 1

    till.provider.outage = False
    till.driver.advance(30 * MINUTE_MS, step_ms=MINUTE_MS)

    assert till.driver.rows(BOOK_NOTES) == {}
    assert len(asked(till)) == 2


def test_books_that_a_provider_keeps_to_itself_for_a_day_are_an_alert_once() -> None:
    till = paid(3)
    till.provider.outage = True
    till.driver.advance(UNTIL_TWO_MS)
    till.driver.advance(24 * HOUR_MS - MINUTE_MS, step_ms=10 * MINUTE_MS)
    assert till.alerts() == []

    till.driver.advance(24 * HOUR_MS, step_ms=10 * MINUTE_MS)

    told = till.alerts()
    assert {(one.rule, one.severity, one.subject) for one in told} == {
        (RULE, "critical", "simulated 2025-06-15 untold")
    }
    assert len({one.alert_id for one in told}) == 1
    assert sum(one.value for one in told) == 3


def test_a_payment_with_money_on_its_way_is_compared_later() -> None:
    till = paid()
    till.driver.advance(UNTIL_TWO_MS - 5 * MINUTE_MS)
    till.provider.outage = True
    till.hear(cancelled())
    till.driver.advance(5 * MINUTE_MS, step_ms=MINUTE_MS)
    assert asked(till) == []

    till.provider.outage = False
    till.driver.advance(HOUR_MS, step_ms=MINUTE_MS)

    assert asked(till) == [1]
    assert till.driver.rows(STUCK) == {}


def test_pages_are_bounded() -> None:
    till = paid(7, replace(RULES, reconciliation_page_max=2))

    till.driver.advance(UNTIL_TWO_MS)
    till.driver.advance(20 * MINUTE_MS, step_ms=MINUTE_MS)

    assert sum(asked(till)) == 7
    assert max(asked(till)) <= 2


def test_no_more_is_looked_at_than_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.driver.MemoryStore", Walked)
    till = paid(30, replace(RULES, reconciliation_page_max=1))

    till.driver.advance(UNTIL_TWO_MS)

    stores = [lane.store for lane in till.driver._lanes]
    assert sum(asked(till)) == len(stores)
    assert sum(store.walked[BOOK_NOTES.name] for store in stores) == len(stores)


def test_books_that_do_not_answer_keep_no_others_from_being_compared() -> None:
    till = paid(9, replace(RULES, reconciliation_page_max=1))
    till.provider.outage = True

    till.driver.advance(UNTIL_TWO_MS)
    till.driver.advance(MINUTE_MS, step_ms=10_000)

    asked_of = [
        charge.payment_id for told in till.said("ReconcileCharges") for charge in told.data.charges
    ]
    assert sorted(asked_of) == [f"pay_ord_{number}" for number in range(1, 10)]
    till.provider.outage = False
    till.driver.advance(RULES.reconciliation_retry_ms + MINUTE_MS, step_ms=10_000)
    assert till.driver.rows(BOOK_NOTES) == till.driver.rows(STUCK) == {}
    assert max(asked(till)) == 1


@pytest.mark.parametrize(("token", "days"), [("tok_refund_refused", 0), ("tok_refund_fails", 1)])
def test_what_a_provider_refuses_for_good_is_listed(token: str, days: int) -> None:
    till = Till().hear(session("ord_1", token), checked(), line(1), line(2), cancelled())
    till.driver.advance(days * 24 * HOUR_MS + MINUTE_MS, step_ms=HOUR_MS)

    (stuck,) = till.driver.rows(STUCK).values()
    assert (stuck.why, stuck.order_id, stuck.refunded_minor) == ("provider", "ord_1", 0)


def test_a_refund_on_its_way_is_compared_when_it_has_ended() -> None:
    till = Till().hear(session("ord_1", "tok_refund_pending"), checked(), line(1), line(2))
    till.hear(cancelled())
    till.driver.advance(UNTIL_TWO_MS)
    assert asked(till) == []

    till.driver.advance(38 * HOUR_MS, step_ms=HOUR_MS)

    assert till.row().status == "REFUNDED"
    assert sum(asked(till)) == 1
    assert till.driver.rows(BOOK_NOTES) == {}
    assert till.driver.rows(STUCK) == {}


def test_refunds_that_take_days_keep_no_other_payment_from_being_compared() -> None:
    till = Till(rules=replace(RULES, reconciliation_page_max=1))
    for number in range(1, 10):
        order, token = f"ord_{number}", "tok_misbooked" if number == 9 else "tok_refund_pending"
        till.hear(session(order, token))
        till.hear(*(about(message, order) for message in (checked(), line(1), line(2))))
    till.hear(*(about(cancelled(), f"ord_{number}") for number in range(1, 9)))

    till.driver.advance(UNTIL_TWO_MS, step_ms=HOUR_MS)
    till.driver.advance(5 * MINUTE_MS, step_ms=MINUTE_MS)

    assert list(till.driver.rows(STUCK)) == ["pay_ord_9"]


def test_a_refund_that_went_through_late_takes_its_payment_off_the_list() -> None:
    till = paid()
    till.provider.outage = True
    till.hear(cancelled())
    till.driver.advance(2 * HOUR_MS, step_ms=MINUTE_MS)
    assert len(till.driver.rows(STUCK)) == 1

    row = till.row()
    till.hear(refunded(row.refund_id).model_copy(update={"charge_id": row.charge_id}))

    assert till.row().status == "REFUNDED"
    assert till.driver.rows(STUCK) == {}


def test_a_payment_whose_books_agree_again_stays_listed_for_what_else_is_wrong() -> None:
    till = Till().hear(session("ord_1", "tok_refund_refused"), checked(), line(1), line(2))
    till.hear(cancelled())
    till.provider.ledger()[0].captured_minor -= 500
    till.driver.advance(UNTIL_TWO_MS, step_ms=HOUR_MS)
    [stuck] = till.driver.rows(STUCK).values()
    assert stuck.why == "books"

    till.provider.ledger()[0].captured_minor += 500
    till.hear(refunded("ref_by_hand", 100).model_copy(update={"charge_id": till.row().charge_id}))
    till.provider.ledger()[0].refunded_minor += 100
    till.driver.advance(24 * HOUR_MS, step_ms=HOUR_MS)

    [stuck] = till.driver.rows(STUCK).values()
    assert (stuck.why, stuck.refunded_minor) == ("provider", 100)


def settle(
    till: Till,
    *entries: str,
    order: str = "ord_1",
    captured: bool | None = None,
    refunded: bool | None = False,
) -> Till:
    """A person says of what is on the list that it is settled."""
    row = till.driver.rows(STUCK)[f"pay_{order}"]
    word = ResolveStuckPayment(
        payment_id=f"pay_{order}",
        entries=entries,
        listed_at=moment_of(row.since_ms),
        resolved_by="ann",
        note="paid by bank transfer",
        captured=captured,
        refunded=refunded,
    )
    return till.hear(word, word)


def test_what_a_person_settled_leaves_the_list_and_moves_no_money() -> None:
    till = Till().hear(session("ord_1", "tok_refund_refused"), checked(), line(1), line(2))
    till.hear(cancelled())
    before, said = till.row(), len(till.said())
    [stuck] = till.driver.rows(STUCK).values()
    assert stuck.on == before.stuck_on == (before.refund_id,)

    settle(till, before.refund_id)

    after = till.row()
    assert till.driver.rows(STUCK) == {}
    assert [(one.by, one.note) for one in after.resolved] == [("ann", "paid by bank transfer")]
    assert after == structs_replace(before, stuck_on=(), resolved=after.resolved)
    assert len(till.said()) == said
    assert len(till.alerts()) == 1


def test_a_refund_stays_listed_until_a_person_says_whether_it_was_made() -> None:
    till = paid()
    till.provider.outage = True
    till.hear(cancelled())
    till.driver.advance(2 * HOUR_MS, step_ms=MINUTE_MS)
    before = till.row()
    said = len(till.said())

    settle(till, before.refund_id, refunded=None)
    assert (till.row(), len(till.driver.rows(STUCK))) == (before, 1)
    settle(till, before.refund_id, refunded=True)

    after = till.row()
    assert (after.status, after.stuck) == ("REFUNDED", False)
    assert after.refunded_minor == before.captured_minor
    assert [one.event_type for one in till.said()[said:]] == ["RefundIssued"]
    assert till.driver.rows(STUCK) == {}


def test_books_that_a_person_explained_leave_what_else_is_wrong_on_the_list() -> None:
    till = Till().hear(session("ord_1", "tok_refund_refused"), checked(), line(1), line(2))
    till.hear(cancelled())
    till.provider.ledger()[0].captured_minor -= 500
    till.driver.advance(UNTIL_TWO_MS, step_ms=HOUR_MS)

    settle(till, "books")
    [left] = till.driver.rows(STUCK).values()
    settle(till, *left.on)

    assert (left.why, left.on) == ("provider", (till.row().refund_id,))
    assert till.driver.rows(STUCK) == {}
    assert [one.entries for one in till.row().resolved] == [("books",), left.on]


@pytest.mark.parametrize(
    ("captured", "is_cancelled", "status", "said"),
    [
        (True, False, "CAPTURED", ["PaymentProcessed"]),
        (
            True,
            True,
            "REFUNDED",
            ["RefundCharge", "PaymentProcessed", "ChargeRefunded", "RefundIssued"],
        ),
        (False, False, "CAPTURED", ["CapturePayment", "ChargeCaptured", "PaymentProcessed"]),
        (False, True, "CANCELLED", ["VoidPayment", "ChargeVoided"]),
        (None, False, "AUTHORIZED", []),
    ],
)
def test_a_capture_of_which_nobody_knows_goes_on_by_a_persons_word(
    captured: bool | None,  # noqa: FBT001 - a case
    is_cancelled: bool,  # noqa: FBT001 - a case
    status: str,
    said: list[str],
) -> None:
    till = Till().hear(initiated(), checked(), line(1))
    till.provider.outage = True
    till.hear(line(2), *([cancelled()] if is_cancelled else []))
    till.driver.advance(2 * HOUR_MS, step_ms=MINUTE_MS)
    [stuck] = till.driver.rows(STUCK).values()
    assert (stuck.on, till.row().status) == (("capture",), "AUTHORIZED")
    till.provider.outage = False
    if captured:
        [charge] = till.provider.ledger()
        charge.captured_minor, charge.captures = charge.held_minor, 1
    before = Counter(till.names())

    settle(till, "capture", captured=captured)

    assert till.row().status == status
    assert list((Counter(till.names()) - before).elements()) == said
    assert len(till.driver.rows(STUCK)) == (captured is None)
    assert till.provider.ledger()[0].held_minor == till.row().authorized_minor


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_a_capture_that_a_person_missed_is_found_all_the_same(
    is_cancelled: bool,  # noqa: FBT001 - a case
) -> None:
    till = Till().hear(initiated(), checked(), line(1))
    till.provider.outage = True
    till.hear(line(2), *([cancelled()] if is_cancelled else []))
    till.driver.advance(2 * HOUR_MS, step_ms=MINUTE_MS)
    till.provider.outage = False
    [charge] = till.provider.ledger()
    charge.captured_minor, charge.captures = charge.held_minor, 1

    settle(till, "capture", captured=False)

    assert (charge.captures, charge.captured_minor) == (1, till.row().captured_minor)
    assert charge.refunded_minor == (charge.captured_minor if is_cancelled else 0)


def test_a_word_on_what_is_not_stuck_changes_nothing() -> None:
    till = paid()
    before = till.row()
    word = ResolveStuckPayment(
        payment_id="pay_ord_1",
        entries=("puzzle",),
        listed_at=moment_of(till.driver.now_ms),
        resolved_by="ann",
        note="nothing",
    )

    till.hear(word, word.model_copy(update={"payment_id": "pay_nobody"}))

    assert till.row() == before
    assert till.driver.rows(STUCK) == {}
