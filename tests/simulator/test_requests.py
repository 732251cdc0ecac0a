"""What the shop asks for is judged by the agents' own rules as the plan says."""

from collections import Counter

import pytest

import events
from events.orders import PlaceOrder
from simulator.catalogue import catalogue_of
from simulator.planner import Planner
from simulator.plans import REFUSALS, Plan, Refusal, Risk, total_of
from simulator.requests import request_of
from simulator.settings import Mix, ShopSettings
from streams.fraud.assess import Assessed, decide, evolve
from streams.fraud.payment import payment_of
from streams.fraud.profile import EMPTY, RiskProfile
from streams.fraud.rules import FraudRules
from streams.orders.facts import Placed, Rejected
from streams.orders.outcomes import opening
from streams.orders.placing import place
from streams.orders.rules import OrderRules

START_MS = 1_760_000_000_000
MINUTE_MS = 60_000
RULES = OrderRules()


def plans(mix: Mix, count: int, seed: int = 9) -> list[Plan]:
    shop = ShopSettings(seed=seed, mix=mix, products=60)
    planner = Planner(shop, catalogue_of(shop), START_MS)
    return [planner.plan(number, number * 10) for number in range(count)]


def asked(plan: Plan, seed: int = 9) -> PlaceOrder:
    """As it comes off the wire."""
    raw = events.encode(request_of(plan, seed, START_MS), event_id="e", timestamp=START_MS)
    return events.decode(raw, record_timestamp_ms=START_MS).data


def test_every_order_of_a_clean_shop_is_confirmed_at_the_planned_price() -> None:
    for plan in plans(Mix.clean(), 200):
        [fact] = place(asked(plan), START_MS, RULES, "saga")

        assert isinstance(fact, Placed)
        assert (fact.order.total_minor, fact.order.currency) == (plan.total_minor, plan.currency)


def test_discounts_come_to_the_same_total_on_both_sides() -> None:
    mix = Mix(**dict.fromkeys(Mix.__slots__, 0.0) | {"discounted": 1.0})

    for plan in plans(mix, 200):
        [fact] = place(asked(plan), START_MS, RULES, "saga")

        assert isinstance(fact, Placed)
        assert fact.order.total_minor == plan.total_minor < total_of(plan.lines, None)


@pytest.mark.parametrize("refusal", REFUSALS, ids=[refusal.flaw for refusal in REFUSALS])
def test_every_flaw_is_refused_for_its_reason(refusal: Refusal) -> None:
    mix = Mix(invalid=1.0, unnamed=0.0, discounted=0.3)
    wrong = [plan for plan in plans(mix, 400) if plan.refusal == refusal]

    assert len(wrong) > 10
    for plan in wrong:
        [fact] = place(asked(plan), START_MS, RULES, "saga")

        assert isinstance(fact, Rejected)
        assert fact.reason == refusal.reason


def assessed(plan: Plan, profile: RiskProfile, rules: FraudRules, at_ms: int) -> Assessed:
    command = asked(plan)
    facts = place(command, START_MS, RULES, "saga")
    [placed] = facts
    assert isinstance(placed, Placed)
    session = list(opening(placed.order, facts, command, RULES))[1]
    return next(
        f for f in decide(profile, payment_of(session), at_ms, rules) if isinstance(f, Assessed)
    )


HURRIED = FraudRules(account_fresh_ms=MINUTE_MS // 12, account_young_ms=12 * MINUTE_MS)
"""As at 120 times the speed."""


@pytest.mark.parametrize("rules", [FraudRules(), HURRIED], ids=["usual", "hurried"])
@pytest.mark.parametrize("late_ms", [0, 20 * MINUTE_MS])
def test_fraud_decides_as_planned_at_any_speed(rules: FraudRules, late_ms: int) -> None:
    first = {Risk.ORDINARY: "APPROVED", Risk.STOLEN: "DECLINED"}
    mix = Mix(invalid=0.0, unnamed=0.0, stolen=0.2, doubtful=0.4)
    found = plans(mix, 300)

    for plan in found:
        at_ms = START_MS + plan.due_ms + late_ms
        fact = assessed(plan, EMPTY, rules, at_ms)
        assert fact.decision == first.get(plan.risk, "MANUAL_REVIEW"), (plan.risk, fact.score)

    assert set(Counter(plan.risk for plan in found)) == set(Risk)


def test_customers_who_come_back_stay_above_suspicion() -> None:
    shop = ShopSettings(seed=9, mix=Mix.clean(), customers=20, products=60)
    planner = Planner(shop, catalogue_of(shop), START_MS)
    profiles: dict[str, RiskProfile] = {}

    for number in range(shop.customers * shop.visits_max):
        plan = planner.plan(number, number)
        profile = profiles.get(plan.customer.customer_id, EMPTY)
        fact = assessed(plan, profile, FraudRules(), START_MS + number)
        profiles[plan.customer.customer_id] = evolve(profile, fact)

        assert fact.decision == "APPROVED", fact.score
