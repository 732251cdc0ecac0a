"""The review of doubtful payments, by paymentId.

In: `RiskScoreCalculated`, `FraudDetected`, `FraudCheckCompleted`, `OverrideFraudDecision`; timers
`sla` and `review`. Out: a second `FraudCheckCompleted`, which it reads again and ignores, and
`AlertRaised` for a case that nobody looked at in time. Kept: `fraud`, `review_queue`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from agents.wiring import Cause, announce, cause_of, move_timers, timer_cause
from engine.errors import BadRecord
from engine.specs import AgentSpec, Context, Delivery, Handler, Source, Timer
from events.base import Message
from streams.fraud import queue, review
from streams.fraud.case import UNSEEN, FraudCase, timers_of
from streams.fraud.case_facts import Fact, fold
from streams.fraud.queue import Waiting, place_of
from streams.fraud.rules import FraudRules
from tables.fraud import FRAUD, REVIEW_QUEUE
from topics import ALERTS_EVENTS, PAYMENTS_COMMANDS, PAYMENTS_EVENTS

AGENT: Final = "review"

Decide = Callable[[FraudCase, Any, Cause, FraudRules], tuple[Fact, ...]]

_DECIDE: Final[Mapping[str, Decide]] = {
    "RiskScoreCalculated": lambda case, event, _, rules: review.score_known(case, event, rules),
    "FraudCheckCompleted": lambda case, event, cause, rules: review.check_known(
        case, event, cause.at_ms, cause.correlation_id, rules
    ),
    "FraudDetected": lambda case, event, cause, rules: review.fraud_known(
        case, event, cause.at_ms, cause.correlation_id, rules
    ),
    "OverrideFraudDecision": lambda case, command, cause, rules: review.override(
        case, command, cause.event_id, cause.at_ms, rules
    ),
}


class OverrideRefused(BadRecord):
    """A reviewer's override was refused; the case is as it was.

    It goes to the dead letters, where its reviewer and rationale stay on record. Operator: tell
    the reviewer. A replay helps only against `no_case`, once the payment has a case.
    """


def review_agent(rules: FraudRules) -> AgentSpec:
    """Keep a case for every doubtful payment until a reviewer or the clock closes it."""
    decide = _deciding(rules)
    found = ("RiskScoreCalculated", "FraudCheckCompleted", "FraudDetected")
    return AgentSpec(
        name=AGENT,
        help="Keeps doubtful payments until a reviewer or the clock decides.",
        sources=(
            Source(PAYMENTS_EVENTS, dict.fromkeys(found, decide), by="paymentId"),
            Source(PAYMENTS_COMMANDS, {"OverrideFraudDecision": decide}, by="paymentId"),
        ),
        tables=(FRAUD, REVIEW_QUEUE),
        outputs=(PAYMENTS_EVENTS, ALERTS_EVENTS),
        timers={"sla": _on_time, "review": _on_time},
    )


def _deciding(rules: FraudRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        message, cause = delivery.value.data, cause_of(delivery)
        case = _case(ctx, message.payment_id)
        facts = _DECIDE[delivery.name](case, message, cause, rules)
        refusal = review.refusal_of(facts)
        if refusal is not None:
            raise OverrideRefused(f"{message.payment_id}: {refusal}")
        _apply(ctx, cause, message.payment_id, case, facts)

    return handler


def _on_time(ctx: Context, timer: Timer, now_ms: int) -> None:
    case = _case(ctx, timer.key)
    facts = review.sla_over(case) if timer.kind == "sla" else review.time_over(case, now_ms)
    _apply(ctx, timer_cause(AGENT, timer, now_ms), timer.key, case, facts)


def _case(ctx: Context, payment_id: str) -> FraudCase:
    return ctx.table(FRAUD).get(payment_id) or UNSEEN


def _apply(
    ctx: Context, cause: Cause, payment_id: str, case: FraudCase, facts: tuple[Fact, ...]
) -> None:
    """Save the row, move its timers and announce what the facts say."""
    if not facts:
        return
    after = fold(case, facts)
    if after == UNSEEN:
        del ctx.table(FRAUD)[payment_id]
    else:
        ctx.table(FRAUD)[payment_id] = after
    move_timers(ctx, payment_id, timers_of(case), timers_of(after))
    _move_place(ctx, queue.waiting(payment_id, case), queue.waiting(payment_id, after))
    news: tuple[Message, ...] = review.announced(payment_id, after, facts)
    news = (*news, *queue.alarms(payment_id, after, facts, cause.at_ms))
    if news:
        saga = after.correlation_id or cause.correlation_id
        announce(ctx, AGENT, replace(cause, correlation_id=saga), news)


def _move_place(ctx: Context, before: Waiting | None, after: Waiting | None) -> None:
    """Put a case into the queue, move it, or take it out."""
    places = ctx.table(REVIEW_QUEUE)
    if before is not None and (after is None or place_of(after) != place_of(before)):
        del places[place_of(before)]
    if after is not None and after != before:
        places[place_of(after)] = after
