"""Stage one of the real-time figures: each partition counts what it sees and tells the sums.

Reads orders, payments, inventory, shipping and notifications events, and scans, wherever they
lie. Keeps one tally a family and window. Publishes on every tick the tallies that changed,
cumulative, so that a global figure has no hot key and a repeat does no harm. Event time is the
broker's, apart for each topic: a topic that lags is not late.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from engine.specs import AgentSpec, Context, Delivery, Handler, Source, TableSpec, TopicSpec
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


_COUNTED: Final[Mapping[TopicSpec, Mapping[str, tuple[TableSpec[Tally], Fold]]]] = {
    ORDERS_EVENTS: {
        "OrderConfirmed": (PULSE_ORDERS, orders.confirmed),
        "OrderFailed": (PULSE_ORDERS, orders.refused),
        "OrderCancelled": (PULSE_ORDERS, orders.cancelled),
    },
    PAYMENTS_EVENTS: {
        "PaymentProcessed": (PULSE_PAYMENTS, payments.processed),
        "PaymentFailed": (PULSE_PAYMENTS, payments.failed),
        "RefundIssued": (PULSE_PAYMENTS, payments.refunded),
        "RiskScoreCalculated": (PULSE_RISK, risk.scored),
        "FraudCheckCompleted": (PULSE_RISK, risk.decided),
    },
    INVENTORY_EVENTS: {
        "InventoryAdjusted": (PULSE_INVENTORY, inventory.adjusted),
        "OutOfStock": (PULSE_INVENTORY, inventory.short),
    },
    SHIPPING_EVENTS: {
        "CarrierBooked": (PULSE_SHIPPING, shipping.booked),
        "CarrierBookingFailed": (PULSE_SHIPPING, shipping.unbooked),
        "ShipmentDelivered": (PULSE_SHIPPING, shipping.delivered),
        "DeliveryFailed": (PULSE_SHIPPING, shipping.failed),
    },
    SHIPPING_COMMANDS: {"UpdateShipmentStatus": (PULSE_SHIPPING, shipping.scanned)},
    NOTIFICATIONS_EVENTS: {
        "NotificationSent": (PULSE_NOTIFICATIONS, notifications.sent),
        "NotificationFailed": (PULSE_NOTIFICATIONS, notifications.failed),
    },
}
"""What is counted in windows: in which table, and how."""


def pulse_agent(rules: PulseRules) -> AgentSpec:
    """Declare the agent that counts what its partition sees."""
    spec = Tumbling(rules.window_ms, rules.grace_ms, max(rules.kept_ms, rules.grace_ms))
    handlers = {
        topic: {name: _counting(table, fold, spec, rules) for name, (table, fold) in found.items()}
        for topic, found in _COUNTED.items()
    }
    paid, stocked = handlers[PAYMENTS_EVENTS], handlers[INVENTORY_EVENTS]
    paid["PaymentProcessed"] = _both(paid["PaymentProcessed"], _on_paid)
    paid["ChargebackOpened"] = _on_disputed
    stocked["InventoryAdjusted"] = _both(stocked["InventoryAdjusted"], _shelve)
    stocked["LowStockAlert"] = _on_low_stock
    return AgentSpec(
        name="pulse",
        help="Counts the events of its own partition in windows and tells the sums.",
        sources=tuple(Source(topic, found) for topic, found in handlers.items()),
        tables=(*_TABLES.values(), _CLOCKS, SHELVES, LEVELS, MONTHS),
        outputs=(PULSE,),
        tick=_telling(spec),
    )


def _both(first: Handler, second: Handler) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        first(ctx, delivery)
        second(ctx, delivery)

    return handler


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


def _put(ctx: Context, key: str, before: stock.Shelf | None, after: stock.Shelf | None) -> None:
    levels = ctx.table(LEVELS)
    shelves = ctx.table(SHELVES)
    if after is None:
        del shelves[key]
    else:
        shelves[key] = after
    levels[_ALL] = stock.summed(levels.get(_ALL) or stock.BARE, before, after)


def _on_paid(ctx: Context, delivery: Delivery) -> None:
    """Count a charge among the month's payments."""
    if payments.is_charged(delivery.value):
        _count(ctx, delivery, disputes.paid)


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
