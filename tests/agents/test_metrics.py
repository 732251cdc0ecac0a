"""Daily reports from the messages of a day, through both agents, in memory."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import events
from events.base import Message
from events.billing import InvoiceGenerated, SubscriptionPaymentDue
from events.orders import OrderAmended, OrderConfirmed
from events.payments import Instrument, PaymentFailed, PaymentProcessed, PaymentSettled
from events.refunds import ChargebackOpened, RefundIssued
from events.shipping import DeliveryFailed
from events.subscriptions import (
    PlanMigrationCompleted,
    SubscriptionRenewedEvent,
    SubscriptionSuspended,
    UserSubscriptionCancelled,
    UserSubscriptionStarted,
)
from events.types import OrderItem, Period, Plan
from streams.clock import Clock
from streams.metrics.rules import MetricsRules
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from tables.metrics import (
    DAILY_FULFILMENT,
    DAILY_ORDERS,
    DAILY_PAYMENTS,
    DAILY_SUBSCRIPTIONS,
    DAY_CUSTOMERS,
    DAY_PARTS,
    DAYS,
    JOURNEYS,
)
from tests.agents.metrics_desk import (
    EVE,
    SOON,
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
    desk.send(*orders, *others)
    desk.driver.run().advance(HOUR_MS)
    desk.send(*[complete(o.order_id) for o in orders])
    desk.send(*[cancelled(o.order_id) for o in others[:gone]])
    desk.send(*[back(o.order_id) for o in others[gone:]])
    desk.driver.run().advance(round(4.2 * HOUR_MS))
    for order in orders:
        desk.send(booked(order.order_id), left(order.order_id), arrived(order.order_id))


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
    desk = Desk().send(*sold("a")).until("2024-04-17T09:00:00").until("2024-04-17T10:00:00")

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
    desk = Desk().send(*sold("a")[:4]).until("2024-04-15T10:00:00")
    desk.send(left("a"), arrived("a")).until("2024-04-16T10:00:00")
    desk.send(back("a"), back("a")).until("2024-04-17T10:00:00")

    rows = [desk.row(DAILY_ORDERS, f"2024-04-{day}") for day in (14, 15, 16)]
    assert [(r.completed, r.returned, r.revenue_minor) for r in rows] == [
        (0, 0, 0),
        (1, 0, 10_00),
        (0, 1, 0),
    ]


def test_revenue_of_every_currency_is_told_in_one() -> None:
    desk = Desk().send(*sold("a", currency="GBP"), *sold("b", currency="EUR"), *sold("c"))
    desk.until("2024-04-15T01:00:00")

    row = desk.row(DAILY_ORDERS, "2024-04-14")
    assert row.revenue_minor == 12_66 + 10_89 + 10_00  # 100/79 and 86/79, half up
    assert (row.currency, row.average_value_minor) == ("USD", 11_18)


def test_customers_count_once_a_day_and_renewals_are_no_orders() -> None:
    renewal = opened("r", "cus_9").model_copy(update={"order_id": None})
    desk = Desk().send(*sold("a"), *sold("b"), *sold("c", customer="cus_2"), renewal)
    desk.until("2024-04-15T01:00:00").send(opened("d", "cus")).until("2024-04-16T01:00:00")

    assert desk.row(DAILY_ORDERS, "2024-04-14").customers == 2
    assert desk.row(DAILY_ORDERS, "2024-04-15").customers == 1
    assert desk.driver.rows(DAY_CUSTOMERS) == {}


def test_a_days_customers_are_forgotten_a_few_a_tick_and_then_nothing_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.driver.MemoryStore", Walked)
    monkeypatch.setattr("agents.metrics._CUSTOMERS_A_TICK_MAX", 2)
    desk = Desk().send(*[opened(f"o{n}", f"cus_{n}") for n in range(30)])
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


def test_a_customer_who_comes_again_after_a_tick_or_is_late_counts_once_a_day() -> None:
    names = [f"cus_{n}" for n in range(12)]
    desk = Desk().send(*[opened(f"a{name}", name) for name in names]).until("2024-04-14T23:59:59")
    desk.send(*[opened(f"b{name}", name) for name in names]).driver.run()

    desk.send(*[opened(f"c{name}", name) for name in names])  # Read when their day is told.
    tick_unread(desk, DAY_MS)
    desk.driver.run()
    desk.send(*[opened(f"d{name}", name) for name in names]).until("2024-04-16T23:59:59")

    assert desk.row(DAILY_ORDERS, "2024-04-14").customers == 12
    assert desk.row(DAILY_ORDERS, "2024-04-15").customers == 12


def tick_unread(desk: Desk, ms: int) -> None:
    """Let time pass and every partition tick, and read nothing."""
    desk.driver.now_ms += ms
    for lane in desk.driver._lanes:
        lane.processor.tick(desk.driver.now_ms)
        desk.driver._write(lane)


MONEY: dict[str, Any] = {"payment_id": "pay_1", "amount_minor": 5_00, "currency": "EUR"}
OF_SUB: dict[str, Any] = {"subscription_id": "sub_1", "user_id": "u"}
PRO = Plan(plan_id="pro")
JANUARY = date(2024, 1, 31)


@pytest.mark.parametrize(
    ("message", "table", "figure", "told"),
    [
        (PaymentProcessed(user_id="u", payment_method="paypal", status="confirmed", **MONEY),
         DAILY_PAYMENTS, "processed_minor", {"EUR": 5_00}),
        (PaymentFailed(failure_reason="card_declined", retryable=True, **MONEY),
         DAILY_PAYMENTS, "failed", {"card_declined": 1}),
        (RefundIssued(refund_id="r", total_refunded_minor=5_00, payment_status="refunded", **MONEY),
         DAILY_PAYMENTS, "refunded_minor", {"EUR": 5_00}),
        (ChargebackOpened(chargeback_id="c", reason="fraud", evidence_due_by=SOON, **MONEY),
         DAILY_PAYMENTS, "disputed_minor", {"EUR": 5_00}),
        (PaymentSettled(settlement_id="s", payment_id="pay_1", gross_amount_minor=5_00,
                        fee_amount_minor=44, net_amount_minor=4_56, currency="EUR",
                        settlement_type="NET_BATCH", settled_at=EVE,
                        instrument=Instrument(type="card")),
         DAILY_PAYMENTS, "fees_minor", {"EUR": 44}),
        (UserSubscriptionStarted(**OF_SUB, plan=PRO, trial_period_days=0, start_date=JANUARY,
                                 next_billing_date=JANUARY, payment_method_id="tok"),
         DAILY_SUBSCRIPTIONS, "started", {"pro": 1}),
        (UserSubscriptionCancelled(**OF_SUB, plan=PRO, cancellation_reason="too_expensive",
                                   cancelled_by="customer", effective_date=JANUARY,
                                   refund_amount_minor=0, subscription_duration_days=31),
         DAILY_SUBSCRIPTIONS, "cancelled", {"too_expensive": 1}),
        (SubscriptionRenewedEvent(**OF_SUB, plan=PRO, next_billing_date=JANUARY, payment_id="pay_1",
                                  period=Period(start=JANUARY, end=JANUARY), recovered=False),
         DAILY_SUBSCRIPTIONS, "renewed", 1),
        (SubscriptionSuspended(**OF_SUB, plan=PRO, suspended_at=EVE, failed_payment_attempts=4),
         DAILY_SUBSCRIPTIONS, "suspended", 1),
        (PlanMigrationCompleted(**OF_SUB, from_plan=PRO, to_plan=Plan(plan_id="max"),
                                effective_date=JANUARY),
         DAILY_SUBSCRIPTIONS, "migrated", {"max": 1}),
        (InvoiceGenerated(invoice_id="i", invoice_number="INV-2024-1", customer_id="u",
                          type="subscription", line_items=(), subtotal_minor=5_00, tax_minor=40,
                          total_minor=5_40, currency="EUR", due_date=JANUARY, status="issued"),
         DAILY_SUBSCRIPTIONS, "invoiced_minor", {"EUR": 5_40}),
        (SubscriptionPaymentDue(**OF_SUB, plan=PRO, due_date=JANUARY, days_until_due=0,
                                amount_minor=5_00, currency="EUR"),
         DAILY_SUBSCRIPTIONS, "charged", 1),
    ],
    ids=lambda one: one.name if isinstance(one, Message) else "",
)  # fmt: skip
def test_each_message_of_money_and_subscriptions_is_in_the_report_of_its_day(
    message: Message, table: Any, figure: str, told: Any
) -> None:
    desk = Desk().send(message).until("2024-04-15T01:00:00").until("2024-04-16T01:00:00")

    assert getattr(desk.row(table, "2024-04-14"), figure) == told
    assert not getattr(desk.row(table, "2024-04-15"), figure)


def test_an_order_is_worth_what_it_was_amended_to() -> None:
    amended = OrderAmended(
        order_id="a", user_id="cus_a", amendment_type="QUANTITY_CHANGE", amendments=(),
        new_order_total_minor=7_00, currency="USD", order_status="confirmed",
    )  # fmt: skip
    desk = Desk().send(*sold("a")[:4], amended, *sold("a")[4:]).until("2024-04-15T01:00:00")

    assert desk.row(DAILY_ORDERS, "2024-04-14").revenue_minor == 7_00


def test_parcels_that_left_and_arrived_in_time_are_told() -> None:
    late = datetime(2024, 4, 13, tzinfo=UTC)
    desk = Desk().send(*sold("a"), *sold("b")[:4]).until("2024-04-15T10:00:00")
    desk.send(left("b", estimated_delivery=late), arrived("b")).until("2024-04-16T10:00:00")

    first, second = (desk.row(DAILY_FULFILMENT, f"2024-04-{day}") for day in (14, 15))
    assert (first.confirmed, first.dispatched, first.delivered) == (2, 1, 1)
    assert (first.dispatched_in_time_share, first.delivered_in_time_share) == (1.0, 1.0)
    assert (second.dispatched_in_time_share, second.delivered_in_time_share) == (0.0, 0.0)
    assert second.hours_to_dispatch == 34.0


def test_what_comes_after_the_report_of_its_day_counts_on_the_next_as_late() -> None:
    desk = Desk()
    desk.driver.now_ms += 23 * HOUR_MS
    desk.send(*sold("a"))  # Of the 14th, and nobody reads it until the 15th is half over.
    tick_unread(desk, 13 * HOUR_MS)
    desk.until("2024-04-16T01:00:00")

    first, second = (desk.row(DAILY_ORDERS, f"2024-04-{day}") for day in (14, 15))
    assert (first.completed, first.late) == (0, 0)
    assert (second.completed, second.customers) == (1, 1)
    assert second.late > 0


def test_records_that_are_older_than_the_agent_count_on_its_first_day_as_late() -> None:
    """It begins anew on topics of three days: the first records come before the first tick."""
    desk = Desk(ticked=False)
    for order in ("a", "b", "c"):
        desk.send(confirmed(order, 5_00), cancelled(order)).driver.now_ms += DAY_MS

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
                desk.send(*sold(f"{name}{day}"))
            desk.send(confirmed(f"x{day}", 5_00), cancelled(f"x{day}"))
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
    desk = Desk().send(*sold("a"))
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


def test_what_partitions_told_of_a_day_after_which_another_began_counts_on_the_first_of_all() -> (
    None
):
    desk = Desk(ticked=False)
    for order in "abcdef":
        desk.send(confirmed(order, 5_00), cancelled(order))
    desk.driver.run()
    for lane in desk.driver._lanes[:2]:
        lane.processor.tick(desk.driver.now_ms)
        desk.driver._write(lane)

    desk.driver.now_ms += DAY_MS
    desk.driver.tick()
    desk.until("2024-04-17T01:00:00")

    orders = desk.driver.rows(DAILY_ORDERS)
    assert [(day, row.cancelled) for day, row in orders.items()] == [
        ("2024-04-15", 6),
        ("2024-04-16", 0),
    ]
    assert (orders["2024-04-15"].late, orders["2024-04-16"].late) == (6, 0)
    assert desk.driver.rows(DAY_PARTS) == {}


def test_orders_are_forgotten_in_the_end_and_old_reports_go() -> None:
    rules = MetricsRules(order_kept_ms=3 * DAY_MS, days_kept=5)
    desk = Desk(rules).send(*sold("a"), confirmed("b", 1))
    assert len(desk.until("2024-04-15T12:00:00").driver.rows(JOURNEYS)) == 2

    for day in range(16, 26):
        desk.until(f"2024-04-{day}T12:00:00")

    assert desk.driver.rows(JOURNEYS) == {}
    assert min(desk.driver.rows(DAILY_ORDERS)) == "2024-04-19"
    assert desk.driver.timers() == {}


def test_an_order_is_followed_from_its_first_message_for_its_time() -> None:
    desk = Desk(MetricsRules(order_kept_ms=3 * DAY_MS)).send(confirmed("a", 1), not_at_home("b"))
    desk.until("2024-04-16T00:00:00").send(complete("a")).until("2024-04-16T23:59:59")
    assert set(desk.driver.rows(JOURNEYS)) == {"a"}

    desk.until("2024-04-17T00:00:00")

    assert desk.driver.rows(JOURNEYS) == {}
    assert desk.driver.timers() == {}


def not_at_home(order_id: str) -> DeliveryFailed:
    return DeliveryFailed(
        shipment_id=f"shp_{order_id}",
        order_id=order_id,
        failure_reason="nobody there",
        reason_code="CUSTOMER_UNAVAILABLE",
    )


def test_days_of_a_fast_calendar_are_reported_too_and_nothing_is_lost() -> None:
    clock = Clock(round(EVE.timestamp() * 1000), DAY_MS // 1_000)
    desk = Desk(clock=clock)
    for number in range(20):
        declined = PaymentFailed(failure_reason="card_declined", retryable=True, **MONEY)
        desk.send(*sold(f"o{number}", customer=f"cus_{number}"), declined)
        desk.driver.run().advance(700)
    desk.driver.advance(5_000, step_ms=1_000)

    rows = desk.driver.rows(DAILY_ORDERS)
    days = [date.fromisoformat(day) for day in sorted(rows)]
    assert (days[-1] - days[0]).days == len(days) - 1 >= 17
    shown = Counter(date(2024, 4, 14 + number * 700 // 1_000).isoformat() for number in range(20))
    assert {day: row.completed for day, row in rows.items() if row.completed} == shown
    assert {day: row.customers for day, row in rows.items() if row.customers} == shown
    paid = desk.driver.rows(DAILY_PAYMENTS)
    assert {day: sum(row.failed.values()) for day, row in paid.items() if row.failed} == shown
    assert [r.data.period.date for r in desk.reports] == days
    assert all(r.data.completed_at > r.data.period.end_time for r in desk.reports)
    assert desk.driver.rows(DAY_PARTS) == {}
