"""Who acts once an order is at the door: its customer, support, the warehouse and the bank.

What they do follows from what they hear, so hearing it again gives the same records.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from events.base import Message
from events.ids import derived_id
from events.orders import RequestReturn
from events.payment_ids import payment_id_of
from events.refunds import RecordChargeback, RefundPayment
from events.returns import ConfirmReturnReceived
from events.shipping_parts import ReturnedItem
from events.types import ShippedItem
from simulator.afterwards import Claim, Dispute, Return
from simulator.book import Book
from simulator.catalogue import Delivery
from simulator.ends import left_of
from simulator.heard import Said
from simulator.memory import Memory
from simulator.places import WAREHOUSES
from simulator.plans import Plan
from simulator.sending import Answer, sent

_SOON_MS: Final = 2_000
_ASKS_MS: Final = (_SOON_MS, 8_000, 20_000, 45_000)
"""A customer who gets no label asks again; Orders may not have known yet that it arrived."""


@dataclass(slots=True)
class Quarrels:
    """What follows from the deliveries of one run."""

    memory: Memory
    book: Book
    _begun: set[str] = field(default_factory=set)
    _labelled: set[str] = field(default_factory=set)

    def answers(self, heard: Said, at_ms: int) -> Iterator[Answer]:
        """What somebody does about it; the book has read it already."""
        order_id = heard.data.order_id or ""
        if heard.event_type not in {"ShipmentDelivered", "ReturnInitiated"}:
            return
        order = self.book.orders.get(order_id)
        plan = self.memory.plan_of(order_id, order.correlation_id if order else None)
        if order is None or plan is None or plan.afterwards is None or order.exchange_for:
            return
        plan = left_of(plan, order)
        if heard.event_type == "ReturnInitiated":
            self._labelled.add(order_id)
            yield from self._receive(plan, plan.afterwards, heard, at_ms)
        elif order_id not in self._begun and order.arrived.total() >= plan.units:
            self._begun.add(order_id)
            for after_ms, command in _begin(plan, order_id):
                event_id = derived_id(plan.event_id, command.name, str(after_ms))
                record = sent(command, event_id, at_ms + after_ms)
                yield Answer(after_ms, record, lambda: order_id in self._labelled)

    def forget(self) -> None:
        """Keep in mind only what the book does."""
        self._begun &= self.book.orders.keys()
        self._labelled &= self.book.orders.keys()

    def _receive(self, plan: Plan, after: object, heard: Said, at_ms: int) -> Iterator[Answer]:
        """The warehouse takes a return in and says in which condition it is."""
        data = heard.data
        if not isinstance(after, Return) or not data.items:
            return
        event_id = derived_id(heard.event_id, "receipt")
        warehouse = WAREHOUSES[plan.number % len(WAREHOUSES)]
        for number, ware in enumerate(data.items) if after.back_in_stock else ():
            delivery = Delivery(ware.product_id or "", warehouse, ware.quantity)
            self.memory.received(f"{event_id} {number}", delivery)
        command = ConfirmReturnReceived(
            return_id=data.return_id or "",
            shipment_id=data.shipment_id or "",
            warehouse_id=warehouse,
            items=tuple(
                ReturnedItem(
                    sku=ware.sku or ware.product_id or "",
                    product_id=ware.product_id,
                    quantity=ware.quantity,
                    condition=after.condition,
                )
                for ware in data.items
            ),
        )
        yield Answer(_SOON_MS, sent(command, event_id, at_ms + _SOON_MS))


def _begin(plan: Plan, order_id: str) -> Iterator[tuple[int, Message]]:
    """What is sent, and how long after the last parcel arrived."""
    after, payment_id = plan.afterwards, payment_id_of(order_id)
    if isinstance(after, Return):
        for after_ms in _ASKS_MS:
            yield after_ms, _return_of(plan, order_id, after)
    elif isinstance(after, Claim):
        whole = after.part == 1
        claim = RefundPayment(
            payment_id=payment_id,
            order_id=order_id,
            amount_minor=None if whole else plan.total_minor // after.part,
            reason="goodwill",
            requested_by="agent_1",
            approved_by="agent_2",
            idempotency_key=f"{payment_id}:goodwill",
        )
        yield _SOON_MS, claim
    elif isinstance(after, Dispute):
        dispute = RecordChargeback(
            payment_id=payment_id,
            chargeback_reference=f"dsp_{order_id}",
            amount_minor=plan.total_minor,
            reason="fraudulent",
        )
        yield _SOON_MS, dispute


def _return_of(plan: Plan, order_id: str, after: Return) -> RequestReturn:
    return RequestReturn(
        order_id=order_id,
        user_id=plan.customer.customer_id,
        items=tuple(
            ShippedItem(
                item_id=f"{order_id}:{number}",
                product_id=line.product.product_id,
                quantity=line.quantity,
            )
            for number, line in enumerate(plan.lines, 1)
            if line.quantity
        ),
        reason=after.reason,
        resolution="exchange" if after.exchange else "refund",
    )
