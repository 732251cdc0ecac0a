"""Every topic as data: its key, its messages, how long it is kept.

`{env}` is dev, sit or prod. All topics that agents read have the same number of partitions
(FLOWMART_PARTITIONS): the contract's smaller figures for subscriptions, notifications and
registrations would need lanes of their own (docs/adr/0001-one-lane-a-partition.md).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from engine.specs import TopicSpec
from events.base import Message
from events.payment_ids import order_of_payment
from events.registry import MESSAGES, TOPICS
from events.shipment_ids import order_of_shipment
from wire.contract import CONTRACT
from wire.own import PlainCodec, PulseCodec


def _topic(name: str, key: str, days: int, stem: Callable[[str], str] = str) -> TopicSpec:
    return TopicSpec(
        name=name,
        key=key,
        codec=CONTRACT,
        events=TOPICS.get(name, ()),
        stem=stem,
        retention=timedelta(days=days),
    )


ORDERS_COMMANDS: Final = _topic("orders.{env}.commands", "orderId", 7)
ORDERS_EVENTS: Final = _topic("orders.{env}.events", "orderId", 30)
INVENTORY_COMMANDS: Final = _topic("inventory.{env}.commands", "productId", 7)
INVENTORY_EVENTS: Final = _topic("inventory.{env}.events", "productId", 30)
PAYMENTS_COMMANDS: Final = _topic("payments.{env}.commands", "paymentId", 7, order_of_payment)
PAYMENTS_EVENTS: Final = _topic("payments.{env}.events", "paymentId", 30, order_of_payment)
SHIPPING_COMMANDS: Final = _topic("shipping.{env}.commands", "shipmentId", 7, order_of_shipment)
SHIPPING_EVENTS: Final = _topic("shipping.{env}.events", "shipmentId", 30, order_of_shipment)
SUBSCRIPTIONS_COMMANDS: Final = _topic("subscriptions.{env}.commands", "userId", 7)
SUBSCRIPTIONS_EVENTS: Final = _topic("subscriptions.{env}.events", "userId", 30)
NOTIFICATIONS_QUEUE: Final = _topic("notifications.{env}.queue", "recipient.customerId", 14)
NOTIFICATIONS_EVENTS: Final = _topic("notifications.{env}.events", "userId", 14)
REGISTRATIONS_EVENTS: Final = _topic("registrations.{env}.events", "userId", 30)
REGISTRATIONS_COMMANDS: Final = _topic("registrations.{env}.commands", "customerId", 7)
ALERTS_EVENTS: Final = _topic("alerts.{env}.events", "alertId", 30)
PULSE: Final = TopicSpec(
    name="pulse.{env}.partials",
    key="figure",
    codec=PulseCodec(),
    retention=timedelta(days=1),
    internal=True,
    help="Figures of one partition's windows, on their way to be merged.",
)
METRICS: Final = TopicSpec(
    name="metrics.{env}.partials",
    key="figure",
    codec=PulseCodec(),
    retention=timedelta(days=14),
    internal=True,
    help="A partition's sums of a day, on their way to the day's reports.",
)

DISPATCHES: Final = {
    channel: TopicSpec(
        name=f"notifications.{{env}}.{channel.lower()}",
        key="userId",
        codec=PlainCodec("Dispatch"),
        retention=timedelta(days=14),
        internal=True,
        help=f"Tries to send by {channel}, on their way from the queue to the sender. A channel"
        " that is slow or down holds up no other.",
    )
    for channel in ("EMAIL", "SMS", "PUSH")
}
"""By channel."""
LEVELS: Final = TopicSpec(
    name="inventory.{env}.levels",
    key="warehouseId",
    codec=PlainCodec("Levels"),
    retention=timedelta(days=14),
    internal=True,
    help="What a partition's products have in one warehouse, on its way to be one snapshot.",
)
WATCHES: Final = TopicSpec(
    name="notifications.{env}.watches",
    key="productId",
    codec=PlainCodec("Watch"),
    retention=timedelta(days=30),
    internal=True,
    help="Customers who want to know when a product is back in stock.",
)
SUSPENSIONS: Final = TopicSpec(
    name="payments.{env}.suspensions",
    key="any that lies in the partition that is told",
    codec=PlainCodec("Suspension"),
    retention=timedelta(days=30),
    internal=True,
    help="Accounts that fraud detection suspends, or clears, told to every partition of orders.",
)
ERASURE_STEPS: Final = TopicSpec(
    name="registrations.{env}.erasures",
    key="customerId, or any that lies in the partition that is asked",
    codec=PlainCodec("ErasureStep"),
    retention=timedelta(days=14),
    internal=True,
    help="What partitions are asked to erase of a customer, and what they answer.",
)

ALL: Final = (
    ORDERS_COMMANDS,
    ORDERS_EVENTS,
    INVENTORY_COMMANDS,
    INVENTORY_EVENTS,
    PAYMENTS_COMMANDS,
    PAYMENTS_EVENTS,
    SHIPPING_COMMANDS,
    SHIPPING_EVENTS,
    SUBSCRIPTIONS_COMMANDS,
    SUBSCRIPTIONS_EVENTS,
    NOTIFICATIONS_QUEUE,
    NOTIFICATIONS_EVENTS,
    REGISTRATIONS_COMMANDS,
    REGISTRATIONS_EVENTS,
    ALERTS_EVENTS,
    PULSE,
    METRICS,
    *DISPATCHES.values(),
    WATCHES,
    SUSPENSIONS,
    ERASURE_STEPS,
    LEVELS,
)
_BY_NAME: Final = {spec.name: spec for spec in ALL}
_OF_MESSAGE: Final = {model: _BY_NAME[model.topic] for model in MESSAGES.values() if model.topic}


def topic_of(message: type[Message]) -> TopicSpec:
    """The topic that a message travels on."""
    return _OF_MESSAGE[message]
