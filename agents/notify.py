"""Notify: what happens in the shop becomes messages in the notification queue.

Reads the events that customers, or the shop's own teams, are told of. Publishes SendNotification,
keyed by the customer, once an event and channel: its idempotency key is the event's id and the
channel, so a replay asks for the same again and the queue drops it (K14). Keeps who placed an
order, and who waits for a product.

Many events name an order but no customer. An order, its payment and its shipments share a
partition, so this agent lies where the order lies and looks its customer up in a row of its own:
no event travels further than it already does, and only the message itself goes to the customer's
partition. An event of an order that nobody placed is told nobody.
"""

from collections.abc import Iterable
from typing import Any, Final

from agents.notify_watchers import AGENT, restocking, watching
from agents.wiring import announce, cause_of
from engine.specs import AgentSpec, Context, Delivery, Handler, Source, TopicSpec
from events.base import Message
from streams.notifications.buyers import (
    buyer_of,
    customer_of,
    first_seen,
    is_first_scan,
    is_missed,
    is_new_shortage,
    is_watched_for,
    order_of,
    scanned,
    told_short,
)
from streams.notifications.notices import house_notice, notices, recipient_of
from streams.notifications.occasions import is_told
from streams.notifications.rules import NotificationRules
from streams.notifications.watches import Watch, written
from tables.notifications import BUYERS, WATCHED, WATCHERS
from topics import (
    ALERTS_EVENTS,
    INVENTORY_EVENTS,
    NOTIFICATIONS_QUEUE,
    ORDERS_COMMANDS,
    ORDERS_EVENTS,
    PAYMENTS_EVENTS,
    REGISTRATIONS_EVENTS,
    SHIPPING_EVENTS,
    SUBSCRIPTIONS_EVENTS,
    WATCHES,
)

_Told = tuple[TopicSpec, tuple[str, ...]]

_BY_ORDER: Final[tuple[tuple[TopicSpec, str, tuple[str, ...]], ...]] = (
    (ORDERS_EVENTS, "orderId", ("OrderAmended", "OrderCancelled", "OrderFailed")),
    # A payment of an order lies where the order lies; that of a subscription names its customer.
    (
        PAYMENTS_EVENTS,
        "paymentId",
        ("PaymentProcessed", "PaymentFailed", "RefundIssued", "RefundFailed"),
    ),
    (
        SHIPPING_EVENTS,
        "orderId",
        (
            "ShipmentCreated",
            "ShipmentDispatched",
            "ShipmentDelivered",
            "ShipmentRouteUpdated",
            "DeliveryFailed",
            "ReturnInitiated",
            "ReturnReceived",
        ),
    ),
)
_BY_USER: Final[tuple[_Told, ...]] = (
    (
        SUBSCRIPTIONS_EVENTS,
        (
            "InvoiceGenerated",
            "SubscriptionPaymentDue",
            "SubscriptionSuspended",
            "SubscriptionRenewedEvent",
            "UserSubscriptionStarted",
            "UserSubscriptionCancelled",
            "PlanMigrationCompleted",
        ),
    ),
    (REGISTRATIONS_EVENTS, ("UserForgotPasswordEvent",)),
)
_OF_THE_HOUSE: Final[tuple[_Told, ...]] = (
    (ORDERS_EVENTS, ("OrderMetricsCalculated",)),
    (PAYMENTS_EVENTS, ("ChargebackOpened", "ChargebackClosed")),
    (SHIPPING_EVENTS, ("ShipmentBookingFailed",)),
    (INVENTORY_EVENTS, ("LowStockAlert",)),
)
"""What only the shop's own people are told: each is for somebody to do something about."""


def notify_agent(rules: NotificationRules) -> AgentSpec:
    """The agent that says what is told to whom."""
    return AgentSpec(
        name=AGENT,
        help="Turns events into messages to customers and to the shop's own teams.",
        sources=tuple(_sources(rules)),
        tables=(BUYERS, WATCHERS, WATCHED),
        outputs=(NOTIFICATIONS_QUEUE, WATCHES),
    )


def _sources(rules: NotificationRules) -> Iterable[Source]:
    telling = _telling(rules)
    yield Source(ORDERS_COMMANDS, {"PlaceOrder": _on_place_order}, by="orderId")
    yield Source(ORDERS_EVENTS, {"OrderConfirmed": _confirming(telling)}, by="orderId")
    for topic, by, names in _BY_ORDER:
        yield Source(topic, dict.fromkeys(names, telling), by=by)
    for topic, names in _BY_USER:
        yield Source(topic, dict.fromkeys(names, telling), by="userId")
    for topic, names in _OF_THE_HOUSE:
        yield Source(topic, dict.fromkeys(names, _telling_house(rules)))
    yield Source(ALERTS_EVENTS, {"AlertRaised": _on_alarm(rules)})
    yield Source(PAYMENTS_EVENTS, {"FraudDetected": _on_fraud(rules, telling)}, by="paymentId")
    yield Source(SHIPPING_EVENTS, {"ShipmentInTransit": _on_scan(telling)}, by="orderId")
    yield Source(INVENTORY_EVENTS, {"OutOfStock": _on_shortage(telling)}, by="orderId")
    yield Source(INVENTORY_EVENTS, {"InventoryAdjusted": restocking(rules)}, by="productId")
    yield Source(WATCHES, {"Watch": watching(rules)})


# --- who placed what -------------------------------------------------------------------------


def _on_place_order(ctx: Context, delivery: Delivery) -> None:
    command, table = delivery.value.data, ctx.table(BUYERS)
    if table.get(command.order_id) is None:
        table[command.order_id] = buyer_of(command)


def _confirming(telling: Handler) -> Handler:
    """Tell of an order; it may have been placed elsewhere, so learn its customer too."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        event, table = delivery.value.data, ctx.table(BUYERS)
        if table.get(event.order_id) is None:
            table[event.order_id] = first_seen(event)
        telling(ctx, delivery)

    return handler


# --- what customers are told -----------------------------------------------------------------


def _telling(rules: NotificationRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        event = delivery.value.data
        if not is_told(event, rules, delivery.value.metadata):
            return
        order_id = order_of(event)
        buyer = None if order_id is None else ctx.table(BUYERS).get(order_id)
        user_id = customer_of(event, buyer)
        if user_id:
            recipient = recipient_of(user_id, buyer)
            _ask(ctx, delivery, notices(event, delivery.value.event_id, recipient, rules))

    return handler


def _on_fraud(rules: NotificationRules, telling: Handler) -> Handler:
    telling_security = _telling_house(rules, rules.security_id)

    def handler(ctx: Context, delivery: Delivery) -> None:
        telling(ctx, delivery)
        if delivery.value.data.severity in rules.severities_security:
            telling_security(ctx, delivery)

    return handler


def _on_scan(telling: Handler) -> Handler:
    """Tell of a shipment's first scan only (G-34)."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        event, table = delivery.value.data, ctx.table(BUYERS)
        buyer = table.get(event.order_id)
        if buyer is not None and is_first_scan(buyer, event):
            table[event.order_id] = scanned(buyer, event)
            telling(ctx, delivery)

    return handler


# --- stock -----------------------------------------------------------------------------------


def _on_shortage(telling: Handler) -> Handler:
    """Tell the customer whose order ran short, and have them wait for the product if it did not."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        event, table = delivery.value.data, ctx.table(BUYERS)
        buyer = table.get(event.triggered_by_order_id)
        if buyer is None or not is_missed(buyer, event):
            return
        if is_new_shortage(buyer, event):
            table[event.triggered_by_order_id] = told_short(buyer, event)
            telling(ctx, delivery)
        if is_watched_for(event):
            since_ms = min(delivery.value.timestamp_ms, delivery.record.timestamp)
            watch = Watch(event.product_id, buyer.user_id, since_ms)
            ctx.publish(WATCHES, event.product_id, written(watch), ())

    return handler


# --- what the shop's own teams are told -------------------------------------------------------


def _telling_house(rules: NotificationRules, team: str = "") -> Handler:
    team = team or rules.ops_id

    def handler(ctx: Context, delivery: Delivery) -> None:
        event: Any = delivery.value.data
        _ask(ctx, delivery, (house_notice(event, delivery.value.event_id, team, rules),), team)

    return handler


def _on_alarm(rules: NotificationRules) -> Handler:
    """Tell what a service says that a person must do, once an alert: it lies in no figure."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        event = delivery.value.data
        if is_told(event, rules):
            told = house_notice(event, event.alert_id, rules.ops_id, rules)
            _ask(ctx, delivery, (told,), rules.ops_id)

    return handler


def _ask(ctx: Context, delivery: Delivery, messages: Iterable[Message], whom: str = "") -> None:
    """Publish; ids differ by whom, where one event is told to several."""
    announce(ctx, f"{AGENT}:{whom}" if whom else AGENT, cause_of(delivery), messages)
