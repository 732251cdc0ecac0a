"""What every agent of this shop needs: causes, and announcing what follows from them."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec

from engine.specs import Context, Delivery, Published, Timer, TopicSpec
from events.base import Message
from events.ids import derived_id
from events.moments import known_ms
from events.writer import Writer, writer_of
from topics import topic_of
from wire.contract import CONTRACT

_CHANNEL_CHARS_MAX: Final = 40
_PERSON_CHARS_MAX: Final = 128

Due = tuple[str, int]
"""A timer of a row: its kind, and when it is due."""


class Cause(msgspec.Struct, frozen=True, gc=False):
    """What led to a message: ids derive from it, so a replay announces the same again."""

    event_id: str
    correlation_id: str
    at_ms: int
    """The broker's time of the record, or the tick's: the only clock agents know."""
    causation_id: str | None = None
    """The event that it is; None of a timer and of a tick, which are none."""


def cause_of(delivery: Delivery) -> Cause:
    """The record in hand as a cause."""
    envelope = delivery.value
    return Cause(
        envelope.event_id,
        envelope.correlation_id or envelope.event_id,
        delivery.record.timestamp,
        envelope.event_id,
    )


def sales_channel(metadata: Mapping[str, Any] | None) -> str:
    """Where an order was sold, as its producer says: web, mobile-app; empty where none does."""
    return str(metadata.get("source") or "")[:_CHANNEL_CHARS_MAX] if metadata else ""


def requester(metadata: Mapping[str, Any] | None) -> str | None:
    """Who asked for something, as the HTTP API says; None where nobody does."""
    return str(metadata.get("requestedBy") or "")[:_PERSON_CHARS_MAX] or None if metadata else None


def timer_cause(agent: str, timer: Timer, now_ms: int, saga: str = "") -> Cause:
    """A timer that came due as a cause, in that saga or in one of its own.

    The same timer gives the same ids whenever it fires.
    """
    event_id = derived_id("timer", agent, timer.kind, timer.key, str(timer.due_ms))
    return Cause(event_id, saga or event_id, now_ms)


def move_timers(ctx: Context, key: str, was: Collection[Due], now: Collection[Due]) -> None:
    """Have a row's timers run as it says now; those that stay are left alone."""
    if was == now:
        return
    for kind, due_ms in was:
        if (kind, due_ms) not in now:
            ctx.cancel_timer(kind, key, due_ms)
    for kind, due_ms in now:
        if (kind, due_ms) not in was:
            ctx.set_timer(kind, key, due_ms)


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


class _Road(NamedTuple):
    """How messages of one type go out."""

    writer: Writer
    topic: TopicSpec


@cache
def _road_of(model: type[Message]) -> _Road:
    return _Road(writer_of(model), topic_of(model))


def _written(
    agent: str, cause: Cause, messages: Iterable[Message], metadata: dict[str, Any] | None
) -> Iterator[tuple[TopicSpec, str, bytes, list[tuple[str, bytes]]]]:
    cause_id, saga, at_ms = cause.event_id, cause.correlation_id, known_ms(cause.at_ms)
    told_id, saga_header = cause.causation_id, ("correlationId", saga.encode())
    for position, message in enumerate(messages):
        writer, topic = _road_of(type(message))
        event_id = derived_id(cause_id, agent, str(position), message.name)
        value, envelope = writer.written(message, event_id, at_ms, saga, told_id, metadata)
        if envelope is not None:
            CONTRACT.memo.keep(value, envelope)
        yield topic, writer.key(message), value, [*writer.told, saga_header]
