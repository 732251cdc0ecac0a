from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.fraud import fraud_agent
from engine.driver import Driver
from events.fraud import CheckFraud, ClearSuspension, FraudCheckCompleted
from events.orders import OrderCancelled
from events.payments import PaymentInitiated
from events.refunds import ChargebackClosed
from events.types import PaymentMethod
from streams.fraud.rules import FraudRules
from streams.moments import MINUTE_MS
from tables.fraud import RISK_PROFILES
from tests.agents.fraud_shop import START_MS, name_of, send, told
from topics import PAYMENTS_COMMANDS, PAYMENTS_EVENTS

RULES = FraudRules(fraud_devices=frozenset({"dev_of_thieves"}))


def driver(**kwargs: int) -> Driver:
    return Driver([fraud_agent(RULES, kwargs.get("partitions", 1))], start_ms=START_MS, **kwargs)


def initiated(n: int, customer: str = "cust_1", **known: object) -> PaymentInitiated:
    return PaymentInitiated(
        payment_id=f"pay_ord_{n}",
        order_id=f"ord_{n}",
        customer_id=customer,
        amount_minor=12_999,
        currency="USD",
        payment_method=PaymentMethod(type="credit_card"),
        previous_orders=47,
        account_created_at=datetime(2024, 1, 1, tzinfo=UTC),
        **known,
    )


def outcomes(of: Driver) -> dict[str, tuple[str, int]]:
    found = told(of, "FraudCheckCompleted")
    return {each.data.payment_id: (each.data.decision, each.data.risk_score) for each in found}


def test_a_payment_is_scored_then_decided_under_its_own_key() -> None:
    shop = driver()

    send(shop, initiated(1, device_id="dev_1", ip_address="10.0.0.1"))
    shop.run()

    records = shop.outputs(PAYMENTS_EVENTS)
    assert [name_of(record) for record in records] == [
        "PaymentInitiated",
        "RiskScoreCalculated",
        "FraudCheckCompleted",
    ]
    assert {record.key for record in records} == {b"pay_ord_1"}
    (checked,) = told(shop, "FraudCheckCompleted")
    assert (checked.data.decision, checked.data.risk_score) == ("APPROVED", 17)
    assert checked.correlation_id == "saga_evt_PaymentInitiated_pay_ord_1"
    assert checked.causation_id == "evt_PaymentInitiated_pay_ord_1"


def test_payments_of_one_customer_meet_in_one_profile_wherever_they_lie() -> None:
    shop = driver(partitions=4)

    for n in range(12):
        send(shop, initiated(n))
    shop.run()

    profiles = shop.rows(RISK_PROFILES)
    assert list(profiles) == ["cust_1"]
    assert len(profiles["cust_1"].attempts) == 12
    decisions = [decision for decision, _ in outcomes(shop).values()]
    assert (decisions.count("APPROVED"), decisions.count("DECLINED")) == (10, 2)


def test_the_hour_that_is_counted_is_the_brokers() -> None:
    shop = driver()

    for n in range(12):
        send(shop, initiated(n))
        shop.run()
        shop.advance(6 * MINUTE_MS)

    assert {decision for decision, _ in outcomes(shop).values()} == {"APPROVED"}


def test_the_same_payment_twice_is_assessed_once() -> None:
    shop = driver()

    send(shop, initiated(1))
    shop.run()
    before = shop.rows(RISK_PROFILES)
    send(shop, initiated(1), "evt_again")
    shop.run()

    assert len(told(shop, "FraudCheckCompleted")) == 1
    assert shop.rows(RISK_PROFILES) == before


def test_a_stolen_card_suspends_the_account_until_its_case_is_cleared() -> None:
    shop = driver()

    send(shop, initiated(1, card_reported_stolen=True))
    shop.run()
    send(shop, initiated(2))
    shop.run()
    cleared = FraudCheckCompleted(
        transaction_id="txn_ord_1",
        payment_id="pay_ord_1",
        customer_id="cust_1",
        risk_score=95,
        decision="APPROVED",
        reasons=("override by ann",),
        confidence=0.9,
    )
    send(shop, cleared, "evt_cleared")
    shop.run()
    send(shop, initiated(3))
    shop.run()

    assert [each.data.severity for each in told(shop, "FraudDetected")] == ["critical"]
    decided = {name: decision for name, (decision, _) in outcomes(shop).items()}
    assert decided["pay_ord_2"] == "DECLINED"
    assert decided["pay_ord_3"] == "APPROVED"


def test_a_decision_that_names_no_customer_is_no_outcome_of_a_review() -> None:
    shop = driver()

    send(shop, initiated(1, card_reported_stolen=True))
    shop.run()

    assert shop.rows(RISK_PROFILES)["cust_1"].suspended_by == "pay_ord_1"
    assert shop.stats.dead == {}


@pytest.mark.parametrize(
    ("payment_id", "suspended_by"), [("pay_ord_1", None), ("pay_ord_2", "pay_ord_1")]
)
def test_an_administrator_lifts_the_suspension_that_a_payment_caused(
    payment_id: str, suspended_by: str | None
) -> None:
    shop = driver()
    send(shop, initiated(1, card_reported_stolen=True))
    shop.run()

    cleared = ClearSuspension(
        payment_id=payment_id, customer_id="cust_1", reviewer="kim", rationale="it was the bank"
    )
    send(shop, cleared)
    shop.run()

    assert shop.rows(RISK_PROFILES)["cust_1"].suspended_by == suspended_by


def test_a_lost_chargeback_that_names_its_customer_raises_the_next_score() -> None:
    shop = driver()
    chargeback = ChargebackClosed(
        chargeback_id="cb_1",
        payment_id="pay_ord_1",
        customer_id="cust_1",
        amount_minor=12_999,
        currency="USD",
        outcome="lost",
    )

    send(shop, initiated(1))
    shop.run()
    send(shop, chargeback)
    shop.run()
    send(shop, initiated(2))
    shop.run()

    found = outcomes(shop)
    assert found["pay_ord_2"][1] - found["pay_ord_1"][1] == 25


def cancelled(n: int, customer: str = "cust_1") -> OrderCancelled:
    return OrderCancelled(
        order_id=f"ord_{n}",
        user_id=customer,
        cancellation_reason="PAYMENT_FAILED",
        order_items=(),
        order_total_minor=12_999,
        currency="USD",
        order_status="cancelled",
    )


@pytest.mark.parametrize("partitions", [1, 4])
def test_orders_that_were_cancelled_are_no_history_of_a_customer(partitions: int) -> None:
    shop = driver(partitions=partitions)
    for n in range(1, 4):
        send(shop, initiated(n))
        shop.run()

    for event_id in ("told", "told again"):
        send(shop, cancelled(2), event_id)
        shop.run()
    send(shop, cancelled(9))
    send(shop, cancelled(1, "cust_2"))
    shop.run()

    rows = shop.rows(RISK_PROFILES)
    assert (rows["cust_1"].orders, rows["cust_1"].approved_minor) == (2, 2 * 12_999)
    assert len(rows["cust_1"].attempts) == 3, "they were attempts all the same"
    assert list(rows) == ["cust_1"]
    send(shop, initiated(2))
    shop.run()
    assert len(told(shop, "RiskScoreCalculated")) == 3, "a payment is assessed once"


def test_a_check_on_request_gives_a_score_and_opens_no_gate() -> None:
    shop = driver()
    request = CheckFraud(
        payment_id="pay_ord_1", customer_id="cust_1", amount_minor=249_999, currency="USD"
    )

    send(shop, request)
    shop.run()

    (scored,) = told(shop, "RiskScoreCalculated")
    assert scored.data.risk_score == 12
    assert outcomes(shop) == {}
    assert shop.rows(RISK_PROFILES) == {}
    assert len(shop.outputs(PAYMENTS_COMMANDS)) == 1


def test_a_payment_that_cannot_be_read_does_not_hinder_its_neighbours() -> None:
    shop = driver(partitions=1)

    shop.send(PAYMENTS_EVENTS, b'{"eventType":"PaymentInitiated"', "pay_ord_1")
    send(shop, initiated(2))
    shop.run()

    assert list(outcomes(shop)) == ["pay_ord_2"]
    assert len(shop.dead_letters(PAYMENTS_EVENTS)) == 1


@pytest.mark.parametrize("chunk_max", [1, 7])
@given(
    numbers=st.lists(
        st.tuples(st.integers(1, 12), st.sampled_from(["cust_1", "cust_2"])), max_size=25
    ),
    restarts=st.sets(st.integers(0, 24), max_size=3),
)
@settings(max_examples=15)
def test_batches_and_restarts_change_neither_profiles_nor_what_is_told(
    chunk_max: int, numbers: list[tuple[int, str]], restarts: set[int]
) -> None:
    # One partition: payments of one customer that lie in several come in no fixed order.
    whole, parts = driver(partitions=1), driver(partitions=1, chunk_max=chunk_max)

    for position, (n, customer) in enumerate(numbers):
        for shop in (whole, parts):
            send(shop, initiated(n, customer, device_id=f"dev_{n % 3}"), f"evt_{position}")
        if position in restarts:
            parts.run().restart()
    whole.run()
    parts.run()

    records = [shop.outputs(PAYMENTS_EVENTS) for shop in (whole, parts)]
    assert parts.rows(RISK_PROFILES) == whole.rows(RISK_PROFILES)
    assert {r.value for r in records[0]} == {r.value for r in records[1]}
