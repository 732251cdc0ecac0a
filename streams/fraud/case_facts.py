"""What can happen to a payment's fraud check, and how its row remembers it."""

import msgspec
from msgspec.structs import replace

from streams.fraud.case import CaseState, FactorPoints, FraudCase, Override, Refusal
from streams.fraud.scoring import Decision, Level


class Scored(msgspec.Struct, frozen=True, gc=False):
    """The payment has a score."""

    customer_id: str | None
    order_id: str | None
    points: int
    level: Level
    factors: tuple[FactorPoints, ...]


class Checked(msgspec.Struct, frozen=True, gc=False):
    """The payment has its first decision."""

    order_id: str | None
    points: int
    decision: Decision
    reasons: tuple[str, ...]
    confidence: float


class Detected(msgspec.Struct, frozen=True, gc=False):
    """The payment looks like fraud."""

    order_id: str | None
    customer_id: str | None
    fraud_case_id: str | None
    fraud_type: str
    severity: str
    points: int | None
    amount_minor: int | None
    currency: str | None


class CaseOpened(msgspec.Struct, frozen=True, gc=False):
    """Somebody must look at the payment."""

    at_ms: int
    sla_due_at_ms: int
    review_due_at_ms: int
    correlation_id: str


class Overridden(msgspec.Struct, frozen=True, gc=False):
    """A reviewer decided; before the case is open, the decision waits for it."""

    override: Override
    waits_until_ms: int | None


class CaseClosed(msgspec.Struct, frozen=True, gc=False):
    """The case is over, for good."""

    state: CaseState
    decision: Decision
    reasons: tuple[str, ...]
    at_ms: int
    news: bool
    """False when the payment had been declined already and the clock only confirms it."""


class SlaMissed(msgspec.Struct, frozen=True, gc=False):
    """The case has been open for longer than it should."""


class OverrideDropped(msgspec.Struct, frozen=True, gc=False):
    """An override waited in vain for a payment that nobody scored."""


class OverrideRefused(msgspec.Struct, frozen=True, gc=False):
    """An override was refused; nothing changes."""

    refusal: Refusal


Fact = (
    Scored
    | Checked
    | Detected
    | CaseOpened
    | Overridden
    | CaseClosed
    | SlaMissed
    | OverrideDropped
    | OverrideRefused
)


def evolve(case: FraudCase, fact: Fact) -> FraudCase:
    """Fold one fact into the row."""
    match fact:
        case Scored():
            return _scored(case, fact)
        case Checked():
            return _checked(case, fact)
        case Detected():
            return _detected(case, fact)
        case CaseOpened() | CaseClosed() | SlaMissed():
            return _moved(case, fact)
        case Overridden() | OverrideDropped():
            return _overridden(case, fact)
        case OverrideRefused():
            return case


def fold(case: FraudCase, facts: tuple[Fact, ...]) -> FraudCase:
    """Fold all facts of one input, in order."""
    for fact in facts:
        case = evolve(case, fact)
    return case


def _scored(case: FraudCase, fact: Scored) -> FraudCase:
    return replace(
        case,
        customer_id=fact.customer_id or case.customer_id,
        order_id=fact.order_id or case.order_id,
        raw_score=fact.points,
        score=fact.points if case.score is None else case.score,
        level=fact.level,
        factors=fact.factors,
    )


def _checked(case: FraudCase, fact: Checked) -> FraudCase:
    return replace(
        case,
        order_id=fact.order_id or case.order_id,
        score=fact.points,
        decision=fact.decision,
        reasons=fact.reasons,
        confidence=fact.confidence,
    )


def _detected(case: FraudCase, fact: Detected) -> FraudCase:
    return replace(
        case,
        order_id=fact.order_id or case.order_id,
        customer_id=fact.customer_id or case.customer_id,
        score=case.score if fact.points is None else fact.points,
        severity=fact.severity,
        fraud_type=fact.fraud_type,
        fraud_case_id=fact.fraud_case_id,
        amount_minor=fact.amount_minor,
        currency=fact.currency,
    )


def _moved(case: FraudCase, fact: CaseOpened | CaseClosed | SlaMissed) -> FraudCase:
    match fact:
        case CaseOpened():
            return replace(
                case,
                state="open",
                opened_at_ms=fact.at_ms,
                sla_due_at_ms=fact.sla_due_at_ms,
                review_due_at_ms=fact.review_due_at_ms,
                correlation_id=fact.correlation_id,
            )
        case CaseClosed():
            return replace(
                case,
                state=fact.state,
                decision=fact.decision,
                closed_at_ms=fact.at_ms,
            )
        case SlaMissed():
            return replace(case, sla_missed=True)


def _overridden(case: FraudCase, fact: Overridden | OverrideDropped) -> FraudCase:
    if isinstance(fact, OverrideDropped):
        return replace(case, overrides=(), review_due_at_ms=None)
    due = case.review_due_at_ms if fact.waits_until_ms is None else fact.waits_until_ms
    return replace(case, overrides=(*case.overrides, fact.override), review_due_at_ms=due)
