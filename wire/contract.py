"""The contract's messages as the engine reads them, and what of each decides its partition."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final

import events
from engine.records import Record, header
from events.base import Message
from events.envelope import Envelope
from events.memo import Memo
from events.payment_ids import order_of_payment
from events.registry import ALIASES
from events.shipment_ids import order_of_shipment

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
        model: type[Message] = type(value.data)
        read = _reader(model, field)
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
    return replace(envelope, data=envelope.data.model_copy(update={"order_id": order_id}))


CONTRACT: Final = ContractCodec()
