"""What shoppers do once they have what they ordered, or have paid for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from events.orders import RequestReturn
from events.refunds import RecordChargeback, RefundPayment
from events.returns import CreateReturnLabel
from events.types import OrderItem, OrderPayment, ShippedItem
from simulation.people import Post, Told
from simulation.shopping import PRODUCTS, TOKENS, Shopping, one_of
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS

REASONS: Final = ("defective_item", "wrong_item", "changed_mind", "damaged", "size_or_fit")
"""Why goods are sent back: what replaces the first two leaves at once."""


@dataclass(slots=True)
class Regrets:
    """They send goods back, and quarrel about money."""

    post: Post
    orders: Mapping[str, Shopping]
    disputed: set[str] = field(default_factory=set)

    def delivered(self, told: Told) -> None:
        """A parcel came: they may send back what was in it."""
        order = self.orders.get(told["orderId"])
        if order is None or not self.post.may(self.post.habits.returns):
            return
        chance = self.post.chance
        after_ms = chance.randint(HOUR_MS, chance.choice((3, 3, 45)) * DAY_MS)
        reason = chance.choice(REASONS)
        lines = [(n, item) for n, item in enumerate(order.items, 1) if self.post.may(0.8)]
        items = tuple(
            ShippedItem(
                item_id=f"{order.order_id}:{n}", product_id=i.product_id, quantity=i.quantity
            )
            for n, i in lines
        )
        if items:
            command: Any = RequestReturn(
                order_id=order.order_id,
                user_id=order.user_id,
                items=items,
                reason=reason,
                **self._resolution([item for _, item in lines]),
            )
        else:
            command = CreateReturnLabel(
                shipment_id=told["shipmentId"],
                order_id=order.order_id,
                reason=reason,
                return_method="drop_off",
            )
        self.post.put(command, after_ms)

    def _resolution(self, items: list[OrderItem]) -> dict[str, Any]:
        """Money, the same goods again, or others: mostly at the same price."""
        if not self.post.may(self.post.habits.exchanges):
            return {"resolution": "refund"}
        if self.post.may(0.4):
            return {"resolution": "exchange"}
        off = self.post.chance.choice((0, 100, 300, 300, -300))
        other = self.post.chance.choice(sorted(PRODUCTS))
        wanted = tuple(
            item.model_copy(
                update={
                    "product_id": other,
                    "unit_price_minor": max(0, item.unit_price_minor + off),
                }
            )
            for item in items
        )
        told: dict[str, Any] = {"resolution": "exchange", "exchange_items": wanted}
        if self.post.may(0.9):
            told["payment"] = OrderPayment(method="credit_card", token=one_of(self.post, TOKENS))
        return told

    def paid(self, told: Told) -> None:
        """Money was taken: they may want it back, from the shop or their bank."""
        chance, habits = self.post.chance, self.post.habits
        payment_id, total_minor = told["paymentId"], round(told["amount"] * 100)
        if self.post.may(habits.asks_money_back):
            self._ask_money_back(told, payment_id, total_minor)
        if self.post.may(habits.disputes) and total_minor and payment_id not in self.disputed:
            self.disputed.add(payment_id)
            claim = RecordChargeback(
                payment_id=payment_id,
                chargeback_reference=f"dsp_{payment_id}",
                amount_minor=chance.choice((total_minor, total_minor, max(1, total_minor // 2))),
                reason="fraudulent",
            )
            after_ms = chance.randint(MINUTE_MS, chance.choice((HOUR_MS, 40 * DAY_MS)))
            self.post.put(claim, after_ms)
            if self.post.may(0.2):
                self.post.put(claim, after_ms + chance.randint(HOUR_MS, 20 * DAY_MS))

    def _ask_money_back(self, told: Told, payment_id: str, total_minor: int) -> None:
        chance = self.post.chance
        for number in range(chance.choice((1, 1, 2))):
            part = chance.choice((None, total_minor // 2, total_minor // 3, 2 * total_minor))
            refund = RefundPayment(
                payment_id=payment_id,
                order_id=told.get("orderId"),
                amount_minor=part,
                reason="goodwill",
                requested_by="agent_1",
                approved_by=chance.choice((None, "agent_1", "agent_2")),
                idempotency_key=f"{payment_id}:goodwill:{number}",
            )
            after_ms = chance.randint(MINUTE_MS, 35 * DAY_MS)
            self.post.put(refund, after_ms)
            if refund.approved_by != "agent_2" and self.post.may(0.5):
                agreed = refund.model_copy(update={"approved_by": "agent_2"})
                self.post.put(agreed, after_ms + chance.choice((HOUR_MS, 3 * DAY_MS, 8 * DAY_MS)))
