"""Shipping with simulated carriers in memory, alone or with the whole shop before it."""

from typing import Any

import events
from agents.carriers import carriers_effect
from agents.shipping import shipping_agent
from engine.driver import Driver
from engine.specs import AgentSpec, EffectSpec, TopicSpec
from events.base import Message
from events.envelope import Envelope
from providers.simulated_carriers import CarrierTimes, simulated_carriers
from streams.shipping.rows import Fulfilment, Shipment
from streams.shipping.rules import ShippingRules
from tables.shipping import FULFILMENTS, SHIPMENTS
from topics import SHIPPING_COMMANDS, SHIPPING_EVENTS, topic_of

RULES = ShippingRules()


class Dock:
    """The agents, and messages sent to them at the driver's time."""

    def __init__(
        self,
        *,
        agents: tuple[AgentSpec, ...] = (),
        effects: tuple[EffectSpec, ...] = (),
        rules: ShippingRules = RULES,
        with_carriers: bool = True,
        chunk_max: int = 1000,
        times: CarrierTimes | None = None,
    ) -> None:
        carriers = carriers_effect(simulated_carriers(times), clock=lambda: self.driver.now_ms)
        self.driver = Driver(
            (*agents, shipping_agent(rules)),
            (*effects, carriers) if with_carriers else effects,
            chunk_max=chunk_max,
        )
        self.sent = 0

    def close(self) -> None:
        if self.driver._effect_loop is not None:
            self.driver._effect_loop.close()

    def put(
        self, message: Message, *, partition: int | None = None, event_id: str | None = None
    ) -> None:
        """Append a message to its topic; nobody reads it yet."""
        self.sent += 1
        value = events.encode(
            message,
            event_id=event_id or f"event-{self.sent}",
            timestamp=self.driver.now_ms,
            correlation_id="corr_1",
        )
        headers = events.headers(message, "corr_1")
        topic, key = topic_of(type(message)), events.key_of(message)
        self.driver.send(topic, value, key, headers=headers, partition=partition)

    def tell(self, *messages: Message) -> "Dock":
        """Send messages one after the other, each read before the next."""
        for message in messages:
            self.put(message)
            self.driver.run()
        return self

    def said(self, *topics: TopicSpec) -> list[Envelope[Any]]:
        """What the agents published there; what the test sent is left out."""
        found = [
            events.decode(record.value or b"", record_timestamp_ms=record.timestamp)
            for topic in topics or (SHIPPING_COMMANDS, SHIPPING_EVENTS)
            for record in self.driver.outputs(topic)
        ]
        return [envelope for envelope in found if not envelope.event_id.startswith("event-")]

    def names(self, *topics: TopicSpec) -> list[str]:
        return [envelope.event_type for envelope in self.said(*topics)]

    def one(self, name: str) -> Any:
        """The only message of that name."""
        [found] = [e for e in self.said() if e.event_type == name]
        return found.data

    def shipment(self, shipment_id: str = "shp_ord_1") -> Shipment:
        return self.driver.rows(SHIPMENTS)[shipment_id]

    def fulfilment(self, order_id: str = "ord_1") -> Fulfilment:
        return self.driver.rows(FULFILMENTS)[order_id]
