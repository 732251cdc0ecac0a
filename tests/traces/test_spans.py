"""What a record tells as a span: a table of cases, without Kafka and without a collector."""

import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.trace import SpanKind, StatusCode

import events
from engine.dead_letters import dead_letter
from engine.masking import MASKED
from engine.records import Record
from tests.traces.records import AT_MS, CAUSED_MS, SAGA, TRACE, record
from topics import ALL
from traces.ids import is_sampled, span_id_of, trace_id_of
from traces.names import FAILED, PUBLIC
from traces.spans import span_of


def test_a_record_is_what_its_service_did_since_the_cause_was_appended() -> None:
    span = span_of(record())

    assert span is not None
    assert (span.name, span.kind) == ("PaymentProcessed", SpanKind.PRODUCER)
    assert span.resource.attributes["service.name"] == "payment-service"
    assert span.context is not None
    assert span.context.trace_id == TRACE
    assert span.context.span_id == span_id_of("evt_2")
    assert span.parent is not None
    assert span.parent.span_id == span_id_of("evt_1")
    assert (span.start_time, span.end_time) == (CAUSED_MS * 1_000_000, AT_MS * 1_000_000)
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": "payments.dev.events",
        "messaging.destination.partition.id": "3",
        "messaging.kafka.offset": 17,
        "messaging.kafka.message.key": "pay_ord_1",
        "messaging.message.id": "evt_2",
        "messaging.message.conversation_id": SAGA,
        "flowmart.payment_id": "pay_ord_1",
        "flowmart.order_id": "ord_1",
    }


@pytest.mark.parametrize(
    ("correlation_id", "trace_id"),
    [
        (SAGA, TRACE),
        (SAGA.replace("-", ""), TRACE),
        ("saga-7", trace_id_of("saga-7")),
        (str(uuid.UUID(int=0)), trace_id_of(str(uuid.UUID(int=0)))),
    ],
)
def test_a_trace_has_the_bits_of_its_saga_where_these_are_an_id(
    correlation_id: str, trace_id: int
) -> None:
    span = span_of(record(correlationId=correlation_id))

    assert span is not None
    assert span.context is not None
    assert span.context.trace_id == trace_id
    assert 0 < trace_id < 1 << 128


@pytest.mark.parametrize(
    ("causation_id", "told", "start_ms"),
    [
        ("evt_1", "2026-09-21T14:13:20Z", CAUSED_MS),
        ("evt_1", "2026-09-21T08:13:20+00:00", CAUSED_MS - 6 * 3_600_000),  # Workers were down.
        ("evt_1", "2020-01-01T00:00:00Z", AT_MS),  # No service of ours wrote that.
        (None, "2026-09-21T14:13:15Z", CAUSED_MS - 5_000),
        (None, "2026-09-21T14:13:00Z", AT_MS),  # The producer's clock is slow,
        (None, "2026-09-21T14:13:21Z", AT_MS),  # or fast.
    ],
)
def test_a_span_begins_when_the_envelope_says_where_that_can_be(
    causation_id: str | None, told: str, start_ms: int
) -> None:
    span = span_of(record(causationId=causation_id, timestamp=told))

    assert span is not None
    assert span.start_time == start_ms * 1_000_000
    assert span.end_time == AT_MS * 1_000_000


CALLER = f"00-{TRACE:032x}-00f067aa0ba902b7-01".encode()


def test_a_command_in_the_callers_trace_is_a_child_of_the_callers_span() -> None:
    span = span_of(record(causationId=None, headers=(("traceparent", CALLER),)))

    assert span is not None
    assert span.parent is not None
    assert span.parent.span_id == 0x00F067AA0BA902B7
    assert span.links == ()


def test_a_command_of_another_saga_is_linked_to_the_callers_span() -> None:
    headers = (("traceparent", CALLER),)
    span = span_of(record(causationId=None, correlationId="saga-7", headers=headers))

    assert span is not None
    assert span.parent is None
    [link] = span.links
    assert link.context.trace_id == TRACE


@pytest.mark.parametrize("told", [b"", b"\xff", b"00-0-0-0", None])
def test_a_broken_traceparent_is_none(told: bytes | None) -> None:
    span = span_of(record(causationId=None, headers=(("traceparent", told),)))

    assert span is not None
    assert (span.parent, span.links) == (None, ())


def test_nothing_of_the_payload_and_nobody_is_told() -> None:
    sent = [
        record(),
        record("subscriptions.dev.events", "cus_ann", eventType="SubscriptionSuspended"),
        record("orders.dev.events", "ann@example.com", correlationId="ann@example.com"),
    ]

    told = " ".join(span.to_json() for each in sent if (span := span_of(each)))

    for secret in ("Ann Lee", "ann@example.com", "cus_ann"):
        assert secret not in told
    assert MASKED in told


def test_messages_that_say_that_something_failed_are_errors() -> None:
    for name, why in FAILED.items():
        span = span_of(record(eventType=name))

        assert span is not None
        assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, why)


def test_every_message_that_is_called_failed_is_known_to_be() -> None:
    called = {name for name in events.MESSAGES if name.endswith("Failed")}

    assert called <= set(FAILED) <= set(events.MESSAGES)


def test_an_older_shape_is_known_by_the_ids_by_which_services_know_it() -> None:
    raw = json.dumps({"orderId": "ord_1", "userId": "cus_1", "cancellationReason": "x"}).encode()
    headers = (("eventType", b"CancelOrder"),)
    told = record("orders.dev.commands", "ord_1", raw=raw, headers=headers)
    known = events.decode(raw, record_timestamp_ms=AT_MS, event_type="CancelOrder")

    span = span_of(told)

    assert span is not None
    assert span.context is not None
    assert span.name == "CancelOrder"
    assert span.context.span_id == span_id_of(known.event_id)
    assert span.context.trace_id == trace_id_of(known.event_id)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", b'{"eventType": "Nothing"}'])
def test_what_nobody_can_read_is_a_span_and_its_dead_letter_a_child(raw: bytes) -> None:
    bad = record("orders.dev.commands", None, raw=raw)
    letter = dead_letter(bad, bad.topic, "orders", ValueError("of ann@example.com"))
    lies = Record(letter.topic, 0, 5, AT_MS + 9, None, letter.value,
                  headers=tuple(letter.headers))  # fmt: skip

    span, buried = span_of(bad), span_of(lies)

    assert span is not None
    assert buried is not None
    assert (span.name, buried.name) == ("unknown message", "dead letter")
    assert buried.parent is not None
    assert span.context is not None
    assert (buried.parent.trace_id, buried.parent.span_id) == span.context[:2]


def test_a_dead_letter_tells_who_gave_up_and_why() -> None:
    sent = record()
    letter = dead_letter(sent, sent.topic, "payments", ValueError("cannot pay ann@example.com"))
    lies = Record(letter.topic, 0, 5, AT_MS + 9, letter.key, letter.value,
                  headers=tuple(letter.headers))  # fmt: skip

    span = span_of(lies)

    assert span is not None
    assert span.kind is SpanKind.CONSUMER
    assert span.resource.attributes["service.name"] == "payments"
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError")
    [event] = span.events
    assert event.name == "exception"
    assert dict(event.attributes or {}) == {
        "exception.type": "ValueError",
        "exception.message": "cannot pay a***@***",
    }
    assert span.parent is not None
    assert (span.parent.trace_id, span.parent.span_id) == (TRACE, span_id_of("evt_2"))
    assert (span.start_time, span.end_time) == (AT_MS * 1_000_000, (AT_MS + 9) * 1_000_000)
    assert span.attributes is not None
    assert span.attributes["flowmart.dead_letter"] == "payments.dev.events@5"
    assert span.attributes["messaging.kafka.offset"] == 17


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("PlaceOrder.userId: missing, expected text", "PlaceOrder.userId: missing, expected text"),
        ("line1: got 'Ann Lee', expected a number", "line1: got ***, expected a number"),
        ('name: got "O\'Neil", expected x', "name: got ***, expected x"),
        ("name: got 'Ann \\'O\\' \"Lee\"', expected x", "name: got ***, expected x"),
        ("address: got {'line1': '5 High Str…", "address: got {***: ***"),
        ("call ann@example.com", "call a***@***"),
    ],
)
def test_what_a_reason_quotes_of_the_record_is_left_out(reason: str, told: str) -> None:
    sent = record()
    letter = dead_letter(sent, sent.topic, "payments", ValueError(reason))
    lies = Record(letter.topic, 0, 5, AT_MS + 9, letter.key, letter.value,
                  headers=tuple(letter.headers))  # fmt: skip

    span = span_of(lies)

    assert span is not None
    assert dict(span.events[0].attributes or {})["exception.message"] == told


def test_a_note_of_a_replay_among_dead_letters_is_no_span() -> None:
    note = Record("orders.dev.commands.dlq", 0, 5, AT_MS, None, b"{}",
                  headers=(("dlq.replayed", b""),))  # fmt: skip

    assert span_of(note) is None


def test_a_tenth_of_traces_is_a_tenth_and_each_is_whole() -> None:
    """By their first bits no UUID would be in the lowest half."""
    sagas = [str(uuid.UUID(int=n * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128), version=4))
             for n in range(4_000)]  # fmt: skip

    told = [saga for saga in sagas if span_of(record(correlationId=saga), 0.1)]

    assert 320 < len(told) < 480
    assert all(span_of(record(correlationId=saga, eventId="another"), 0.1) for saga in told)
    assert not is_sampled(TRACE, 0.0)
    assert is_sampled(1 << 64, 1.0)


TEXTS = st.one_of(
    st.text(),
    st.sampled_from(["\ud800", "", "{", "0", "-1", SAGA, "9" * 400, "0001-01-01T00:00:00Z"]),
)
VALUES = st.one_of(st.none(), st.integers(), st.floats(), TEXTS, st.just([]), st.just({}))
FIELDS = ("eventId", "eventType", "timestamp", "source", "correlationId", "causationId", "data",
          "metadata", "id", "orderId")  # fmt: skip
ENVELOPES = st.dictionaries(st.sampled_from(FIELDS), VALUES).map(
    lambda told: json.dumps({"eventType": "CancelOrder", **told}).encode()
)
NAMES = st.sampled_from(
    ["eventType", "traceparent", "dlq.error", "dlq.partition", "dlq.offset", "dlq.timestamp",
     "dlq.topic", "dlq.read-from", "dlq.reason", "dlq.agent"]
)  # fmt: skip
HEADERS = st.lists(st.tuples(NAMES, st.none() | st.binary() | TEXTS.map(
    lambda text: text.encode(errors="replace")))).map(tuple)  # fmt: skip
RECORDS = st.builds(
    Record,
    topic=st.sampled_from(sorted(PUBLIC)).map(lambda name: name.format(env="dev"))
    | st.just("orders.dev.commands.dlq"),
    partition=st.integers(0, 9),
    offset=st.integers(0, 1 << 62),
    timestamp=st.integers(-1, 1 << 62),
    key=st.none() | st.binary(),
    value=st.none() | st.binary() | ENVELOPES | st.just(record().value),
    headers=HEADERS,
)


@given(RECORDS)
def test_no_record_keeps_the_others_from_being_told(odd: Record) -> None:
    """One that cannot be written would be tried for ever."""
    span = span_of(odd)

    if span is not None:
        encode_spans([span]).SerializeToString()


def test_whatever_lies_on_a_public_topic_is_told() -> None:
    assert set(PUBLIC) == {spec.name for spec in ALL if not spec.internal}
    for name in PUBLIC:
        assert span_of(record(name.format(env="prod"))) is not None
