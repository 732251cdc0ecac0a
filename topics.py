"""Every topic as data: its key, its messages, how long it is kept.

`{env}` is dev, sit or prod. All topics that agents read have the same number of partitions
(FLOWMART_PARTITIONS): the contract's smaller figures for subscriptions, notifications and
registrations would need lanes of their own (docs/adr/0001-one-lane-a-partition.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache, lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

import msgspec

import events
from engine.records import Record, header
from engine.specs import TopicSpec
from events.base import Message
from events.envelope import Envelope
from events.memo import Memo
from events.registry import ALIASES, MESSAGES, TOPICS
from events.shipment_ids import order_of_shipment

PAYMENT_PREFIX: Final = "pay_"
"""Orders opens its payment as `pay_<orderId>`, so that both share a partition."""


def order_of_payment(payment_id: str) -> str:
    """What decides where a payment lies: an order has further ones, `pay_<orderId>:2` and so on."""
    return payment_id.removeprefix(PAYMENT_PREFIX).partition(":")[0]


SUBSCRIBER: Final = "subscriberId"
"""The user, but only of a message about a subscription: by it, payments of orders stay put."""

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "orderId": ("order_id", "triggered_by_order_id"),
        "paymentId": ("payment_id",),
        "productId": ("product_id",),
        "customerId": ("customer_id", "user_id"),
        "shipmentId": ("shipment_id",),
        "warehouseId": ("warehouse_id",),
        "cartId": ("cart_id",),
        "userId": ("user_id", "customer_id", "recipient.customer_id"),
        SUBSCRIBER: ("user_id", "customer_id"),
    }
)
"""Fields by which agents partition, with the attributes that hold them, first found wins."""


@cache
def _reader(model: type[Message], field: str) -> Callable[[Any], Any] | None:
    for name in _FIELDS[field]:
        if name.partition(".")[0] in model.model_fields:
            read = attrgetter(name)
            return _of_subscription(model, read) if field == SUBSCRIBER else read
    return None


def _of_subscription(
    model: type[Message], read: Callable[[Any], Any]
) -> Callable[[Any], Any] | None:
    """Read the user where the message names a subscription, and nobody elsewhere."""
    if "subscription_id" not in model.model_fields:
        return None
    return lambda data: None if data.subscription_id is None else read(data)


class ContractCodec:
    """Reads the contract's messages: see `events.decode`. A decoded value is an Envelope."""

    def __init__(self) -> None:
        self.memo = Memo()

    def route(self, record: Record) -> str | None:
        """The message's name as the header has it, or None."""
        headers = record.headers
        if headers and headers[0][0] == "eventType" and headers[0][1] is not None:
            return _name(headers[0][1])
        found = header(record, "eventType")
        return None if found is None else _name(found)

    def decode(self, record: Record, name: str | None) -> tuple[str, Envelope[Any]]:
        """Decode and validate.

        Raises:
            ContractError: the record broke the contract.
        """
        raw = record.value
        if raw is None:
            raise events.ContractError("record: null, expected an envelope")
        known = self.memo.get(raw)
        if known is not None:
            return known.event_type, known
        envelope = events.decode(
            raw,
            record_timestamp_ms=record.timestamp,
            event_type=name,
            topic=_public(record.topic),
        )
        if envelope.event_type == "PlaceOrder" and envelope.data.order_id is None:
            envelope = _with_order_id(envelope)
        return envelope.event_type, envelope

    def field(self, value: Envelope[Any], field: str) -> str | None:
        """What of that field decides the partition."""
        read = _reader(type(value.data), field)
        found: str | None = None if read is None else read(value.data)
        if found is None and field == "productId":
            found = value.data.fallback_key()  # DeleteInventory may name it in inventoryId only.
        if found is not None and field == "paymentId":
            return order_of_payment(found)
        if found is not None and field == "shipmentId":
            return order_of_shipment(found)
        return found


@cache
def _public(topic: str) -> str:
    """The contract's topic that a repartition topic is made from, or the topic itself."""
    made_from = re.fullmatch(r".+-(\w+\.\w+\.\w+)-by-\w+-repartition", topic)
    return topic if made_from is None else made_from[1]


@lru_cache(maxsize=1024)
def _name(raw: bytes) -> str:
    """The message's own name, also where a header has another one of its names (K12, K22).

    Names are few: decoded once. Producers choose them, so the cache is bounded.
    """
    name = raw.decode("utf-8", "replace")
    return ALIASES.get(name, name)


def _with_order_id(envelope: Envelope[Any]) -> Envelope[Any]:
    """The server names an order whose client did not; a repeat gets the same name."""
    order_id = "ord_" + events.derived_id(envelope.event_id, "order").replace("-", "")
    return Envelope(
        event_id=envelope.event_id,
        event_type=envelope.event_type,
        event_version=envelope.event_version,
        timestamp_ms=envelope.timestamp_ms,
        data=envelope.data.model_copy(update={"order_id": order_id}),
        source=envelope.source,
        correlation_id=envelope.correlation_id,
        causation_id=envelope.causation_id,
        metadata=envelope.metadata,
    )


class PulseCodec:
    """Reads partial figures: msgspec JSON objects of this application's own."""

    def route(self, record: Record) -> str | None:  # noqa: ARG002 - one type only
        """There is one type."""
        return "Partial"

    def decode(self, record: Record, name: str | None) -> tuple[str, Any]:  # noqa: ARG002
        """Decode; raises msgspec.DecodeError when it is not JSON."""
        return "Partial", msgspec.json.decode(record.value or b"")

    def field(self, value: Any, field: str) -> str | None:
        """A field of the object."""
        found = value.get(field)
        return None if found is None else str(found)


class PlainCodec:
    """Leaves values as bytes, for this application's own hand-overs between its agents."""

    def __init__(self, name: str) -> None:
        self._name = name

    def route(self, record: Record) -> str | None:  # noqa: ARG002 - one type only
        """There is one type."""
        return self._name

    def decode(self, record: Record, name: str | None) -> tuple[str, bytes]:  # noqa: ARG002
        """The bytes as they are."""
        return self._name, record.value or b""

    def field(self, value: Any, field: str) -> str | None:  # noqa: ARG002
        """Nobody asks: what only we write lies where it belongs."""
        return None


CONTRACT: Final = ContractCodec()


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
