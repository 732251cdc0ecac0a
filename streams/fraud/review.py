"""The manual review of payments: cases open, a reviewer or the clock closes them (G-24).

One function an input; each holds the rules and changes nothing, `case_facts.evolve` folds what
they say, `announced` is what the others hear. The first decision on a payment stands until an
override or the clock decides anew: the decision that a review publishes comes back to the review
and changes nothing.
"""

from typing import Final

from events.fraud import (
    FraudCheckCompleted,
    FraudDetected,
    OverrideFraudDecision,
    RiskScoreCalculated,
)
from events.vocabulary import SYSTEM
from streams.fraud.case import (
    FACTORS_KEPT_MAX,
    REASONS_KEPT_MAX,
    CaseState,
    FactorPoints,
    FraudCase,
    Override,
    Refusal,
    cut,
)
from streams.fraud.case_facts import (
    CaseClosed,
    CaseOpened,
    Checked,
    Detected,
    Fact,
    Overridden,
    OverrideDropped,
    OverrideRefused,
    Scored,
    SlaMissed,
)
from streams.fraud.messages import id_of
from streams.fraud.rules import FraudRules
from streams.fraud.scoring import level_of
from streams.moments import moment_of

_GRAVE: Final = frozenset({"high", "critical"})


def score_known(case: FraudCase, event: RiskScoreCalculated, rules: FraudRules) -> tuple[Fact, ...]:
    """Keep the score, until one has been decided on: later ones are advice (CheckFraud).

    The level is worked out anew, because older producers mislabelled it.
    """
    if case.decision is not None and case.raw_score is not None:
        return ()
    factors = tuple(
        [
            FactorPoints(factor.name, factor.score)
            for factor in (event.factors or ())[:FACTORS_KEPT_MAX]
        ]
    )
    level = level_of(event.risk_score, rules)
    return (Scored(event.customer_id, event.order_id, event.risk_score, level, factors),)


def check_known(
    case: FraudCase,
    event: FraudCheckCompleted,
    at_ms: int,
    correlation_id: str,
    rules: FraudRules,
) -> tuple[Fact, ...]:
    """Keep the first decision and open a case when it asks for a review."""
    if case.decision is not None:
        return ()
    reasons = tuple([cut(reason) for reason in event.reasons[:REASONS_KEPT_MAX]])
    checked = Checked(event.order_id, event.risk_score, event.decision, reasons, event.confidence)
    if event.decision != "MANUAL_REVIEW":
        return (checked,)
    return (checked, *_opening(case, at_ms, correlation_id, rules))


def fraud_known(
    case: FraudCase, event: FraudDetected, at_ms: int, correlation_id: str, rules: FraudRules
) -> tuple[Fact, ...]:
    """Keep a grave finding and open a case, unless the payment has or had one.

    Of others nothing is held, so nothing is to be declined either once nobody has reviewed it.
    """
    if case.severity is not None or event.severity not in _GRAVE:
        return ()
    detected = Detected(
        event.order_id,
        event.customer_id,
        event.fraud_case_id,
        cut(event.fraud_type),
        event.severity,
        event.risk_score,
        event.amount_minor,
        event.currency,
    )
    return (detected, *_opening(case, at_ms, correlation_id, rules))


def _opening(
    case: FraudCase, at_ms: int, correlation_id: str, rules: FraudRules
) -> tuple[Fact, ...]:
    if case.state is not None:
        return ()
    opened = CaseOpened(
        at_ms, at_ms + rules.review_sla_ms, at_ms + rules.review_timeout_ms, correlation_id
    )
    return (opened, *[_closed_by(override, at_ms) for override in case.overrides])


def override(
    case: FraudCase,
    command: OverrideFraudDecision,
    event_id: str,
    at_ms: int,
    rules: FraudRules,
) -> tuple[Fact, ...]:
    """Say what a reviewer's decision means.

    The same command twice is one; a second one is refused, see `Refusal`. One that comes before
    the payment is decided waits for the case, for as long as a case would.
    """
    if any(earlier.event_id == event_id for earlier in case.overrides):
        return ()
    reviewer = cut(command.reviewer)
    refusal = _refusal(case, reviewer)
    if refusal is not None:
        # Payment only says that nobody need look: somebody has, or need not anyway.
        return () if reviewer == SYSTEM else (OverrideRefused(refusal),)
    made = Override(event_id, reviewer, command.decision, cut(command.rationale), at_ms)
    if case.state == "open":
        return (Overridden(made, None), _closed_by(made, at_ms))
    return (Overridden(made, at_ms + rules.review_timeout_ms),)


def _refusal(case: FraudCase, reviewer: str) -> Refusal | None:
    if any(earlier.reviewer == reviewer for earlier in case.overrides):
        return Refusal.SAME_REVIEWER
    if case.overrides or case.closed_at_ms is not None:
        return Refusal.CASE_CLOSED
    is_decided = case.state != "open" and case.decision is not None
    return Refusal.NO_CASE if is_decided else None


def _closed_by(made: Override, at_ms: int) -> CaseClosed:
    state: CaseState = "cleared" if made.decision == "APPROVED" else "confirmed"
    reasons = (f"override by {made.reviewer}", made.rationale)
    return CaseClosed(state, made.decision, reasons, at_ms, news=True)


def time_over(case: FraudCase, now_ms: int) -> tuple[Fact, ...]:
    """Decline what nobody decided; give up an override that no payment came for."""
    if case.state == "open":
        news = case.decision != "DECLINED"
        return (CaseClosed("confirmed", "DECLINED", ("review_timeout",), now_ms, news),)
    if case.state is None and case.decision is None and case.overrides:
        return (OverrideDropped(),)
    return ()


def sla_over(case: FraudCase) -> tuple[Fact, ...]:
    """Mark a case that is still open."""
    return (SlaMissed(),) if case.state == "open" and not case.sla_missed else ()


# --- telling


def announced(
    payment_id: str, case: FraudCase, facts: tuple[Fact, ...]
) -> tuple[FraudCheckCompleted, ...]:
    """Give what is published for the facts of one input; `case` is the row after them.

    It names the customer, so that fraud detection learns how the review ended.
    """
    return tuple(
        [
            _outcome(payment_id, case, fact)
            for fact in facts
            if isinstance(fact, CaseClosed) and fact.news
        ]
    )


def _outcome(payment_id: str, case: FraudCase, closed: CaseClosed) -> FraudCheckCompleted:
    return FraudCheckCompleted(
        transaction_id=id_of("txn_", payment_id),
        payment_id=payment_id,
        order_id=case.order_id,
        customer_id=case.customer_id,
        risk_score=case.score or 0,
        decision=closed.decision,
        reasons=closed.reasons,
        confidence=case.confidence,
        checked_at=moment_of(closed.at_ms),
    )


def refusal_of(facts: tuple[Fact, ...]) -> Refusal | None:
    """Why the override was refused, or None."""
    for fact in facts:
        if isinstance(fact, OverrideRefused):
            return fact.refusal
    return None
