"""The daily order report, keyed by reportId."""

from datetime import date
from typing import Literal

from events.base import Event, Part, Upcast, names
from events.moments import Moment
from events.money import Minor
from events.scalars import Count, Currency, Id, JsonObject, Many, Number, Ratio, Text


class ReportPeriod(Part):
    """The UTC day that a report covers."""

    type: Literal["daily"] | None = None
    date: date
    start_time: Moment | None = None
    end_time: Moment | None = None


class OrderMetrics(Part):
    """A day's orders in figures.

    The average is revenue by completed orders; the fulfilment rate is completed by total orders,
    three decimals.
    """

    total_orders: Count
    completed_orders: Count | None = None
    cancelled_orders: Count | None = None
    returned_orders: Count | None = None
    total_revenue_minor: Minor
    average_order_value_minor: Minor
    currency: Currency | None = None
    unique_customers: Count | None = None
    top_selling_categories: Many[JsonObject] | None = None
    fulfillment_rate: Ratio | None = None
    average_fulfillment_time_hours: Number | None = None


class OrderMetricsCalculated(Event):
    """Yesterday's order figures, at 00:15 UTC (ADR-013)."""

    model_config = names(report_id=("reportId", "calculationId"))
    upcast = Upcast(paths={"period.date": ("calculationDate",)}, timestamp_from="completedAt")
    topic = "orders.{env}.events"
    key_field = "report_id"
    source = "order-analytics"

    report_id: Id
    period: ReportPeriod
    metrics: OrderMetrics
    compared_to_previous_day: JsonObject | None = None  # ratios
    tables_updated: Many[Text] | None = None
    records_processed: Count | None = None
    completed_at: Moment | None = None
