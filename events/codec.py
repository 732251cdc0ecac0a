"""Records to messages and back: `decode` and `encode`, the only two ways across the wire.

Decoding takes one of two ways. A canonical envelope is parsed and validated in one pass by a
validator prepared for its message (`events.reader`). Anything else goes through `events.upcast`,
which knows the older shapes and takes several times as long. What comes out is the same either way.

Encoding writes the canonical envelope: JSON without spaces, keys always in one order, `data` last,
absent fields left out. Unknown fields that a record carried are gone: a message holds the
contract's fields only.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from events.base import RECORD_BYTES_MAX, Message
from events.envelope import Envelope
from events.errors import ContractError
from events.moments import format_ms, utc_ms
from events.reader import reader_of
from events.registry import TOPICS
from events.upcast import read_upcast
from events.writer import writer_of

_TYPE_AT_THE_HEAD: Final = re.compile(rb'"eventType"\s*:\s*"([A-Za-z]{1,64})"')
_PEEK_BYTES: Final = 512


# --- reading ---


def decode(
    raw: bytes | None,
    *,
    record_timestamp_ms: int,
    event_type: str | None = None,
    expect: str | None = None,
    topic: str | None = None,
) -> Envelope[Any]:
    """Read one record, in whichever shape it came.

    `event_type` is the record's header of that name: it saves looking for the name in the record,
    which still has the last word. `expect` is the only message the caller takes. `topic` helps a
    record that names none: where one message alone travels on it, or where one command alone has
    all its required fields. `record_timestamp_ms` dates a record that carries no time
    of its own.

    Raises:
        UnknownMessage: the record names a message that the contract does not have, or none at all.
        UnsupportedVersion: it was written under a later major version.
        ContractError: it is not JSON, too large, or breaks the contract; the text names the field.
    """
    if raw is None:
        raise ContractError("record: null, expected an envelope")
    if len(raw) > RECORD_BYTES_MAX:
        raise ContractError(f"record: {len(raw)} bytes, expected at most {RECORD_BYTES_MAX}")
    name = expect or event_type or _peeked(raw)
    reader = None if name is None else reader_of(name)
    if reader is not None:
        envelope = reader.read_canonical(raw)
        if envelope is not None and len(raw) <= envelope.data.bytes_max:
            return envelope
    models = () if topic is None else _messages_on(topic)
    hint = event_type or _only(models)
    envelope = read_upcast(
        raw, expect=expect, hint=hint, models=models, record_timestamp_ms=record_timestamp_ms
    )
    most = envelope.data.bytes_max
    if len(raw) > most:
        raise ContractError(f"{envelope.event_type}: {len(raw)} bytes, expected at most {most}")
    return envelope


def _peeked(raw: bytes) -> str | None:
    found = _TYPE_AT_THE_HEAD.search(raw, 0, _PEEK_BYTES)
    return None if found is None else found[1].decode()


@cache
def _topic_pattern(topic: str) -> str:
    domain, _, rest = topic.partition(".")
    return f"{domain}.{{env}}.{rest.partition('.')[2]}"


def _messages_on(topic: str) -> tuple[type[Message], ...]:
    return TOPICS.get(topic) or TOPICS.get(_topic_pattern(topic)) or ()


def _only(models: tuple[type[Message], ...]) -> str | None:
    """The message of a topic that one alone travels on, as on `notifications.dev.queue`."""
    return models[0].name if len(models) == 1 else None


# --- writing ---


def encode(  # noqa: PLR0913 - one argument a field of the envelope
    message: Message,
    *,
    event_id: str,
    timestamp: datetime | int,
    correlation_id: str | None = None,
    causation_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    source: str | None = None,
) -> bytes:
    """Write a message as one canonical envelope.

    `timestamp` is when it happened: an aware datetime, or an int of milliseconds since 1970 (cut to
    1970 to 9999). Without a `correlation_id` the message starts its own saga. `source` is the
    service that speaks, by default the message's first publisher.
    """
    return writer_of(type(message)).record(
        message,
        event_id,
        format_ms(timestamp if isinstance(timestamp, int) else _ms_of(timestamp)),
        event_id if correlation_id is None else correlation_id,
        causation_id,
        metadata,
        message.source if source is None else source,
    )


def headers(message: Message, correlation_id: str) -> list[tuple[str, bytes]]:
    """Give the Kafka headers of a message's record."""
    return writer_of(type(message)).headers(correlation_id)


def key_of(message: Message) -> str:
    """Give the Kafka key of a message's record.

    Raises:
        ContractError: a query, which has none, or its optional key field is absent.
    """
    return writer_of(type(message)).key(message)


def _ms_of(moment: datetime) -> int:
    return round(utc_ms(moment).timestamp() * 1000)
