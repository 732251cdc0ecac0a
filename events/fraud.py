"""Fraud detection, keyed by paymentId."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import AfterValidator

from events.base import Command, Event, Part, Spellings, Upcast, names
from events.moments import Moment
from events.money import Minor
from events.scalars import Count, Currency, Id, Many, Number, Points, Ratio, Text
from events.vocabulary import (
    FraudDecision,
    FraudSeverity,
    OverrideDecision,
    Recommendation,
    RiskFactorName,
    RiskLevel,
)


def _snake_case(words: str) -> str:
    return words.lower().replace(" ", "_")


TOO_MANY: Final = "rate_limited"
"""The reason by which a check refuses one payment too many in an hour that nobody suspects."""

FraudType = Annotated[Text, AfterValidator(_snake_case)]
"""A kind of fraud; older producers wrote «Stolen Card» for stolen_card."""


class RiskFactor(Part):
    """One factor of a risk score; older producers sent its description alone."""

    scalar = "description"
    scalar_defaults: ClassVar[Mapping[str, Any]] = {"name": "other"}

    name: RiskFactorName
    score: Points | None = None
    description: Text | None = None


class Thresholds(Part):
    """The scores at which the risk levels begin."""

    low: Points
    medium: Points
    high: Points


class Evidence(Part):
    """One sign of fraud; older producers sent its description alone."""

    scalar = "description"
    scalar_defaults: ClassVar[Mapping[str, Any]] = {"type": "indicator"}

    type: Text
    description: Text | None = None
    confidence: Ratio | None = None


class Signal(Part):
    """One weighted signal behind a decision."""

    name: Text
    weight: Number


class FraudCommand(Command):
    """A request to Fraud Detection."""

    topic = "payments.{env}.commands"
    key_field = "payment_id"
    source = "api-gateway"


class FraudEvent(Event):
    """A finding about one payment."""

    topic = "payments.{env}.events"
    key_field = "payment_id"
    source = "fraud-detection-service"


class RiskScoreCalculated(FraudEvent):
    """The raw sum of risk points of a payment, capped at 100 (G-22).

    Recompute the level from the score: older producers mislabelled it.
    """

    model_config = names(risk_level=("riskLevel", "severity"), factors=("factors", "indicators"))
    spellings: ClassVar[Spellings] = {
        "riskLevel": {"LOW": "low", "MEDIUM": "medium", "HIGH": "high"}
    }
    upcast = Upcast(timestamp_from="calculatedAt")

    assessment_id: Id | None = None
    transaction_id: Id | None = None
    payment_id: Id
    order_id: Id | None = None
    customer_id: Id | None = None
    risk_score: Points
    risk_level: RiskLevel
    max_score: Count | None = None
    threshold: Thresholds | None = None
    factors: Many[RiskFactor] | None = None
    recommendation: Recommendation | None = None
    requires_manual_review: bool | None = None
    confidence: Ratio | None = None
    calculated_at: Moment | None = None


class FraudCheckCompleted(FraudEvent):
    """The decision that capture waits for. A manual override publishes a second one."""

    spellings: ClassVar[Spellings] = {
        "decision": {"passed": "APPROVED", "flagged": "MANUAL_REVIEW", "blocked": "DECLINED"}
    }
    upcast = Upcast(timestamp_from="checkedAt")

    transaction_id: Id
    payment_id: Id
    order_id: Id | None = None
    # extension: set on the outcome of a review, which goes back to the customer's risk profile
    customer_id: Id | None = None
    risk_score: Points
    decision: FraudDecision
    reasons: Many[Text]
    signals: Many[Signal] | None = None
    confidence: Ratio
    checked_at: Moment | None = None

    @property
    def is_too_many(self) -> bool:
        """Whether only this payment is refused: it says nothing of the order, or its goods."""
        return TOO_MANY in self.reasons


class FraudDetected(FraudEvent):
    """A payment looks fraudulent enough to hold it (high) or block it (critical)."""

    model_config = names(evidence=("evidence", "indicators", "riskFactors"))
    spellings: ClassVar[Spellings] = {
        "severity": {"LOW": "low", "MEDIUM": "medium", "HIGH": "high", "CRITICAL": "critical"},
    }
    upcast = Upcast(
        paths={"reviewRequired": ("metadata.reviewRequired",)}, timestamp_from="detectedAt"
    )

    fraud_case_id: Id | None = None
    assessment_id: Id | None = None
    transaction_id: Id | None = None
    payment_id: Id
    order_id: Id | None = None
    customer_id: Id | None = None
    fraud_type: FraudType
    severity: FraudSeverity
    risk_score: Points | None = None
    evidence: Many[Evidence] | None = None
    # payment_blocked, payment_held, account_suspended, card_issuer_notified,
    # customer_verification_requested
    actions_taken: Many[Text] | None = None
    amount_minor: Minor | None = None
    currency: Currency | None = None
    review_required: bool | None = None
    confidence: Ratio | None = None
    detected_at: Moment | None = None


class CheckFraud(FraudCommand):
    """Asks for a payment to be scored."""

    payment_id: Id
    transaction_id: Id | None = None
    amount_minor: Minor
    currency: Currency
    customer_id: Id


class OverrideFraudDecision(FraudCommand):
    """A reviewer decides. Two overrides by one reviewer on one payment are refused (G-24).

    Payment itself decides, as `system`, once its order needs the money no longer.
    """

    payment_id: Id
    transaction_id: Id | None = None
    decision: OverrideDecision
    reviewer: Text
    rationale: Text


class ClearSuspension(FraudCommand):
    """An administrator lifts the suspension that a payment's finding brought (G-24).

    An extension: a case that the clock confirmed can be overridden no more, but its customer may
    turn out to be honest.
    """

    payment_id: Id
    customer_id: Id
    reviewer: Text
    rationale: Text
