"""What customers, staff and broken producers send, written by hand as JSON."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from confluent_kafka import Producer
from murmurhash2 import murmurhash2

FLUSH_S: Final = 60.0
PARTITIONS: Final = 4

HOME: Final = {
    "line1": "1 Main Street",
    "city": "Chicago",
    "state": "IL",
    "postalCode": "60601",
    "country": "US",
}
ABROAD: Final = {"line1": "5 High Street", "city": "London", "country": "GB"}

DOUBTFUL: Final = {
    "previousOrders": 0,
    "deviceId": "dev_new",
    "ipAddress": "203.0.113.9",
    "ipCountry": "BR",
}
"""With a gift to another address: 15 + 10 + 22 + 20 + 5 = 72 points, to be reviewed (G-22)."""

STOLEN: Final = {"cardReportedStolen": True}
"""Score 95: declined at once (G-23)."""

_NUMBERS: Final = count(1)


def line(product_id: str, quantity: int = 1, price: float = 20.0) -> dict[str, Any]:
    """One line of an order."""
    return {
        "productId": product_id,
        "quantity": quantity,
        "unitPrice": price,
        "totalPrice": round(quantity * price, 2),
    }


def partition_of(key: str) -> int:
    """Where the contract has records of that key, as Kafka's own clients partition."""
    return int(murmurhash2(key.encode(), 0x9747B28C) & 0x7FFFFFFF) % PARTITIONS


def order(
    name: str,
    *lines: Mapping[str, Any],
    token: str = "tok_visa",
    partition: int | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """PlaceOrder of an order and a customer that are nobody else's, the fields given on top.

    Its id is one that belongs in the partition, where one is given.
    """
    number = next(n for n in _NUMBERS if partition in {None, partition_of(f"ord_{name}_{n}")})
    amount = round(sum(each["quantity"] * each["unitPrice"] for each in lines), 2)
    return {
        "orderId": f"ord_{name}_{number}",
        "userId": f"cus_{name}_{number}",
        "orderItems": list(lines),
        "shippingAddress": HOME,
        "payment": {"method": "credit_card", "token": token, "amount": amount},
        "currency": "USD",
        "shippingMethod": "standard",
        **fields,
    }


def envelope(name: str, data: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """A message in the canonical envelope."""
    return {
        "eventId": str(uuid.uuid4()),
        "eventType": name,
        "eventVersion": "1.0.0",
        "timestamp": "2026-01-01T00:00:00.000Z",
        "source": "api-gateway",
        "data": dict(data),
        **fields,
    }


@dataclass(slots=True)
class Sender:
    """Writes commands as an outside producer does: keyed, by its own partitioner."""

    bootstrap: str
    env: str
    _producer: Producer = field(init=False)

    def __post_init__(self) -> None:
        self._producer = Producer({"bootstrap.servers": self.bootstrap, "acks": "all"})

    def send(self, name: str, data: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        """Send a command under its own key; returns the envelope as it was sent."""
        sent = envelope(name, data, **fields)
        domain, key = _COMMANDS[name]
        self.send_raw(f"{domain}.{self.env}.commands", sent, data[key], {"eventType": name})
        return sent

    def send_raw(
        self, topic: str, value: Any, key: str | None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Send anything anywhere."""
        self._producer.produce(
            topic.format(env=self.env),
            value if isinstance(value, bytes) else json.dumps(value).encode(),
            key,
            headers=[(k, v.encode()) for k, v in (headers or {}).items()],
        )
        assert self._producer.flush(FLUSH_S) == 0, "the broker did not take it"

    def place(self, request: Mapping[str, Any], **fields: Any) -> str:
        """Place an order; returns its id."""
        self.send("PlaceOrder", request, **fields)
        return str(request["orderId"])

    def stock(self, product_id: str, units: int, warehouse: str = "wh_MAIN_001") -> None:
        """Bring goods."""
        goods = {"productId": product_id, "quantity": units, "warehouseId": warehouse}
        self.send("AddInventory", goods)

    def cancel(self, request: Mapping[str, Any], reason: str = "changed my mind") -> None:
        """The customer asks to cancel."""
        self.send(
            "CancelOrder",
            {
                "orderId": request["orderId"],
                "userId": request["userId"],
                "cancellationReason": reason,
            },
        )

    def amend(
        self, request: Mapping[str, Any], product_id: str, was: int, now: int, price: float = 20.0
    ) -> None:
        """The customer wants another number of a product."""
        self.send(
            "AmendOrder",
            {
                "orderId": request["orderId"],
                "userId": request["userId"],
                "amendmentType": "QUANTITY_CHANGE",
                "amendments": [
                    {
                        "productId": product_id,
                        "previousQuantity": was,
                        "newQuantity": now,
                        "unitPrice": price,
                    }
                ],
            },
        )

    def refund(self, order_id: str, key: str, **fields: Any) -> None:
        """Support asks for money to go back."""
        asked = {"reason": "goodwill", "requestedBy": "sam", "idempotencyKey": key, **fields}
        self.send("RefundPayment", {"paymentId": f"pay_{order_id}", "currency": "USD", **asked})

    def review(self, order_id: str, decision: str, reviewer: str = "ann") -> None:
        """A reviewer decides."""
        self.send(
            "OverrideFraudDecision",
            {
                "paymentId": f"pay_{order_id}",
                "decision": decision,
                "reviewer": reviewer,
                "rationale": "called the customer",
            },
        )


_COMMANDS: Final = {
    "PlaceOrder": ("orders", "orderId"),
    "CancelOrder": ("orders", "orderId"),
    "AmendOrder": ("orders", "orderId"),
    "RequestReturn": ("orders", "orderId"),
    "AddInventory": ("inventory", "productId"),
    "UpdateInventory": ("inventory", "productId"),
    "OverrideFraudDecision": ("payments", "paymentId"),
    "RefundPayment": ("payments", "paymentId"),
    "RecordChargeback": ("payments", "paymentId"),
    "CloseChargeback": ("payments", "paymentId"),
    "ConfirmReturnReceived": ("shipping", "shipmentId"),
    "CreateReturnLabel": ("shipping", "shipmentId"),
    "UpdateShipmentStatus": ("shipping", "shipmentId"),
    "SubscribeUser": ("subscriptions", "userId"),
    "UpdatePaymentMethod": ("subscriptions", "userId"),
    "CancelSubscription": ("subscriptions", "userId"),
    "RespondToOffer": ("subscriptions", "userId"),
}
"""By name: whose commands they are, and what keys them."""
