"""The queue of payments that wait for a reviewer, and the word that one waits too long (G-24)."""

from typing import Final

import msgspec

from events.alerts import AlertRaised
from streams.alarms import alarm
from streams.fraud.case import FraudCase
from streams.fraud.case_facts import Fact, SlaMissed
from streams.fraud.scoring import SCORE_MAX
from streams.moments import MINUTE_MS

RULE: Final = "review_sla"
"""The alert's name, and its runbook's."""


class Waiting(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One open case, as a reviewer finds it. No personal data."""

    payment_id: str
    order_id: str | None
    score: int
    severity: str | None
    amount_minor: int | None
    currency: str | None
    opened_at_ms: int
    sla_due_at_ms: int
    review_due_at_ms: int
    """When it is declined unless somebody decides."""
    sla_missed: bool = False


def waiting(payment_id: str, case: FraudCase) -> Waiting | None:
    """The case as it stands in the queue; None unless it is open."""
    if case.state != "open":
        return None
    return Waiting(
        payment_id,
        case.order_id,
        case.score or 0,
        case.severity,
        case.amount_minor,
        case.currency,
        case.opened_at_ms or 0,
        case.sla_due_at_ms or 0,
        case.review_due_at_ms or 0,
        case.sla_missed,
    )


def place_of(one: Waiting) -> str:
    """Its key: in the byte order of keys the highest score comes first."""
    return f"{SCORE_MAX - one.score:03d}|{one.payment_id}"


def alarms(
    payment_id: str, case: FraudCase, facts: tuple[Fact, ...], now_ms: int
) -> tuple[AlertRaised, ...]:
    """Say that nobody looked at a case in time, once a case."""
    if not any(isinstance(fact, SlaMissed) for fact in facts):
        return ()
    opened_ms, due_ms = case.opened_at_ms or 0, case.sla_due_at_ms or 0
    alert = alarm(
        RULE,
        (payment_id,),
        payment_id,
        (now_ms - opened_ms) // MINUTE_MS,
        "minutes",
        now_ms,
        threshold=(due_ms - opened_ms) // MINUTE_MS,
    )
    return (alert,)
