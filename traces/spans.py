"""One committed record as one span: a pure function of it, so a repeat tells the same again.

A span is what one service did to make one message. It ends when the broker appended the message,
and begins when the cause was appended where that service reads it (later than the cause's own span
ended, if it was forwarded to another partition): that is what a service writes into `timestamp`,
for the broker's time of the cause is the only clock that agents know. A message without a cause
begins when its producer says it made it, where that is a little earlier.

Nothing of the payload goes out, and no key that names a person; what other systems chose (ids,
reasons) is masked as logs are. Times are in nanoseconds since 1970, as exact as the broker's
milliseconds.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from msgspec.structs import replace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import (
    Link,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from engine.dead_letters import SUFFIX, read_dead_letter
from engine.masking import MASKED, mask_text
from engine.records import Record, header
from engine.specs import TopicSpec
from events.envelope import Envelope
from events.errors import FlowMartError
from events.registry import ALIASES, MESSAGES
from traces.ids import is_sampled, span_id_of, trace_id_of
from traces.names import FAILED, NAMED, OF_ORDERS, PUBLIC
from wire.contract import CONTRACT
from wire.traceparent import HEADER, span_in

_WITHOUT_CAUSE_MS_MAX: Final = 10_000
_AFTER_CAUSE_MS_MAX: Final = 7 * 86_400_000
"""What says that it took longer has another clock: its span has no length. Commands are kept for
seven days."""
_TIME_MS_MAX: Final = 1 << 43
"""In the year 2248. OTLP has no room for all that a producer may say, where brokers let it."""
_TEXT_CHARS_MAX: Final = 128
_SERVICES_MAX: Final = 256
_IDS_MAX: Final = 16_384
_QUOTED: Final = re.compile(r"""(["'])(?:\\.|.)*?(?:\1|…|$)""")
"""As `repr` writes a text; one that was cut has no end."""
_MS: Final = 1_000_000
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)


class _Head(msgspec.Struct, rename="camel", gc=False):
    """What a canonical envelope says beside its message; names are those of `events.Envelope`."""

    event_id: str
    event_type: str
    timestamp: Annotated[datetime, msgspec.Meta(tz=True)]
    source: str
    correlation_id: str
    causation_id: str | None = None


_Told = _Head | Envelope[Any]
_read_head: Final = msgspec.json.Decoder(_Head).decode


def span_of(record: Record, ratio: float = 1.0) -> ReadableSpan | None:
    """What a record tells; None of a trace that is not sampled, and of notes among dead letters."""
    if not 0 <= record.timestamp <= _TIME_MS_MAX:
        record = replace(record, timestamp=min(max(0, record.timestamp), _TIME_MS_MAX))
    if record.topic.endswith(SUFFIX):
        return _of_letter(record, ratio)
    head = _head(record)
    trace_id = trace_id_of(head.correlation_id)
    if not is_sampled(trace_id, ratio):
        return None
    caller, name = _caller(record), _name(head.event_type)
    return ReadableSpan(
        name=name,
        context=_context(trace_id, span_id_of(head.event_id)),
        parent=_parent(trace_id, head, caller),
        resource=_service(head.source),
        attributes=_attributes("send", record, head) | _of_key(record),
        links=[Link(caller)] if caller and caller.trace_id != trace_id else (),
        kind=SpanKind.PRODUCER,
        status=Status(StatusCode.ERROR, FAILED[name]) if name in FAILED else Status(),
        start_time=_begun_ms(head, record.timestamp) * _MS,
        end_time=record.timestamp * _MS,
    )


def _of_letter(record: Record, ratio: float) -> ReadableSpan | None:
    """What an agent did with a record until it gave up."""
    letter = read_dead_letter(record)
    if not letter.error:
        return None
    # As it was read, but on the public topic: by that a record is known that says no id.
    original = replace(
        record, topic=letter.topic, partition=letter.partition, offset=letter.offset,
        timestamp=min(letter.timestamp_ms, record.timestamp), headers=letter.headers,
    )  # fmt: skip
    head = _head(original)
    trace_id = trace_id_of(head.correlation_id)
    if not is_sampled(trace_id, ratio):
        return None
    ended = record.timestamp * _MS
    where = replace(original, topic=letter.read_from or letter.topic)
    why = {"exception.type": letter.error, "exception.message": _without_values(letter.reason)}
    name = f"{letter.topic}@{letter.letter_offset}"
    return ReadableSpan(
        name="dead letter",
        context=_context(trace_id, span_id_of(f"dead letter {name}")),
        parent=_context(trace_id, span_id_of(head.event_id)),
        resource=_service(letter.agent),
        attributes=_attributes("process", where, head) | {"flowmart.dead_letter": name},
        events=[Event("exception", why, timestamp=ended)],
        kind=SpanKind.CONSUMER,
        status=Status(StatusCode.ERROR, letter.error),
        start_time=original.timestamp * _MS,
        end_time=ended,
    )


def _without_values(reason: str) -> str:
    """A reason without what it quotes of the record: names and streets are like other words."""
    return mask_text(_QUOTED.sub(MASKED, reason))


def _head(record: Record) -> _Told:
    """What the envelope says; older shapes are read as services read them."""
    try:
        head = _read_head(record.value or b"")
        if head.event_id and head.event_type and head.correlation_id and head.source:
            return head
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    try:
        return CONTRACT.decode(record, CONTRACT.route(record))[1]
    except FlowMartError:
        place = f"{record.topic}/{record.partition}/{record.offset}"
        at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        return _Head(place, "", at, "unknown_service", place)


def _name(event_type: str) -> str:
    """A span's name: one of few, whatever producers write."""
    name = ALIASES.get(event_type, event_type)
    return name if name in MESSAGES else "unknown message"


def _context(trace_id: int, span_id: int) -> SpanContext:
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=_SAMPLED)


def _caller(record: Record) -> SpanContext | None:
    """The span that a producer names in a header."""
    told = header(record, HEADER)
    return None if told is None else span_in(told.decode(errors="replace"))


def _parent(trace_id: int, head: _Told, caller: SpanContext | None) -> SpanContext | None:
    """The cause; of what begins a saga, the caller where the trace is theirs."""
    if head.causation_id:
        return _context(trace_id, span_id_of(head.causation_id))
    return caller if caller and caller.trace_id == trace_id else None


def _begun_ms(head: _Told, ended_ms: int) -> int:
    told_ms = round(head.timestamp.timestamp() * 1000)
    most_ms = _AFTER_CAUSE_MS_MAX if head.causation_id else _WITHOUT_CAUSE_MS_MAX
    return told_ms if 0 <= ended_ms - told_ms <= most_ms else ended_ms


def _attributes(operation: str, at: Record, head: _Told) -> dict[str, str | int]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": at.topic,
        "messaging.destination.partition.id": str(at.partition),
        "messaging.kafka.offset": at.offset,
        "messaging.message.id": _shown(head.event_id),
        "messaging.message.conversation_id": _shown(head.correlation_id),
    }


def _of_key(record: Record) -> dict[str, str | int]:
    spec = _spec(record.topic)
    if spec.key not in NAMED or not record.key:
        return {}
    key = record.key.decode(errors="replace")
    told: dict[str, str | int] = {
        "messaging.kafka.message.key": _shown(key),
        NAMED[spec.key]: _shown(key),
    }
    return told | ({"flowmart.order_id": _shown(spec.stem(key))} if spec.key in OF_ORDERS else {})


@lru_cache(maxsize=len(PUBLIC))
def _spec(topic: str) -> TopicSpec:
    domain, _, rest = topic.split(".")
    return PUBLIC[f"{domain}.{{env}}.{rest}"]


@lru_cache(maxsize=_SERVICES_MAX)
def _service(name: str) -> Resource:
    """One resource a service. Producers choose names, so the cache is bounded."""
    return Resource.create({"service.name": _shown(name), "service.namespace": "flowmart"})


@lru_cache(maxsize=_IDS_MAX)
def _shown(text: str) -> str:
    """What another system chose, fit to be shown. The ids of one order come again and again."""
    return mask_text(text[:_TEXT_CHARS_MAX])
