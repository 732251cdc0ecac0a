"""What every agent of this shop needs: causes, and announcing what follows from them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import events
from engine.specs import Context, Delivery, Published, Timer, TopicSpec
from events.base import Message
from topics import CONTRACT, topic_of


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
    for topic, key, value, headers in _written(agent, cause, messages, metadata):
        ctx.publish(topic, key, value, headers)


def published(
    agent: str,
    cause: Cause,
    messages: Iterable[Message],
    metadata: dict[str, Any] | None = None,
) -> list[Published]:
    """The same for an effect, which hands back what it publishes."""
    return [Published(*record) for record in _written(agent, cause, messages, metadata)]


def _written(
    agent: str, cause: Cause, messages: Iterable[Message], metadata: dict[str, Any] | None
) -> Iterator[tuple[TopicSpec, str, bytes, list[tuple[str, bytes]]]]:
    saga = cause.correlation_id
    for position, message in enumerate(messages):
        event_id = events.derived_id(cause.event_id, agent, str(position), message.name)
        value, envelope = events.written(
            message, event_id, cause.at_ms, saga, cause.event_id, metadata
        )
        if envelope is not None:
            CONTRACT.memo.keep(value, envelope)
        yield topic_of(type(message)), events.key_of(message), value, events.headers(message, saga)
