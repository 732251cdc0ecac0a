"""What a finding of fraud rests on, what it is called and what is done about it."""

from typing import Final

import msgspec

from streams.fraud.factors import Factor
from streams.fraud.rules import FraudRules
from streams.fraud.scoring import Decision, Reason, Score, Severity

_TYPES: Final = {
    Reason.CARD_REPORTED_STOLEN: "stolen_card",
    Reason.IMPOSSIBLE_TRAVEL: "impossible_travel",
    Reason.KNOWN_FRAUD_DEVICE: "known_fraud_device",
}
"""By hard evidence, the strongest first."""


class Sign(msgspec.Struct, frozen=True, gc=False):
    """One piece of evidence and how sure it is, 0 to 1."""

    type: str
    description: str
    confidence: float


def fraud_type_of(scored: Score, reasons: tuple[Reason, ...], rules: FraudRules) -> str:
    """Name the fraud after its strongest evidence."""
    for reason, name in _TYPES.items():
        if reason in reasons:
            return name
    return "high_risk_score" if _anomaly(scored, rules) is None else "velocity_anomaly"


def signs_of(
    scored: Score, reasons: tuple[Reason, ...], km: int | None, rules: FraudRules
) -> tuple[Sign, ...]:
    """List hard evidence and anomalies; without any, the factors that scored."""
    signs: list[Sign] = []
    if Reason.CARD_REPORTED_STOLEN in reasons:
        words = "Card reported stolen"
        signs.append(Sign("card_reported_stolen", words, rules.confidence_stolen_card))
    if Reason.IMPOSSIBLE_TRAVEL in reasons:
        words = f"{km} km from the last place, out of reach since then"
        signs.append(Sign("impossible_travel", words, rules.confidence_travel))
    anomaly = _anomaly(scored, rules)
    if anomaly is not None:
        signs.append(Sign("velocity_anomaly", anomaly.description, rules.confidence_velocity))
    if Reason.KNOWN_FRAUD_DEVICE in reasons:
        words = "Device known from fraud"
        signs.append(Sign("device_fingerprint", words, rules.confidence_fraud_device))
    return tuple(signs) or tuple(
        Sign(factor.name, factor.description, scored.confidence)
        for factor in scored.factors
        if factor.points
    )


def _anomaly(scored: Score, rules: FraudRules) -> Factor | None:
    """The velocity factor where it says more than normal; it is always the last."""
    last = scored.factors[-1] if scored.factors else None
    if last is None or last.name != "velocity_check":
        return None
    return last if last.points > rules.points_velocity_normal else None


def actions_taken(severity: Severity, decision: Decision) -> tuple[str, ...]:
    """Say what is done about a finding (K3)."""
    if severity == "critical":
        return "payment_blocked", "account_suspended", "card_issuer_notified"
    held = "payment_held" if decision == "MANUAL_REVIEW" else "payment_blocked"
    return held, "customer_verification_requested"
