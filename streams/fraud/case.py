"""What is remembered of one payment's fraud check, by paymentId: the score, the case, the review.

In: what fraud detection says of the payment, a reviewer's override, the clock. Bounded: factors,
reasons and texts are cut to the limits below.
"""

from enum import StrEnum
from typing import Final, Literal

import msgspec

from streams.fraud.scoring import Decision, Level

FACTORS_KEPT_MAX: Final = 8
REASONS_KEPT_MAX: Final = 8
TEXT_CHARS_MAX: Final = 240
"""Of each reason, rationale and reviewer."""

CaseState = Literal["open", "cleared", "confirmed"]
Timed = Literal["sla", "review"]


class FactorPoints(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One factor of the score."""

    name: str
    points: int | None


class Override(msgspec.Struct, frozen=True, gc=False):
    """A reviewer's decision."""

    event_id: str
    """Of the command, by which a repeat is known."""
    reviewer: str
    decision: Literal["APPROVED", "DECLINED"]
    rationale: str
    at_ms: int


class FraudCase(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One payment's fraud check. `state` is None while there is nothing to review."""

    order_id: str | None = None
    customer_id: str | None = None
    raw_score: int | None = None
    """The sum of the factors."""
    score: int | None = None
    """What the decision rests on: the raw score or a floor above it. Queues sort by it."""
    level: Level | None = None
    factors: tuple[FactorPoints, ...] = ()
    decision: Decision | None = None
    """The latest."""
    reasons: tuple[str, ...] = ()
    """Of the first decision; why it changed stands in `overrides`, or the review timed out."""
    confidence: float = 0.0
    severity: str | None = None
    fraud_type: str | None = None
    fraud_case_id: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    state: CaseState | None = None
    opened_at_ms: int | None = None
    sla_due_at_ms: int | None = None
    review_due_at_ms: int | None = None
    """When the case is declined unless somebody decides; without a case, when a waiting override
    is given up."""
    sla_missed: bool = False
    closed_at_ms: int | None = None
    overrides: tuple[Override, ...] = ()
    """At most one decides; it may wait here for its case to open."""
    correlation_id: str | None = None
    """The saga of the payment, from the opening of its case on."""


class Refusal(StrEnum):
    """Why an override is refused, in order of precedence."""

    SAME_REVIEWER = "same_reviewer"
    """The reviewer has overridden this payment before (G-24)."""
    CASE_CLOSED = "case_closed"
    """Somebody or the clock has decided already; cleared and confirmed are final."""
    NO_CASE = "no_case"
    """The payment was decided without a review."""


UNSEEN = FraudCase()


def cut(text: str) -> str:
    """Shorten a text to `TEXT_CHARS_MAX` characters."""
    return text if len(text) <= TEXT_CHARS_MAX else f"{text[: TEXT_CHARS_MAX - 1]}…"


def timers_of(case: FraudCase) -> tuple[tuple[Timed, int], ...]:
    """The timers that a row asks for, each with its due time; a closed case asks for none."""
    due = case.review_due_at_ms
    if due is None or case.closed_at_ms is not None:
        return ()
    sla = case.sla_due_at_ms
    if sla is None or case.sla_missed:
        return (("review", due),)
    return (("sla", sla), ("review", due))
