"""Shoppers: they order, change their minds, send goods back, and quarrel about money."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from events.order_parts import Amendment
from events.orders import AmendOrder, CancelOrder, PlaceOrder, RequestReturn, UpdateCart
from events.refunds import RecordChargeback, RefundPayment
from events.returns import CreateReturnLabel
from events.types import Address, Customer, Geo, OrderItem, OrderPayment, RiskContext, ShippedItem
from simulation.people import DAY_MS, HOUR_MS, Post, Told
from simulation.world import MINUTE_MS

PRODUCTS: Final = {"prd_a": 1_999, "prd_b": 45_000, "prd_c": 799}
"""List prices in minor units."""
TOKENS: Final = (
    *("tok_fine",) * 10,
    "tok_declined_once",
    "tok_insufficient_twice",
    "tok_declined",
    "tok_expired",
    "tok_unknown",
    "tok_unknown_declined",
    "tok_lost_call",
    "tok_silent",
    "tok_network_once",
    "tok_capture_expired",
    "tok_refund_refused",
    "tok_refund_pending",
    "tok_refund_fails",
    "tok_misbooked",
    "tok_dispute_lost",
)
CODES: Final = (
    *("10001",) * 8,
    "10001-unbookable",
    "10001-busy",
    "10001-down",
    "10001-unavailable",
    "10001-never",
    "10001-noaddress",
    "10001-damaged",
    "10001-refused",
    "10001-lost",
    "10001-unscanned",
)
"""Postal codes: what happens to the parcels, see `providers.simulated_carriers`."""
_PLACES: Final = (("US", "NY"), ("US", "CA"), ("GB", None), ("DE", None))
REASONS: Final = ("defective_item", "wrong_item", "changed_mind", "damaged", "size_or_fit")
"""Why goods are sent back: what replaces the first two leaves at once."""
_SPOTS: Final = (Geo(latitude=40.7, longitude=-74.0), Geo(latitude=48.9, longitude=2.4))
_NEW: Final = 0.25
_STOLEN: Final = 0.2
_FLAWS: Final = ("price", "country", "quantity", "discount")


@dataclass(slots=True)
class Shopping:
    """One order as its shopper remembers it."""

    order_id: str
    user_id: str
    items: tuple[OrderItem, ...]
    address: Address


@dataclass(slots=True)
class Shoppers:
    """All customers."""

    post: Post
    orders: dict[str, Shopping] = field(default_factory=dict)
    users: int = 3
    disputed: set[str] = field(default_factory=set)

    def begin(self, orders: int, span_ms: int) -> None:
        """So many orders within that time."""
        post, chance = self.post, self.post.chance
        for number in range(1, orders + 1):
            post.world.later(chance.randint(0, span_ms), lambda n=number: self.place(f"ord_{n}"))
        post.heed("OrderConfirmed", self._confirmed)
        post.heed("ShipmentDelivered", self._delivered)
        post.heed("PaymentProcessed", self._paid)

    # -- ordering

    def place(self, order_id: str) -> None:
        """Ask for an order."""
        chance = self.post.chance
        country, state = chance.choice(_PLACES)
        address = Address(
            line1="1 Main Street",
            city="Town",
            state=state,
            postal_code=self._of(CODES),
            country=country,
        )
        chosen = chance.sample(sorted(PRODUCTS), chance.choice((1, 1, 2, 3)))
        items = tuple(
            OrderItem(product_id=one, quantity=chance.randint(1, 3), unit_price_minor=PRODUCTS[one])
            for one in chosen
        )
        user_id = f"usr_{chance.randint(1, self.users)}"
        self.orders[order_id] = Shopping(order_id, user_id, items, address)
        fields = self._fields(order_id, user_id, items, address)
        if self.post.may(0.06):
            fields |= _spoilt(chance.choice(_FLAWS), fields)
        if self.post.may(self.post.habits.cancels / 4):
            self._cancel(order_id, -1)  # The cancellation overtakes the order.
        if self.post.may(self.post.habits.carts):
            fields["cart_id"] = self._fill_cart(order_id, user_id, items)
        self.post.put(PlaceOrder(**fields))

    def _fill_cart(self, order_id: str, user_id: str, items: tuple[OrderItem, ...]) -> str:
        """They fill it before they order, and at times think of it later."""
        chance, cart_id = self.post.chance, f"cart_{order_id}"
        for after_ms in chance.choice(((0,), (0, MINUTE_MS), (0, 2 * DAY_MS), (25 * DAY_MS,))):
            kept = tuple(item for item in items if self.post.may(0.8))
            by = "usr_stranger" if self.post.may(0.1) else user_id
            self.post.put(UpdateCart(cart_id=cart_id, user_id=by, items=kept), after_ms)
        return cart_id if self.post.may(0.7) else "cart_unknown"

    def _fields(
        self, order_id: str, user_id: str, items: tuple[OrderItem, ...], address: Address
    ) -> dict[str, Any]:
        chance = self.post.chance
        return {
            "order_id": order_id,
            "user_id": user_id,
            "customer": Customer(
                customer_id=user_id, email=f"{user_id}@example.com", phone="+12025550123"
            ),
            "order_items": items,
            "shipping_address": address,
            "payment": OrderPayment(method="credit_card", token=self._of(TOKENS)),
            "currency": chance.choice(("USD", "EUR", "GBP")),
            "shipping_method": chance.choice(("standard", "standard", "express")),
            "discount_code": "SAVE10" if self.post.may(0.1) else None,
            "risk": self._risk(),
            "allow_substitutes": self.post.may(0.5),
        }

    def _of(self, kinds: tuple[str, ...]) -> str:
        """The first of them, which makes no trouble, or any."""
        return kinds[0] if self.post.may(self.post.habits.luck) else self.post.chance.choice(kinds)

    def _risk(self) -> RiskContext | None:
        """One buyer in four is new: at home, from abroad, or with a card reported stolen."""
        chance, now_ms = self.post.chance, self.post.world.now_ms
        if not self.post.may(_NEW):
            return None
        return RiskContext(
            account_created_at=datetime.fromtimestamp(now_ms // 1000, UTC),
            previous_orders=chance.choice((0, 0, 0, 5, 20)),
            device_id=f"dev_{chance.choice((1, 1, 7, chance.randint(1, 99)))}",
            ip_country=chance.choice(("US", "FR", "FR")),
            ip_region=chance.choice((None, "NY", "CA")),
            ip_address=f"203.0.113.{chance.randint(1, 9)}",
            geo=chance.choice((None, *_SPOTS)),
            card_fingerprint=f"fp_{chance.randint(1, 4)}",
            card_reported_stolen=self.post.may(_STOLEN),
        )

    # -- second thoughts

    def _confirmed(self, told: Told) -> None:
        order_id = told["orderId"]
        if "exchangeFor" in told:
            self._replaced(told)
        if order_id not in self.orders:
            return
        if self.post.may(self.post.habits.cancels):
            self._cancel(order_id, self._sometime())
        # Until Payment heeds amendments, an amended order may stay paid for ever.
        heeded = self.post.world.reads("OrderAmended", "payments")
        if heeded and self.post.may(self.post.habits.amends):
            self._amend(order_id)

    def _replaced(self, told: Told) -> None:
        """What comes instead is an order like any other: it may be cancelled, or sent back too."""
        first = self.orders[told["exchangeFor"]]
        items = tuple(
            OrderItem(
                product_id=item["productId"],
                quantity=item["quantity"],
                unit_price_minor=round(item["unitPrice"] * 100),
            )
            for item in told["orderItems"]
        )
        order_id = told["orderId"]
        self.orders[order_id] = Shopping(order_id, first.user_id, items, first.address)

    def _sometime(self) -> int:
        chance = self.post.chance
        longest = chance.choice((500, 5_000, 20 * MINUTE_MS, DAY_MS, 4 * DAY_MS))
        return chance.randint(0, longest)

    def _cancel(self, order_id: str, after_ms: int) -> None:
        order = self.orders[order_id]
        by = "usr_stranger" if self.post.may(0.1) else order.user_id
        command = CancelOrder(order_id=order_id, user_id=by, cancellation_reason="no need")
        self.post.put(command, max(0, after_ms))

    def _amend(self, order_id: str) -> None:
        """Once or several times, mostly with reason, at times as somebody else or too late."""
        for _ in range(self.post.chance.choice((1, 1, 2, 6))):
            order = self.orders[order_id]
            fields = self._moving(order) if self.post.may(0.2) else self._changing(order)
            by = "usr_stranger" if self.post.may(0.05) else order.user_id
            seen = 1 if self.post.may(0.1) else None
            command = AmendOrder(order_id=order_id, user_id=by, expected_version=seen, **fields)
            self.post.put(command, self._sometime())

    def _moving(self, order: Shopping) -> dict[str, Any]:
        changed = {"country": "JP"} if self.post.may(0.1) else {"line1": "2 Side Street"}
        address = order.address.model_copy(update=changed)
        return {"amendment_type": "ADDRESS_CHANGE", "new_address": address}

    def _changing(self, order: Shopping) -> dict[str, Any]:
        """More or less of what was ordered, or something else besides."""
        chance = self.post.chance
        many = min(len(order.items), chance.choice((1, 1, 2)))
        amendments = [self._other_quantity(item) for item in chance.sample(order.items, many)]
        others = sorted(PRODUCTS.keys() - {item.product_id for item in order.items})
        if others and self.post.may(0.2):
            product = chance.choice(others)
            amendments.append(_amendment(product, 0, chance.randint(1, 3), PRODUCTS[product]))
        kind = "ITEM_ADDED" if amendments[-1].previous_quantity == 0 else "QUANTITY_CHANGE"
        return {"amendment_type": kind, "amendments": tuple(amendments)}

    def _other_quantity(self, item: OrderItem) -> Amendment:
        off = 5 if self.post.may(0.05) else 0
        wanted = self.post.chance.choice((0, 1, 2, 3, 4, 4, 101 if self.post.may(0.1) else 4))
        return _amendment(item.product_id, item.quantity, wanted, item.unit_price_minor + off)

    # -- after delivery

    def _delivered(self, told: Told) -> None:
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
        if self.post.world.reads("RequestReturn") and items:
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
                update={"product_id": other, "unit_price_minor": item.unit_price_minor + off}
            )
            for item in items
        )
        told: dict[str, Any] = {"resolution": "exchange", "exchange_items": wanted}
        if self.post.may(0.9):
            told["payment"] = OrderPayment(method="credit_card", token=self._of(TOKENS))
        return told

    def _paid(self, told: Told) -> None:
        chance, habits = self.post.chance, self.post.habits
        payment_id, total_minor = told["paymentId"], round(told["amount"] * 100)
        if self.post.may(habits.asks_money_back):
            self._ask_money_back(told, payment_id, total_minor)
        if self.post.may(habits.disputes) and payment_id not in self.disputed:
            self.disputed.add(payment_id)
            claim = RecordChargeback(
                payment_id=payment_id,
                chargeback_reference=f"dsp_{payment_id}",
                amount_minor=chance.choice((total_minor, total_minor, total_minor // 2)),
                reason="fraudulent",
            )
            self.post.put(claim, chance.randint(MINUTE_MS, chance.choice((HOUR_MS, 40 * DAY_MS))))

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


def _amendment(product: str, before: int, after: int, unit_price_minor: int) -> Amendment:
    return Amendment(
        product_id=product,
        previous_quantity=before,
        new_quantity=after,
        unit_price_minor=unit_price_minor,
    )


def _spoilt(flaw: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that a wrong order has otherwise."""
    if flaw == "price":
        payment: OrderPayment = fields["payment"]
        return {"payment": payment.model_copy(update={"amount_minor": 1})}
    if flaw == "country":
        address: Address = fields["shipping_address"]
        return {"shipping_address": address.model_copy(update={"country": "JP"})}
    if flaw == "quantity":
        return {"order_items": (OrderItem(product_id="prd_a", quantity=101, unit_price_minor=1),)}
    return {"discount_code": "FREE100"}
