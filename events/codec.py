"""Records to messages and back: `decode` and `encode`, the only two ways across the wire.

Decoding takes one of two ways. A canonical envelope is parsed and validated in one pass by a
validator prepared for its message (`events.reader`). Anything else goes through `events.upcast`,
which knows the older shapes and takes several times as long. What comes out is the same either way.

Encoding writes the canonical envelope: JSON without spaces, keys always in one order, `data` last,
absent fields left out. Unknown fields that a record carried are gone: a message holds the
contract's fields only.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, Final

import msgspec

from events.base import Message
from events.envelope import Envelope
from events.errors import ContractError
from events.reader import reader_of
from events.registry import TOPICS
from events.scalars import format_ms, utc_ms
from events.upcast import read_upcast

RECORD_BYTES_MAX: Final = 1_048_576
"""The largest record read: Kafka's own default."""

CONTENT_TYPE: Final = b"application/json"

_TYPE_AT_THE_HEAD: Final = re.compile(rb'"eventType"\s*:\s*"([A-Za-z]{1,64})"')
_PEEK_BYTES: Final = 512
_json = msgspec.json.Encoder().encode


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
        if envelope is not None:
            return envelope
    models = () if topic is None else _messages_on(topic)
    hint = event_type or _only(models)
    return read_upcast(
        raw, expect=expect, hint=hint, models=models, record_timestamp_ms=record_timestamp_ms
    )


def _peeked(raw: bytes) -> str | None:
    found = _TYPE_AT_THE_HEAD.search(raw, 0, _PEEK_BYTES)
    return None if found is None else found[1].decode()


@cache
def _topic_pattern(topic: str) -> str:
    domain, _, rest = topic.partition(".")
    return f"{domain}.{{env}}.{rest.partition('.')[2]}"


def only_message_on(topic: str) -> str | None:
    """Name the message of a topic that one alone travels on, as on `notifications.dev.queue`."""
    return _only(_messages_on(topic))


def _messages_on(topic: str) -> tuple[type[Message], ...]:
    return TOPICS.get(topic) or TOPICS.get(_topic_pattern(topic)) or ()


def _only(models: tuple[type[Message], ...]) -> str | None:
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
    model = type(message)
    head, tail = _frame(model)
    moment = format_ms(timestamp if isinstance(timestamp, int) else _ms_of(timestamp))
    parts = [b'{"eventId":', _json(event_id), head, moment.encode()]
    parts += (tail,) if source is None else (b'","source":', _json(source))
    if metadata is not None:
        parts += (b',"metadata":', _json(metadata))
    parts += (b',"correlationId":', _json(event_id if correlation_id is None else correlation_id))
    if causation_id is not None:
        parts += (b',"causationId":', _json(causation_id))
    parts += (b',"data":', data_of(message), b"}")
    return b"".join(parts)


def data_of(message: Message) -> bytes:
    """Write a message's own fields as canonical JSON."""
    written = message.__pydantic_serializer__.to_json(message, by_alias=True, exclude_none=True)
    if message.always_sent:
        return _with_nulls(message, written)
    return written


def _with_nulls(message: Message, written: bytes) -> bytes:
    absent = [field for field in message.always_sent if getattr(message, field) is None]
    names = (type(message).model_fields[field].serialization_alias for field in absent)
    nulls = b"".join(b'"%s":null,' % (name or "").encode() for name in names)
    return b"{" + nulls + written[1:]


@cache
def _frame(model: type[Message]) -> tuple[bytes, bytes]:
    head = f',"eventType":"{model.name}","eventVersion":"{model.version}","timestamp":"'
    return head.encode(), f'","source":"{model.source}"'.encode()


def _ms_of(moment: datetime) -> int:
    return round(utc_ms(moment).timestamp() * 1000)


def headers(message: Message, correlation_id: str) -> list[tuple[str, bytes]]:
    """Give the Kafka headers of a message's record."""
    return [
        ("eventType", message.name.encode()),
        ("contentType", CONTENT_TYPE),
        ("correlationId", correlation_id.encode()),
    ]


@cache
def _key_reader(model: type[Message]) -> Callable[[Message], Any]:
    return attrgetter(model.key_field)


def key_of(message: Message) -> str:
    """Give the Kafka key of a message's record.

    Raises:
        ContractError: a query, which has none, or its optional key field is absent.
    """
    model = type(message)
    if not model.key_field:
        raise ContractError(f"{model.name}: a query has no key")
    key = _key_reader(model)(message) or message.fallback_key()
    if not key:
        raise ContractError(
            f"{model.name}.{model.key_field}: absent, expected the key of {model.topic}"
        )
    return str(key)
