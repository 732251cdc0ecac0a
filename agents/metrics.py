"""Stage one of the daily reports: each partition counts its days and tells each once it is over.

Reads orders, shipping and payments events by orderId, sessions of orders by customerId, and
payments and subscriptions events wherever they lie. Keeps what it must know of an order for
`order_kept_ms`, and the counts and customers of days that are not reported. Publishes every
day's sums, also those of a day on which nothing happened, at the first tick after 00:15 of the
next. Event time is the broker's.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

import msgspec

from engine.specs import AgentSpec, Context, Delivery, Handler, Source, Timer, TopicSpec
from streams.clock import Clock
from streams.metrics import journeys, payments, subscriptions
from streams.metrics.counts import FAMILIES, LATE, ORDERS, Count, Counts, counted, grouped
from streams.metrics.days import counted_on, day_key, number_of, over
from streams.metrics.journeys import BLANK, Journey, Told
from streams.metrics.rules import MetricsRules
from streams.moments import DAY_MS
from streams.pulse.tally import EMPTY, Cell, Tally, merge, partial
from tables.metrics import DAY_CUSTOMERS, DAYS, JOURNEYS, OPEN_FROM
from topics import (
    METRICS,
    ORDERS_EVENTS,
    PAYMENTS_EVENTS,
    SHIPPING_EVENTS,
    SUBSCRIPTIONS_EVENTS,
)

AGENT: Final = "metrics"
_ALL: Final = "all"
_FORGOTTEN: Final = "forgotten"
_ENCODER: Final = msgspec.json.Encoder()
_CUSTOMERS_A_TICK_MAX: Final = 1_000
"""Customers of reported days that one tick forgets."""

Step = Callable[[Journey, Any, int, MetricsRules], Told]


_FOLLOWED: Final[Mapping[TopicSpec, Mapping[str, Step]]] = {
    ORDERS_EVENTS: {
        "OrderConfirmed": journeys.confirmed,
        "OrderAmended": journeys.amended,
        "OrderCancelled": journeys.cancelled,
    },
    SHIPPING_EVENTS: {
        "ShipmentCreated": journeys.created,
        "ShipmentDispatched": journeys.dispatched,
        "ShipmentDelivered": journeys.delivered,
        "DeliveryFailed": journeys.attempt_failed,
        "ShipmentCancelled": journeys.parcel_cancelled,
        "ReturnReceived": journeys.returned,
    },
    PAYMENTS_EVENTS: {"PaymentComplete": journeys.paid},
}
"""What counts by what was known of its order."""

_COUNTED: Final[Mapping[TopicSpec, Mapping[str, Callable[[Any], Counts]]]] = {
    PAYMENTS_EVENTS: {
        "PaymentFailed": payments.failed,
        "PaymentSettled": payments.settled,
        "ChargebackOpened": payments.disputed,
    },
    SUBSCRIPTIONS_EVENTS: {
        "UserSubscriptionStarted": subscriptions.started,
        "UserSubscriptionCancelled": subscriptions.cancelled,
        "SubscriptionRenewedEvent": subscriptions.renewed,
        "SubscriptionSuspended": subscriptions.suspended,
        "PlanMigrationCompleted": subscriptions.migrated,
        "InvoiceGenerated": subscriptions.invoiced,
        "SubscriptionPaymentDue": subscriptions.charged,
    },
}
"""What counts by itself."""
_DATA: Final = attrgetter("value.data")
_WHOLE: Final = attrgetter("value")


def metrics_agent(rules: MetricsRules, clock: Clock) -> AgentSpec:
    """Declare the agent that counts what its partition sees of each day."""
    by_order = [
        Source(
            topic,
            {name: _following(step, rules, clock) for name, step in steps.items()},
            by="orderId",
        )
        for topic, steps in _FOLLOWED.items()
    ]
    by_itself = [
        Source(topic, {name: _counting(what, clock) for name, what in found.items()})
        for topic, found in _COUNTED.items()
    ]
    met = Source(PAYMENTS_EVENTS, {"PaymentInitiated": _meeting(clock)}, by="customerId")
    moved = {
        "PaymentProcessed": _counting(payments.processed, clock, _WHOLE),
        "RefundIssued": _counting(payments.refunded, clock, _WHOLE),
    }
    return AgentSpec(
        name=AGENT,
        help="Counts each day what ended, travelled, was paid and subscribed to.",
        sources=(*by_order, met, *by_itself, Source(PAYMENTS_EVENTS, moved)),
        tables=(JOURNEYS, DAYS, DAY_CUSTOMERS, OPEN_FROM),
        outputs=(METRICS,),
        timers={"forget": _forget},
        tick=_telling(rules, clock),
    )


def _following(step: Step, rules: MetricsRules, clock: Clock) -> Handler:
    """Make a handler that follows an order."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        event, at_ms = delivery.value.data, delivery.record.timestamp
        rows, order_id = ctx.table(JOURNEYS), event.order_id
        known = rows.get(order_id)
        before = known or BLANK
        after, counts = step(before, event, at_ms, rules)
        if after is not before:
            rows[order_id] = after
            if known is None:
                ctx.set_timer("forget", order_id, at_ms + rules.order_kept_ms)
        if counts:
            _count(ctx, counts, number_of(clock.calendar_ms(at_ms)))

    return handler


def _counting(
    what: Callable[[Any], Counts], clock: Clock, seen: Callable[[Delivery], Any] = _DATA
) -> Handler:
    """Make a handler whose message counts by itself."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        counts = what(seen(delivery))
        if counts:
            _count(ctx, counts, number_of(clock.calendar_ms(delivery.record.timestamp)))

    return handler


def _meeting(clock: Clock) -> Handler:
    """Make a handler that counts a day's customers, each once."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        event = delivery.value.data
        if event.order_id is None:
            return
        day = number_of(clock.calendar_ms(delivery.record.timestamp))
        key = day_key(counted_on(day, ctx.table(OPEN_FROM).get(_ALL)), event.customer_id)
        met = ctx.table(DAY_CUSTOMERS)
        if met.get(key) is None:
            met[key] = True
            _count(ctx, (Count(ORDERS, "customers"),), day)

    return handler


def _count(ctx: Context, counts: Counts, day: int) -> None:
    rows = ctx.table(DAYS)
    counts_on = counted_on(day, ctx.table(OPEN_FROM).get(_ALL))
    for family, mine in grouped(counts).items():
        key = day_key(counts_on, family)
        rows[key] = counted(rows.get(key), mine, is_late=day < counts_on)


def _forget(ctx: Context, timer: Timer, _now_ms: int) -> None:
    del ctx.table(JOURNEYS)[timer.key]


def _telling(rules: MetricsRules, clock: Clock) -> Callable[[Context, int], None]:
    """Make the tick that tells the days that are over."""

    def tick(ctx: Context, now_ms: int) -> None:
        table = ctx.table(OPEN_FROM)
        open_from = table.get(_ALL)
        days = over(open_from, clock.calendar_ms(now_ms), rules)
        if open_from is None:
            _begin(ctx, days.first)
        for day in range(days.first, days.end):
            _tell(ctx, day)
        if days.end != open_from:
            table[_ALL] = days.end
        _forget_customers(ctx, days.end)

    return tick


def _begin(ctx: Context, first: int) -> None:
    """Records of earlier days that came before the first tick count on the first day, as late.

    Where topics are older than this agent, the other partitions tell nothing of those days.
    """
    rows = ctx.table(DAYS)
    for key, tally in list(rows.scan("", day_key(first))):
        day = day_key(first, key.partition("|")[2])
        late = Tally(cells={LATE: Cell(tally.seq)})
        rows[day] = merge((rows.get(day) or EMPTY, tally, late), 0)
        del rows[key]


def _tell(ctx: Context, day: int) -> None:
    rows = ctx.table(DAYS)
    for family in FAMILIES:
        key = day_key(day, family)
        part = partial(rows.get(key) or EMPTY, family, day * DAY_MS, DAY_MS, ctx.partition)
        ctx.publish(METRICS, family, _ENCODER.encode(part), ())
        del rows[key]


def _forget_customers(ctx: Context, open_from: int) -> None:
    """Forget some of those who were met on reported days; nothing is read once all are."""
    days, met = ctx.table(OPEN_FROM), ctx.table(DAY_CUSTOMERS)
    first = days.get(_FORGOTTEN) or 0
    if first == open_from:
        return
    over_ = [key for key, _ in met.scan(day_key(first), day_key(open_from), _CUSTOMERS_A_TICK_MAX)]
    for key in over_:
        del met[key]
    if len(over_) < _CUSTOMERS_A_TICK_MAX:
        days[_FORGOTTEN] = open_from
