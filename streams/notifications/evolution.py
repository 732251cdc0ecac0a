"""How a notification's row changes by a fact: `evolve` folds and judges nothing."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from streams.notifications.facts import (
    DeadLettered,
    Deferred,
    Delivered,
    Digested,
    Engaged,
    Fact,
    Heard,
    Queued,
    Requeued,
    Sent,
    Started,
    Suppressed,
    TryFailed,
)
from streams.notifications.rows import ENGAGEMENTS_MAX, Notification, Status

HELD_BACK: Final = "heldBack"
"""By this name templates are given how many more messages wait."""


def evolve(row: Notification | None, fact: Fact) -> Notification:
    """Give the row as it is after the fact. Only Queued begins one."""
    if isinstance(fact, Queued):
        return fact.notification
    assert row is not None, "a notification begins with Queued"
    return _FOLDS[type(fact)](row, fact)


def _suppressed(row: Notification, fact: Suppressed) -> Notification:
    return replace(row, status=Status.SUPPRESSED, reason=fact.reason, due_ms=0)


def _waiting(row: Notification, fact: Deferred | Digested) -> Notification:
    put_off_ms = row.put_off_ms if row.attempts else fact.due_ms
    return replace(row, due_ms=fact.due_ms, asked_ms=fact.due_ms, put_off_ms=put_off_ms)


def _digested(row: Notification, fact: Digested) -> Notification:
    return replace(_waiting(row, fact), in_digest=True)


def _requeued(row: Notification, _: Requeued) -> Notification:
    return replace(row, status=Status.QUEUED, due_ms=0)


def _started(row: Notification, fact: Started) -> Notification:
    if fact.held_back or HELD_BACK in row.template_data:
        row = replace(row, template_data=_with_held_back(row.template_data, fact.held_back))
    return replace(
        row, status=Status.SENDING, attempts=row.attempts + 1, to=fact.to, due_ms=0, reason=""
    )


def _with_held_back(told: dict[str, Any], held_back: int) -> dict[str, Any]:
    rest = {name: value for name, value in told.items() if name != HELD_BACK}
    return {**rest, HELD_BACK: held_back} if held_back else rest


def _try_failed(row: Notification, fact: TryFailed) -> Notification:
    pauses = row.pauses if fact.counts else row.pauses + 1
    return replace(row, due_ms=fact.due_ms, reason=fact.reason, pauses=pauses)


def _sent(row: Notification, fact: Sent) -> Notification:
    return replace(row, status=Status.SENT, sent_at_ms=fact.at_ms, provider=fact.provider, due_ms=0)


def _dead_lettered(row: Notification, fact: DeadLettered) -> Notification:
    return replace(row, status=Status.DEAD_LETTERED, reason=fact.reason, due_ms=0)


def _heard(row: Notification, fact: Heard) -> Notification:
    return replace(row, engagements=(*row.engagements, fact.engagement_id)[-ENGAGEMENTS_MAX:])


def _delivered(row: Notification, _: Delivered) -> Notification:
    return replace(row, status=Status.DELIVERED)


def _engaged(row: Notification, fact: Engaged) -> Notification:
    return replace(row, status=Status.ENGAGED, read_at_ms=fact.at_ms)


_FOLDS: Final[dict[type, Callable[[Notification, Any], Notification]]] = {
    Suppressed: _suppressed,
    Deferred: _waiting,
    Digested: _digested,
    Requeued: _requeued,
    Started: _started,
    TryFailed: _try_failed,
    Sent: _sent,
    DeadLettered: _dead_lettered,
    Heard: _heard,
    Delivered: _delivered,
    Engaged: _engaged,
}


def fold(row: Notification | None, facts: tuple[Fact, ...]) -> Notification:
    """Give the row as it is after all of them, at least one."""
    for fact in facts:
        row = evolve(row, fact)
    assert row is not None, "folding needs a fact"
    return row
