"""Daily reports from the messages of a day, through both agents, in memory."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import events
from events.base import Message
from events.orders import OrderConfirmed
from events.types import OrderItem
from streams.clock import Clock
from streams.metrics.rules import DAY_MS, MetricsRules
from tables.metrics import DAILY_FULFILMENT, DAILY_ORDERS, DAY_CUSTOMERS, DAYS, JOURNEYS
from tests.agents.metrics_desk import (
    EVE,
    HOUR_MS,
    MINUTE_MS,
    Desk,
    arrived,
    back,
    booked,
    cancelled,
    complete,
    confirmed,
    left,
    opened,
)
from tests.engine.walked import Walked
from topics import METRICS

EXAMPLE = Path(__file__).parents[1] / "events/examples/OrderMetricsCalculated/daily-metrics.json"


def a_day(
    desk: Desk, name: str, sold: dict[str, tuple[int, int]], ends: tuple[int, int, int]
) -> None:
    """Sell by SKU (orders, minor units in all), the rest of the completed orders unnamed.

    `ends`: completed, cancelled, returned; revenue is that of the example's proportions. Goods
    leave 4.2 hours after their payment.
    """
    completed, gone, returned = ends
    orders = list(_orders(name, sold, completed))
    others = [confirmed(f"{name}x{n}", 5_00) for n in range(gone + returned)]
    desk.put(*orders, *others)
    desk.driver.run().advance(HOUR_MS)
    desk.put(*[complete(o.order_id) for o in orders])
    desk.put(*[cancelled(o.order_id) for o in others[:gone]])
    desk.put(*[back(o.order_id) for o in others[gone:]])
    desk.driver.run().advance(round(4.2 * HOUR_MS))
    for order in orders:
        desk.put(booked(order.order_id), left(order.order_id), arrived(order.order_id))


def _orders(
    name: str, sold: dict[str, tuple[int, int]], completed: int
) -> Iterator[OrderConfirmed]:
    number = 0
    for sku, (count, minor) in sold.items():
        for share in _split(minor, count):
            item = OrderItem(product_id="p", sku=f"{sku}-1", quantity=1, unit_price_minor=share)
            yield confirmed(f"{name}{number}", share, item)
            number += 1
    assert number == completed


def _split(minor: int, parts: int) -> list[int]:
    """A sum in that many parts."""
    each, rest = divmod(minor, parts)
    return [each + 1] * rest + [each] * (parts - rest)


def test_the_contracts_example_comes_out_of_a_day_like_it() -> None:
    example = json.loads(EXAMPLE.read_text())["data"]
    sold = {
        "ELEC": (412, 38_920_00),
        "HOME": (298, 18_740_50),
        "WEAR": (237, 14_210_80),
        "TOYS": (142, 8_000_00),
        "BOOK": (100, 7_622_22),
    }
    desk = Desk()
    a_day(desk, "a", {"TOYS": (1_040, 78_093_00)}, (1_040, 60, 55))
    desk.until("2024-04-15T00:20:00")

    a_day(desk, "b", sold, (1_189, 34, 24))
    desk.until("2024-04-16T00:14:59")
    assert len(desk.reports) == 1
    desk.until("2024-04-16T00:15:00")

    told = desk.reports[1]
    value = events.encode(told.data, event_id="x", timestamp=0, correlation_id="c")
    wire = json.loads(value)["data"]
    for field, value in example["metrics"].items():
        assert wire["metrics"][field] == value, field
    assert wire["reportId"] == example["reportId"]
    assert _moments(wire["period"]) == _moments(example["period"])
    assert wire["comparedToPreviousDay"] == example["comparedToPreviousDay"]
    assert told.data.completed_at == datetime(2024, 4, 16, 0, 15, tzinfo=UTC)
    assert told.data.tables_updated == ("daily_orders",)
    assert told.timestamp_ms == datetime(2024, 4, 16, 0, 15, tzinfo=UTC).timestamp() * 1000


def _moments(period: dict[str, str]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(text) if name.endswith("Time") else text
        for name, text in period.items()
    }


def sold(order_id: str, total: int = 10_00, **told: Any) -> list[Message]:
    """An order from beginning to end."""
    return [
        opened(order_id, told.pop("customer", "cus")),
        confirmed(order_id, total, **told),
        complete(order_id),
        booked(order_id),
        left(order_id),
        arrived(order_id),
    ]


def test_every_day_is_reported_once_also_when_nothing_happened() -> None:
    desk = Desk().put(*sold("a")).until("2024-04-17T09:00:00").until("2024-04-17T10:00:00")

    days = [report.data.period.date.isoformat() for report in desk.reports]
    assert days == ["2024-04-14", "2024-04-15", "2024-04-16"]
    empty = desk.reports[1].data
    assert empty.metrics.total_orders == 0
    assert empty.metrics.average_order_value_minor == 0
    assert empty.metrics.fulfillment_rate is None
    assert empty.compared_to_previous_day == {
        "ordersChange": -1, "revenueChange": -1, "aovChange": -1
    }  # fmt: skip
    assert desk.reports[2].data.compared_to_previous_day == {}
    assert desk.driver.rows(DAYS) == {}


def test_an_order_counts_on_the_days_on_which_it_ended() -> None:
    desk = Desk().put(*sold("a")[:4]).until("2024-04-15T10:00:00")
    desk.put(left("a"), arrived("a")).until("2024-04-16T10:00:00")
    desk.put(back("a"), back("a")).until("2024-04-17T10:00:00")

    rows = [desk.row(DAILY_ORDERS, f"2024-04-{day}") for day in (14, 15, 16)]
    assert [(r.completed, r.returned, r.revenue_minor) for r in rows] == [
        (0, 0, 0),
        (1, 0, 10_00),
        (0, 1, 0),
    ]


def test_revenue_of_every_currency_is_told_in_one() -> None:
    desk = Desk().put(*sold("a", currency="GBP"), *sold("b", currency="EUR"), *sold("c"))
    desk.until("2024-04-15T01:00:00")

    row = desk.row(DAILY_ORDERS, "2024-04-14")
    assert row.revenue_minor == 12_66 + 10_89 + 10_00  # 100/79 and 86/79, half up
    assert (row.currency, row.average_value_minor) == ("USD", 11_18)


def test_customers_count_once_a_day_and_renewals_are_no_orders() -> None:
    renewal = opened("r", "cus_9").model_copy(update={"order_id": None})
    desk = Desk().put(*sold("a"), *sold("b"), *sold("c", customer="cus_2"), renewal)
    desk.until("2024-04-15T01:00:00").put(opened("d", "cus")).until("2024-04-16T01:00:00")

    assert desk.row(DAILY_ORDERS, "2024-04-14").customers == 2
    assert desk.row(DAILY_ORDERS, "2024-04-15").customers == 1
    assert desk.driver.rows(DAY_CUSTOMERS) == {}


def test_a_days_customers_are_forgotten_a_few_a_tick_and_then_nothing_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.driver.MemoryStore", Walked)
    monkeypatch.setattr("agents.metrics._CUSTOMERS_A_TICK_MAX", 2)
    desk = Desk().put(*[opened(f"o{n}", f"cus_{n}") for n in range(30)])
    stores = [lane.store for lane in desk.driver._lanes]

    def walked() -> int:
        return sum(store.walked[DAY_CUSTOMERS.name] for store in stores)

    desk.until("2024-04-15T01:00:00")
    first_tick = walked()
    desk.driver.advance(30_000, step_ms=1_000)
    after = walked()
    desk.driver.advance(10_000, step_ms=1_000)

    assert first_tick == 3 * 2
    assert walked() == after
    assert desk.driver.rows(DAY_CUSTOMERS) == {}


def test_parcels_that_left_and_arrived_in_time_are_told() -> None:
    late = datetime(2024, 4, 13, tzinfo=UTC)
    desk = Desk().put(*sold("a"), *sold("b")[:4]).until("2024-04-15T10:00:00")
    desk.put(left("b", estimated_delivery=late), arrived("b")).until("2024-04-16T10:00:00")

    first, second = (desk.row(DAILY_FULFILMENT, f"2024-04-{day}") for day in (14, 15))
    assert (first.confirmed, first.dispatched, first.delivered) == (2, 1, 1)
    assert (first.dispatched_in_time_share, first.delivered_in_time_share) == (1.0, 1.0)
    assert (second.dispatched_in_time_share, second.delivered_in_time_share) == (0.0, 0.0)
    assert second.hours_to_dispatch == 34.0


def test_what_comes_after_the_report_of_its_day_counts_on_the_next_as_late() -> None:
    desk = Desk()
    desk.driver.now_ms += 23 * HOUR_MS
    desk.put(*sold("a"))  # Of the 14th, and nobody reads it until the 15th is half over.
    desk.driver.now_ms += 13 * HOUR_MS
    for lane in desk.driver._lanes:
        lane.processor.tick(desk.driver.now_ms)
        desk.driver._write(lane)
    desk.until("2024-04-16T01:00:00")

    first, second = (desk.row(DAILY_ORDERS, f"2024-04-{day}") for day in (14, 15))
    assert (first.completed, first.late) == (0, 0)
    assert (second.completed, second.customers) == (1, 1)
    assert second.late > 0


def test_records_that_are_older_than_the_agent_count_on_its_first_day_as_late() -> None:
    """It begins anew on topics of three days: the first records come before the first tick."""
    desk = Desk(ticked=False)
    for order in ("a", "b", "c"):
        desk.put(confirmed(order, 5_00), cancelled(order)).driver.now_ms += DAY_MS

    desk.driver.now_ms -= DAY_MS
    desk.driver.run().tick()
    desk.until("2024-04-17T01:00:00")

    orders, parcels = (desk.driver.rows(table) for table in (DAILY_ORDERS, DAILY_FULFILMENT))
    assert list(orders) == list(parcels) == ["2024-04-16"]
    assert (orders["2024-04-16"].cancelled, orders["2024-04-16"].late) == (3, 2)
    assert (parcels["2024-04-16"].confirmed, parcels["2024-04-16"].late) == (3, 4)
    assert desk.driver.rows(DAYS) == {}


@pytest.mark.parametrize("chunk_max", [1, 3, 1_000])
def test_batches_and_restarts_change_no_report(chunk_max: int) -> None:
    def told(*, size: int, restarts: bool) -> list[tuple[str, Any]]:
        desk = Desk(chunk_max=size)
        for day in (15, 16, 17):
            for name in "abcdef":
                desk.put(*sold(f"{name}{day}"))
            desk.put(confirmed(f"x{day}", 5_00), cancelled(f"x{day}"))
            desk.until(f"2024-04-{day}T00:10:00")
            if restarts:
                desk.driver.restart()
            desk.until(f"2024-04-{day}T00:16:00")
        return [(report.event_id, report.data) for report in desk.reports]

    plain = told(size=1_000, restarts=False)
    assert told(size=chunk_max, restarts=True) == plain
    assert [data.metrics.total_orders for _, data in plain] == [7, 7, 7]
    assert len({event_id for event_id, _ in plain}) == 3


def test_no_day_is_reported_before_every_partition_told_it() -> None:
    desk = Desk().put(*sold("a"))
    desk.driver.run()
    desk.driver.now_ms += DAY_MS + 20 * MINUTE_MS
    for lane in desk.driver._lanes[:2]:
        lane.processor.tick(desk.driver.now_ms)
        desk.driver._write(lane)

    desk.driver.run()
    assert desk.reports == []
    desk.driver.tick()
    assert len(desk.reports) == 1
    assert len(desk.driver.outputs(METRICS)) == 3 * 4


def test_orders_are_forgotten_in_the_end_and_old_reports_go() -> None:
    rules = MetricsRules(order_kept_ms=3 * DAY_MS, days_kept=5)
    desk = Desk(rules).put(*sold("a"), confirmed("b", 1))
    assert len(desk.until("2024-04-15T12:00:00").driver.rows(JOURNEYS)) == 2

    for day in range(16, 26):
        desk.until(f"2024-04-{day}T12:00:00")

    assert desk.driver.rows(JOURNEYS) == {}
    assert min(desk.driver.rows(DAILY_ORDERS)) == "2024-04-19"
    assert desk.driver.timers() == {}


def test_days_of_a_fast_calendar_are_reported_too_and_nothing_is_lost() -> None:
    clock = Clock(round(EVE.timestamp() * 1000), DAY_MS // 1_000)
    desk = Desk(clock=clock)
    for number in range(20):
        desk.put(*sold(f"o{number}"))
        desk.driver.run().advance(700)
    desk.driver.advance(5_000, step_ms=1_000)

    rows = desk.driver.rows(DAILY_ORDERS)
    days = [date.fromisoformat(day) for day in sorted(rows)]
    assert (days[-1] - days[0]).days == len(days) - 1 >= 17
    assert sum(row.completed for row in rows.values()) == 20
    assert [r.data.period.date for r in desk.reports] == days
