"""Requests for refunds: what is refused and why, what waits, what goes back (G-17)."""

from collections.abc import Callable
from typing import Any

import pytest

from events.ids import derived_id
from streams.moments import DAY_MS
from streams.payments.refund import REFUNDS_MAX, RefundState
from streams.payments.states import Owed, Status
from tests.streams.payments.samples import (
    AMOUNT,
    RETURN,
    RULES,
    Life,
    approving,
    asked_back,
    authorized,
    cancelled,
    chargeback,
    charged_back,
    checked,
    closed,
    dear,
    detected,
    disputed,
    ended,
    failed,
    paid,
    partly_refunded,
    refunded,
    refunded_life,
    refunding,
    renewal,
    settled_life,
    succeeded,
    taken_on,
)


def late() -> Life:
    return paid().wait(30 * DAY_MS + 1)


def suspect() -> Life:
    return paid().hear(detected())


def full() -> Life:
    return paid().hear(*(refunded(f"r{number}", 1) for number in range(REFUNDS_MAX)))


REFUSALS: list[tuple[Callable[[], Life], dict[str, Any], str]] = [
    (authorized, {}, "not_captured"),
    (ended, {}, "not_captured"),
    (late, {}, "outside_window"),
    (late, {"return_id": "ret_unknown"}, "outside_window"),
    (refunded_life, {}, "already_refunded"),
    (charged_back, {}, "already_refunded"),
    (paid, {"amount_minor": AMOUNT + 1}, "amount_exceeds_payment"),
    (paid, {"amount_minor": 0}, "amount_exceeds_payment"),
    (paid, {"currency": "EUR"}, "amount_exceeds_payment"),
    (partly_refunded, {"amount_minor": AMOUNT - 4_999}, "amount_exceeds_payment"),
    (refunding, {"amount_minor": AMOUNT - 5_999}, "amount_exceeds_payment"),
    (full, {"amount_minor": 1}, "amount_exceeds_payment"),
    (disputed, {}, "fraud_hold"),
    (suspect, {}, "fraud_hold"),
    # In order of precedence: the first that holds is told.
    (lambda: suspect().wait(31 * DAY_MS), {"amount_minor": AMOUNT + 1}, "outside_window"),
    (suspect, {"amount_minor": AMOUNT + 1}, "amount_exceeds_payment"),
]


@pytest.mark.parametrize(("make", "told", "reason"), REFUSALS)
def test_a_refund_is_refused_for_its_reason(
    make: Callable[[], Life], told: dict[str, Any], reason: str
) -> None:
    life = make()
    before = life.payment

    life.forget_said().hear(asked_back(**{"key": "k9", **told}))

    failure = life.last("RefundFailed")
    assert life.names == ["RefundFailed"]
    assert (failure.failure_reason, failure.rejected) == (reason, True)
    assert life.payment == before


@pytest.mark.parametrize("make", [paid, settled_life, partly_refunded])
def test_a_part_of_captured_money_goes_back(make: Callable[[], Life]) -> None:
    life = make().hear(asked_back(4_000))
    command = life.last("RefundCharge")
    key = derived_id("pay_ord_1", command.refund_id, "refund")
    assert (command.amount_minor, command.idempotency_key) == (4_000, key)

    life.hear(refunded(command.refund_id, 4_000))

    issued = life.last("RefundIssued")
    assert (issued.amount_minor, issued.reason) == (4_000, "goodwill")
    assert life.status is Status.PARTIALLY_REFUNDED
    assert life.payment.refunds[-1].state is RefundState.COMPLETED


def test_a_refund_tells_how_long_it_took_from_its_request_on() -> None:
    life = paid().hear(asked_back()).wait(4_000)

    life.hear(refunded(life.last("RefundCharge").refund_id, 5_000))

    assert life.last_metadata("RefundIssued") == {"latencyMs": 4_000}


def test_the_time_of_a_person_or_of_a_bank_and_what_nobody_asked_for_are_no_latency() -> None:
    approved = approving().wait(DAY_MS).hear(asked_back(None, approved_by="agent_2"))
    approved.hear(refunded(approved.last("RefundCharge").refund_id))
    on_its_way = paid().hear(asked_back())
    refund_id = on_its_way.last("RefundCharge").refund_id
    on_its_way.hear(taken_on(refund_id)).wait(2 * DAY_MS).hear(refunded(refund_id, 5_000))
    by_hand = paid().hear(refunded("re_stripe", 100))

    for life in (approved, on_its_way, by_hand):
        assert life.last_metadata("RefundIssued") is None


def test_without_an_amount_all_that_remains_goes_back() -> None:
    life = partly_refunded().hear(asked_back(None))

    life.hear(refunded(life.last("RefundCharge").refund_id, AMOUNT - 5_000))

    assert life.status is Status.REFUNDED


def test_one_cause_is_refunded_once() -> None:
    life = paid().hear(asked_back(), asked_back())
    life.hear(refunded(life.last("RefundCharge").refund_id, 5_000), asked_back())

    assert life.names.count("RefundCharge") == life.names.count("RefundIssued") == 1


def test_refunds_are_asked_for_one_after_another() -> None:
    life = refunding()
    assert life.names.count("RefundCharge") == 1

    life.hear(refunded(life.last("RefundCharge").refund_id, 5_000))
    assert life.last("RefundCharge").amount_minor == 1_000
    life.hear(refunded(life.last("RefundCharge").refund_id, 1_000))

    assert [m.amount_minor for m in life.said if m.name == "RefundIssued"] == [5_000, 1_000]
    assert life.payment.owed is Owed.NOTHING


def test_a_refund_that_fails_does_not_hold_up_the_next() -> None:
    life = refunding().hear(failed("refund", retryable=False))

    assert life.last("RefundFailed").failure_reason == "provider_error"
    assert life.last("RefundCharge").amount_minor == 1_000
    assert [refund.state for refund in life.payment.refunds] == ["failed", "processing"]


def test_a_cancellation_gives_back_what_other_refunds_leave() -> None:
    life = refunding().hear(cancelled())
    for amount in (5_000, 1_000, AMOUNT - 6_000):
        assert life.last("RefundCharge").amount_minor == amount
        life.hear(refunded(life.last("RefundCharge").refund_id, amount))

    assert life.status is Status.REFUNDED


# --- approval --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "amount_minor", "waits"),
    [
        ("GBP", 500_00, False),
        ("GBP", 500_01, True),
        ("USD", 632_91, False),
        ("USD", 632_92, True),
        ("EUR", 581_39, False),
        ("EUR", 581_40, True),
        ("CAD", 862_06, False),
        ("CAD", 862_07, True),
    ],
)
def test_above_five_hundred_pounds_somebody_must_approve(
    currency: str,
    amount_minor: int,
    waits: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    assert RULES.needs_approval(amount_minor, currency) is waits


def test_what_nobody_approves_is_cancelled_after_a_week() -> None:
    life = approving()
    assert (life.kinds() & {"approval"}, life.payment.refunds[0].state) == ({"approval"}, "pending")

    life.wait(7 * DAY_MS)

    failure = life.last("RefundFailed")
    assert (failure.failure_reason, failure.rejected) == ("approval_required", True)
    assert life.payment.refunds[0].state is RefundState.CANCELLED
    assert "RefundCharge" not in life.names
    assert "approval" not in life.kinds()


def test_what_nobody_approves_is_cancelled_unsaid_where_all_of_the_money_is_back() -> None:
    life = approving().hear(cancelled())
    life.hear(refunded(life.last("RefundCharge").refund_id, 90_000))

    life.wait(7 * DAY_MS)

    assert [one.state for one in life.payment.refunds] == ["cancelled", "completed"]
    assert ("RefundFailed" in life.names, "approval" in life.kinds()) == (False, False)


@pytest.mark.parametrize(
    ("told", "goes"),
    [({"approved_by": "boss"}, True), ({"approved_by": "agent_1"}, False), ({}, False)],
)
def test_only_another_person_approves(
    told: dict[str, Any],
    goes: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    at_once = dear().hear(asked_back(None, **told))
    afterwards = approving().hear(asked_back(None, **told))

    for life in (at_once, afterwards):
        assert ("RefundCharge" in life.names) is goes
        assert ("approval" in life.kinds()) is not goes


def stray() -> Life:
    """A renewal that took more than goes back without approval, for an invoice that is no more."""
    amount = 90_000
    return Life(renewal(amount_minor=amount)).hear(checked(), succeeded(amount_minor=amount))


@pytest.mark.parametrize(("by", "goes"), [("system", True), ("agent_1", False)])
def test_what_a_renewal_took_by_the_shops_own_error_goes_back_unapproved(
    by: str,
    goes: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    life = stray().hear(asked_back(None, requested_by=by))

    assert ("RefundCharge" in life.names) is goes


def test_what_a_renewal_took_by_the_shops_own_error_outlives_a_dispute() -> None:
    life = stray().hear(chargeback(90_000), asked_back(None, requested_by="system"))
    assert "RefundCharge" not in life.names

    assert "RefundCharge" in life.hear(closed("won")).names


def test_a_dear_refund_for_goods_that_is_approved_in_a_dispute_waits_for_its_end() -> None:
    life = dear().hear(asked_back(None, requested_by="system"), chargeback(90_000))

    life.hear(asked_back(None, approved_by="boss"))
    assert "RefundCharge" not in life.names

    assert "RefundCharge" in life.hear(closed("won")).names


def test_who_asked_cannot_approve_under_another_name_for_the_request() -> None:
    life = approving().hear(asked_back(None, requested_by="boss", approved_by="agent_1"))

    assert "RefundCharge" not in life.names


def test_an_approval_comes_too_late_for_money_that_is_gone() -> None:
    approve = asked_back(None, approved_by="boss")
    gone = approving().hear(cancelled())
    gone.hear(refunded(gone.last("RefundCharge").refund_id, 90_000), approve)
    held = approving().hear(chargeback(), approve)
    lost = approving().hear(chargeback(5_000), closed("lost"), approve)
    less = approving().hear(refunded("ref_by_hand", 5_000), approve)

    lives = (gone, held, lost, less)
    assert [life.last("RefundFailed").failure_reason for life in lives] == [
        "already_refunded",
        "fraud_hold",
        "already_refunded",
        "amount_exceeds_payment",
    ]
    assert {life.payment.refunds[0].state for life in lives} == {"failed"}


# --- what else goes on -----------------------------------------------------------------------


def test_a_review_that_clears_lets_money_go_back_again() -> None:
    life = suspect().hear(asked_back())
    assert life.last("RefundFailed").failure_reason == "fraud_hold"

    life.hear(checked("APPROVED"), asked_back())

    assert life.names.count("RefundCharge") == 1


def test_a_return_that_was_agreed_to_has_a_window_of_its_own() -> None:
    life = late().hear(asked_back(return_id=RETURN))

    life.hear(refunded(life.last("RefundCharge").refund_id, 5_000))

    assert life.last("RefundIssued").return_id == RETURN


def test_accepted_refunds_wait_for_the_end_of_a_dispute() -> None:
    life = refunding().hear(chargeback())
    life.hear(refunded(life.last("RefundCharge").refund_id, 5_000))
    assert (life.status, life.names.count("RefundCharge")) == (Status.DISPUTED, 1)

    life.hear(closed("won"))

    assert life.last("RefundCharge").amount_minor == 1_000
