"""Reports of a day's sums: a row a figure, and sums that no split changes."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import Envelope, Message
from events.billing import InvoiceGenerated, SubscriptionPaymentDue
from events.payments import PaymentFailed, PaymentProcessed, PaymentSettled
from events.refunds import ChargebackOpened, RefundIssued
from events.subscriptions import (
    PlanMigrationCompleted,
    SubscriptionRenewedEvent,
    SubscriptionSuspended,
    UserSubscriptionCancelled,
    UserSubscriptionStarted,
)
from events.types import Period, Plan
from streams.metrics import payments, reports, subscriptions
from streams.metrics.counts import FAMILIES, LATE, ORDERS, Count, counted, grouped
from streams.metrics.days import (
    DAYS_A_TICK_MAX,
    Days,
    counted_on,
    date_of,
    day_key,
    number_of,
    over,
)
from streams.metrics.rows import (
    CategoryFigures,
    DailyFulfilment,
    DailyOrders,
    DailyPayments,
    DailySubscriptions,
)
from streams.metrics.rules import MetricsRules
from streams.moments import DAY_MS, HOUR_MS
from streams.pulse.tally import EMPTY, Cell, Tally, merge

RULES = MetricsRules()
DAY = date(2026, 3, 1)
MONEY: dict[str, Any] = {"amount_minor": 10_00, "currency": "USD"}
PAID = PaymentProcessed(
    payment_id="pay_1", user_id="u", payment_method="credit_card", status="confirmed", **MONEY
)
PRO = Plan(plan_id="plan_pro")


def summed(*counts: Count) -> Tally:
    return counted(None, counts, is_late=False)


# --- rounding ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("completed", "cancelled", "rate"),
    [(0, 0, None), (0, 3, 0.0), (1, 0, 1.0), (2, 1, 0.667), (1_189, 58, 0.954), (1, 2, 0.333)],
)
def test_the_fulfilment_rate_is_completed_by_total(
    completed: int, cancelled: int, rate: float | None
) -> None:
    cells = {"completed|USD": Cell(completed, 0), "cancelled": Cell(cancelled)}

    assert reports.orders(DAY, Tally(1, 0, cells), RULES).fulfilment_rate == rate


@pytest.mark.parametrize(
    ("now", "was", "change"), [(108, 100, 0.08), (995, 1_000, -0.01), (0, 7, -1.0), (3, 3, 0.0)]
)
def test_changes_are_ratios_of_two_places(now: int, was: int, change: float) -> None:
    today, before = (
        reports.orders(DAY, Tally(1, 0, {"cancelled": Cell(count)}), RULES) for count in (now, was)
    )

    told = reports.calculated(today, before, datetime(2026, 3, 2, tzinfo=UTC))

    assert told.compared_to_previous_day == {"ordersChange": change}


def test_money_is_not_compared_with_that_of_another_currency() -> None:
    sold = Tally(1, 0, {"completed|USD": Cell(1, 10_00)})
    today, before = (
        reports.orders(DAY, sold, MetricsRules(currency=currency)) for currency in ("EUR", "USD")
    )

    told = reports.calculated(today, before, datetime(2026, 3, 2, tzinfo=UTC))

    assert told.compared_to_previous_day == {"ordersChange": 0.0}


def test_the_first_report_compares_with_nothing() -> None:
    told = reports.calculated(
        reports.orders(DAY, EMPTY, RULES), None, datetime(2026, 3, 2, tzinfo=UTC)
    )

    assert told.compared_to_previous_day is None
    assert told.report_id == "rpt_daily_20260301"


def test_categories_are_named_by_revenue_in_one_currency() -> None:
    counts = [
        Count(ORDERS, "category|USD|b", 100),
        Count(ORDERS, "category|GBP|a", 100),
        Count(ORDERS, "category|USD|a", 1),
        Count(ORDERS, "category|USD|c", 100),
        Count(ORDERS, "category|USD|d", 101),
    ]

    told = reports.orders(DAY, summed(*counts), RULES).categories

    assert [(one.category, one.orders, one.revenue_minor) for one in told] == [
        ("a", 2, 128),
        ("d", 1, 101),
        ("b", 1, 100),
    ]


def test_a_report_tells_each_figure_of_its_day_under_its_own_name() -> None:
    row = DailyOrders(
        day=DAY, total=13, completed=8, cancelled=2, returned=3, revenue_minor=70_00,
        average_value_minor=8_75, currency="EUR", customers=5, categories=(),
        fulfilment_rate=0.615, fulfilment_hours=1.3, late=4, records=31,
    )  # fmt: skip

    told = reports.calculated(row, None, datetime(2026, 3, 2, tzinfo=UTC))

    figures = told.model_dump(by_alias=True)["metrics"]
    assert figures == {
        "totalOrders": 13,
        "completedOrders": 8,
        "cancelledOrders": 2,
        "returnedOrders": 3,
        "totalRevenue": 70_00,
        "averageOrderValue": 8_75,
        "currency": "EUR",
        "uniqueCustomers": 5,
        "topSellingCategories": (),
        "fulfillmentRate": 0.615,
        "averageFulfillmentTimeHours": 1.3,
    }
    assert (told.period.type, told.period.start_time) == ("daily", datetime(2026, 3, 1, tzinfo=UTC))
    assert told.records_processed == 31


def test_a_report_names_its_categories_and_compares_what_they_brought_in() -> None:
    today, before = (
        reports.orders(DAY, summed(*[Count(ORDERS, name, each) for name in names]), RULES)
        for names, each in (
            (("completed|USD", "category|USD|a"), 12_34),
            (("completed|USD", "completed|USD"), 10_00),
        )
    )

    told = reports.calculated(today, before, datetime(2026, 3, 2, tzinfo=UTC))

    assert told.model_dump(by_alias=True)["metrics"]["topSellingCategories"] == (
        {"category": "a", "orderCount": 1, "revenue": 12.34},
    )
    assert told.compared_to_previous_day == {
        "ordersChange": -0.5,
        "revenueChange": -0.38,
        "aovChange": 0.23,
    }


def test_what_came_too_late_for_its_day_is_counted_as_late_too() -> None:
    first = counted(None, [Count(ORDERS, "cancelled")], is_late=False)

    tally = counted(first, [Count(ORDERS, "cancelled")], is_late=True)

    assert reports.orders(DAY, tally, RULES).late == 1
    assert reports.orders(DAY, tally, RULES).cancelled == 2


def test_categories_of_one_revenue_are_in_the_order_of_their_names_whatever_was_paid_in() -> None:
    equal = {"category|GBP|b": Cell(1, 79), "category|USD|a": Cell(1, 100)}

    told = reports.orders(DAY, Tally(1, 0, equal), RULES).categories

    assert [(one.category, one.revenue_minor) for one in told] == [("a", 100), ("b", 100)]


def test_currencies_and_reasons_are_in_the_order_of_their_names() -> None:
    tally = Tally(
        1, 0, {"processed|USD": Cell(1), "processed|CAD": Cell(1), "processed|EUR": Cell(1)}
    )

    assert list(reports.payments(DAY, tally, RULES).processed) == ["CAD", "EUR", "USD"]


# --- payments and subscriptions ----------------------------------------------------------------


def test_money_is_told_by_currency_and_attempts_by_reason() -> None:
    failed = PaymentFailed(payment_id="p", failure_reason="card_declined", retryable=True, **MONEY)
    refund = RefundIssued(
        refund_id="r",
        payment_id="p",
        amount_minor=4_00,
        currency="EUR",
        total_refunded_minor=4_00,
        payment_status="partially_refunded",
    )
    counts = [
        *payments.processed(told(PAID)) * 3,
        *payments.failed(failed),
        *payments.refunded(told(refund)),
        *payments.refunded(told(refund, unprocessed=True)),
    ]

    row = reports.payments(DAY, summed(*counts), RULES)

    assert (row.processed, row.processed_minor) == ({"USD": 3}, {"USD": 30_00})
    assert (row.failed, row.success_share) == ({"card_declined": 1}, 0.75)
    assert row.refunded_minor == {"EUR": 4_00}


def test_money_counts_in_the_currency_it_was_moved_in() -> None:
    cad: dict[str, Any] = {"amount_minor": 5_00, "currency": "CAD"}
    settled = PaymentSettled.model_construct(
        fee_amount_minor=44, net_amount_minor=4_56, gross_amount_minor=5_00, currency="CAD"
    )
    invoice = InvoiceGenerated.model_construct(status="paid", total_minor=5_40, currency="CAD")

    counts = (
        *payments.processed(told(PAID.model_copy(update=cad))),
        *payments.refunded(told(RefundIssued.model_construct(**cad, total_refunded_minor=9_00))),
        *payments.disputed(ChargebackOpened.model_construct(**cad)),
        *payments.settled(settled),
        *subscriptions.invoiced(invoice),
    )

    assert [(count.cell, count.amount) for count in counts] == [
        ("processed|CAD", 5_00),
        ("refunded|CAD", 5_00),
        ("disputed|CAD", 5_00),
        ("settled|CAD", 4_56),
        ("fees|CAD", 44),
        ("invoice|paid|CAD", 5_40),
    ]


def told(message: Message, **metadata: Any) -> Envelope[Any]:
    return Envelope("e", message.name, "1.0.0", 1_000, message, metadata=metadata or None)


def test_only_money_that_came_in_counts() -> None:
    of_both = PAID.model_copy(update={"order_id": "ord_1", "subscription_id": "sub_1"})

    assert payments.processed(told(PAID.model_copy(update={"status": "pending"}))) == ()
    assert payments.processed(told(of_both, claimed=True)) == ()
    assert payments.processed(told(of_both)) == payments.processed(told(PAID))


def test_what_is_paid_out_is_told_beside_its_fee() -> None:
    settled = PaymentSettled.model_construct(
        currency="USD", gross_amount_minor=10_00, fee_amount_minor=59, net_amount_minor=9_41
    )

    disputed = ChargebackOpened.model_construct(currency="EUR", amount_minor=5_00)
    said = [*payments.settled(settled), *payments.disputed(disputed)]

    row = reports.payments(DAY, summed(*said), RULES)

    assert (row.settled_minor, row.fees_minor) == ({"USD": 9_41}, {"USD": 59})
    assert (row.disputes, row.disputed_minor) == ({"EUR": 1}, {"EUR": 5_00})


def test_a_subscription_without_a_trial_and_a_renewal_at_once_are_no_more_than_that() -> None:
    about: dict[str, Any] = {"subscription_id": "sub_1", "user_id": "u", "plan": PRO}
    started = UserSubscriptionStarted(
        **about, trial_period_days=0, start_date=DAY, next_billing_date=DAY,
        payment_method_id="tok",
    )  # fmt: skip
    renewed = SubscriptionRenewedEvent(
        **about, period=Period(start=DAY, end=DAY), next_billing_date=DAY, payment_id="p",
        recovered=False,
    )  # fmt: skip

    said = [*subscriptions.started(started), *subscriptions.renewed(renewed)]

    row = reports.subscriptions(DAY, summed(*said), RULES)
    assert (row.started, row.trials, row.renewed, row.recovered) == ({"plan_pro": 1}, 0, 1, 0)


@pytest.mark.parametrize(
    ("days", "attempt", "cells"),
    [(0, 0, ["charged"]), (0, 1, ["retried"]), (0, 3, ["retried"]), (1, 0, []), (3, 1, [])],
)
def test_a_charge_begins_on_the_day_it_is_due_and_each_after_the_first_is_another_try(
    days: int, attempt: int, cells: list[str]
) -> None:
    due = SubscriptionPaymentDue(
        subscription_id="sub_1", user_id="u", plan=PRO, due_date=DAY, days_until_due=days,
        retry_attempt=attempt, **MONEY,
    )  # fmt: skip

    assert [count.cell for count in subscriptions.charged(due)] == cells


def test_a_days_subscriptions_are_told() -> None:
    about: dict[str, Any] = {"subscription_id": "sub_1", "user_id": "u", "plan": PRO}
    invoice: dict[str, Any] = {
        "invoice_id": "i",
        "invoice_number": "INV-2026-00001",
        "customer_id": "u",
        "type": "subscription",
        "line_items": (),
        "subtotal_minor": 10_00,
        "tax_minor": 80,
        "total_minor": 10_80,
        "currency": "USD",
        "due_date": DAY,
    }
    due = {**about, **MONEY, "due_date": DAY}
    said = [
        *subscriptions.started(
            UserSubscriptionStarted(
                **about, trial_period_days=14, start_date=DAY, next_billing_date=DAY,
                payment_method_id="tok",
            )
        ),
        *subscriptions.renewed(
            SubscriptionRenewedEvent(
                **about, period=Period(start=DAY, end=DAY), next_billing_date=DAY,
                payment_id="p", recovered=True,
            )
        ),
        *subscriptions.cancelled(
            UserSubscriptionCancelled(
                **about, cancellation_reason="too_expensive", cancelled_by="customer",
                effective_date=DAY, refund_amount_minor=0, subscription_duration_days=31,
            )
        ),
        *subscriptions.invoiced(InvoiceGenerated(**invoice, status="issued")),
        *subscriptions.invoiced(InvoiceGenerated(**invoice, status="paid")),
        *subscriptions.charged(SubscriptionPaymentDue(**due, days_until_due=3)),
        *subscriptions.charged(SubscriptionPaymentDue(**due, days_until_due=0)) * 2,
        *subscriptions.charged(SubscriptionPaymentDue(**due, days_until_due=0, retry_attempt=2)),
        *subscriptions.suspended(SubscriptionSuspended.model_construct()),
        *subscriptions.migrated(PlanMigrationCompleted.model_construct(to_plan=PRO)),
    ]  # fmt: skip

    row = reports.subscriptions(DAY, summed(*said), RULES)

    assert (row.started, row.trials, row.renewed, row.recovered) == ({"plan_pro": 1}, 1, 1, 1)
    assert (row.cancelled, row.days_lasted) == ({"too_expensive": 1}, 31.0)
    assert (row.charged, row.retried) == (2, 1)
    assert (row.suspended, row.migrated) == (1, {"plan_pro": 1})
    assert (row.invoiced_minor, row.paid_minor) == ({"USD": 10_80}, {"USD": 10_80})


# --- days --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("open_from", "minutes", "days"),
    [
        (None, 0, Days(100, 100)),
        (100, 14, Days(100, 100)),
        (99, 14, Days(99, 99)),
        (99, 15, Days(99, 100)),
        (97, 15, Days(97, 100)),
        (100, 15, Days(100, 100)),
        (101, 15, Days(101, 101)),
        (1, 15, Days(1, 1 + DAYS_A_TICK_MAX)),
    ],
)
def test_a_day_is_told_a_quarter_of_an_hour_after_its_end(
    open_from: int | None, minutes: int, days: Days
) -> None:
    assert over(open_from, 100 * DAY_MS + minutes * 60_000, RULES) == days


def test_a_record_counts_on_its_day_or_the_first_that_is_open() -> None:
    assert [counted_on(9, open_from) for open_from in (None, 8, 9, 10)] == [9, 9, 9, 10]
    assert date_of(number_of(20_000 * DAY_MS + 5)) == date(2024, 10, 4)


def test_days_are_in_order_in_the_order_of_keys() -> None:
    assert day_key(9_999) < day_key(99_999, "orders") < day_key(100_000) < day_key(100_000, "a")


cells = st.sampled_from(
    ["completed|USD", "completed|GBP", "cancelled", "returned", "category|USD|x", LATE]
)
many = st.lists(
    st.tuples(st.integers(0, 3), st.builds(Count, st.just(ORDERS), cells, st.integers(0, 10**6)))
)


@given(many)
def test_who_counted_what_does_not_matter(counts: list[tuple[int, Count]]) -> None:
    whole = summed(*[count for _, count in counts])
    parts = [summed(*[c for lane, c in counts if lane == one]) for one in range(4)]

    assert merge(parts, 0).cells == whole.cells
    assert reports.orders(DAY, merge(parts, 0), RULES).completed == sum(
        count.cell.startswith("completed") for _, count in counts
    )


# --- every figure ------------------------------------------------------------------------------


def cells_of(**counted: int | Cell) -> Tally:
    found = {name: one if isinstance(one, Cell) else Cell(one) for name, one in counted.items()}
    return Tally(31, 0, found)


def test_each_figure_of_orders_comes_from_its_own_sums() -> None:
    tally = cells_of(
        **{
            "completed|USD": Cell(7, 70_00),
            "completed|XXX": Cell(1, 99_00),  # No rate is known: an order, and no revenue.
            "category|USD|few": Cell(1, 50_00),
            "category|USD|many": Cell(6, 20_00),
        },
        cancelled=2,
        returned=3,
        customers=5,
        fulfilment_ms=Cell(8, 10 * HOUR_MS),
        late=4,
    )

    assert reports.orders(DAY, tally, RULES) == DailyOrders(
        day=DAY, total=13, completed=8, cancelled=2, returned=3, revenue_minor=70_00,
        average_value_minor=8_75, currency="USD", customers=5,
        categories=(CategoryFigures("few", 1, 50_00), CategoryFigures("many", 6, 20_00)),
        fulfilment_rate=0.615, fulfilment_hours=1.3, late=4, records=31,
    )  # fmt: skip


def test_each_figure_of_parcels_comes_from_its_own_sums() -> None:
    tally = cells_of(
        **{"cancelled|OUT_OF_STOCK": 2, "attempt_failed|LOST": 10},
        confirmed=1,
        created=3,
        dispatched=Cell(9, 9 * HOUR_MS * 5 // 4),
        dispatched_in_time=4,
        delivered=Cell(7, 7 * HOUR_MS * 5 // 2),
        delivered_in_time=5,
        parcel_returned=6,
        parcel_cancelled=8,
        late=11,
    )

    assert reports.fulfilment(DAY, tally, RULES) == DailyFulfilment(
        day=DAY, confirmed=1, cancelled={"OUT_OF_STOCK": 2}, created=3, dispatched=9,
        dispatched_in_time=4, delivered=7, delivered_in_time=5, returned=6, parcels_cancelled=8,
        attempts_failed={"LOST": 10}, dispatched_in_time_share=0.4444,
        delivered_in_time_share=0.7143, hours_to_dispatch=1.3, hours_to_door=2.5, late=11,
    )  # fmt: skip


def test_each_figure_of_money_comes_from_its_own_sums() -> None:
    tally = cells_of(
        **{
            "processed|USD": Cell(3, 3_00),
            "failed|card_declined": 2,
            "refunded|EUR": Cell(4, 44),
            "disputed|GBP": Cell(5, 55),
            "settled|USD": Cell(6, 66),
            "fees|USD": Cell(7, 77),
        },
        late=8,
    )

    assert reports.payments(DAY, tally, RULES) == DailyPayments(
        day=DAY, processed={"USD": 3}, processed_minor={"USD": 3_00}, failed={"card_declined": 2},
        success_share=0.6, refunds={"EUR": 4}, refunded_minor={"EUR": 44}, disputes={"GBP": 5},
        disputed_minor={"GBP": 55}, settled_minor={"USD": 66}, fees_minor={"USD": 77}, late=8,
    )  # fmt: skip


def test_each_figure_of_subscriptions_comes_from_its_own_sums() -> None:
    tally = cells_of(
        **{
            "started|pro": 2,
            "cancelled|no_use": Cell(2, 25),
            "migrated|basic": 7,
            "invoice|issued|USD": Cell(10, 1_00),
            "invoice|paid|USD": Cell(11, 1_10),
            "invoice|overdue|USD": 12,
        },
        trials=3,
        renewed=4,
        recovered=5,
        suspended=6,
        charged=8,
        retried=9,
        late=13,
    )

    assert reports.subscriptions(DAY, tally, RULES) == DailySubscriptions(
        day=DAY, started={"pro": 2}, trials=3, renewed=4, recovered=5, cancelled={"no_use": 2},
        days_lasted=12.5, suspended=6, migrated={"basic": 7}, charged=8, retried=9,
        invoiced_minor={"USD": 1_00}, paid_minor={"USD": 1_10}, overdue=12, late=13,
    )  # fmt: skip


def test_the_reports_figures_are_the_contracts() -> None:
    assert (RULES.run_minute, RULES.fulfil_within_ms, RULES.category_else) == (15, DAY_MS, "Other")
    assert dict(RULES.pence) == {"GBP": 100, "USD": 79, "EUR": 86, "CAD": 58}
    assert (RULES.order_kept_ms, RULES.days_kept) == (90 * DAY_MS, 400)


def test_every_family_has_its_report() -> None:
    assert set(reports.REPORTS) == set(FAMILIES)
    assert grouped((Count("a", "x"), Count("b", "y"), Count("a", "z"))) == {
        "a": (Count("a", "x"), Count("a", "z")),
        "b": (Count("b", "y"),),
    }
