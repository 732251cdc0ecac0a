"""What breaks the contract is refused in one line that says where and why."""

import json
from typing import Any

import pytest

import events
from events.memo import Memo
from events.notifications import SendNotification
from events.registrations import UserSignedUpEvent

FAILED = {"orderId": "o1", "userId": "u1", "rejectionReason": "FRAUD_FLAG"}


def _refusal(raw: bytes | None, **hints: str) -> events.ContractError:
    with pytest.raises(events.ContractError) as caught:
        events.decode(raw, record_timestamp_ms=0, **hints)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"",
        b"null",
        b"[]",
        b"7",
        b"{",
        b"\xff\xfe{}",
        b'{"eventType":"\xff"}',
        b'\xef\xbb\xbf{"eventType":"OrderFailed"}',
        b"[" * 100_000,
        b'{"data":' * 100_000,
        b'{"eventType":"OrderFailed","a":' + b"[" * 900 + b"]" * 900 + b"}",
        b"1" * 5000,
        b'{"eventType":"OrderFailed","a":' + b"1" * 5000 + b"}",
        b'{"eventType":"OrderFailed","a":NaN}',
        b'{"eventType":"OrderFailed","a":1e999}',
        b'{"eventType":"OrderFailed","a":"\\ud800"}',
        b'{"eventType":' + b"[" * 900 + b"]" * 900 + b"}",
    ],
)
def test_what_is_no_sound_json_object_is_refused(raw: bytes | None) -> None:
    _refusal(raw)


def test_a_record_larger_than_the_limit_is_refused_unread() -> None:
    error = _refusal(b" " * (events.RECORD_BYTES_MAX + 1))

    assert str(error) == "record: 1048577 bytes, expected at most 1048576"


LETTER = {
    "notificationId": "n_1",
    "recipient": {"customerId": "cus_1"},
    "channel": "EMAIL",
    "templateId": "order-confirmed",
    "priority": "NORMAL",
    "idempotencyKey": "e:EMAIL",
}


def _letter(size: int) -> bytes:
    """A canonical SendNotification of so many bytes."""
    message = SendNotification.model_validate(LETTER | {"templateData": {"text": ""}})
    said: dict[str, Any] = {"event_id": "e" * 36, "timestamp": 0}
    bare = len(events.encode(message, **said))
    text = "x" * (size - bare)
    return events.encode(message.model_copy(update={"template_data": {"text": text}}), **said)


def test_a_notification_has_256_kb_and_no_byte_more() -> None:
    most = 256 * 1024

    read = events.decode(_letter(most), record_timestamp_ms=0)
    error = _refusal(_letter(most + 1))

    assert read.event_type == "SendNotification"
    assert str(error) == "SendNotification: 262145 bytes, expected at most 262144"


def test_the_bound_holds_for_older_shapes_too_and_for_no_other_message() -> None:
    padded = {"pad": "x" * 262_144}
    queue = "notifications.dev.queue"

    assert "expected at most 262144" in str(
        _refusal(json.dumps(LETTER | padded).encode(), topic=queue)
    )
    events.decode(json.dumps(LETTER).encode(), record_timestamp_ms=0, topic=queue)
    failed = {"eventType": "OrderFailed", "data": FAILED} | padded
    assert events.decode(json.dumps(failed).encode(), record_timestamp_ms=0)


def test_what_is_too_large_is_not_remembered_as_read() -> None:
    memo, raw = Memo(record_bytes_max=1_000_000), _letter(262_144)
    envelope = events.decode(raw, record_timestamp_ms=0)

    memo.keep(raw, envelope)
    memo.keep(raw + b" ", envelope)

    assert memo.get(raw) is envelope
    assert memo.get(raw + b" ") is None


def test_an_unknown_message_lists_close_names() -> None:
    error = _refusal(b'{"eventType":"OrderConfirmd","data":{}}')

    assert isinstance(error, events.UnknownMessage)
    assert "no message is named 'OrderConfirmd'; close names: OrderConfirmed" in str(error)


def test_a_record_that_names_nothing_is_unknown() -> None:
    assert isinstance(_refusal(b'{"amount":5}'), events.UnknownMessage)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"orderId": None}, "OrderFailed.orderId: expected a valid string, got None"),
        ({"orderId": ""}, "OrderFailed.orderId: String should have at least 1 character, got ''"),
        ({"details": "no"}, "OrderFailed.details: expected a valid array, got 'no'"),
        ({"details": [{}]}, "OrderFailed.details.0: expected a valid string, got {}"),
        ({"rejectionReason": 5}, "OrderFailed.rejectionReason: expected 'INVALID_ADDRESS',"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected(change: dict[str, Any], text: str) -> None:
    error = _refusal(
        json.dumps({"eventType": "OrderFailed", "data": {**FAILED, **change}}).encode()
    )

    assert str(error).startswith(text)


def test_a_missing_field_is_named_and_the_rest_is_counted() -> None:
    error = _refusal(b'{"eventType":"OrderFailed","data":{}}')

    assert str(error) == "OrderFailed.orderId: Field required (and 2 more)"


def test_a_long_value_is_cut() -> None:
    address = "Ada Lovelace, 12 St James's Square, London " * 20

    error = _refusal(json.dumps({**FAILED, "details": address}).encode(), expect="OrderFailed")

    assert len(str(error)) < 200


@pytest.mark.parametrize(
    "field", ["timestamp", "metadata", "eventVersion", "eventId", "causationId"]
)
def test_a_wrong_envelope_field_is_named(field: str) -> None:
    record = {"eventType": "OrderFailed", "data": FAILED, field: [1]}

    assert f"{field}: " in str(_refusal(json.dumps(record).encode()))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**63, {"deep": None}])
def test_a_free_form_object_holds_plain_bounded_json(value: object) -> None:
    if isinstance(value, dict):
        for _ in range(40):
            value = {"deep": value}

    with pytest.raises(ValueError, match="profile"):
        UserSignedUpEvent(user_id="u1", email="a@b.c", signup_method="email", profile={"x": value})


def test_unknown_header_names_are_not_remembered() -> None:
    """Names come from producers: a cache of them would have no bound."""
    from events import reader  # noqa: PLC0415 - its cache is what is looked at

    before = reader._reader.cache_info().currsize
    for number in range(50):
        _refusal(b"{}", event_type=f"Nonsense{number}")

    assert reader._reader.cache_info().currsize == before
