"""What follows from a try: sent, tried again after 1, 4 and 16 s, or given up (G-37)."""

from typing import Final

from events.notifications import (
    CustomerEngagementRecorded,
    NotificationFailed,
    NotificationSent,
)
from streams.notifications.admitting import EXPIRED, Person, begun, refusal
from streams.notifications.facts import (
    DeadLettered,
    Delivered,
    Engaged,
    Fact,
    Heard,
    Requeued,
    Sent,
    TryFailed,
)
from streams.notifications.people import CLOSING, SOFT_BOUNCE, interactions
from streams.notifications.rows import Notification, Status
from streams.notifications.rules import NotificationRules

CIRCUIT_OPEN: Final = "circuit_open"
PROVIDER_ERROR: Final = "provider_error"


def accepted(row: Notification, event: NotificationSent, at_ms: int) -> tuple[Fact, ...]:
    """A provider said yes."""
    if row.status is not Status.SENDING or row.due_ms:
        return ()
    return (Sent(at_ms, event.provider or ""),)


def refused(
    row: Notification, event: NotificationFailed, code: str, at_ms: int, rules: NotificationRules
) -> tuple[Fact, ...]:
    """A try failed; with a code, other than a soft bounce's, no other try can go better.

    What is told of another try, or of a message that nobody tries any more, changes nothing.
    """
    if row.status is not Status.SENDING or row.due_ms or event.attempts != row.attempts:
        return ()
    if code and code != SOFT_BOUNCE:
        return (DeadLettered(PROVIDER_ERROR, code),)
    if event.reason == CIRCUIT_OPEN:
        return _paused(row, at_ms, rules)
    tries = row.attempts - row.pauses
    if tries > len(rules.retries_ms):
        return (DeadLettered(event.reason, code),)
    return (TryFailed(at_ms + rules.retries_ms[tries - 1], event.reason, counts=True),)


def blames_address(
    row: Notification, event: NotificationFailed, code: str, facts: tuple[Fact, ...]
) -> bool:
    """Whether a failure says something of the address that a message went to, once a message.

    A mailbox may send a mail back, and its owner complain, long after it was accepted.
    """
    if facts:
        return isinstance(facts[-1], DeadLettered)
    return code in CLOSING and event.attempts == row.attempts


def retry(
    row: Notification, person: Person, at_ms: int, rules: NotificationRules
) -> tuple[Fact, ...]:
    """The wait is over: the next try, unless the channel was closed meanwhile."""
    reason = refusal(row, person, rules)
    if reason:
        return (DeadLettered(reason),)
    return (Requeued(), *begun(row, person, at_ms, rules))


def engaged(row: Notification, event: CustomerEngagementRecorded, at_ms: int) -> tuple[Fact, ...]:
    """Delivery receipts, and what the recipient did with it; told again, nothing."""
    if event.engagement_id in row.engagements:
        return ()
    kinds = [one.kind for one in interactions(event.root_interaction)]
    facts: list[Fact] = [Heard(event.engagement_id)]
    if "DELIVERED" in kinds and row.status is Status.SENT:
        facts.append(Delivered())
    done = any(kind != "DELIVERED" for kind in kinds)
    if done and row.status in (Status.SENT, Status.DELIVERED):
        facts.append(Engaged(at_ms))
    return tuple(facts)


def _paused(row: Notification, at_ms: int, rules: NotificationRules) -> tuple[Fact, ...]:
    due_ms = at_ms + rules.breaker_pause_ms
    if due_ms > row.wanted_ms + rules.expire_ms:
        return (DeadLettered(EXPIRED),)
    return (TryFailed(due_ms, CIRCUIT_OPEN, counts=False),)
