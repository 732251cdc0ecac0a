"""The daily reports as rows. Money is minor units of the currency named beside it."""

from datetime import date

import msgspec


class CategoryFigures(msgspec.Struct, frozen=True, gc=False):
    """What a day's completed orders held of one category."""

    category: str
    orders: int
    revenue_minor: int


class DailyOrders(msgspec.Struct, frozen=True, gc=False):
    """The orders that ended on a day (ADR-013)."""

    day: date
    total: int
    """Completed, cancelled and returned."""
    completed: int
    cancelled: int
    returned: int
    revenue_minor: int
    """Of the completed ones, all currencies together."""
    average_value_minor: int
    """By completed order; 0 without any."""
    currency: str
    customers: int
    """How many different ones opened a payment for an order."""
    categories: tuple[CategoryFigures, ...]
    """The first ones by revenue."""
    fulfilment_rate: float | None
    """Completed by total, 0 to 1; None without any."""
    fulfilment_hours: float | None
    """From payment to the last parcel's departure, on average; None without any."""
    late: int
    """Records of earlier days that came after those were reported."""
    records: int
    """Records behind the figures."""


class DailyFulfilment(msgspec.Struct, frozen=True, gc=False):
    """The way of orders and parcels through a day. Shares are 0 to 1, None of nothing."""

    day: date
    confirmed: int
    cancelled: dict[str, int]
    """By reason."""
    created: int
    dispatched: int
    dispatched_in_time: int
    """Within 24 hours of the payment."""
    delivered: int
    delivered_in_time: int
    """By the promised moment."""
    returned: int
    parcels_cancelled: int
    attempts_failed: dict[str, int]
    """By reason."""
    dispatched_in_time_share: float | None
    delivered_in_time_share: float | None
    hours_to_dispatch: float | None
    """From payment, on average."""
    hours_to_door: float | None
    """From dispatch, on average."""
    late: int


class DailyPayments(msgspec.Struct, frozen=True, gc=False):
    """The money of a day, by currency."""

    day: date
    processed: dict[str, int]
    """How many payments."""
    processed_minor: dict[str, int]
    failed: dict[str, int]
    """Attempts, by reason."""
    success_share: float | None
    """Payments by payments and failed attempts; None without any."""
    refunds: dict[str, int]
    refunded_minor: dict[str, int]
    disputes: dict[str, int]
    disputed_minor: dict[str, int]
    settled_minor: dict[str, int]
    """Paid out, fees taken off."""
    fees_minor: dict[str, int]
    late: int


class DailySubscriptions(msgspec.Struct, frozen=True, gc=False):
    """What became of subscriptions and their invoices on a day."""

    day: date
    started: dict[str, int]
    """By plan."""
    trials: int
    """How many of them began on trial."""
    renewed: int
    recovered: int
    """How many of them only after a failure."""
    cancelled: dict[str, int]
    """By reason."""
    days_lasted: float | None
    """How long cancelled ones had lasted, on average; None without any."""
    suspended: int
    migrated: dict[str, int]
    """By the new plan."""
    charged: int
    """Charges begun for a period."""
    retried: int
    """Further tries."""
    invoiced_minor: dict[str, int]
    """Drawn, tax included, by currency."""
    paid_minor: dict[str, int]
    overdue: int
    late: int
