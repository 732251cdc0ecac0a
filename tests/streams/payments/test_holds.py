"""Lines held and committed: the gate of the capture, and completion."""

from itertools import permutations

import pytest

from events.base import Message
from events.inventory import InventoryAdjusted
from streams.moments import DAY_MS, MINUTE_MS
from streams.payments.early import early_cancel, early_decision, early_stock
from streams.payments.early_news import Early
from streams.payments.rules import PaymentRules
from streams.payments.states import Status
from tests.streams.payments.samples import (
    AMOUNT,
    NOW_MS,
    RULES,
    Life,
    amended,
    authorized,
    cancelled,
    captured,
    capturing,
    chargeback,
    charging,
    checked,
    closed,
    committed,
    fresh,
    initiated,
    lapsed,
    line,
    paid,
    succeeded,
)


@pytest.mark.parametrize("order", list(permutations((checked(), line(1), line(2)))))
def test_capture_waits_for_every_line_and_for_fraud_in_whatever_order(
    order: tuple[object, ...],
) -> None:
    life = fresh().hear(*order, succeeded())

    assert life.names == ["ProcessPayment", "CapturePayment"]


def test_an_authorised_payment_is_captured_when_its_last_line_is_held() -> None:
    life = authorized().hear(line(1))
    assert "CapturePayment" not in life.names

    life.hear(line(2))

    command = life.last("CapturePayment")
    assert (command.charge_id, command.amount_minor) == ("ch_1", 18_997)
    assert command.idempotency_key == "pay_ord_1:1:capture"


def test_one_line_held_twice_counts_once() -> None:
    assert "CapturePayment" not in authorized().hear(line(1), line(1), line(1)).names


def test_part_of_a_split_line_does_not_hold_it() -> None:
    life = authorized().hear(line(1), line(2, reservation_status="PENDING"))

    assert "CapturePayment" not in life.names


@pytest.mark.parametrize(
    "lost",
    [
        lapsed(1),
        line(1, reason="reservation_released", reservation_status="CANCELLED"),
        line(1, reason="order_cancelled", reservation_status=None),
        line(1, reason="reservation_expired", reservation_status=None),
    ],
)
def test_a_line_that_is_held_no_longer_shuts_the_gate(lost: InventoryAdjusted) -> None:
    life = authorized().hear(line(1), lost, line(2))
    assert "CapturePayment" not in life.names

    life.hear(line(1))

    assert life.names[-1] == "CapturePayment"


def test_a_hold_that_lapses_during_the_capture_does_not_stop_it() -> None:
    life = capturing().hear(lapsed(1), captured())

    assert life.status is Status.CAPTURED


@pytest.mark.parametrize(
    "told",
    [
        {"reason": "restock", "reservation_id": None, "reservation_status": None},
        {"reason": "order_shipped", "reservation_status": "FULFILLED"},
    ],
)
def test_other_news_of_stock_changes_nothing(told: dict[str, object]) -> None:
    life = authorized()
    before = life.payment

    life.hear(line(1, **told))

    assert life.payment == before


def test_the_number_of_lines_may_come_with_the_first_hold() -> None:
    life = Life(initiated(lines=0)).hear(checked(), succeeded())
    assert "CapturePayment" not in life.names

    life.hear(line(1, lines_total=2))
    assert "CapturePayment" not in life.names

    assert life.hear(line(2, lines_total=2)).names[-1] == "CapturePayment"


def test_more_lines_than_the_order_has_are_not_kept() -> None:
    life = charging().hear(*(line(number) for number in range(1, 60)))

    assert len(life.payment.held) == 2


def test_the_payment_completes_when_every_line_is_committed() -> None:
    life = paid().hear(committed(1), committed(1))
    assert "PaymentComplete" not in life.names

    life.hear(committed(2), committed(2))

    done = life.last("PaymentComplete")
    assert life.names.count("PaymentComplete") == 1
    assert (done.amount_minor, done.processing_fee_minor, done.net_amount_minor) == (
        18_997,
        580,
        18_417,
    )
    assert (done.order_id, done.customer_id, done.transaction_id) == ("ord_1", "cust_1", "ch_1")
    assert life.payment.committed == life.payment.held == ()


@pytest.mark.parametrize(
    "last", [committed(2), amended(AMOUNT, 1, 0)], ids=["committed", "taken away"]
)
def test_stock_that_is_committed_during_a_dispute_counts(last: Message) -> None:
    life = paid().hear(committed(1), chargeback(), last)

    assert life.status is Status.DISPUTED
    assert life.names.count("PaymentComplete") == 1
    assert life.hear(closed("won")).payment.complete


def test_a_cancelled_order_does_not_complete() -> None:
    life = paid().hear(committed(1), cancelled(), committed(2))

    assert "PaymentComplete" not in life.names


@pytest.mark.parametrize(
    ("amount_minor", "fee_minor"),
    [(18_997, 580), (24_999, 754), (10_000, 320), (31, 30), (30, 30), (10, 10), (0, 0)],
)
def test_the_fee_is_cut_to_cents_and_never_above_the_amount(
    amount_minor: int, fee_minor: int
) -> None:
    assert RULES.fee_minor(amount_minor) == fee_minor


# --- before the session ----------------------------------------------------------------------


def test_holds_before_the_session_are_remembered_and_forgotten() -> None:
    early = early_stock(None, line(1, lines_total=3), NOW_MS, RULES)
    early = early_stock(early, line(2), NOW_MS + 1, RULES)
    early = early_stock(early, line(2), NOW_MS + 2, RULES)
    early = early_stock(early, lapsed(1), NOW_MS + 3, RULES)

    assert early == Early(NOW_MS + 10 * MINUTE_MS, held=("2",), lines=3)


def test_other_news_before_the_session_is_not_kept() -> None:
    assert early_stock(None, lapsed(1), NOW_MS, RULES) is None
    assert early_stock(None, line(1, reservation_status="PENDING"), NOW_MS, RULES) is None
    assert early_stock(None, committed(1), NOW_MS, RULES) is None


def test_what_is_early_is_bounded() -> None:
    rules = PaymentRules(lines_max=3)
    early = None
    for number in range(10):
        early = early_stock(early, line(number), NOW_MS, rules)

    assert early is not None
    assert len(early.held) == 3


def test_an_early_cancellation_is_kept_for_a_day() -> None:
    early = early_stock(None, line(1), NOW_MS, RULES)
    early = early_decision(early, checked(), NOW_MS, RULES)
    early = early_cancel(early, cancelled(), NOW_MS + 5, RULES)

    assert early == Early(NOW_MS + 5 + DAY_MS, cancel_reason="CUSTOMER_REQUEST")
    assert early_cancel(early, cancelled("OTHER"), NOW_MS + 9, RULES) == early
