from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.fraud import fraud_agent
from agents.review import review_agent
from engine.driver import Driver
from events.fraud import CheckFraud, FraudDetected, OverrideFraudDecision
from events.payments import PaymentInitiated
from events.types import Address, PaymentMethod
from streams.fraud.rules import FraudRules
from streams.moments import HOUR_MS
from tables.fraud import FRAUD, REVIEW_QUEUE, RISK_PROFILES
from tests.agents.caller import heard
from tests.agents.fraud_shop import START_MS, send, told
from topics import ALERTS_EVENTS, PAYMENTS_COMMANDS

RULES = FraudRules()
PAYMENT = "pay_ord_1"


def driver(**kwargs: int) -> Driver:
    return Driver([fraud_agent(RULES, 1), review_agent(RULES)], start_ms=START_MS, **kwargs)


def payment(n: int = 1, **known: object) -> PaymentInitiated:
    return PaymentInitiated(
        payment_id=f"pay_ord_{n}",
        order_id=f"ord_{n}",
        customer_id="cust_1",
        amount_minor=12_999,
        currency="USD",
        payment_method=PaymentMethod(type="credit_card"),
        **{"previous_orders": 0, "ip_country": "US", **known},
    )


HERE = Address(line1="1 High St", city="Portland", country="US")
THERE = Address(line1="2 Low St", city="Salem", country="US")
DOUBTFUL = {
    "device_id": "dev_1",
    "ip_address": "10.0.0.1",
    "shipping_address": THERE,
    "billing_address": HERE,
}
"""New customer 15, new device 10, addresses differ 20, normal velocity 5: 50."""


def override(
    decision: str = "APPROVED", reviewer: str = "ann", payment_id: str = PAYMENT
) -> OverrideFraudDecision:
    return OverrideFraudDecision(
        payment_id=payment_id, decision=decision, reviewer=reviewer, rationale="spoke to them"
    )


def decisions(of: Driver) -> list[str]:
    return [each.data.decision for each in told(of, "FraudCheckCompleted")]


def held(**kwargs: int) -> Driver:
    """A shop with one payment under review."""
    shop = driver(**kwargs)
    send(shop, payment(**DOUBTFUL))
    return shop.run()


def test_open_cases_queue_by_their_score_until_they_are_decided() -> None:
    shop = driver()
    send(shop, payment(1, **DOUBTFUL))
    send(shop, payment(2, **DOUBTFUL | {"ip_country": "NG", "billing_address": HERE}))
    send(shop, payment(3))
    shop.run()

    queue = shop.rows(REVIEW_QUEUE)
    by_key = [(queue[key].payment_id, queue[key].score) for key in sorted(queue)]
    assert by_key == [("pay_ord_2", 72), ("pay_ord_1", 50)]
    waiting = queue["050|pay_ord_1"]
    assert (waiting.order_id, waiting.opened_at_ms) == ("ord_1", START_MS)
    assert waiting.sla_due_at_ms == START_MS + 4 * HOUR_MS

    send(shop, override(payment_id="pay_ord_2"))
    shop.run()
    assert [*shop.rows(REVIEW_QUEUE)] == ["050|pay_ord_1"]
    shop.advance(24 * HOUR_MS, step_ms=HOUR_MS)
    assert shop.rows(REVIEW_QUEUE) == {}


def test_a_case_whose_score_rises_moves_up_in_the_queue() -> None:
    shop = held()

    finding = FraudDetected(
        payment_id=PAYMENT,
        customer_id="cust_1",
        fraud_type="account_takeover",
        severity="high",
        risk_score=85,
    )
    send(shop, finding)
    shop.run()

    assert [*shop.rows(REVIEW_QUEUE)] == ["015|pay_ord_1"]


@pytest.mark.parametrize("decided", [False, True])
def test_a_case_that_nobody_looked_at_for_four_hours_is_an_alert(*, decided: bool) -> None:
    shop = held()
    if decided:
        send(shop, override())

    shop.advance(4 * HOUR_MS - 1)
    assert shop.outputs(ALERTS_EVENTS) == []
    shop.advance(1)
    shop.advance(19 * HOUR_MS, step_ms=HOUR_MS)

    raised = [told.data for told in heard(shop, ALERTS_EVENTS)]
    assert [(one.rule, one.subject) for one in raised] == (
        [] if decided else [("review_sla", PAYMENT)]
    )
    assert all((one.value, one.threshold, one.unit) == (240, 240, "minutes") for one in raised)
    assert all(Path(one.runbook).is_file() for one in raised)
    assert all(one.sla_missed for one in shop.rows(REVIEW_QUEUE).values())


def test_a_doubtful_payment_waits_for_a_reviewer() -> None:
    shop = held()

    row = shop.rows(FRAUD)[PAYMENT]
    assert decisions(shop) == ["MANUAL_REVIEW"]
    assert (row.score, row.level, row.decision, row.state) == (
        50,
        "medium",
        "MANUAL_REVIEW",
        "open",
    )
    assert [(factor.name, factor.points) for factor in row.factors] == [
        ("customer_history", 15),
        ("device_fingerprint", 10),
        ("geolocation_mismatch", 0),
        ("shipping_billing_match", 20),
        ("order_amount", 0),
        ("velocity_check", 5),
    ]
    assert shop.timers() == {"review.sla": 1, "review.review": 1}


def test_an_approved_payment_has_a_row_and_no_timers() -> None:
    shop = driver()

    send(shop, payment())
    shop.run()

    assert shop.rows(FRAUD)[PAYMENT].decision == "APPROVED"
    assert shop.timers() == {}


@pytest.mark.parametrize(
    ("decision", "state"), [("APPROVED", "cleared"), ("DECLINED", "confirmed")]
)
def test_a_reviewer_decides_once_and_for_all(decision: str, state: str) -> None:
    shop = held()

    send(shop, override(decision))
    shop.run()
    shop.advance(48 * HOUR_MS, step_ms=HOUR_MS)

    assert decisions(shop) == ["MANUAL_REVIEW", decision]
    assert shop.rows(FRAUD)[PAYMENT].state == state
    assert shop.timers() == {}


def test_the_outcome_of_a_review_belongs_to_the_saga_of_its_payment() -> None:
    shop = held()

    send(shop, override())
    shop.run()

    *_, outcome = told(shop, "FraudCheckCompleted")
    assert outcome.correlation_id == "saga_evt_PaymentInitiated_pay_ord_1"
    assert outcome.causation_id == "evt_OverrideFraudDecision_pay_ord_1"


def test_a_payment_that_nobody_reviews_is_declined_after_a_day() -> None:
    shop = held()

    shop.advance(24 * HOUR_MS - 1, step_ms=HOUR_MS)
    before = decisions(shop)
    shop.advance(1)

    assert before == ["MANUAL_REVIEW"]
    assert decisions(shop) == ["MANUAL_REVIEW", "DECLINED"]
    assert shop.rows(FRAUD)[PAYMENT].state == "confirmed"
    assert shop.timers() == {}


def test_a_case_open_for_four_hours_is_marked() -> None:
    shop = held()

    shop.advance(4 * HOUR_MS - 1)
    before = shop.rows(FRAUD)[PAYMENT].sla_missed
    shop.advance(1)

    assert before is False
    assert shop.rows(FRAUD)[PAYMENT].sla_missed is True
    assert decisions(shop) == ["MANUAL_REVIEW"]


def test_the_same_command_twice_is_one_and_no_refusal() -> None:
    shop = held()

    send(shop, override())
    send(shop, override())
    shop.run()

    assert decisions(shop) == ["MANUAL_REVIEW", "APPROVED"]
    assert shop.dead_letters(PAYMENTS_COMMANDS) == []


@pytest.mark.parametrize(("reviewer", "reason"), [("ann", "same_reviewer"), ("bob", "case_closed")])
def test_a_second_override_is_refused_into_the_dead_letters(reviewer: str, reason: str) -> None:
    shop = held()

    send(shop, override("DECLINED"))
    shop.run()
    before = shop.rows(FRAUD)
    send(shop, override("APPROVED", reviewer), "evt_second")
    shop.run()

    (refused,) = shop.dead_letters(PAYMENTS_COMMANDS)
    assert refused.error == "OverrideRefused"
    assert refused.reason == f"{PAYMENT}: {reason}"
    assert shop.rows(FRAUD) == before
    assert decisions(shop) == ["MANUAL_REVIEW", "DECLINED"]


def test_an_override_of_a_payment_that_was_approved_is_refused() -> None:
    shop = driver()

    send(shop, payment())
    shop.run()
    send(shop, override("DECLINED"))
    shop.run()

    (refused,) = shop.dead_letters(PAYMENTS_COMMANDS)
    assert refused.reason == f"{PAYMENT}: no_case"


def test_an_override_that_outran_its_payment_takes_effect() -> None:
    shop = driver()

    send(shop, override())
    shop.run()
    send(shop, payment(**DOUBTFUL))
    shop.run()

    assert decisions(shop) == ["MANUAL_REVIEW", "APPROVED"]
    assert shop.rows(FRAUD)[PAYMENT].state == "cleared"
    assert shop.timers() == {}


def test_an_override_of_a_payment_that_never_comes_is_forgotten_after_a_day() -> None:
    shop = driver()

    send(shop, override())
    shop.run()
    kept = list(shop.rows(FRAUD))
    shop.advance(24 * HOUR_MS)

    assert kept == [PAYMENT]
    assert shop.rows(FRAUD) == {}
    assert shop.timers() == {}


def test_a_critical_finding_is_confirmed_by_the_clock_without_a_second_decision() -> None:
    shop = driver()

    send(shop, payment(card_reported_stolen=True))
    shop.run()
    row = shop.rows(FRAUD)[PAYMENT]
    shop.advance(24 * HOUR_MS)

    assert (row.raw_score, row.score, row.state) == (15, 95, "open")
    assert (row.severity, row.fraud_type) == ("critical", "stolen_card")
    assert decisions(shop) == ["DECLINED"]
    assert shop.rows(FRAUD)[PAYMENT].state == "confirmed"


def test_clearing_a_critical_finding_gives_the_customer_back_their_account() -> None:
    shop = driver()

    send(shop, payment(card_reported_stolen=True))
    shop.run()
    suspended = shop.rows(RISK_PROFILES)["cust_1"].suspended_by
    send(shop, override("APPROVED"))
    shop.run()
    send(shop, payment(2))
    shop.run()

    assert suspended == PAYMENT
    assert shop.rows(RISK_PROFILES)["cust_1"].suspended_by is None
    assert decisions(shop).count("APPROVED") == 2


def test_a_check_on_request_leaves_the_case_as_it_is() -> None:
    shop = held()
    before = shop.rows(FRAUD)

    request = CheckFraud(payment_id=PAYMENT, customer_id="cust_1", amount_minor=1, currency="USD")
    send(shop, request)
    shop.run()

    assert shop.rows(FRAUD) == before
    assert decisions(shop) == ["MANUAL_REVIEW"]


steps = st.one_of(
    st.tuples(st.just("pay"), st.integers(1, 4), st.sampled_from([DOUBTFUL, {}])),
    st.tuples(st.just("stolen"), st.integers(1, 4), st.just({"card_reported_stolen": True})),
    st.tuples(st.just("approve"), st.integers(1, 4), st.sampled_from(["ann", "bob"])),
    st.tuples(st.just("decline"), st.integers(1, 4), st.sampled_from(["ann", "bob"])),
    st.tuples(st.just("wait"), st.integers(1, 20), st.just(None)),
    st.tuples(st.just("restart"), st.just(0), st.just(None)),
)


@given(st.lists(steps, max_size=12))
@settings(max_examples=30)
def test_every_case_ends_with_at_most_one_outcome_a_payment(
    walk: list[tuple[str, int, Any]],
) -> None:
    shop = driver()

    for position, (what, n, detail) in enumerate(walk):
        name = f"evt_{position}"
        if what in ("pay", "stolen"):
            send(shop, payment(n, **detail), name)
        elif what in ("approve", "decline"):
            word = "APPROVED" if what == "approve" else "DECLINED"
            send(shop, override(word, detail, f"pay_ord_{n}"), name)
        elif what == "wait":
            shop.advance(n * HOUR_MS, step_ms=HOUR_MS)
        else:
            shop.restart()
        shop.run()
    shop.advance(24 * HOUR_MS, step_ms=HOUR_MS)

    assert shop.timers() == {}
    assert "open" not in {row.state for row in shop.rows(FRAUD).values()}
    outcomes = [each.data.payment_id for each in told(shop, "FraudCheckCompleted")]
    assert all(outcomes.count(payment_id) <= 2 for payment_id in outcomes)
    assert len({each.event_id for each in told(shop, "FraudCheckCompleted")}) == len(outcomes)
