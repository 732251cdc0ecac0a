"""A day's sums as a report, and the orders' report as its event (ADR-013).

Halves go up. The fulfilment rate is rounded to four places and then to three, which is how the
contract's example comes to 0.954 for 1189 of 1247 orders (0.95349).
"""

from datetime import UTC, date, datetime, time
from operator import attrgetter
from typing import Any, Final

from events.analytics import OrderMetrics, OrderMetricsCalculated, ReportPeriod
from streams.billing.amounts import half_up
from streams.metrics.counts import FULFILMENT, LATE, ORDERS, PAYMENTS, SUBSCRIPTIONS
from streams.metrics.rows import (
    CategoryFigures,
    DailyFulfilment,
    DailyOrders,
    DailyPayments,
    DailySubscriptions,
)
from streams.metrics.rules import MetricsRules
from streams.moments import HOUR_MS
from streams.pulse.tally import Cell, Tally

_NOTHING: Final = Cell(0)
_LAST_SECOND: Final = time(23, 59, 59, tzinfo=UTC)
_TABLES: Final = ("daily_orders",)


def orders(day: date, tally: Tally, rules: MetricsRules) -> DailyOrders:
    """The orders that ended on a day."""
    by_currency = _under(tally, "completed")
    completed = _count(by_currency)
    cancelled, returned = _cell(tally, "cancelled").count, _cell(tally, "returned").count
    total = completed + cancelled + returned
    revenue = _converted({name: cell.total for name, cell in by_currency.items()}, rules)
    return DailyOrders(
        day=day,
        total=total,
        completed=completed,
        cancelled=cancelled,
        returned=returned,
        revenue_minor=revenue,
        average_value_minor=half_up(revenue, completed) if completed else 0,
        currency=rules.currency,
        customers=_cell(tally, "customers").count,
        categories=_categories(tally, rules),
        fulfilment_rate=_rate(completed, total),
        fulfilment_hours=_hours(_cell(tally, "fulfilment_ms")),
        late=_cell(tally, LATE).count,
        records=tally.seq,
    )


def fulfilment(day: date, tally: Tally, _rules: MetricsRules) -> DailyFulfilment:
    """The way of orders and parcels through a day."""
    dispatched, delivered = _cell(tally, "dispatched"), _cell(tally, "delivered")
    left_in_time = _cell(tally, "dispatched_in_time").count
    arrived_in_time = _cell(tally, "delivered_in_time").count
    return DailyFulfilment(
        day=day,
        confirmed=_cell(tally, "confirmed").count,
        cancelled=_counts(tally, "cancelled"),
        created=_cell(tally, "created").count,
        dispatched=dispatched.count,
        dispatched_in_time=left_in_time,
        delivered=delivered.count,
        delivered_in_time=arrived_in_time,
        returned=_cell(tally, "parcel_returned").count,
        parcels_cancelled=_cell(tally, "parcel_cancelled").count,
        attempts_failed=_counts(tally, "attempt_failed"),
        dispatched_in_time_share=_share(left_in_time, dispatched.count),
        delivered_in_time_share=_share(arrived_in_time, delivered.count),
        hours_to_dispatch=_hours(dispatched),
        hours_to_door=_hours(delivered),
        late=_cell(tally, LATE).count,
    )


def payments(day: date, tally: Tally, _rules: MetricsRules) -> DailyPayments:
    """The money of a day."""
    processed, failed = _counts(tally, "processed"), _counts(tally, "failed")
    succeeded = sum(processed.values())
    return DailyPayments(
        day=day,
        processed=processed,
        processed_minor=_totals(tally, "processed"),
        failed=failed,
        success_share=_share(succeeded, succeeded + sum(failed.values())),
        refunds=_counts(tally, "refunded"),
        refunded_minor=_totals(tally, "refunded"),
        disputes=_counts(tally, "disputed"),
        disputed_minor=_totals(tally, "disputed"),
        settled_minor=_totals(tally, "settled"),
        fees_minor=_totals(tally, "fees"),
        late=_cell(tally, LATE).count,
    )


def subscriptions(day: date, tally: Tally, _rules: MetricsRules) -> DailySubscriptions:
    """What became of subscriptions on a day."""
    ended = _under(tally, "cancelled")
    lasted = sum([cell.total for cell in ended.values()])
    return DailySubscriptions(
        day=day,
        started=_counts(tally, "started"),
        trials=_cell(tally, "trials").count,
        renewed=_cell(tally, "renewed").count,
        recovered=_cell(tally, "recovered").count,
        cancelled=_counts(tally, "cancelled"),
        days_lasted=half_up(lasted * 10, _count(ended)) / 10 if ended else None,
        suspended=_cell(tally, "suspended").count,
        migrated=_counts(tally, "migrated"),
        charged=_cell(tally, "charged").count,
        retried=_cell(tally, "retried").count,
        invoiced_minor=_totals(tally, "invoice|issued"),
        paid_minor=_totals(tally, "invoice|paid"),
        overdue=sum(_counts(tally, "invoice|overdue").values()),
        late=_cell(tally, LATE).count,
    )


REPORTS: Final = {
    ORDERS: orders,
    FULFILMENT: fulfilment,
    PAYMENTS: payments,
    SUBSCRIPTIONS: subscriptions,
}
"""By family: what makes a report of a day's sums."""


def calculated(
    row: DailyOrders, before: DailyOrders | None, completed_at: datetime
) -> OrderMetricsCalculated:
    """The day's report as the wire has it, compared with the day before where that is known."""
    return OrderMetricsCalculated(
        report_id=f"rpt_daily_{row.day:%Y%m%d}",
        period=ReportPeriod(
            type="daily",
            date=row.day,
            start_time=datetime.combine(row.day, time(tzinfo=UTC)),
            end_time=datetime.combine(row.day, _LAST_SECOND),
        ),
        metrics=OrderMetrics(
            total_orders=row.total,
            completed_orders=row.completed,
            cancelled_orders=row.cancelled,
            returned_orders=row.returned,
            total_revenue_minor=row.revenue_minor,
            average_order_value_minor=row.average_value_minor,
            currency=row.currency,
            unique_customers=row.customers,
            top_selling_categories=tuple([_wire_category(one) for one in row.categories]),
            fulfillment_rate=row.fulfilment_rate,
            average_fulfillment_time_hours=row.fulfilment_hours,
        ),
        compared_to_previous_day=None if before is None else _compared(row, before),
        tables_updated=_TABLES,
        records_processed=row.records,
        completed_at=completed_at,
    )


def _wire_category(one: CategoryFigures) -> dict[str, Any]:
    revenue = one.revenue_minor / 100
    return {"category": one.category, "orderCount": one.orders, "revenue": revenue}


def _compared(row: DailyOrders, before: DailyOrders) -> dict[str, float]:
    """Ratios, of what was something the day before; of money, if it was told in the same."""
    changes = {"ordersChange": (row.total, before.total)}
    if row.currency == before.currency:
        changes["revenueChange"] = row.revenue_minor, before.revenue_minor
        changes["aovChange"] = row.average_value_minor, before.average_value_minor
    return {
        name: half_up(100 * (now - was), was) / 100 for name, (now, was) in changes.items() if was
    }


# --- reading cells -----------------------------------------------------------------------------


def _cell(tally: Tally, name: str) -> Cell:
    return tally.cells.get(name, _NOTHING)


def _under(tally: Tally, stem: str) -> dict[str, Cell]:
    """The cells `stem|name`, by name, in the order of names."""
    start = f"{stem}|"
    return {
        name.removeprefix(start): cell
        for name, cell in sorted(tally.cells.items(), key=lambda item: item[0])
        if name.startswith(start)
    }


def _count(cells: dict[str, Cell]) -> int:
    return sum([cell.count for cell in cells.values()])


def _counts(tally: Tally, stem: str) -> dict[str, int]:
    return {name: cell.count for name, cell in _under(tally, stem).items()}


def _totals(tally: Tally, stem: str) -> dict[str, int]:
    return {name: cell.total for name, cell in _under(tally, stem).items()}


def _share(part: int, whole: int) -> float | None:
    return half_up(part * 10_000, whole) / 10_000 if whole else None


def _rate(completed: int, total: int) -> float | None:
    return half_up(half_up(completed * 10_000, total), 10) / 1_000 if total else None


def _hours(spent: Cell) -> float | None:
    return half_up(spent.total * 10, spent.count * HOUR_MS) / 10 if spent.count else None


def _converted(minor: dict[str, int], rules: MetricsRules) -> int:
    """Sums of several currencies in that of the reports. One without a rate is left out."""
    pence, into = rules.pence, rules.pence[rules.currency]
    return sum([half_up(sum_ * pence[name], into) for name, sum_ in minor.items() if name in pence])


def _categories(tally: Tally, rules: MetricsRules) -> tuple[CategoryFigures, ...]:
    orders_of: dict[str, int] = {}
    minor_of: dict[str, dict[str, int]] = {}
    for name, cell in _under(tally, "category").items():
        currency, _, category = name.partition("|")
        orders_of[category] = orders_of.get(category, 0) + cell.count
        minor_of.setdefault(category, {})[currency] = cell.total
    found = [
        CategoryFigures(category, count, _converted(minor_of[category], rules))
        for category, count in orders_of.items()
    ]
    found.sort(key=attrgetter("category"))
    found.sort(key=attrgetter("revenue_minor"), reverse=True)
    return tuple(found[: rules.categories_told])
