"""The messages that follow from what happened to a notification."""

from collections.abc import Iterator
from typing import Final

from events.base import Message
from events.ids import derived_id, readable_id
from events.notifications import (
    NotificationFailed,
    NotificationRecipient,
    NotificationSent,
    SendNotification,
)
from events.vocabulary import Channel, NotificationFailureReason
from streams.moments import moment_of
from streams.notifications.admitting import FALLBACKS, HOUSE, NO_CONTACT, OPTED_OUT
from streams.notifications.dispatches import Dispatch
from streams.notifications.facts import DeadLettered, Fact, Sent, Suppressed
from streams.notifications.people import CLOSING, DEAD_TOKEN
from streams.notifications.rows import Notification, Status

_CLOSED: Final = frozenset({NO_CONTACT, OPTED_OUT})
"""Reasons for which another channel is tried (G-36)."""
_NOBODY_THERE: Final = CLOSING | {DEAD_TOKEN}
"""Codes of addresses that are gone: who asks for the message again has nobody to send it to."""
DIGEST: Final = "digest"
"""The template of a digest."""


def following(row: Notification, facts: tuple[Fact, ...]) -> Iterator[Message]:
    """Tell of the end of a message, and ask for another channel where its own is closed."""
    for fact in facts:
        if isinstance(fact, Sent) and fact.provider == HOUSE:
            yield shown(row)
        elif isinstance(fact, Suppressed):
            yield _failed(row, fact.reason, dead_lettered=False)
            if fact.reason in _CLOSED:
                yield from _elsewhere(row)
        elif isinstance(fact, DeadLettered):
            yield _failed(row, fact.reason, dead_lettered=True)
            if fact.code in CLOSING or fact.reason in _CLOSED:
                yield from _elsewhere(row)


def shown(row: Notification) -> NotificationSent:
    """NotificationSent of a message whose sending needs no provider."""
    return NotificationSent.made(
        notification_id=row.notification_id,
        user_id=row.user_id,
        channel=row.channel,
        template_id=row.template_id,
        provider=row.provider,
        attempts=row.attempts,
        sent_at=moment_of(row.sent_at_ms),
        latency_ms=max(0, row.sent_at_ms - row.asked_ms),
    )


def digest_of(
    user_id: str, due_ms: int, members: tuple[tuple[str, Notification], ...], cause_id: str
) -> Notification:
    """The digest of messages, with their history keys, as a message of its own.

    It is named after the first of them too: what was asked for just before the digest went out,
    and is heard of after it, makes another of the same time.
    """
    first = members[0][1].notification_id if members else ""
    key = readable_id(f"{DIGEST}:{due_ms}", user_id, first)
    entries = [{"templateId": row.template_id, "data": row.template_data} for _, row in members]
    return Notification(
        notification_id=key,
        user_id=user_id,
        channel="EMAIL",
        template_id=DIGEST,
        priority="NORMAL",
        status=Status.QUEUED,
        queued_at_ms=due_ms,
        asked_ms=due_ms,
        idempotency_key=key,
        cause_id=derived_id(cause_id, key),
        correlation_id=cause_id,
        template_data={"entries": entries},
        members=tuple([key for key, _ in members]),
    )


def asked_by(told: Notification | Dispatch) -> str | None:
    """The event that asked for a message; None of a digest, whose time came."""
    return None if told.template_id == DIGEST else told.cause_id


def _failed(
    row: Notification, reason: NotificationFailureReason, *, dead_lettered: bool
) -> NotificationFailed:
    return NotificationFailed.made(
        notification_id=row.notification_id,
        user_id=row.user_id,
        channel=row.channel,
        reason=reason,
        attempts=row.attempts,
        dead_lettered=dead_lettered,
    )


def again(row: Notification) -> SendNotification:
    """The same message once more, as a message of its own: for people who replay it."""
    return _copy(row, readable_id(row.idempotency_key, "again"), row.channel)


def is_given_up(facts: tuple[Fact, ...]) -> bool:
    """Whether a message ended unsent though its address may be good."""
    last = facts[-1]
    return isinstance(last, DeadLettered) and last.code not in _NOBODY_THERE


def _elsewhere(row: Notification) -> Iterator[SendNotification]:
    """The same message by the channel that stands in; the queue drops it if it is there."""
    channel = FALLBACKS.get(row.channel)
    if channel is not None and not row.members:
        key = readable_id(row.idempotency_key.removesuffix(f":{row.channel}"), channel)
        yield _copy(row, key, channel)


def _copy(row: Notification, key: str, channel: Channel) -> SendNotification:
    return SendNotification.made(
        notification_id=key,
        recipient=NotificationRecipient(customer_id=row.user_id),
        channel=channel,
        template_id=row.template_id,
        template_data=row.template_data,
        priority=row.priority,
        source_service="notification-service",
        source_event_type=row.source_event_type or None,
        idempotency_key=key,
    )
