"""Who answers: the reviewer of doubtful payments, and the buyer who restocks.

What they do follows from what they hear, so hearing it again gives the same record with the
same event id.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from events.fraud import OverrideFraudDecision
from events.ids import derived_id
from events.inventory import AddInventory
from simulator.catalogue import Delivery
from simulator.heard import Data, Said
from simulator.memory import Memory
from simulator.places import WAREHOUSES
from simulator.sending import Answer, Letter, sent
from simulator.settings import ShopSettings

_FINAL: Final = "prd_last_"
_SCARCE: Final = "prd_rare_"
_LOW_STOCK_UNITS: Final = 5_000


@dataclass(slots=True)
class Staff:
    """The people of one run."""

    settings: ShopSettings
    memory: Memory

    def answers(self, heard: Said, at_ms: int) -> Iterator[Answer]:
        """What somebody does about it; at_ms is when it was said."""
        if heard.event_type == "FraudCheckCompleted" and heard.data.decision == "MANUAL_REVIEW":
            yield from self._review(heard, at_ms)
        elif heard.event_type == "OutOfStock" and heard.data.triggered_by_order_id:
            yield from self._restock(heard, at_ms, self.settings.restock_units)
        elif heard.event_type == "LowStockAlert":
            scarce = (heard.data.product_id or "").startswith(_SCARCE)
            units = self.settings.restock_units if scarce else _LOW_STOCK_UNITS
            yield from self._restock(heard, at_ms, units)

    def _review(self, heard: Said, at_ms: int) -> Iterator[Answer]:
        data = heard.data
        plan = self.memory.plan_of(data.order_id or "", heard.correlation_id)
        if plan is None or plan.verdict is None:
            return
        command = OverrideFraudDecision(
            payment_id=data.payment_id or "",
            decision="APPROVED" if plan.verdict == "APPROVED" else "DECLINED",
            reviewer=f"reviewer_{plan.number % 5}",
            rationale="called the customer",
        )
        after_ms = plan.verdict_after_ms
        event_id = derived_id(heard.event_id, "review")
        # One that comes after the review's time is over is refused.
        late = Letter.MAYBE
        yield Answer(after_ms, sent(command, event_id, at_ms + after_ms, letter=late))

    def _restock(self, heard: Said, at_ms: int, units: int) -> Iterator[Answer]:
        """Bring goods, but none of what is sold out for good."""
        product = heard.data.product_id or ""
        if product.startswith(_FINAL):
            return
        delivery = Delivery(product, self._warehouse(heard.data), units)
        event_id = derived_id(heard.event_id, "restock")
        self.memory.received(event_id, delivery)
        command = AddInventory(
            product_id=product, quantity=units, warehouse_id=delivery.warehouse_id
        )
        after_ms = self.settings.restock_ms
        yield Answer(after_ms, sent(command, event_id, at_ms + after_ms))

    @staticmethod
    def _warehouse(data: Data) -> str:
        """Where it ran out, or the main one when that is everywhere."""
        named = data.warehouse_id
        return named if named in WAREHOUSES else WAREHOUSES[0]
