"""What is written can be read, whatever the way in; what cannot be read is refused by name."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import events
from events.schemas import schema_of
from events.upcast import read_upcast
from events.writer import writer_of
from tests.events.generated import LEAVES, TEXT, messages

EXAMPLES: Final = sorted((Path(__file__).parent / "examples").glob("*/*.json"))
NAMES: Final = [f"{path.parent.name}/{path.stem}" for path in EXAMPLES]
AT_MS: Final = 1_700_000_000_000


def _decoded(raw: bytes, expect: str | None = None) -> events.Envelope[Any]:
    return events.decode(raw, expect=expect, record_timestamp_ms=AT_MS)


def _encoded(envelope: events.Envelope[Any]) -> bytes:
    return events.encode(
        envelope.data,
        event_id=envelope.event_id,
        timestamp=envelope.timestamp_ms,
        correlation_id=envelope.correlation_id,
        causation_id=envelope.causation_id,
        metadata=envelope.metadata,
        source=envelope.source,
    )


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_every_example_survives_decoding_and_encoding(path: Path) -> None:
    first = _decoded(path.read_bytes(), path.parent.name)

    again = _decoded(_encoded(first))

    assert again == first
    assert _encoded(again) == _encoded(first)


@pytest.mark.parametrize("path", EXAMPLES, ids=NAMES)
def test_every_example_once_canonical_keeps_its_schema(path: Path) -> None:
    envelope = _decoded(path.read_bytes(), path.parent.name)

    data = json.loads(writer_of(type(envelope.data)).data(envelope.data))

    jsonschema.validate(data, schema_of(type(envelope.data)))


@given(messages())
@settings(max_examples=300)
def test_every_message_is_read_as_it_was_written(message: events.Message) -> None:
    raw = events.encode(message, event_id="e1", timestamp=AT_MS, causation_id="e0")

    envelope = _decoded(raw)

    assert envelope.data == message
    assert (envelope.event_id, envelope.correlation_id, envelope.causation_id) == ("e1", "e1", "e0")
    assert (envelope.event_type, envelope.timestamp_ms) == (message.name, AT_MS)
    assert envelope.source == message.source


@given(messages())
@settings(max_examples=200)
def test_both_ways_in_agree(message: events.Message) -> None:
    raw = events.encode(message, event_id="e1", timestamp=AT_MS, metadata={"channel": "web"})

    slow = read_upcast(raw, expect=None, hint=None, record_timestamp_ms=0)

    assert slow == _decoded(raw)


@given(messages())
@settings(max_examples=200)
def test_every_message_keeps_its_schema(message: events.Message) -> None:
    model = type(message)
    jsonschema.validate(json.loads(writer_of(model).data(message)), schema_of(model))


@given(st.binary(max_size=200), st.none() | st.sampled_from(sorted(events.MESSAGES)))
def test_junk_bytes_are_refused_by_our_own_error(junk: bytes, header: str | None) -> None:
    with pytest.raises(events.ContractError):
        events.decode(junk, event_type=header, record_timestamp_ms=AT_MS)


JSON: Final = st.recursive(
    LEAVES | st.floats() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)


@given(st.sampled_from(EXAMPLES), st.data())
@settings(max_examples=500)
def test_a_damaged_record_is_read_or_refused_by_our_own_error(
    path: Path, data: st.DataObject
) -> None:
    record = json.loads(path.read_bytes())
    _damage(record, data)

    envelope = None
    with suppress(events.ContractError):
        envelope = _decoded(json.dumps(record).encode(), path.parent.name)

    assert envelope is None or _decoded(_encoded(envelope)) == envelope


def _damage(record: dict[str, Any] | list[Any], data: st.DataObject) -> None:
    """Put something else in one place, at any depth."""
    while True:
        key = data.draw(
            st.sampled_from(sorted(record) if isinstance(record, dict) else range(len(record)))
        )
        if not record[key] or not isinstance(record[key], (dict, list)) or data.draw(st.booleans()):
            record[key] = data.draw(JSON)
            return
        record = record[key]
