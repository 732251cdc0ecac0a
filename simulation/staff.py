"""Staff: they bring and count stock, review fraud, receive returns and find other carriers."""

from dataclasses import dataclass
from typing import Final

from events.fraud import OverrideFraudDecision
from events.inventory import AddInventory, UpdateInventory
from events.orders import CancelOrder
from events.refunds import CloseChargeback
from events.returns import ConfirmReturnReceived
from events.shipping import CancelShipment, CreateShipment
from events.shipping_parts import ReturnedItem
from events.types import ShippedItem
from simulation.people import Post, Told
from simulation.shoppers import Shoppers
from simulation.shopping import PRODUCTS
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS

WAREHOUSES: Final = ("wh_east_01", "wh_eu_central_01")
_CONDITIONS: Final = ("new", "new", "refurbished", "damaged")


@dataclass(slots=True)
class Staff:
    """Everybody who works there."""

    post: Post
    shoppers: Shoppers

    def begin(self, span_ms: int) -> None:
        """Fill the shelves, and listen."""
        chance = self.post.chance
        for product in PRODUCTS:
            for warehouse in WAREHOUSES:
                if self.post.may(0.7):
                    self._bring(product, warehouse, chance.randint(1, 8), 0)
            if self.post.may(0.3):
                self._correct(product, chance.randint(0, span_ms))
        heed = self.post.heed
        heed("OutOfStock", self._short)
        heed("FraudCheckCompleted", self._review)
        heed("ReturnInitiated", self._receive)
        heed("ShipmentBookingFailed", self._book_again)
        heed("ShipmentCreated", self._stop)
        heed("ChargebackOpened", self._judge)

    def _bring(self, product: str, warehouse: str, units: int, after_ms: int) -> None:
        goods = AddInventory(product_id=product, quantity=units, warehouse_id=warehouse)
        self.post.put(goods, after_ms)

    def _correct(self, product: str, after_ms: int) -> None:
        chance = self.post.chance
        count = UpdateInventory(
            product_id=product,
            quantity_change=chance.randint(-3, 3),
            warehouse_id=chance.choice(WAREHOUSES),
            reason=chance.choice(("stock_count", "damaged_goods", "quality_failure", None)),
        )
        self.post.put(count, after_ms)

    def _short(self, told: Told) -> None:
        if self.post.may(self.post.habits.restocks):
            chance = self.post.chance
            after_ms = chance.choice((MINUTE_MS, HOUR_MS, 2 * DAY_MS, 4 * DAY_MS))
            self._bring(
                told["productId"], chance.choice(WAREHOUSES), chance.randint(2, 9), after_ms
            )

    def _review(self, told: Told) -> None:
        if told["decision"] != "MANUAL_REVIEW" or not self.post.may(self.post.habits.reviews):
            return
        chance = self.post.chance
        for reviewer in chance.choice((("ann",), ("ann",), ("ann", "ann"), ("ann", "bob"))):
            word = OverrideFraudDecision(
                payment_id=told["paymentId"],
                decision=chance.choice(("APPROVED", "APPROVED", "DECLINED")),
                reviewer=reviewer,
                rationale="looked at it",
            )
            self.post.put(word, chance.choice((MINUTE_MS, 20 * MINUTE_MS, HOUR_MS, 25 * HOUR_MS)))

    def _receive(self, told: Told) -> None:
        if not self.post.may(self.post.habits.sends_parcel):
            return
        chance = self.post.chance
        items = tuple(
            ReturnedItem(
                sku=item.get("sku") or item["itemId"],
                product_id=item.get("productId"),
                quantity=max(1, item["quantity"] - self.post.may(0.2)),
                condition=chance.choice(_CONDITIONS),
            )
            for item in told["items"]
            if not self.post.may(0.1)
        )
        receipt = ConfirmReturnReceived(
            return_id=told["returnId"],
            shipment_id=told["shipmentId"],
            warehouse_id=chance.choice(WAREHOUSES),
            items=items,
        )
        if items:
            self.post.put(receipt, chance.randint(HOUR_MS, 16 * DAY_MS))

    def _book_again(self, told: Told) -> None:
        order = self.shoppers.orders.get(told["orderId"])
        if order is None:
            return
        chance = self.post.chance
        after_ms = chance.randint(MINUTE_MS, 2 * DAY_MS)
        if self.post.may(0.5):
            cancel = CancelOrder(
                order_id=order.order_id, user_id=order.user_id, cancellation_reason="never came"
            )
            self.post.put(cancel, after_ms)
            return
        again = CreateShipment(
            shipment_id=told["shipmentId"],
            order_id=order.order_id,
            shipping_address=order.address.model_copy(update={"postal_code": "10001"}),
            shipping_method="standard",
            items=tuple(
                ShippedItem(
                    item_id=f"{order.order_id}:{n}",
                    product_id=item.product_id,
                    quantity=item.quantity,
                )
                for n, item in enumerate(order.items, 1)
            ),
        )
        self.post.put(again, after_ms)

    def _stop(self, told: Told) -> None:
        if self.post.may(0.06):
            self.post.put(CancelShipment(shipment_id=told["shipmentId"]), HOUR_MS)

    def _judge(self, told: Told) -> None:
        """The cardholder's bank ends a dispute."""
        chance = self.post.chance
        verdict = CloseChargeback(
            payment_id=told["paymentId"],
            chargeback_reference=told["chargebackId"],
            outcome=chance.choice(("won", "lost", "withdrawn")),
        )
        self.post.put(verdict, chance.randint(DAY_MS, 20 * DAY_MS))
