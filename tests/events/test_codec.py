"""The canonical bytes: their order, their key, their headers."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given

import events
from events.inventory import DeleteInventory
from events.notifications import NotificationRecipient, SendNotification
from events.orders import OrderAmended, OrderFailed
from events.subscriptions import CancelSubscription
from tests.events.generated import messages

FAILED = OrderFailed(order_id="o1", user_id="u1", rejection_reason="INVALID_REQUEST")
KEYLESS = {"PlaceOrder", "CancelSubscription"}


def test_keys_always_come_in_one_order_and_nothing_absent_is_written() -> None:
    raw = events.encode(
        FAILED,
        event_id="e1",
        timestamp=0,
        correlation_id="c1",
        causation_id="e0",
        metadata={"channel": "web"},
        source="shop",
    )

    assert raw.decode() == (
        '{"eventId":"e1","eventType":"OrderFailed","eventVersion":"1.0.0",'
        '"timestamp":"1970-01-01T00:00:00.000Z","source":"shop","metadata":{"channel":"web"},'
        '"correlationId":"c1","causationId":"e0",'
        '"data":{"orderId":"o1","userId":"u1","rejectionReason":"INVALID_REQUEST"}}'
    )


def test_a_datetime_and_its_milliseconds_give_the_same_bytes() -> None:
    moment = datetime(2025, 11, 16, 11, 15, 29, 553_999, timezone(timedelta(hours=1)))

    assert events.encode(FAILED, event_id="e1", timestamp=moment) == events.encode(
        FAILED, event_id="e1", timestamp=1_763_288_129_553
    )


def test_an_envelope_tells_its_time_both_ways() -> None:
    raw = events.encode(FAILED, event_id="e1", timestamp=1_763_288_129_553)

    envelope = events.decode(raw, record_timestamp_ms=0)

    assert envelope.timestamp == datetime(2025, 11, 16, 10, 15, 29, 553_000, UTC)


@pytest.mark.parametrize("event_id", ['"', "\\", "\n", "é", "💥", "\x00"])
def test_ids_are_escaped(event_id: str) -> None:
    raw = events.encode(FAILED, event_id=event_id, timestamp=0, source=event_id)

    assert json.loads(raw)["eventId"] == event_id
    assert events.decode(raw, record_timestamp_ms=0).source == event_id


@pytest.mark.parametrize("user_id", ["u1", None])
def test_a_guests_amendment_says_null(user_id: str | None) -> None:
    amended = OrderAmended(
        order_id="o1",
        user_id=user_id,
        amendment_type="ADDRESS_CHANGE",
        amendments=(),
        new_order_total_minor=100,
        currency="USD",
        order_status="confirmed",
    )

    raw = events.encode(amended, event_id="e1", timestamp=0)

    assert json.loads(raw)["data"]["userId"] == user_id
    assert events.decode(raw, record_timestamp_ms=0).data == amended


def test_headers_name_the_message_its_content_and_its_saga() -> None:
    assert events.headers(FAILED, "c1") == [
        ("eventType", b"OrderFailed"),
        ("contentType", b"application/json"),
        ("correlationId", b"c1"),
    ]


@given(messages())
def test_every_message_on_kafka_has_a_key(message: events.Message) -> None:
    if message.kind == "query":
        with pytest.raises(events.ContractError, match="a query has no key"):
            events.key_of(message)
    elif message.name not in KEYLESS:
        assert events.key_of(message)


def test_a_nested_field_may_be_the_key() -> None:
    told = SendNotification(
        notification_id="n1",
        recipient=NotificationRecipient(customer_id="u1"),
        channel="EMAIL",
        template_id="t1",
        priority="LOW",
        idempotency_key="k1",
    )

    assert events.key_of(told) == "u1"


def test_a_stock_item_is_keyed_by_the_product_in_its_id() -> None:
    assert events.key_of(DeleteInventory(inventory_id="p1:w1")) == "p1"
    assert events.key_of(DeleteInventory(inventory_id="x", product_id="p2")) == "p2"


def test_an_absent_key_is_refused() -> None:
    cancel = CancelSubscription(subscription_id="s1", reason="other", requested_by="system")

    with pytest.raises(events.ContractError, match="expected the key of subscriptions"):
        events.key_of(cancel)


def test_messages_are_frozen_and_compare_by_value() -> None:
    same = OrderFailed(order_id="o1", user_id="u1", rejection_reason="INVALID_REQUEST")

    assert same == FAILED
    assert hash(same) == hash(FAILED)
    with pytest.raises(ValueError, match="frozen"):
        FAILED.order_id = "o2"
