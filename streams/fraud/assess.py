"""One payment against its customer's profile: what is found, and what the profile learns.

In: a payment, the profile, the record's time. Out: facts; `evolve` folds them into the profile,
`messages` tells the others. A payment that the profile remembers is not assessed again.
"""

import msgspec

from streams.fraud.evidence import Sign, actions_taken, fraud_type_of, signs_of
from streams.fraud.payment import Payment
from streams.fraud.profile import (
    Attempt,
    Place,
    Reviewed,
    RiskProfile,
    after_review,
    counting,
    has_seen,
    later_place,
    suspended_by,
    suspending,
    under_review,
    velocity_of,
    with_attempt,
    with_chargeback,
    with_device,
    with_reviewed,
    without,
)
from streams.fraud.rules import FraudRules
from streams.fraud.scoring import (
    Decision,
    Reason,
    Score,
    Severity,
    decision_of,
    floored,
    score,
    severity_of,
)
from streams.fraud.travel import place_of, travelled_km


class Assessed(msgspec.Struct, frozen=True, gc=False):
    """A payment was scored and decided."""

    payment: Payment
    attempt: Attempt
    score: Score
    points: int
    """The score on the floor of its hard evidence, which the decision rests on."""
    reasons: tuple[Reason, ...]
    decision: Decision
    place: Place | None


class FraudFound(msgspec.Struct, frozen=True, gc=False):
    """The score is high or critical: a case opens."""

    payment: Payment
    fraud_type: str
    severity: Severity
    points: int
    signs: tuple[Sign, ...]
    actions: tuple[str, ...]
    confidence: float
    review: bool


class AccountSuspended(msgspec.Struct, frozen=True, gc=False):
    """The customer pays nothing more until the case of that payment is cleared."""

    payment_id: str


class SuspensionLifted(msgspec.Struct, frozen=True, gc=False):
    """The finding on that payment suspends the account no longer; another may."""

    payment_id: str


class Advised(msgspec.Struct, frozen=True, gc=False):
    """A payment was scored on request. Nothing is decided and nothing counted."""

    payment: Payment
    score: Score
    at_ms: int
    review: bool


class OrderUndone(msgspec.Struct, frozen=True, gc=False):
    """The order of a payment that was approved was cancelled."""

    attempt: Attempt


class ReviewEnded(msgspec.Struct, frozen=True, gc=False):
    """A payment waits for no reviewer any more."""

    reviewed: Reviewed
    approved: bool


class ChargedBack(msgspec.Struct, frozen=True, gc=False):
    """The customer's bank took a payment back."""

    chargeback_id: str


Fact = (
    Assessed
    | FraudFound
    | AccountSuspended
    | SuspensionLifted
    | Advised
    | OrderUndone
    | ReviewEnded
    | ChargedBack
)


def decide(
    profile: RiskProfile, payment: Payment, at_ms: int, rules: FraudRules
) -> tuple[Fact, ...]:
    """Say what a payment means: nothing the second time, else an assessment and what follows."""
    if has_seen(profile, payment.payment_id):
        return ()
    velocity = velocity_of(profile, payment, at_ms, rules)
    place = place_of(payment, at_ms)
    km = travelled_km(profile.place, place, rules)
    scored = score(profile, payment, velocity, at_ms, rules)
    reasons = _reasons(profile, payment, km, rules)
    points = floored(scored.points, reasons, rules)
    decision = decision_of(points, reasons, rules)
    if decision != "DECLINED" and velocity.payments > rules.attempts_hour_max:
        decision = "DECLINED"
        reasons = reasons if points >= rules.decline_from else (*reasons, Reason.RATE_LIMITED)
    is_order = decision == "APPROVED" and not payment.is_further
    counts = payment.amount_minor if is_order else None
    attempt = Attempt(payment.payment_id, at_ms, payment.ip, payment.card, counts)
    assessed = Assessed(payment, attempt, scored, points, reasons, decision, place)
    if points < rules.decline_from:
        return (assessed,)
    return (assessed, *_findings(assessed, km, rules))


def _reasons(
    profile: RiskProfile, payment: Payment, km: int | None, rules: FraudRules
) -> tuple[Reason, ...]:
    found: list[Reason] = []
    if profile.suspended_by is not None:
        found.append(Reason.ACCOUNT_SUSPENDED)
    if payment.card_reported_stolen:
        found.append(Reason.CARD_REPORTED_STOLEN)
    if km is not None:
        found.append(Reason.IMPOSSIBLE_TRAVEL)
    if payment.device_id in rules.fraud_devices:
        found.append(Reason.KNOWN_FRAUD_DEVICE)
    return tuple(found)


def _findings(assessed: Assessed, km: int | None, rules: FraudRules) -> tuple[Fact, ...]:
    severity = severity_of(assessed.points, rules)
    assert severity is not None
    payment, scored, decision = assessed.payment, assessed.score, assessed.decision
    found = FraudFound(
        payment,
        fraud_type_of(scored, assessed.reasons, rules),
        severity,
        assessed.points,
        signs_of(scored, assessed.reasons, km, rules),
        actions_taken(severity, decision),
        scored.confidence,
        review=decision == "MANUAL_REVIEW",
    )
    if severity == "high":
        return (found,)
    return (found, AccountSuspended(payment.payment_id))


def advise(
    profile: RiskProfile, payment: Payment, at_ms: int, rules: FraudRules
) -> tuple[Fact, ...]:
    """Score a payment on request (CheckFraud).

    It decides nothing: the request tells less than the payment itself, so an approval from it
    would open the gate that the payment's own assessment guards.
    """
    velocity = velocity_of(profile, payment, at_ms, rules)
    scored = score(profile, payment, velocity, at_ms, rules)
    review = decision_of(scored.points, (), rules) == "MANUAL_REVIEW"
    return (Advised(payment, scored, at_ms, review),)


def order_cancelled(profile: RiskProfile, payment_id: str) -> tuple[Fact, ...]:
    """Say what the cancellation of a payment's order means: it is no history of its customer.

    Else whoever has cards declined would soon be a returning customer (G-22). Nor is it one later,
    where it was under review.
    """
    reviewed = under_review(profile, payment_id)
    if reviewed is not None:
        return (ReviewEnded(reviewed, approved=False),)
    attempt = counting(profile, payment_id)
    return () if attempt is None else (OrderUndone(attempt),)


def charge_back(profile: RiskProfile, chargeback_id: str, outcome: str) -> tuple[Fact, ...]:
    """Say what the end of a dispute means for its customer: a lost one counts, once (G-18)."""
    if outcome != "lost" or chargeback_id in profile.chargebacks:
        return ()
    return (ChargedBack(chargeback_id),)


def close_case(profile: RiskProfile, payment_id: str, decision: Decision) -> tuple[Fact, ...]:
    """Say what the end of a payment's case means for its customer.

    Approval lifts the suspension that this payment caused, and no other (G-24), and makes the
    payment history: else who is approved by hand time and again would never be a known customer.
    """
    approved, reviewed = decision == "APPROVED", under_review(profile, payment_id)
    ended: tuple[Fact, ...] = () if reviewed is None else (ReviewEnded(reviewed, approved),)
    return (*clear_suspension(profile, payment_id), *ended) if approved else ended


def clear_suspension(profile: RiskProfile, payment_id: str) -> tuple[Fact, ...]:
    """Lift the suspension that this payment caused, and no other (G-24)."""
    return (SuspensionLifted(payment_id),) if payment_id in suspending(profile) else ()


def evolve(profile: RiskProfile, fact: Fact) -> RiskProfile:  # noqa: PLR0911 - one case a fact
    """Fold one fact into the profile."""
    match fact:
        case Assessed():
            return _counted(profile, fact)
        case AccountSuspended():
            return suspended_by(profile, (*_others(profile, fact.payment_id), fact.payment_id))
        case SuspensionLifted():
            return suspended_by(profile, _others(profile, fact.payment_id))
        case OrderUndone():
            return without(profile, fact.attempt)
        case ReviewEnded():
            return after_review(profile, fact.reviewed, approved=fact.approved)
        case ChargedBack():
            kept = with_chargeback(profile.chargebacks, fact.chargeback_id)
            return msgspec.structs.replace(profile, chargebacks=kept)
        case _:
            return profile


def _others(profile: RiskProfile, payment_id: str) -> tuple[str, ...]:
    return tuple([one for one in suspending(profile) if one != payment_id])


def fold(profile: RiskProfile, facts: tuple[Fact, ...]) -> RiskProfile:
    """Fold all facts of one input, in order."""
    for fact in facts:
        profile = evolve(profile, fact)
    return profile


def _counted(profile: RiskProfile, fact: Assessed) -> RiskProfile:
    """Count the attempt; learn from it what is normal when it was approved."""
    attempts = with_attempt(profile.attempts, fact.attempt)
    payment, counts_minor = fact.payment, fact.attempt.approved_minor
    if fact.decision == "MANUAL_REVIEW" and not payment.is_further:
        held = Reviewed(payment.payment_id, payment.amount_minor, payment.device_id)
        reviewed = with_reviewed(profile.reviewed, held)
        return msgspec.structs.replace(profile, attempts=attempts, reviewed=reviewed)
    if fact.decision != "APPROVED":
        return msgspec.structs.replace(profile, attempts=attempts)
    return RiskProfile(
        attempts,
        with_device(profile.devices, payment.device_id),
        profile.orders + (counts_minor is not None),
        profile.approved_minor + (counts_minor or 0),
        later_place(profile.place, fact.place),
        profile.chargebacks,
        profile.suspended_by,
        profile.reviewed,
        profile.suspended_too,
    )
