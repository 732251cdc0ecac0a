"""Everything that is sent without being asked for, in order of time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Final

import msgspec

from events.ids import derived_id
from events.inventory import AddInventory
from simulator.catalogue import Catalogue, catalogue_of
from simulator.chance import chance_of, uuid_of
from simulator.faults import fault
from simulator.memory import Memory
from simulator.planner import Planner
from simulator.plans import Cancel, Plan
from simulator.requests import cancel_of, request_of
from simulator.sending import Letter, Sent, Step, sent
from simulator.settings import ShopSettings

_KEYLESS: Final = 0.5
"""Of the misplaced orders: those with no key at all."""


@dataclass(slots=True)
class Script:
    """One run: the opening stock, then orders and whatever goes with them."""

    settings: ShopSettings
    start_ms: int
    memory: Memory = field(default_factory=Memory)
    """What was planned, as far as the script was read."""
    catalogue: Catalogue = field(init=False)
    planner: Planner = field(init=False)

    def __post_init__(self) -> None:
        """Stock the catalogue."""
        self.catalogue = catalogue_of(self.settings)
        self.planner = Planner(self.settings, self.catalogue, self.start_ms)

    def opening(self) -> Iterator[Step]:
        """The stock at the start, all of it due at once."""
        for number, each in enumerate(self.catalogue.opening):
            event_id = derived_id(self.planner.run, "opening", str(number))
            command = AddInventory(
                product_id=each.product_id, quantity=each.units, warehouse_id=each.warehouse_id
            )
            self.memory.received(event_id, each)
            record = sent(command, event_id, self.start_ms)
            yield Step(0, record)
            if self._chance("opening", number).random() < self.settings.mix.repeated:
                yield Step(0, record)

    def orders(self, count: int | None, rate: float) -> Iterator[Step]:
        """`count` orders at `rate` a second, None is without end, with what goes with them.

        In order of time; what comes after its order may come after the last order.
        """
        waiting: list[tuple[int, int, Sent]] = []
        tie = number = 0
        while count is None or number < count:
            due_ms = round(number * 1000 / rate)
            for step in self._of_order(number, due_ms):
                heappush(waiting, (step.due_ms, tie, step.sent))
                tie += 1
            number += 1
            while waiting and waiting[0][0] <= due_ms:
                yield self._due(waiting)
        while waiting:
            yield self._due(waiting)

    @staticmethod
    def _due(waiting: list[tuple[int, int, Sent]]) -> Step:
        due_ms, _, record = heappop(waiting)
        return Step(due_ms, record)

    def _chance(self, *things: object) -> Random:
        return chance_of(self.settings.seed, self.start_ms, "script", *things)

    def _of_order(self, number: int, due_ms: int) -> Iterator[Step]:
        """What goes with one order, most of the time in order of time."""
        settings = self.settings
        plan = self.planner.plan(number, due_ms)
        chance = self._chance("order", number)
        self.memory.planned(plan)
        yield from self._early(plan, due_ms)
        first = self._place(plan, due_ms, chance)
        yield Step(due_ms, first)
        yield from self._cancels(plan, due_ms, chance)
        if chance.random() < settings.mix.repeated:
            yield Step(due_ms + chance.randint(0, settings.repeat_ms_max), first)
        if plan.order_id is not None and chance.random() < settings.mix.renamed:
            again = self._sent_order(plan, due_ms, event_id=uuid_of(chance))
            yield Step(due_ms + chance.randint(0, settings.repeat_ms_max), again)
        if chance.random() < settings.mix.malformed:
            yield Step(due_ms, fault(settings.seed, self.start_ms, number))

    def _place(self, plan: Plan, due_ms: int, chance: Random) -> Sent:
        misplaced = chance.random() < self.settings.mix.misplaced
        keyless = chance.random() < _KEYLESS
        record = self._sent_order(plan, due_ms, event_id=plan.event_id)
        if misplaced and keyless:
            return _rekeyed(record, None)
        return _rekeyed(record, plan.customer.customer_id) if misplaced else record

    def _sent_order(self, plan: Plan, due_ms: int, event_id: str) -> Sent:
        request = request_of(plan, self.settings.seed, self.start_ms)
        key = plan.order_id or plan.customer.customer_id
        metadata = {"channel": "web", "number": plan.number}
        return sent(request, event_id, self.start_ms + due_ms, key=key, metadata=metadata)

    def _early(self, plan: Plan, due_ms: int) -> Iterator[Step]:
        if plan.cancel is not None and plan.cancel.after_ms < 0:
            yield Step(due_ms, self._cancel(plan, plan.cancel, due_ms))

    def _cancels(self, plan: Plan, due_ms: int, chance: Random) -> Iterator[Step]:
        for cancel in (plan.cancel, plan.meddler):
            if cancel is None or cancel.after_ms < 0:
                continue
            record = self._cancel(plan, cancel, due_ms + cancel.after_ms)
            yield Step(due_ms + cancel.after_ms, record)
            if chance.random() < self.settings.mix.repeated:
                later_ms = chance.randint(0, self.settings.repeat_ms_max)
                yield Step(due_ms + cancel.after_ms + later_ms, record)

    def _cancel(self, plan: Plan, cancel: Cancel, due_ms: int) -> Sent:
        assert plan.order_id is not None, "who does not know the order's id cannot cancel it"
        command = cancel_of(plan.order_id, cancel)
        # Orders keeps what comes before its order for a while, then buries it (G-13).
        return sent(
            command,
            cancel.event_id,
            self.start_ms + due_ms,
            letter=Letter.MAYBE,
            order_id=plan.order_id,
        )


def _rekeyed(record: Sent, key: str | None) -> Sent:
    return msgspec.structs.replace(record, key=key, stem=key)
