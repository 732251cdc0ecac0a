"""From factors to a score, from hard evidence to a floor, from both to a decision."""

from enum import StrEnum
from typing import Final, Literal

import msgspec

from events.fraud import TOO_MANY
from streams.fraud.factors import (
    FACTORS,
    Factor,
    customer_history,
    device_fingerprint,
    geolocation_mismatch,
    order_amount,
    shipping_billing_match,
    velocity_check,
)
from streams.fraud.payment import Payment
from streams.fraud.profile import RiskProfile, Velocity
from streams.fraud.rules import FraudRules

SCORE_MAX: Final = 100

Decision = Literal["APPROVED", "DECLINED", "MANUAL_REVIEW"]
Level = Literal["low", "medium", "high"]
Recommendation = Literal["approve", "review", "decline"]
Severity = Literal["high", "critical"]

_RECOMMENDED: Final[dict[Level, Recommendation]] = {
    "low": "approve",
    "medium": "review",
    "high": "decline",
}


class Reason(StrEnum):
    """Why a payment is declined or held whatever its factors say, in order of precedence."""

    ACCOUNT_SUSPENDED = "account_suspended"
    CARD_REPORTED_STOLEN = "card_reported_stolen"
    IMPOSSIBLE_TRAVEL = "impossible_travel"
    KNOWN_FRAUD_DEVICE = "known_fraud_device"
    RATE_LIMITED = TOO_MANY
    """Only where no fraud is found: who reads it may take it for no suspicion."""


class Score(msgspec.Struct, frozen=True, gc=False):
    """The raw sum of the factors, capped at 100, and how sure it is."""

    points: int
    factors: tuple[Factor, ...]
    confidence: float


def score(
    profile: RiskProfile, payment: Payment, velocity: Velocity, at_ms: int, rules: FraudRules
) -> Score:
    """Add up the factors whose input is there (G-22)."""
    found = (
        customer_history(profile, payment, at_ms, rules),
        device_fingerprint(profile, payment, rules),
        geolocation_mismatch(payment, rules),
        shipping_billing_match(payment, rules),
        order_amount(profile, payment, rules),
        velocity_check(velocity, payment, rules),
    )
    factors = tuple([factor for factor in found if factor is not None])
    points = 0
    for factor in factors:
        points += factor.points
    missing = len(FACTORS) - len(factors)
    confidence = round(rules.confidence_full - rules.confidence_per_missing * missing, 2)
    return Score(min(points, SCORE_MAX), factors, max(0.0, confidence))


def level_of(points: int, rules: FraudRules) -> Level:
    """The band of a score: low < 50 <= medium < 80 <= high (K3)."""
    if points < rules.review_from:
        return "low"
    return "medium" if points < rules.decline_from else "high"


def recommended(level: Level) -> Recommendation:
    """What a band recommends (K3)."""
    return _RECOMMENDED[level]


def severity_of(points: int, rules: FraudRules) -> Severity | None:
    """How severe a finding of fraud is: high from 80, critical from 90; below, none (K3)."""
    if points < rules.decline_from:
        return None
    return "critical" if points >= rules.block_from else "high"


def floored(points: int, reasons: tuple[Reason, ...], rules: FraudRules) -> int:
    """Raise a score to the floor of its hard evidence (G-23)."""
    if Reason.CARD_REPORTED_STOLEN in reasons:
        return max(points, rules.floor_stolen_card)
    if Reason.IMPOSSIBLE_TRAVEL in reasons:
        return max(points, rules.floor_impossible_travel)
    return points


def decision_of(points: int, reasons: tuple[Reason, ...], rules: FraudRules) -> Decision:
    """Decide on a score that already stands on its floor (K3, G-23).

    In order: a suspended account declines; so does a critical score, or a high one with a stolen
    card or a device known from fraud; other high and medium scores are reviewed.
    """
    if Reason.ACCOUNT_SUSPENDED in reasons:
        return "DECLINED"
    if points >= rules.block_from:
        return "DECLINED"
    if points < rules.review_from:
        return "APPROVED"
    hard = Reason.CARD_REPORTED_STOLEN in reasons or Reason.KNOWN_FRAUD_DEVICE in reasons
    return "DECLINED" if hard and points >= rules.decline_from else "MANUAL_REVIEW"
