"""What every agent of this shop needs: causes, and announcing what follows from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import events
from engine.specs import Context, Delivery, Published, Timer
from events.base import Message
from topics import topic_of


@dataclass(frozen=True, slots=True)
class Cause:
    """What led to a message: ids derive from it, so a replay announces the same again."""

    event_id: str
    correlation_id: str
    at_ms: int
    """The broker's time of the record, or the tick's: the only clock agents know."""


def cause_of(delivery: Delivery) -> Cause:
    """The record in hand as a cause."""
    envelope = delivery.value
    return Cause(
        envelope.event_id,
        envelope.correlation_id or envelope.event_id,
        delivery.record.timestamp,
    )


def timer_cause(agent: str, timer: Timer, now_ms: int) -> Cause:
    """A timer that came due as a cause: the same timer gives the same ids whenever it fires."""
    event_id = events.derived_id("timer", agent, timer.kind, timer.key, str(timer.due_ms))
    return Cause(event_id, event_id, now_ms)


def announce(
    ctx: Context,
    agent: str,
    cause: Cause,
    messages: Iterable[Message],
    metadata: dict[str, Any] | None = None,
) -> None:
    """Publish each message on its own topic, in order, with ids derived from the cause."""
    for position, message in enumerate(messages):
        ctx.publish(
            topic_of(type(message)),
            events.key_of(message),
            _encoded(agent, cause, position, message, metadata),
            events.headers(message, cause.correlation_id),
        )


def published(
    agent: str,
    cause: Cause,
    messages: Iterable[Message],
    metadata: dict[str, Any] | None = None,
) -> list[Published]:
    """The same for an effect, which hands back what it publishes."""
    return [
        Published(
            topic_of(type(message)),
            events.key_of(message),
            _encoded(agent, cause, position, message, metadata),
            events.headers(message, cause.correlation_id),
        )
        for position, message in enumerate(messages)
    ]


def _encoded(
    agent: str, cause: Cause, position: int, message: Message, metadata: dict[str, Any] | None
) -> bytes:
    return events.encode(
        message,
        event_id=events.derived_id(cause.event_id, agent, str(position), message.name),
        timestamp=cause.at_ms,
        correlation_id=cause.correlation_id,
        causation_id=cause.event_id,
        metadata=metadata,
    )
