"""Shoppers: they order, and change their minds."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from events.orders import CancelOrder, PlaceOrder, UpdateCart
from events.types import Address, Customer, Geo, OrderItem, OrderPayment, RiskContext
from simulation.amender import Amender
from simulation.people import Post, Told
from simulation.regrets import Regrets
from simulation.shopping import PRODUCTS, TOKENS, Shopping, one_of, price_of, sometime
from streams.moments import DAY_MS, MINUTE_MS

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
_SPOTS: Final = (Geo(latitude=40.7, longitude=-74.0), Geo(latitude=48.9, longitude=2.4))
_NEW: Final = 0.25
_STOLEN: Final = 0.2
_BORROWED: Final = "dev_7"
"""Who orders with it has the bill sent elsewhere, which may be what makes it a finding (K3)."""
_ELSEWHERE: Final = Address(
    line1="1 Main Street", city="Elsewhere", state="OR", postal_code="97001", country="US"
)
_FLAWS: Final = ("price", "country", "quantity", "discount")


@dataclass(slots=True)
class Shoppers:
    """All customers."""

    post: Post
    orders: dict[str, Shopping] = field(default_factory=dict)
    users: int = 3

    def begin(self, orders: int, span_ms: int) -> None:
        """So many orders within that time."""
        post, chance = self.post, self.post.chance
        regrets = Regrets(post, self.orders)
        for number in range(1, orders + 1):
            placing = partial(self.place, _name_of(number))
            post.world.later(chance.randint(0, span_ms), placing)
        post.heed("OrderConfirmed", self._confirmed)
        post.heed("ShipmentDelivered", regrets.delivered)
        post.heed("PaymentProcessed", regrets.paid)

    # -- ordering

    def place(self, order_id: str) -> None:
        """Ask for an order."""
        chance = self.post.chance
        country, state = chance.choice(_PLACES)
        address = Address(
            line1="1 Main Street",
            city="Town",
            state=state,
            postal_code=one_of(self.post, CODES),
            country=country,
        )
        chosen = chance.sample(sorted(PRODUCTS), chance.choice((1, 1, 2, 3)))
        items = tuple(
            OrderItem(
                product_id=one,
                quantity=chance.randint(1, 3),
                unit_price_minor=price_of(self.post, one),
            )
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
        fields: dict[str, Any] = {
            "order_id": order_id,
            "user_id": user_id,
            "customer": Customer(
                customer_id=user_id, email=f"{user_id}@example.com", phone="+12025550123"
            ),
            "order_items": items,
            "shipping_address": address,
            "payment": OrderPayment(method="credit_card", token=one_of(self.post, TOKENS)),
            "currency": chance.choice(("USD", "EUR", "GBP")),
            "shipping_method": chance.choice(("standard", "standard", "express")),
            "discount_code": "SAVE10" if self.post.may(0.1) else None,
            "risk": self._risk(),
            "allow_substitutes": self.post.may(0.5),
        }
        risk = fields["risk"]
        if risk is not None and risk.device_id == _BORROWED:
            fields["billing_address"] = _ELSEWHERE
        return fields

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
        if order_id not in self.orders:
            self.orders[order_id] = _told_of(told)
        if self.post.may(self.post.habits.cancels):
            self._cancel(order_id, sometime(self.post))
        if self.post.may(self.post.habits.amends):
            Amender(self.post).amend(self.orders[order_id])

    def _cancel(self, order_id: str, after_ms: int) -> None:
        order = self.orders[order_id]
        by = "usr_stranger" if self.post.may(0.1) else order.user_id
        command = CancelOrder(order_id=order_id, user_id=by, cancellation_reason="no need")
        self.post.put(command, max(0, after_ms))


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


def _told_of(told: Told) -> Shopping:
    """What the shop places for somebody: a replacement, or what a subscription brings.

    It is an order like any other: it may be changed, cancelled, or sent back.
    """
    items = tuple(
        OrderItem(
            product_id=item["productId"],
            quantity=item["quantity"],
            unit_price_minor=round(item["unitPrice"] * 100),
        )
        for item in told["orderItems"]
    )
    address = Address.model_validate(told["shippingAddress"])
    return Shopping(told["orderId"], told["userId"], items, address)


def _name_of(number: int) -> str:
    """The order's id; every fourth is called as a further payment or parcel of another would be."""
    return f"ord_{number}" if number % 4 else f"ord_{number - 1}:{number}"
