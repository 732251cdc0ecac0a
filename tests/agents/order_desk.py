"""Orders and Allocation in memory, with the rest of the shop played by the test."""

from typing import Any

import events
from agents.allocation import allocation_agent
from agents.orders import orders_agent
from engine.driver import Driver
from engine.records import Record
from engine.specs import TopicSpec
from events.base import Message
from events.envelope import Envelope
from streams.allocation.rows import Allocation
from streams.allocation.rules import AllocationRules
from streams.orders.rows import Order
from streams.orders.rules import OrderRules
from tables.allocations import ALLOCATIONS
from tables.orders import ORDERS
from topics import topic_of


class Desk:
    """Both agents, and messages sent to them at the driver's time."""

    def __init__(self, *, partitions: int = 3, chunk_max: int = 1000) -> None:
        agents = [orders_agent(OrderRules()), allocation_agent(AllocationRules())]
        self.driver = Driver(agents, partitions=partitions, chunk_max=chunk_max)
        self.sent = 0

    def put(
        self,
        message: Message,
        *,
        event_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        partition: int | None = None,
    ) -> Record:
        """Append a message to its topic; nobody reads it yet."""
        self.sent += 1
        value = events.encode(
            message,
            event_id=event_id or f"event-{self.sent}",
            timestamp=self.driver.now_ms,
            correlation_id="corr_1",
            metadata=metadata,
        )
        headers = events.headers(message, "corr_1")
        topic, key = topic_of(type(message)), events.key_of(message)
        return self.driver.send(topic, value, key, headers=headers, partition=partition)

    def tell(self, *messages: Message) -> "Desk":
        """Send messages one after the other, each read before the next."""
        for message in messages:
            self.put(message)
            self.driver.run()
        return self

    def said(self, topic: TopicSpec) -> list[Envelope[Any]]:
        """What the agents published there; what the test sent is left out."""
        found = [
            events.decode(record.value or b"", record_timestamp_ms=record.timestamp)
            for record in self.driver.outputs(topic)
        ]
        return [envelope for envelope in found if not envelope.event_id.startswith("event-")]

    def names(self, topic: TopicSpec) -> list[str]:
        """The names of what the agents published there."""
        return [envelope.event_type for envelope in self.said(topic)]

    def order(self, order_id: str = "ord_1") -> Order:
        """The order's row."""
        return self.driver.rows(ORDERS)[order_id]

    def allocation(self, order_id: str = "ord_1") -> Allocation:
        """The order's claims on stock."""
        return self.driver.rows(ALLOCATIONS)[order_id]
