"""Stage one of the real-time figures: each partition counts what it sees and tells the sums.

Reads orders, payments, inventory, shipping and notifications events, and scans, wherever they
lie. Keeps one tally a family and window. Publishes on every tick the tallies that changed,
cumulative, so that a global figure has no hot key and a repeat does no harm. Event time is the
broker's, apart for each topic: a topic that lags is not late.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from engine.specs import AgentSpec, Context, Delivery, Handler, Source, TableSpec
from engine.windows import Tumbling, Windows, clocks_table, split_key
from streams.pulse import (
    disputes,
    inventory,
    notifications,
    orders,
    payments,
    risk,
    shipping,
    stock,
)
from streams.pulse.rules import PulseRules
from streams.pulse.tally import EMPTY, STANDING_MS, Partial, Tally, late, partial, published
from tables.pulse import (
    LEVELS,
    MONTHS,
    PULSE_INVENTORY,
    PULSE_NOTIFICATIONS,
    PULSE_ORDERS,
    PULSE_PAYMENTS,
    PULSE_RISK,
    PULSE_SHIPPING,
    SHELVES,
)
from topics import (
    INVENTORY_EVENTS,
    NOTIFICATIONS_EVENTS,
    ORDERS_EVENTS,
    PAYMENTS_EVENTS,
    PULSE,
    SHIPPING_COMMANDS,
    SHIPPING_EVENTS,
)

Fold = Callable[[Tally, Any, int, PulseRules], Tally]
"""(tally, envelope, at_ms, rules): the tally with the record counted."""

_TABLES = {
    "orders": PULSE_ORDERS,
    "payments": PULSE_PAYMENTS,
    "risk": PULSE_RISK,
    "inventory": PULSE_INVENTORY,
    "shipping": PULSE_SHIPPING,
    "notifications": PULSE_NOTIFICATIONS,
}
_CLOCKS = clocks_table("pulse_clocks")
_ALL = "all"
_ENCODER = msgspec.json.Encoder()


def pulse_agent(rules: PulseRules) -> AgentSpec:
    """Declare the agent that counts what its partition sees."""
    spec = Tumbling(rules.window_ms, rules.grace_ms, max(rules.kept_ms, rules.grace_ms))

    def counts(table: TableSpec[Tally], fold: Fold) -> Handler:
        return _counting(table, fold, spec, rules)

    adjusted = counts(PULSE_INVENTORY, inventory.adjusted)

    def on_adjusted(ctx: Context, delivery: Delivery) -> None:
        adjusted(ctx, delivery)
        _shelve(ctx, delivery)

    processed = counts(PULSE_PAYMENTS, payments.processed)

    def on_paid(ctx: Context, delivery: Delivery) -> None:
        processed(ctx, delivery)
        if payments.is_charged(delivery.value):
            _count(ctx, delivery, disputes.paid)

    return AgentSpec(
        name="pulse",
        help="Counts the events of its own partition in windows and tells the sums.",
        sources=(
            Source(
                ORDERS_EVENTS,
                {
                    "OrderConfirmed": counts(PULSE_ORDERS, orders.confirmed),
                    "OrderFailed": counts(PULSE_ORDERS, orders.refused),
                    "OrderCancelled": counts(PULSE_ORDERS, orders.cancelled),
                },
            ),
            Source(
                PAYMENTS_EVENTS,
                {
                    "PaymentProcessed": on_paid,
                    "ChargebackOpened": _on_disputed,
                    "PaymentFailed": counts(PULSE_PAYMENTS, payments.failed),
                    "RefundIssued": counts(PULSE_PAYMENTS, payments.refunded),
                    "RiskScoreCalculated": counts(PULSE_RISK, risk.scored),
                    "FraudCheckCompleted": counts(PULSE_RISK, risk.decided),
                },
            ),
            Source(
                INVENTORY_EVENTS,
                {
                    "InventoryAdjusted": on_adjusted,
                    "OutOfStock": counts(PULSE_INVENTORY, inventory.short),
                    "LowStockAlert": _on_low_stock,
                },
            ),
            Source(
                SHIPPING_EVENTS,
                {
                    "CarrierBooked": counts(PULSE_SHIPPING, shipping.booked),
                    "CarrierBookingFailed": counts(PULSE_SHIPPING, shipping.unbooked),
                    "ShipmentDelivered": counts(PULSE_SHIPPING, shipping.delivered),
                    "DeliveryFailed": counts(PULSE_SHIPPING, shipping.failed),
                },
            ),
            Source(
                SHIPPING_COMMANDS,
                {"UpdateShipmentStatus": counts(PULSE_SHIPPING, shipping.scanned)},
            ),
            Source(
                NOTIFICATIONS_EVENTS,
                {
                    "NotificationSent": counts(PULSE_NOTIFICATIONS, notifications.sent),
                    "NotificationFailed": counts(PULSE_NOTIFICATIONS, notifications.failed),
                },
            ),
        ),
        tables=(*_TABLES.values(), _CLOCKS, SHELVES, LEVELS, MONTHS),
        outputs=(PULSE,),
        tick=_telling(spec),
    )


def _counting(table: TableSpec[Tally], fold: Fold, spec: Tumbling, rules: PulseRules) -> Handler:
    """Make a handler that folds its record into the window of the record's time."""
    name = table.name

    def handler(ctx: Context, delivery: Delivery) -> None:
        rows, at_ms = ctx.table(table), delivery.record.timestamp
        windows = Windows(spec, rows, ctx.table(_CLOCKS), name)
        key = windows.admit("", at_ms)
        if key is None:
            key = windows.oldest_open("")
            rows[key] = late(rows.get(key) or EMPTY)
            return
        before = rows.get(key) or EMPTY
        after = fold(before, delivery.value, at_ms, rules)
        if after is not before:
            rows[key] = after

    return handler


def _shelve(ctx: Context, delivery: Delivery) -> None:
    """Keep what is on the shelf that a change of stock is about."""
    change = delivery.value.data
    if change.warehouse_id == stock.EVERYWHERE:
        return
    shelves, key = ctx.table(SHELVES), stock.shelf_key(change)
    before = shelves.get(key)
    after = stock.adjusted(before, change)
    if after != before:
        _put(ctx, key, before, after)


def _on_low_stock(ctx: Context, delivery: Delivery) -> None:
    """Keep that a shelf ran low."""
    alert = delivery.value.data
    key = stock.shelf_key(alert)
    _put(ctx, key, ctx.table(SHELVES).get(key), stock.ran_low(alert))


def _put(ctx: Context, key: str, before: stock.Shelf | None, after: stock.Shelf) -> None:
    levels = ctx.table(LEVELS)
    ctx.table(SHELVES)[key] = after
    levels[_ALL] = stock.summed(levels.get(_ALL) or stock.BARE, before, after)


def _on_disputed(ctx: Context, delivery: Delivery) -> None:
    """Count a dispute among the month's payments."""
    _count(ctx, delivery, disputes.disputed)


def _count(
    ctx: Context, delivery: Delivery, fold: Callable[[disputes.Month, int], disputes.Month]
) -> None:
    months = ctx.table(MONTHS)
    months[_ALL] = fold(months.get(_ALL) or disputes.NONE, delivery.record.timestamp)


def _telling(spec: Tumbling) -> Callable[[Context, int], None]:
    """Make the tick that tells what changed since the last one, and drops what is old."""

    def tick(ctx: Context, _now_ms: int) -> None:
        for family, table in _TABLES.items():
            rows = ctx.table(table)
            windows = Windows(spec, rows, ctx.table(_CLOCKS), table.name)
            for key, tally in [*windows.closed(), *windows.open()]:
                if tally.seq > tally.published:
                    start_ms, _ = split_key(key)
                    _tell(ctx, partial(tally, family, start_ms, spec.size_ms, ctx.partition))
                    rows[key] = published(tally)
            windows.expire()
        _tell_stock(ctx)
        _tell_disputes(ctx)

    return tick


def _tell_disputes(ctx: Context) -> None:
    rows = ctx.table(MONTHS)
    month = rows.get(_ALL)
    if month is not None and month.seq > month.published:
        tally = disputes.standing(month)
        _tell(ctx, partial(tally, "disputes", STANDING_MS, 0, ctx.partition))
        rows[_ALL] = disputes.told(month)


def _tell_stock(ctx: Context) -> None:
    rows = ctx.table(LEVELS)
    levels = rows.get(_ALL)
    if levels is not None and levels.seq > levels.published:
        _tell(ctx, partial(stock.standing(levels), "stock", STANDING_MS, 0, ctx.partition))
        rows[_ALL] = stock.told(levels)


def _tell(ctx: Context, part: Partial) -> None:
    ctx.publish(PULSE, part.figure, _ENCODER.encode(part), ())
