from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.fraud.payment import Payment
from streams.fraud.profile import RiskProfile, velocity_of
from streams.fraud.rules import FraudRules
from streams.fraud.scoring import (
    Reason,
    Score,
    decision_of,
    floored,
    level_of,
    recommended,
    score,
    severity_of,
)
from streams.moments import MINUTE_MS
from tests.streams.fraud.samples import (
    FRAUD_DEVICE,
    NOW_MS,
    RULES,
    Attempt,
    payment,
    usual_payment,
    usual_profile,
)


def scored(profile: RiskProfile, seen: Payment, rules: FraudRules = RULES) -> Score:
    return score(profile, seen, velocity_of(profile, seen, NOW_MS, rules), NOW_MS, rules)


def listed(found: Score) -> list[tuple[str, int]]:
    return [(factor.name, factor.points) for factor in found.factors]


def test_the_low_risk_example_scores_12() -> None:
    seen = payment(previous_orders=47, device_id="dev_1", addresses_match=True, ip=1)

    found = scored(RiskProfile(devices=("dev_1",)), seen)

    assert listed(found) == [
        ("customer_history", 2),
        ("device_fingerprint", 5),
        ("shipping_billing_match", 0),
        ("velocity_check", 5),
    ]
    assert found.points == 12


def test_the_medium_risk_example_scores_52() -> None:
    seen = payment(
        previous_orders=2, device_id="dev_9", addresses_match=False, amount_minor=129_900
    )

    found = scored(RiskProfile(orders=2, approved_minor=2 * 8_550), seen)

    assert listed(found) == [
        ("customer_history", 15),
        ("device_fingerprint", 10),
        ("shipping_billing_match", 20),
        ("order_amount", 7),
    ]
    assert found.factors[-1].description == (
        "Order amount (USD 1,299.00) is above customer average (85.50)"
    )
    assert found.points == 52


def test_the_stolen_card_example_scores_89() -> None:
    attempts = tuple(
        Attempt(f"pay_before_{n}", NOW_MS - n * 3 * MINUTE_MS, 1, n) for n in range(4, 0, -1)
    )
    seen = payment(
        account_created_at_ms=NOW_MS - 5 * MINUTE_MS,
        device_id=FRAUD_DEVICE,
        ip_country="NG",
        country="US",
        amount_minor=249_999,
        ip=1,
        card=5,
    )

    found = scored(RiskProfile(attempts=attempts), seen)

    assert listed(found) == [
        ("customer_history", 25),
        ("device_fingerprint", 20),
        ("geolocation_mismatch", 22),
        ("order_amount", 12),
        ("velocity_check", 10),
    ]
    assert found.points == 89


def test_a_sum_beyond_100_is_capped() -> None:
    seen = usual_payment(
        account_created_at_ms=NOW_MS,
        device_id=FRAUD_DEVICE,
        ip_country="NG",
        addresses_match=False,
        amount_minor=249_999,
    )

    found = scored(usual_profile(chargebacks=("cb_1",)), seen)

    assert sum(points for _, points in listed(found)) == 124
    assert found.points == 100


def test_each_missing_input_costs_two_hundredths_of_confidence() -> None:
    assert scored(usual_profile(), usual_payment()).confidence == 0.99
    assert scored(usual_profile(), usual_payment(device_id=None)).confidence == 0.97
    assert scored(RiskProfile(), payment()).confidence == 0.89


def test_confidence_never_falls_below_nothing() -> None:
    assert (
        scored(RiskProfile(), payment(), replace(RULES, confidence_per_missing=0.5)).confidence == 0
    )


@pytest.mark.parametrize(
    ("points", "level", "recommendation", "severity"),
    [
        (0, "low", "approve", None),
        (49, "low", "approve", None),
        (50, "medium", "review", None),
        (79, "medium", "review", None),
        (80, "high", "decline", "high"),
        (89, "high", "decline", "high"),
        (90, "high", "decline", "critical"),
        (100, "high", "decline", "critical"),
    ],
)
def test_a_score_lies_in_one_band(
    points: int, level: str, recommendation: str, severity: str | None
) -> None:
    assert level_of(points, RULES) == level
    assert recommended(level_of(points, RULES)) == recommendation
    assert severity_of(points, RULES) == severity


@given(st.lists(st.integers(1, 100), min_size=4, max_size=4, unique=True).map(sorted))
def test_bands_are_total_and_disjoint_whatever_their_figures(bands: list[int]) -> None:
    monitor, review, decline, block = bands
    rules = FraudRules(
        monitor_from=monitor, review_from=review, decline_from=decline, block_from=block
    )

    found = [
        (level_of(points, rules), severity_of(points, rules), decision_of(points, (), rules))
        for points in range(101)
    ]

    assert found == (
        [("low", None, "APPROVED")] * review
        + [("medium", None, "MANUAL_REVIEW")] * (decline - review)
        + [("high", "high", "MANUAL_REVIEW")] * (block - decline)
        + [("high", "critical", "DECLINED")] * (101 - block)
    )


@pytest.mark.parametrize(
    ("points", "reasons", "expected"),
    [
        (12, (), 12),
        (12, (Reason.CARD_REPORTED_STOLEN,), 95),
        (89, (Reason.CARD_REPORTED_STOLEN,), 95),
        (98, (Reason.CARD_REPORTED_STOLEN,), 98),
        (12, (Reason.IMPOSSIBLE_TRAVEL,), 82),
        (85, (Reason.IMPOSSIBLE_TRAVEL,), 85),
        (12, (Reason.CARD_REPORTED_STOLEN, Reason.IMPOSSIBLE_TRAVEL), 95),
        (12, (Reason.KNOWN_FRAUD_DEVICE,), 12),
        (12, (Reason.ACCOUNT_SUSPENDED,), 12),
    ],
)
def test_hard_evidence_sets_a_floor(
    points: int, reasons: tuple[Reason, ...], expected: int
) -> None:
    assert floored(points, reasons, RULES) == expected


@pytest.mark.parametrize(
    ("points", "reasons", "expected"),
    [
        (0, (Reason.ACCOUNT_SUSPENDED,), "DECLINED"),
        (90, (), "DECLINED"),
        (89, (Reason.KNOWN_FRAUD_DEVICE,), "DECLINED"),
        (80, (Reason.CARD_REPORTED_STOLEN,), "DECLINED"),  # Where the floor is set lower.
        (89, (Reason.IMPOSSIBLE_TRAVEL,), "MANUAL_REVIEW"),
        (89, (), "MANUAL_REVIEW"),
        (79, (Reason.KNOWN_FRAUD_DEVICE,), "MANUAL_REVIEW"),
        (50, (), "MANUAL_REVIEW"),
        (49, (Reason.KNOWN_FRAUD_DEVICE,), "APPROVED"),
        (49, (), "APPROVED"),
    ],
)
def test_decisions_follow_their_order_of_precedence(
    points: int, reasons: tuple[Reason, ...], expected: str
) -> None:
    assert decision_of(points, reasons, RULES) == expected
