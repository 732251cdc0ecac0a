"""What the shop did: the only thing, beside topics, that the judge believes."""

from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.catalogue import Delivery
from simulator.members import Member
from simulator.plans import Plan
from simulator.sending import Letter, Sent


class Spot(NamedTuple):
    """Where a record lies."""

    topic: str
    partition: int
    offset: int


@dataclass(slots=True)
class Memory:
    """Plans, deliveries, and the records that belong, or may belong, among the dead letters."""

    plans: dict[str, Plan] = field(default_factory=dict)
    """By event id: it is the correlation id of all that follows."""
    by_order: dict[str, Plan] = field(default_factory=dict)
    """By order id, of those that name themselves."""
    units: dict[tuple[str, str], int] = field(default_factory=dict)
    """Units brought, by product and warehouse."""
    due: dict[Spot, Sent] = field(default_factory=dict)
    """Records that must be among the dead letters, once each."""
    placed: int = 0
    """Orders planned so far, forgotten ones included."""
    members: dict[str, Member] = field(default_factory=dict)
    """Subscribers, by user id."""
    maybe: dict[Spot, Sent] = field(default_factory=dict)
    """Records that may be there, at most once each."""
    _deliveries: set[str] = field(default_factory=set)

    def planned(self, plan: Plan) -> None:
        """An order will be asked for."""
        self.placed += 1
        self.plans[plan.event_id] = plan
        if plan.order_id is not None:
            self.by_order[plan.order_id] = plan

    def plan_of(self, order_id: str, correlation_id: str | None) -> Plan | None:
        """The plan of an order that a topic speaks of."""
        return self.by_order.get(order_id) or self.plans.get(correlation_id or "")

    def received(self, event_id: str, delivery: Delivery) -> None:
        """Units were brought; the same delivery counts once."""
        if event_id in self._deliveries:
            return
        self._deliveries.add(event_id)
        place = (delivery.product_id, delivery.warehouse_id)
        self.units[place] = self.units.get(place, 0) + delivery.units

    def lies(self, record: Sent, spot: Spot) -> None:
        """The broker took a record."""
        if record.letter is Letter.ONCE:
            self.due[spot] = record
        elif record.letter is Letter.MAYBE:
            self.maybe[spot] = record

    def forget(self, plan: Plan) -> None:
        """An order needs no judging."""
        self.plans.pop(plan.event_id, None)
        if plan.order_id is not None:
            self.by_order.pop(plan.order_id, None)
