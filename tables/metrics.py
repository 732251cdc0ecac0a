"""Tables of the daily reports."""

from typing import Any, Final

from engine.specs import TableSpec
from streams.metrics.counts import FULFILMENT, ORDERS, PAYMENTS, SUBSCRIPTIONS
from streams.metrics.journeys import Journey
from streams.metrics.rows import DailyFulfilment, DailyOrders, DailyPayments, DailySubscriptions
from streams.pulse.tally import Partial, Tally

# -- stage one: what a partition counts

JOURNEYS: Final = TableSpec(
    name="order_journeys",
    row=Journey,
    key="orderId",
    help="An order as the daily reports know it.",
    hidden=True,
)
DAYS: Final = TableSpec(
    name="metrics_days",
    row=Tally,
    key="day, family",
    help="A partition's counts of days that are not reported yet.",
    hidden=True,
)
DAY_CUSTOMERS: Final = TableSpec(
    name="metrics_customers",
    row=bool,
    key="day, customerId",
    help="Who opened a payment for an order on a day that is not reported yet.",
    hidden=True,
)
OPEN_FROM: Final = TableSpec(
    name="metrics_open_from",
    row=int,
    key="all, or forgotten",
    help="The first day that a partition has not reported, and of whose customers it still knows.",
    hidden=True,
)

# -- stage two: reports

DAY_PARTS: Final = TableSpec(
    name="metrics_parts",
    row=Partial,
    key="day, family, partition",
    help="Partitions' sums of days that not all have reported.",
    hidden=True,
)
DAILY_ORDERS: Final = TableSpec(
    name="daily_orders",
    row=DailyOrders,
    key="day",
    help="Orders that ended on a day, their revenue and fulfilment (ADR-013).",
)
DAILY_FULFILMENT: Final = TableSpec(
    name="daily_fulfilment",
    row=DailyFulfilment,
    key="day",
    help="Orders confirmed and cancelled, parcels sent and delivered on a day, and how fast.",
)
DAILY_PAYMENTS: Final = TableSpec(
    name="daily_payments",
    row=DailyPayments,
    key="day",
    help="Money taken, refused, given back, disputed and paid out on a day.",
)
DAILY_SUBSCRIPTIONS: Final = TableSpec(
    name="daily_subscriptions",
    row=DailySubscriptions,
    key="day",
    help="Subscriptions begun, renewed and ended on a day, and their invoices.",
)
DAILY: Final[dict[str, TableSpec[Any]]] = {
    ORDERS: DAILY_ORDERS,
    FULFILMENT: DAILY_FULFILMENT,
    PAYMENTS: DAILY_PAYMENTS,
    SUBSCRIPTIONS: DAILY_SUBSCRIPTIONS,
}
"""By family."""
