"""Times are the broker's, and those of orders that wait for somebody are left out."""

import json

import pytest

from engine.records import Record
from simulator.latency import Stopwatch, percentile


def record(name: str, key: str, at_ms: int, **data: object) -> Record:
    value = json.dumps({"eventId": f"{name}{at_ms}", "eventType": name, "data": data}).encode()
    headers = (("eventType", name.encode()),)
    return Record("t", 0, 0, at_ms, key.encode(), value, headers=headers)


def timed(*records: Record) -> Stopwatch:
    watch = Stopwatch()
    for each in records:
        watch.read(each)
    return watch


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_the_value_that_the_share_does_not_exceed(
    share: float, expected: int
) -> None:
    assert percentile([*range(100, 0, -1)], share) == expected


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile([], 0.99) is None


def test_an_order_is_timed_from_its_request_to_its_confirmation_or_refusal() -> None:
    watch = timed(
        record("PlaceOrder", "ord_1", 1_000),
        record("PlaceOrder", "ord_2", 1_000),
        record("OrderConfirmed", "ord_1", 1_040),
        record("OrderFailed", "ord_2", 1_050),
    )

    assert watch.confirm_ms == [40, 50]
    assert watch.decided == 2


def test_topics_may_be_read_the_wrong_way_round() -> None:
    watch = timed(record("OrderConfirmed", "ord_1", 1_040), record("PlaceOrder", "ord_1", 1_000))

    assert watch.confirm_ms == [40]


def test_a_repeat_of_a_request_is_not_its_beginning() -> None:
    watch = timed(
        record("PlaceOrder", "ord_1", 1_000),
        record("PlaceOrder", "ord_1", 1_030),
        record("OrderConfirmed", "ord_1", 1_040),
    )

    assert watch.confirm_ms == [40]


def test_a_payment_is_timed_from_its_session_to_its_capture() -> None:
    watch = timed(
        record("PaymentInitiated", "pay_ord_1", 1_000),
        record("PaymentProcessed", "pay_ord_1", 1_200),
    )

    assert watch.payment_ms == [200]


@pytest.mark.parametrize(
    "wait",
    [
        record("PaymentFailed", "pay_ord_1", 1_100),
        record("FraudCheckCompleted", "pay_ord_1", 1_100, decision="MANUAL_REVIEW"),
        record("OutOfStock", "prd_1", 1_100, triggeredByOrderId="ord_1"),
    ],
    ids=["retry", "review", "backorder"],
)
def test_a_payment_that_waited_is_not_timed(wait: Record) -> None:
    watch = timed(
        record("PaymentInitiated", "pay_ord_1", 1_000),
        wait,
        record("PaymentProcessed", "pay_ord_1", 9_000),
    )

    assert watch.payment_ms == []


def test_a_letter_is_timed_from_the_queue_to_its_provider_whichever_is_read_first() -> None:
    watch = timed(
        record("SendNotification", "cus_1", 1_000, notificationId="n1"),
        record("NotificationSent", "cus_1", 1_030, notificationId="n1"),
        record("NotificationSent", "cus_2", 1_050, notificationId="n2"),
        record("SendNotification", "cus_2", 1_000, notificationId="n2"),
        record("SendNotification", "cus_3", 1_000, notificationId="n3"),
    )

    assert watch.notification_ms == [30, 50]
