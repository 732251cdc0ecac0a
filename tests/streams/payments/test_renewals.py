"""Renewals: one attempt each, and money that an order claims afterwards (G-42, G-45)."""

from typing import Any

import pytest

from events.orders import OrderFailed
from streams.moments import DAY_MS, MINUTE_MS
from streams.payments.states import Status
from tests.streams.payments.samples import (
    AMOUNT,
    ORDER,
    Life,
    asked_back,
    cancelled,
    checked,
    committed,
    declined,
    detected,
    failed,
    initiated,
    lapsed,
    line,
    refunded,
    renewal,
    succeeded,
)

CLAIM: dict[str, Any] = {"subscription_id": "sub_1", "amount_minor": AMOUNT - 1_000}


def goods() -> Life:
    """A renewal that has taken the money for two lines of goods."""
    two = initiated(lines=2).items
    return Life(renewal(items=two)).hear(checked(), succeeded())


def test_a_renewal_has_one_attempt_and_its_id_is_its_key() -> None:
    life = Life(renewal()).hear(checked())
    assert life.last("ProcessPayment").idempotency_key == "ord_1"

    life.hear(declined())
    told = life.last("PaymentFailed")
    life.wait(DAY_MS)

    assert (told.next_retry_at, told.attempt_number, told.max_attempts) == (None, 1, 1)
    assert told.retryable is True
    assert life.names == ["ProcessPayment", "PaymentFailed"]
    assert life.status is Status.CANCELLED
    assert not life.timers


def test_a_renewal_of_unknown_outcome_fails_and_is_given_back_if_it_went_through() -> None:
    life = Life(renewal()).hear(checked(), failed("authorize")).wait(MINUTE_MS)
    assert life.names[-2:] == ["PaymentFailed", "ProcessPayment"]

    life.hear(succeeded())

    assert life.last("RefundCharge").amount_minor == AMOUNT


def test_a_second_charge_of_a_renewal_is_for_a_person_because_its_money_is_taken() -> None:
    life = Life(renewal()).hear(checked(), succeeded())
    assert not life.payment.stuck

    life.hear(succeeded(), succeeded("ch_2"))

    assert life.last("VoidPayment").charge_id == "ch_2"
    assert life.payment.stuck


def test_a_renewal_of_another_amount_than_was_asked_for_fails_and_goes_back() -> None:
    kept = Life(renewal()).hear(checked(), detected(), succeeded(amount_minor=100))
    assert kept.names == ["ProcessPayment"]

    life = kept.hear(checked())

    told = life.last("PaymentFailed")
    assert (told.failure_code, told.retryable) == ("amount_differs", False)
    assert "PaymentProcessed" not in life.names
    assert life.wait(0).last("RefundCharge").amount_minor == 100
    assert life.hear(refunded(life.payment.refund_id, 100)).payment.refunded_minor == 100


def test_an_order_claims_the_money_and_is_paid_when_it_has_all_its_stock() -> None:
    life = goods().hear(initiated(**CLAIM))
    assert life.names.count("PaymentProcessed") == 1

    life.hear(line(1), line(2))

    claimed = life.last("PaymentProcessed")
    assert (claimed.order_id, claimed.amount_minor) == (ORDER, AMOUNT - 1_000)
    life.hear(committed(1), committed(2))
    assert life.last("PaymentComplete").order_id == ORDER
    assert life.names.count("ProcessPayment") == 1


def test_stock_may_be_held_before_the_order_claims() -> None:
    life = goods().hear(line(1), line(2), initiated(**CLAIM))

    assert life.names.count("PaymentProcessed") == 2
    assert life.payment.allotted


def test_an_order_of_a_few_cents_that_bear_no_tax_claims_all_of_the_money() -> None:
    life = goods().hear(initiated(**{**CLAIM, "amount_minor": AMOUNT}), line(1), line(2))

    assert life.payment.allotted


@pytest.mark.parametrize("claims", [0, 1], ids=["before the claim", "after it"])
def test_an_order_is_paid_though_a_part_went_back_while_it_waited_for_its_stock(
    claims: int,
) -> None:
    life = goods().hear(*[initiated(**CLAIM)] * claims, asked_back(500))
    life.hear(refunded(life.payment.refund_id, 500), initiated(**CLAIM))

    life.hear(line(1), line(2))

    assert life.status is Status.PARTIALLY_REFUNDED
    assert life.last("PaymentProcessed").order_id == ORDER


def test_what_a_part_left_goes_back_where_the_order_is_refused() -> None:
    life = goods().hear(asked_back(500))
    life.hear(refunded(life.payment.refund_id, 500), refusal())

    assert life.last("RefundCharge").amount_minor == AMOUNT - 500


def test_a_line_that_lapses_is_waited_for_again() -> None:
    life = goods().hear(initiated(**CLAIM), line(1), lapsed(1), line(2))
    assert not life.payment.allotted

    assert life.hear(line(1)).payment.allotted


def test_a_cancelled_order_gives_back_everything_tax_included() -> None:
    life = goods().hear(initiated(**CLAIM), line(1), cancelled("OUT_OF_STOCK"), line(2))
    assert life.last("RefundCharge").amount_minor == AMOUNT

    life.hear(refunded(life.last("RefundCharge").refund_id, AMOUNT))

    assert life.status is Status.REFUNDED
    assert life.names.count("PaymentProcessed") == 1


@pytest.mark.parametrize(
    "told",
    [
        {"order_id": None},
        {"customer_id": "cust_2"},
        {"subscription_id": "sub_2"},
        {"subscription_id": None},
        {"currency": "EUR"},
        {"amount_minor": AMOUNT + 1},
        {"amount_minor": 0},
        {"items": initiated(lines=3).items},
    ],
)
def test_another_order_cannot_claim_the_money(told: dict[str, Any]) -> None:
    life = goods()
    row = life.payment

    assert life.hear(initiated(**{**CLAIM, **told})).payment == row


def test_nobody_claims_the_money_of_a_plan() -> None:
    life = Life(renewal()).hear(checked(), succeeded())
    row = life.payment

    assert life.hear(initiated(lines=0, items=None, **CLAIM)).payment == row


def test_money_belongs_to_the_first_order_that_claims_it() -> None:
    life = goods().hear(initiated(**CLAIM))
    row = life.payment

    assert life.hear(initiated(**{**CLAIM, "order_id": "ord_2"})).payment == row


def test_money_is_claimed_once() -> None:
    life = goods().hear(initiated(**CLAIM), line(1), line(2))
    row = life.payment

    assert life.hear(initiated(**CLAIM), line(1)).payment == row


@pytest.mark.parametrize(
    ("given", "back"), [({}, AMOUNT), ({"user_id": "usr_else"}, None)], ids=["mine", "a stranger's"]
)
def test_what_was_taken_for_an_order_that_is_refused_goes_back(
    given: dict[str, Any], back: int | None
) -> None:
    life = goods().hear(refusal(**given))

    asked = [one.amount_minor for one in life.said if one.name == "RefundCharge"]
    assert asked == ([] if back is None else [back])
    assert life.hear(refusal(**given)).names.count("RefundCharge") == len(asked)


def test_a_refused_order_takes_no_money_from_a_renewal_that_sells_no_goods() -> None:
    life = Life(renewal()).hear(checked(), succeeded())

    assert "RefundCharge" not in life.hear(refusal()).names


def refusal(**given: Any) -> OrderFailed:
    fields = {"order_id": ORDER, "user_id": "cust_1", "rejection_reason": "INVALID_ADDRESS"}
    return OrderFailed(**(fields | given))
