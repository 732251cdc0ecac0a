"""What is sent: records with what must become of them."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

import events
from events.base import Message
from topics import topic_of

Headers = tuple[tuple[str, bytes], ...]


class Letter(StrEnum):
    """Whether a record belongs among the dead letters."""

    NEVER = "never"
    ONCE = "once"
    MAYBE = "maybe"
    """What comes too early may wait too long, what comes too late may be refused."""


class Sent(msgspec.Struct, frozen=True):
    """One record on its way."""

    topic: str
    """With `{env}` in its place."""
    key: str | None
    stem: str | None
    """What of the key decides the partition; None: any will do."""
    value: bytes | None
    headers: Headers
    what: str
    """In a word or two, for people."""
    letter: Letter = Letter.NEVER
    order_id: str | None = None
    """The order that is to be cancelled."""


class Step(NamedTuple):
    """A record and when it is due, in ms after the shop's start."""

    due_ms: int
    sent: Sent


class Answer(NamedTuple):
    """A record, and how long after what was heard it is due."""

    after_ms: int
    sent: Sent
    is_moot: Callable[[], bool] | None = None
    """Asked when it is due: True, and nothing is sent."""


def sent(  # noqa: PLR0913 - what a record may be told to be, by name
    message: Message,
    event_id: str,
    at_ms: int,
    *,
    key: str | None = None,
    letter: Letter = Letter.NEVER,
    order_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Sent:
    """A message as a record, by its own key unless told otherwise."""
    topic = topic_of(type(message))
    key = key or events.key_of(message)
    return Sent(
        topic.name,
        key,
        topic.stem(key),
        events.encode(message, event_id=event_id, timestamp=at_ms, metadata=metadata),
        tuple(events.headers(message, event_id)),
        message.name,
        letter,
        order_id,
    )
