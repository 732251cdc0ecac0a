"""Orders: commands, and what the other services make of an order, by orderId.

Reads orders.commands, inventory.events, payments.events and shipping.events, and which accounts
are suspended. Publishes OrderConfirmed, OrderFailed, OrderAmended, OrderCancelled,
PaymentInitiated, LegacyOrderArchived of what is old, and AlertRaised of what people have to look
at; of stock it asks for what an amendment or an exchange adds (ReserveStock, ReleaseStock), of
shipping a label (CreateReturnLabel), of payment the price of goods that were not replaced
(RefundGoods), and of itself the order that replaces goods (PlaceReplacement), its end
(CancelOrder), or what follows from its end (UndoReplacement).
Keeps a row an order, an index by customer, and what waits for an order that is yet to be placed.
An order id counts once: a second PlaceOrder changes nothing and publishes nothing, whatever it
asks for.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from agents import early_orders
from agents.order_rows import save
from agents.order_sweep import EVERY_MS, sweeping
from agents.wiring import announce, cause_of, sales_channel, timer_cause
from engine.specs import (
    AgentSpec,
    Context,
    Delivery,
    Handler,
    Source,
    Timer,
    TimerHandler,
    TopicSpec,
)
from events.exchanges import PlaceReplacement
from events.orders import PlaceOrder
from streams.orders.deciding import (
    amendment_over,
    backorder_over,
    decide,
    once,
    order_id_of,
    review_over,
)
from streams.orders.facts import Fact
from streams.orders.outcomes import following, opening
from streams.orders.placing import place
from streams.orders.replacing import begin, beside
from streams.orders.returning import lapse
from streams.orders.rows import Order
from streams.orders.rules import OrderRules
from tables.orders import (
    CUSTOMER_ORDERS,
    EARLY_ORDERS,
    ORDERS,
    SUSPENDED,
    SWEPT,
)
from tables.pairs import dated_key
from topics import (
    ALERTS_EVENTS,
    INVENTORY_COMMANDS,
    INVENTORY_EVENTS,
    ORDERS_COMMANDS,
    ORDERS_EVENTS,
    PAYMENTS_COMMANDS,
    PAYMENTS_EVENTS,
    SHIPPING_COMMANDS,
    SHIPPING_EVENTS,
    SUSPENSIONS,
)

AGENT: Final = early_orders.AGENT

TimerRule = Callable[[Order, int, int, OrderRules], tuple[Fact, ...]]
Beginning = Callable[[Context, Any, int, str, str], tuple[Fact, ...]]


def orders_agent(rules: OrderRules) -> AgentSpec:
    """Orders' core as an agent."""
    advance = {
        spec.name: _advancing(rules, spec)
        for spec in (ORDERS_COMMANDS, INVENTORY_EVENTS, PAYMENTS_EVENTS, SHIPPING_EVENTS)
    }
    return AgentSpec(
        name=AGENT,
        help="Takes orders and follows them to their end.",
        sources=tuple(
            _sources(
                _placing(rules, advance, _placed(rules)),
                _placing(rules, advance, _replacing),
                advance,
            )
        ),
        tables=(ORDERS, CUSTOMER_ORDERS, EARLY_ORDERS, SUSPENDED, SWEPT),
        outputs=(
            ORDERS_EVENTS,
            ORDERS_COMMANDS,
            PAYMENTS_EVENTS,
            PAYMENTS_COMMANDS,
            INVENTORY_COMMANDS,
            SHIPPING_COMMANDS,
            ALERTS_EVENTS,
            *early_orders.LETTER_TOPICS,
        ),
        tick=sweeping(rules),
        tick_every_ms=EVERY_MS,
        timers={
            "backorder": _timing(rules, backorder_over),
            "review": _timing(rules, review_over),
            "amendment": _timing(rules, amendment_over),
            "return": _timing(rules, lapse),
            early_orders.TIMER: early_orders.give_up,
        },
    )


def _sources(
    placing: Handler, replacing: Handler, advance: Mapping[str, Handler]
) -> Iterator[Source]:
    def source(topic: TopicSpec, *names: str, **others: Handler) -> Source:
        handlers = dict.fromkeys(names, advance[topic.name])
        return Source(topic, handlers | others, by="orderId")

    yield source(
        ORDERS_COMMANDS,
        "CancelOrder",
        "AmendOrder",
        "RequestReturn",
        "UndoReplacement",
        PlaceOrder=placing,
        PlaceReplacement=replacing,
    )
    yield source(INVENTORY_EVENTS, "InventoryAdjusted", "OutOfStock")
    yield source(
        PAYMENTS_EVENTS,
        "PaymentProcessed",
        "PaymentFailed",
        "FraudDetected",
        "FraudCheckCompleted",
        "RefundIssued",
        "RefundFailed",
        "ChargebackOpened",
        "ChargebackClosed",
    )
    yield source(
        SHIPPING_EVENTS,
        "ShipmentCreated",
        "ShipmentDispatched",
        "ShipmentDelivered",
        "DeliveryFailed",
        "ReturnInitiated",
        "ReturnReceived",
        "ShipmentCancelled",
        "ShipmentBookingFailed",
    )
    yield Source(SUSPENSIONS, {"Suspension": _on_suspension})


def _on_suspension(ctx: Context, delivery: Delivery) -> None:
    customer_id, is_suspended = msgspec.json.decode(delivery.value, type=tuple[str, bool])
    ctx.table(SUSPENDED)[customer_id] = delivery.record.timestamp if is_suspended else None


def _placed(rules: OrderRules) -> Beginning:
    def beginning(
        ctx: Context, command: PlaceOrder, at_ms: int, correlation_id: str, channel: str
    ) -> tuple[Fact, ...]:
        eligible = ctx.table(SUSPENDED).get(command.user_id) is None
        return place(command, at_ms, rules, correlation_id, channel, eligible=eligible)

    return beginning


def _replacing(
    _ctx: Context, command: PlaceReplacement, at_ms: int, correlation_id: str, _channel: str
) -> tuple[Fact, ...]:
    return begin(command, at_ms, correlation_id)


def _placing(rules: OrderRules, advance: Mapping[str, Handler], beginning: Beginning) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        command = delivery.value.data
        if ctx.table(ORDERS).get(command.order_id) is not None:
            return
        cause = cause_of(delivery)
        channel = sales_channel(delivery.value.metadata)
        facts = beginning(ctx, command, cause.at_ms, cause.correlation_id, channel)
        order = save(ctx, None, facts)
        key = dated_key(order.user_id, order.placed_at_ms, order.order_id)
        ctx.table(CUSTOMER_ORDERS)[key] = order.placed_at_ms
        messages = opening(order, facts, command, rules)
        announce(ctx, AGENT, cause, messages, beside(command, delivery.value.metadata))
        for topic, early in early_orders.taken(ctx, order.order_id):
            advance[topic](ctx, early)

    return handler


def _advancing(rules: OrderRules, topic: TopicSpec) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        message = delivery.value.data
        order_id = order_id_of(message)
        order = ctx.table(ORDERS).get(order_id)
        if order is None:
            early_orders.keep(ctx, topic, order_id, delivery, rules)
            return
        facts = decide(order, message, delivery.record.timestamp, rules)
        facts = once(order, message, delivery.value.event_id, facts)
        if facts:
            cause = cause_of(delivery)
            after = save(ctx, order, facts)
            announce(ctx, AGENT, cause, following(after, facts, message, cause.at_ms, rules))

    return handler


def _timing(rules: OrderRules, rule: TimerRule) -> TimerHandler:
    def handler(ctx: Context, timer: Timer, now_ms: int) -> None:
        order = ctx.table(ORDERS).get(timer.key)
        if order is None:
            return
        facts = rule(order, timer.due_ms, now_ms, rules)
        if facts:
            cause = timer_cause(AGENT, timer, now_ms, order.correlation_id)
            after = save(ctx, order, facts)
            announce(ctx, AGENT, cause, following(after, facts, None, now_ms, rules))

    return handler
