"""The slow way in: turns any older shape of a record into the canonical envelope.

What it knows of each message stands at the message: `Message.upcast`, and `scalar`,
`scalar_defaults` and `spellings` of every part. Renamed fields need nothing here: the models read
them. In order:

1. A record with an object under `data` is an envelope; otherwise it is flat, and what is not the
   envelope's is data.
2. A property named after the message is unwrapped.
3. Paths, derive and defaults supply what is absent; the envelope's own fields are supplied
   likewise.
4. Validation says what is still wrong, and what older producers are known for is mended: a bare
   value where an object belongs, another word for an enum's value, a date-time for a date. An
   optional field with an unknown word, or null, is dropped. At most `ROUNDS_MAX` rounds.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from events.base import Command, Message
from events.envelope import ENVELOPE_FIELDS, Envelope, correlation_of
from events.errors import ContractError, UnknownMessage, UnsupportedVersion, quoted
from events.ids import derived_id
from events.mend import explain, mend
from events.moments import format_ms
from events.reader import reader_of
from events.registry import message_named
from events.shapes import shape_of

ROUNDS_MAX: Final = 4

_Json = dict[str, Any]
_MAJOR: Final = re.compile(r"[0-9]{1,9}")
_sorted_json = msgspec.json.Encoder(order="sorted").encode
_json = msgspec.json.Encoder().encode


def read_upcast(
    raw: bytes,
    *,
    expect: str | None,
    hint: str | None,
    models: tuple[type[Message], ...] = (),
    record_timestamp_ms: int,
) -> Envelope[Any]:
    """Read a record of whatever shape. `models` are the messages that it may be if it names none.

    Raises:
        UnknownMessage, UnsupportedVersion, ContractError: see `events.codec.decode`.
    """
    record = _parsed(raw)
    model = _model_of(record, expect, hint, models)
    return _validated(model, _canonical(record, model, record_timestamp_ms))


def _parsed(raw: bytes) -> _Json:
    try:
        record = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ContractError(
            f"record: expected a JSON object, got what does not parse: {error}"
        ) from None
    if not isinstance(record, dict):
        raise ContractError(f"record: expected a JSON object, got {quoted(record)}")
    return record


# --- which message ---


def _model_of(
    record: _Json, expect: str | None, hint: str | None, models: tuple[type[Message], ...]
) -> type[Message]:
    name = _own_name(record) or expect or hint or _fitting(record, models)
    if name is None:
        raise UnknownMessage(
            "record: no eventType, and neither header nor topic tells which message it is"
        )
    model = message_named(name)
    if expect is not None and message_named(expect) is not model:
        raise ContractError(f"eventType: got {quoted(name)}, expected {message_named(expect).name}")
    return model


def _fitting(record: _Json, models: tuple[type[Message], ...]) -> str | None:
    """Name the one command all of whose required fields the record has, as a hand types it."""
    data = record["data"] if _is_envelope(record) else record
    found = [
        model.name
        for model in models
        if issubclass(model, Command)
        and all(
            not shape.required or not data.keys().isdisjoint(shape.choices)
            for shape in shape_of(model).values()
        )
    ]
    return found[0] if len(found) == 1 else None


def _own_name(record: _Json) -> str | None:
    """Read eventType, else type: in a flat record that may be a field, so it must be a name."""
    if record.get("eventType") is not None:
        return _text(record["eventType"], "eventType")
    name = record.get("type")
    if not isinstance(name, str) or not (_is_envelope(record) or _is_message(name)):
        return None
    return name


def _text(value: object, field: str) -> str:
    if isinstance(value, str) or type(value) in {int, float}:
        return str(value)
    raise ContractError(f"{field}: expected text, got {quoted(value)}")


def _is_message(name: str) -> bool:
    try:
        message_named(name)
    except UnknownMessage:
        return False
    return True


def _is_envelope(record: _Json) -> bool:
    return isinstance(record.get("data"), dict)


def _check_major(version: str, model: type[Message]) -> None:
    major = _MAJOR.match(version)
    if major is not None and int(major[0]) > int(model.version.partition(".")[0]):
        raise UnsupportedVersion(
            f"{model.name}.eventVersion: got {quoted(version)}, "
            f"expected {model.version} or an earlier major version"
        )


# --- the canonical envelope ---


def _canonical(record: _Json, model: type[Message], record_timestamp_ms: int) -> _Json:
    metadata = record.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    data = _supplied(_data_of(record, model), model, known)
    version = _text(
        _first(record.get("eventVersion"), known.get("version"), model.version), "eventVersion"
    )
    _check_major(version, model)
    event_id = _event_id(record, model)
    return {
        "eventId": event_id,
        "eventType": model.name,
        "eventVersion": version,
        "timestamp": _timestamp(record, data, model, record_timestamp_ms),
        "source": _source(record, model),
        "metadata": metadata,
        "correlationId": _first(record.get("correlationId"), correlation_of(known, event_id)),
        "causationId": record.get("causationId"),
        "data": data,
    }


def _event_id(record: _Json, model: type[Message]) -> str:
    """Read the id; `id` is a provider webhook's, but a flat record's own field."""
    webhook = record.get("id") if _is_envelope(record) else None
    told = _first(record.get("eventId"), record.get("event_id"), webhook)
    if told is None or told == "":
        return derived_id(model.name, _dumped(record, _sorted_json).decode())
    return _text(told, "eventId")


def _first(*candidates: object) -> object:
    return next((candidate for candidate in candidates if candidate is not None), None)


def _data_of(record: _Json, model: type[Message]) -> _Json:
    if _is_envelope(record):
        data = dict(record["data"])
    else:
        fields = shape_of(model)
        # AddInventory and others have a field that the envelope has too: there the flat key is
        # both.
        data = {
            key: value
            for key, value in record.items()
            if key in fields or key not in ENVELOPE_FIELDS
        }
    wrapped = data.get(model.name)
    return {**data, **wrapped} if isinstance(wrapped, dict) else data


def _timestamp(
    record: _Json, data: _Json, model: type[Message], record_timestamp_ms: int
) -> object:
    named = model.upcast.timestamp_from
    told = _first(record.get("timestamp"), None if named is None else _present(data, model, named))
    return format_ms(record_timestamp_ms) if told is None else told


def _source(record: _Json, model: type[Message]) -> object:
    is_data = not _is_envelope(record) and "source" in shape_of(model)
    return model.source if is_data or not record.get("source") else record["source"]


def _present(data: _Json, model: type[Message], wire: str) -> object:
    """Read a field under any of its names; a dotted name is a path."""
    shape = shape_of(model).get(wire)
    if shape is None:
        return dig(data, wire)
    return _first(*(data.get(choice) for choice in shape.choices))


def dig(data: _Json, path: str) -> Any:
    """What a dotted path names in JSON; None when it is not there."""
    found: Any = data
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _put(data: _Json, path: str, value: object) -> None:
    *steps, last = path.split(".")
    for step in steps:
        below = data.get(step)
        data[step] = dict(below) if isinstance(below, dict) else {}
        data = data[step]
    data[last] = value


def _supplied(data: _Json, model: type[Message], metadata: _Json) -> _Json:
    """Fill in what is absent from where the message's rules say it is."""
    rules = model.upcast
    for wire, paths in rules.paths.items():
        if _present(data, model, wire) is None:
            found = _first(
                *(
                    dig({"metadata": metadata} if path.startswith("metadata.") else data, path)
                    for path in paths
                )
            )
            if found is not None:
                _put(data, wire, found)
    for wire, derive in rules.derive.items():
        if _present(data, model, wire) is None and (derived := derive(data)) is not None:
            data[wire] = derived
    for wire, default in rules.defaults.items():
        if _present(data, model, wire) is None:
            data[wire] = default
    return data


# --- validation ---


def _dumped(record: object, encode: Callable[[object], bytes]) -> bytes:
    try:
        return encode(record)
    except (ValueError, OverflowError, TypeError, RecursionError) as error:
        raise ContractError(f"record: holds a value that is not plain JSON: {error}") from None


def _validated(model: type[Message], record: _Json) -> Envelope[Any]:
    reader = reader_of(model.name)
    assert reader is not None, f"{model.name} is registered"
    faults: list[Any] = []
    for _ in range(ROUNDS_MAX):
        try:
            return reader.read(_dumped(record, _json))
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False)
        except (ValueError, RecursionError) as error:
            raise ContractError(f"{model.name}: {error}") from None
        if not mend(record, model, faults):
            break
    raise ContractError(explain(model, faults))
