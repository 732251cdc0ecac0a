"""A message at hand is not parsed again, and nobody can tell but by the time it takes."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

import events
from events.inventory import StockLevel, WarehouseStockSnapshot, Zone
from events.memo import Memo
from events.moments import known_ms
from events.orders import CancelOrder
from events.writer import writer_of
from tests.events.generated import OBJECTS, messages

AT_MS = 1_700_000_000_000
CANCEL = CancelOrder(order_id="o1", user_id="u1", cancellation_reason="late")


def written(number: int = 0) -> tuple[bytes, events.Envelope[Any]]:
    event_id = events.derived_id(str(number))
    raw, envelope = writer_of(CancelOrder).written(CANCEL, event_id, AT_MS, "saga", "cause", None)
    assert envelope is not None
    return raw, envelope


@given(messages(), OBJECTS | st.none(), st.integers(-1, 2**53))
@settings(max_examples=300)
def test_what_a_message_will_be_read_as_is_what_is_read(
    message: events.Message, metadata: dict[str, Any] | None, at_ms: int
) -> None:
    raw, told = writer_of(type(message)).written(
        message, "e1", known_ms(at_ms), "saga", "cause", metadata
    )

    read = events.decode(raw, record_timestamp_ms=AT_MS)
    assert told is None or told == read
    assert metadata or told is not None


def test_a_message_whose_metadata_may_hold_its_fields_is_read_to_tell() -> None:
    moved = {"version": "1.0.0", "discountTotal": 1}
    for model in events.MESSAGES.values():
        for paths in model.upcast.paths.values():
            moved |= {p.removeprefix("metadata."): 1 for p in paths if p.startswith("metadata.")}
    of_metadata = next(
        model
        for model in events.MESSAGES.values()
        if any(p.startswith("metadata.") for ps in model.upcast.paths.values() for p in ps)
    )

    _, told = writer_of(of_metadata).written(
        of_metadata.model_construct(), "e1", AT_MS, "saga", "cause", moved
    )

    assert told is None


def test_exactly_the_same_bytes_are_found() -> None:
    memo = Memo()
    raw, envelope = written()

    memo.keep(raw, envelope)

    assert memo.get(bytes(bytearray(raw))) is envelope
    assert memo.get(raw + b" ") is None
    assert memo.get(raw.replace(b"late", b"soon")) is None
    assert memo.get(b"") is None


def test_what_is_remembered_has_a_bound_and_the_newest_is_found() -> None:
    memo, records = Memo(entries_max=10), [written(number) for number in range(100)]

    for raw, envelope in records:
        memo.keep(raw, envelope)

    found = [memo.get(raw) is envelope for raw, envelope in records]
    assert 10 <= sum(found) <= 20
    assert all(found[-10:])


def test_what_is_remembered_has_a_bound_in_bytes_too() -> None:
    records = [written(number) for number in range(100)]
    memo = Memo(bytes_max=10 * len(records[0][0]))

    for raw, envelope in records:
        memo.keep(raw, envelope)

    found = [memo.get(raw) is envelope for raw, envelope in records]
    assert 10 <= sum(found) <= 20
    assert all(found[-10:])


def test_what_is_large_is_read_again() -> None:
    level = StockLevel(on_hand=1, reserved=0)
    zone = Zone(zone_id="z", stock_by_sku={f"prd_{n:06d}": level for n in range(1_000)})
    snapshot = WarehouseStockSnapshot(
        snapshot_id="s", warehouse_id="w", zones=(zone,), sequence_number=1,
        captured_at=datetime(2025, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    memo, event_id = Memo(), events.derived_id("s")
    raw, envelope = writer_of(type(snapshot)).written(snapshot, event_id, AT_MS, "s", "c", None)
    assert envelope is not None

    memo.keep(raw, envelope)

    assert memo.get(raw) is None


def test_an_envelope_is_plain_json_once() -> None:
    raw, _ = written()

    assert list(msgspec.json.decode(raw)) == [
        "eventId", "eventType", "eventVersion", "timestamp", "source", "correlationId",
        "causationId", "data",
    ]  # fmt: skip
