"""The contract's payment machine: every transition happens, and no other."""

from collections.abc import Callable

import pytest

from events.base import Message
from streams.moments import DAY_MS, MINUTE_MS
from streams.payments.states import MOVES, TERMINAL, Status, seen_status
from tests.streams.payments.samples import (
    FAR_MS,
    LIVES,
    TRIGGERS,
    Life,
    authorized,
    cancelled,
    captured,
    capturing,
    chargeback,
    charging,
    checked,
    closed,
    declined,
    detected,
    disputed,
    failed_for_good,
    failed_once,
    fresh,
    held,
    line,
    paid,
    partly_refunded,
    refunded,
    renewal,
    settled,
    settled_life,
    succeeded,
    voided,
)


def renewing() -> Life:
    return Life(renewal()).hear(checked())


def say(event: Callable[..., Message], *args: object) -> Callable[[Life], object]:
    return lambda life: life.hear(event(*args))


def let_pass(ms: int) -> Callable[[Life], object]:
    return lambda life: life.wait(ms)


# from, to, trigger, and what brings it about: one row for each of the contract's.
CONTRACT = [
    ("INITIATED", "HELD", "FraudDetected", fresh, say(detected, "high")),
    ("INITIATED", "HELD", "FraudCheckCompleted", fresh, say(checked, "MANUAL_REVIEW")),
    ("HELD", "INITIATED", "FraudCheckCompleted", held, say(checked, "APPROVED")),
    ("INITIATED", "CANCELLED", "FraudCheckCompleted", fresh, say(checked, "DECLINED")),
    ("HELD", "CANCELLED", "FraudCheckCompleted", held, say(checked, "DECLINED")),
    ("HELD", "CANCELLED", "timer:review", held, let_pass(DAY_MS + 5 * MINUTE_MS)),
    ("INITIATED", "AUTHORIZED", "StripeChargeSucceeded", charging, say(succeeded)),
    ("INITIATED", "CAPTURED", "StripeChargeSucceeded", renewing, say(succeeded)),
    ("AUTHORIZED", "CAPTURED", "InventoryAdjusted", capturing, say(captured)),
    ("INITIATED", "FAILED", "StripeChargeFailed", charging, say(declined)),
    ("AUTHORIZED", "FAILED", "StripeChargeFailed", authorized, say(declined, "other", "ch_1")),
    ("FAILED", "INITIATED", "timer:retry", failed_once, let_pass(10 * MINUTE_MS)),
    ("FAILED", "CANCELLED", "timer:retry", failed_for_good, let_pass(0)),
    ("INITIATED", "CANCELLED", "OrderCancelled", fresh, say(cancelled)),
    ("HELD", "CANCELLED", "OrderCancelled", held, say(cancelled)),
    ("AUTHORIZED", "CANCELLED", "OrderCancelled", authorized, say(cancelled)),
    ("AUTHORIZED", "CANCELLED", "timer:authorization", authorized, let_pass(7 * DAY_MS)),
    ("CAPTURED", "SETTLED", "PaymentSettled", paid, say(settled)),
    ("CAPTURED", "SETTLED", "timer:settlement", paid, let_pass(4 * DAY_MS)),
    ("CAPTURED", "PARTIALLY_REFUNDED", "RefundIssued", paid, say(refunded, "ref_1", 100)),
    ("SETTLED", "PARTIALLY_REFUNDED", "RefundIssued", settled_life, say(refunded, "r", 100)),
    (
        "PARTIALLY_REFUNDED",
        "PARTIALLY_REFUNDED",
        "RefundIssued",
        partly_refunded,
        say(refunded, "ref_2", 100),
    ),
    ("CAPTURED", "REFUNDED", "RefundIssued", paid, say(refunded)),
    ("SETTLED", "REFUNDED", "RefundIssued", settled_life, say(refunded)),
    ("PARTIALLY_REFUNDED", "REFUNDED", "RefundIssued", partly_refunded, say(refunded)),
    ("CAPTURED", "DISPUTED", "RecordChargeback", paid, say(chargeback)),
    ("SETTLED", "DISPUTED", "RecordChargeback", settled_life, say(chargeback)),
    ("PARTIALLY_REFUNDED", "DISPUTED", "RecordChargeback", partly_refunded, say(chargeback)),
    ("DISPUTED", "SETTLED", "CloseChargeback", disputed, say(closed, "won")),
    ("DISPUTED", "CHARGED_BACK", "CloseChargeback", disputed, say(closed, "lost")),
]

# Moves that one input makes, beside the contract's trigger of the same move. The contract names
# the first cause; here the money moves when the provider says so, and silence is an answer too.
ALSO = {
    ("AUTHORIZED", "CAPTURED", "ChargeCaptured"),
    ("INITIATED", "FAILED", "ChargeOperationFailed"),
    ("AUTHORIZED", "FAILED", "ChargeOperationFailed"),
    ("AUTHORIZED", "FAILED", "ChargeVoided"),
    ("CAPTURED", "PARTIALLY_REFUNDED", "ChargeRefunded"),
    ("SETTLED", "PARTIALLY_REFUNDED", "ChargeRefunded"),
    ("CAPTURED", "REFUNDED", "ChargeRefunded"),
    ("SETTLED", "REFUNDED", "ChargeRefunded"),
    ("PARTIALLY_REFUNDED", "REFUNDED", "ChargeRefunded"),
    # A verdict that comes before its dispute opens and ends it at once.
    ("CAPTURED", "SETTLED", "CloseChargeback"),
    ("PARTIALLY_REFUNDED", "SETTLED", "CloseChargeback"),
    ("CAPTURED", "CHARGED_BACK", "CloseChargeback"),
    ("SETTLED", "CHARGED_BACK", "CloseChargeback"),
    ("PARTIALLY_REFUNDED", "CHARGED_BACK", "CloseChargeback"),
}


@pytest.mark.parametrize(
    ("before", "after", "trigger", "make", "act"),
    CONTRACT,
    ids=[f"{row[0]} to {row[1]} by {row[2]}" for row in CONTRACT],
)
def test_every_transition_of_the_contract_happens(
    before: str,
    after: str,
    trigger: str,
    make: Callable[[], Life],
    act: Callable[[Life], object],
) -> None:
    life = make()
    assert life.status == before

    act(life)

    assert life.status == after


def test_the_declared_moves_are_those_of_the_contract() -> None:
    told = {(Status(row[0]), Status(row[1])) for row in CONTRACT if row[0] != row[1]}

    assert told == MOVES


def test_states_without_a_way_out_are_terminal() -> None:
    assert {status for status in Status if not any(a is status for a, _ in MOVES)} == TERMINAL


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("name", LIVES)
def test_no_input_makes_a_move_that_its_trigger_does_not_have(name: str, trigger: str) -> None:
    allowed = {(a, b) for a, b, t, *_ in CONTRACT if t == trigger}
    allowed |= {(a, b) for a, b, t in ALSO if t == trigger}
    for event in TRIGGERS[trigger]:
        life = LIVES[name]()
        before = life.status
        life.moves.clear()

        life.hear(event())

        assert {(a.value, b.value) for a, b in life.moves} <= allowed, event()
        if before in TERMINAL:
            assert life.status is before


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("name", LIVES)
def test_the_same_input_again_changes_nothing_and_says_nothing(name: str, trigger: str) -> None:
    for event in TRIGGERS[trigger]:
        life = LIVES[name]().hear(event()).forget_said()
        row = life.payment

        life.hear(event())

        again = life.payment
        assert again.status is row.status, event()
        assert money(again) == money(row), event()
        assert not {"CapturePayment", "ProcessPayment", "RefundCharge"} & set(life.names), event()


def money(payment: object) -> tuple[int, ...]:
    names = ("authorized_minor", "captured_minor", "refunded_minor", "charged_back_minor")
    return tuple(getattr(payment, name) for name in names)


@pytest.mark.parametrize("name", LIVES)
def test_every_timer_ends(name: str) -> None:
    life = LIVES[name]()

    life.wait(FAR_MS)

    assert not life.timers
    assert life.payment.watch_ms == 0


@pytest.mark.parametrize("name", LIVES)
def test_a_payment_that_ended_keeps_no_lines_and_no_token(name: str) -> None:
    life = LIVES[name]().hear(line(1), cancelled(), captured(), refunded(), voided()).wait(FAR_MS)

    row = life.payment
    if row.status in TERMINAL:
        assert row.held == row.committed == ()
        assert row.session.method.token is None


@pytest.mark.parametrize(
    ("status", "final", "seen"),
    [
        ("INITIATED", False, "pending"),
        ("HELD", False, "pending"),
        ("AUTHORIZED", False, "pending"),
        ("FAILED", False, "pending"),
        ("FAILED", True, "failed"),
        ("CANCELLED", False, "failed"),
        ("CAPTURED", False, "completed"),
        ("SETTLED", False, "completed"),
        ("PARTIALLY_REFUNDED", False, "completed"),
        ("DISPUTED", False, "completed"),
        ("REFUNDED", False, "refunded"),
        ("CHARGED_BACK", False, "refunded"),
    ],
)
def test_customers_see_four_states(status: str, final: bool, seen: str) -> None:  # noqa: FBT001 - a row's
    assert seen_status(status, final=final) == seen
