"""The parts of a run of the shop: its load, what is measured of it, what is promised."""

from datetime import UTC, datetime
from typing import Any

import pytest

import events
from benchmarks.floors import judged, missed
from benchmarks.pipeline.load import ORDERS_A_SUBSCRIBER, Load
from benchmarks.pipeline.meter import Letter, letter_of
from benchmarks.pipeline.probes import on_hand
from benchmarks.pipeline.run import waits_ms
from benchmarks.results import Result
from events.notifications import NotificationSent

KEPT: dict[str, Any] = {
    "confirm_ms_p99": 1_999.0,
    "stock_ms_p99": 999.0,
    "notification_ms_p99": 29_999.0,
    "lag_growth_s": 0.1,
}


def shop(rate: float, orders_per_s: float, **more: Any) -> Result:
    told = KEPT | {"rate": rate, "variant": f"{rate:.0f}/s"} | more
    return Result(
        "shop", "flowmart", "exactly_once", orders_per_s, 4_000.0, 100.0, 2_999.0, more=told
    )


def sent(channel: str) -> bytes:
    event = NotificationSent(
        notification_id="e:x",
        user_id="cus_1",
        channel=channel,
        template_id="order-confirmed",
        provider="outbox",
        attempts=1,
        sent_at=datetime(2026, 1, 1, 0, 0, 2, tzinfo=UTC),
        latency_ms=1_500,
    )
    return events.encode(event, event_id="e", timestamp=0)


def test_a_shop_that_keeps_every_promise_misses_nothing() -> None:
    verdicts = list(judged([shop(50.0, 50.0)]))

    assert [verdict.holds for verdict in verdicts] == [True] * 4


@pytest.mark.parametrize(
    ("field", "ms", "text"),
    [
        ("confirm_ms_p99", 2_000.0, "order confirmed p99 2,000 ms, promised 2,000"),
        ("stock_ms_p99", 1_500.0, "stock queryable p99 1,500 ms, promised 1,000"),
        ("notification_ms_p99", 30_000.0, "notification p99 30,000 ms, promised 30,000"),
        ("notification_ms_p99", None, "notification was not measured"),
    ],
)
def test_a_promise_that_is_broken_or_not_measured_is_named(
    field: str, ms: float | None, text: str
) -> None:
    assert missed([shop(50.0, 50.0, **{field: ms})]) == [f"shop 50/s: {text}"]


def test_a_loaded_shop_is_held_to_its_rate_and_its_lag() -> None:
    slow = shop(250.0, 239.0, lag_growth_s=0.7, confirm_ms_p99=9_000.0)

    assert missed([slow]) == [
        "shop: 239 orders/s, wanted 240",
        "shop: the lag grew by 0.70 s of orders",
    ]


def test_a_letter_waits_from_its_cause_until_it_is_seen() -> None:
    caused_s = datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC).timestamp()

    assert letter_of(sent("EMAIL"), caused_s + 2.0) == Letter(caused_s, caused_s + 2.0)


def test_what_is_shown_in_the_shop_is_no_letter() -> None:
    assert letter_of(sent("IN_APP"), 0.0) is None


def test_letters_count_whose_cause_lies_in_the_time_measured() -> None:
    letters = [Letter(9.0, 9.5), Letter(10.0, 10.25), Letter(19.5, 30.0), Letter(20.0, 20.5)]

    assert waits_ms(letters, 10.0, 20.0) == [250.0, 10_500.0]


def test_stock_is_that_of_the_warehouse_asked_about() -> None:
    levels = [{"warehouse_id": "w1", "on_hand": 3}, {"warehouse_id": "w2", "on_hand": 4}]

    assert on_hand({"levels": levels}, "w2") == 4
    assert on_hand({"levels": levels}, "w3") == 0


def test_somebody_subscribes_with_every_hundredth_order_in_order_of_time() -> None:
    load = Load("sit", 4, whole=True)
    orders = load.orders(100.0, 2 * ORDERS_A_SUBSCRIBER + 1)

    both = load.with_subscribers(orders)

    assert [due for due in both if due.order_id is not None] == orders
    assert len(both) == len(orders) + 2 * 3  # They sign up, and subscribe.
    assert both == sorted(both, key=lambda due: due.at_s)
