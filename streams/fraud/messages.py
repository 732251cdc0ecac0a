"""What the others are told about an assessment.

The time told is the record's. Ids are those of the payment under other prefixes, so a replay
says the same.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final

from events import Message
from events.fraud import (
    Evidence,
    FraudCheckCompleted,
    FraudDetected,
    RiskFactor,
    RiskScoreCalculated,
    Thresholds,
)
from events.ids import derived_id
from events.scalars import ID_CHARS_MAX
from streams.fraud.assess import Advised, Assessed, Fact, FraudFound
from streams.fraud.payment import Payment
from streams.fraud.rules import FraudRules
from streams.fraud.scoring import SCORE_MAX, Score, level_of, recommended
from streams.moments import moment_of

_NOTHING_STANDS_OUT: Final = ("Nothing stands out",)


def messages(facts: tuple[Fact, ...], at_ms: int, rules: FraudRules) -> tuple[Message, ...]:
    """Give what is published for the facts of one input, the decision last.

    A finding comes before the decision, so that who holds on the one is released by the other.
    """
    out: list[Message] = []
    decisions: list[Message] = []
    at = moment_of(at_ms)
    for fact in facts:
        if isinstance(fact, Assessed):
            review = fact.decision == "MANUAL_REVIEW"
            risk_id = id_of("risk_", fact.payment.payment_id)
            out.append(_scored(fact.payment, fact.score, risk_id, at, rules, review=review))
            decisions.append(_decided(fact, at))
        elif isinstance(fact, FraudFound):
            out.append(_detected(fact, at))
        elif isinstance(fact, Advised):
            risk_id = id_of("risk_", f"{fact.payment.payment_id}_{fact.at_ms}")
            out.append(_scored(fact.payment, fact.score, risk_id, at, rules, review=fact.review))
    return (*out, *decisions)


def id_of(prefix: str, payment_id: str) -> str:
    """The payment's id under another prefix; hashed where it would grow too long."""
    name = prefix + payment_id.removeprefix("pay_")
    return name if len(name) <= ID_CHARS_MAX else prefix + derived_id(payment_id)


@lru_cache(maxsize=1024)
def _factor(name: str, points: int, description: str) -> RiskFactor:
    return RiskFactor.model_validate({"name": name, "score": points, "description": description})


@lru_cache(maxsize=8)
def _thresholds(low: int, medium: int, high: int) -> Thresholds:
    return Thresholds(low=low, medium=medium, high=high)


def _scored(
    payment: Payment,
    scored: Score,
    assessment_id: str,
    at: datetime,
    rules: FraudRules,
    *,
    review: bool,
) -> RiskScoreCalculated:
    level = level_of(scored.points, rules)
    return RiskScoreCalculated(
        assessment_id=assessment_id,
        transaction_id=id_of("txn_", payment.payment_id),
        payment_id=payment.payment_id,
        order_id=payment.order_id,
        customer_id=payment.customer_id,
        risk_score=scored.points,
        risk_level=level,
        max_score=SCORE_MAX,
        threshold=_thresholds(rules.monitor_from, rules.review_from, rules.decline_from),
        factors=tuple([_factor(f.name, f.points, f.description) for f in scored.factors]),
        recommendation=recommended(level),
        requires_manual_review=review,
        confidence=scored.confidence,
        calculated_at=at,
    )


def _decided(fact: Assessed, at: datetime) -> FraudCheckCompleted:
    payment = fact.payment
    words = tuple([f.description for f in fact.score.factors if f.points])
    return FraudCheckCompleted(
        transaction_id=id_of("txn_", payment.payment_id),
        payment_id=payment.payment_id,
        order_id=payment.order_id,
        risk_score=fact.points,
        decision=fact.decision,
        reasons=(*fact.reasons, *words) or _NOTHING_STANDS_OUT,
        confidence=fact.score.confidence,
        checked_at=at,
    )


def _detected(fact: FraudFound, at: datetime) -> FraudDetected:
    payment = fact.payment
    return FraudDetected(
        fraud_case_id=id_of("fraud_", payment.payment_id),
        assessment_id=id_of("risk_", payment.payment_id),
        transaction_id=id_of("txn_", payment.payment_id),
        payment_id=payment.payment_id,
        order_id=payment.order_id,
        customer_id=payment.customer_id,
        fraud_type=fact.fraud_type,
        severity=fact.severity,
        risk_score=fact.points,
        evidence=tuple(
            Evidence(type=sign.type, description=sign.description, confidence=sign.confidence)
            for sign in fact.signs
        ),
        actions_taken=fact.actions,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        review_required=fact.review,
        confidence=fact.confidence,
        detected_at=at,
    )
