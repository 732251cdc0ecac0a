"""Shipping with simulated carriers in memory, alone or with the whole shop before it."""

from typing import Any

from agents.carriers import carriers_effect
from agents.shipping import shipping_agent
from engine.driver import Driver
from engine.specs import AgentSpec, EffectSpec, TopicSpec
from events.envelope import Envelope
from providers.simulated_carriers import CarrierTimes, simulated_carriers
from streams.shipping.rows import Fulfilment, Shipment
from streams.shipping.rules import ShippingRules
from tables.shipping import FULFILMENTS, SHIPMENTS
from tests.agents.caller import Caller
from topics import SHIPPING_COMMANDS, SHIPPING_EVENTS

RULES = ShippingRules()


class Dock(Caller):
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

    def said(self, *topics: TopicSpec, name: str | None = None) -> list[Envelope[Any]]:
        """What the agents published there, else all of shipping's."""
        return super().said(*(topics or (SHIPPING_COMMANDS, SHIPPING_EVENTS)), name=name)

    def one(self, name: str) -> Any:
        """The only message of that name."""
        [found] = self.said(name=name)
        return found.data

    def shipment(self, shipment_id: str = "shp_ord_1") -> Shipment:
        return self.driver.rows(SHIPMENTS)[shipment_id]

    def fulfilment(self, order_id: str = "ord_1") -> Fulfilment:
        return self.driver.rows(FULFILMENTS)[order_id]

    def packed(self, shipment_id: str) -> dict[str, int]:
        """Units by line in all its packages."""
        boxes = self.shipment(shipment_id).packages
        return {item.item_id: item.quantity for box in boxes for item in box.items}
