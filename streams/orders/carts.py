"""Shopping carts: what a customer means to order, with the prices seen (G-15).

A cart is active until an order comes of it; after a day without a change it is abandoned, after
thirty it expires. Coming back to an abandoned cart makes it active again. It reserves nothing.
"""

from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from events.orders import OrderConfirmed, UpdateCart
from streams.orders.rules import CartRules


class CartStatus(StrEnum):
    """Where a cart stands."""

    ACTIVE = "active"
    ABANDONED = "abandoned"
    CONVERTED = "converted"
    EXPIRED = "expired"


CLOSED: Final = frozenset({CartStatus.CONVERTED, CartStatus.EXPIRED})


class CartItem(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One line of a cart."""

    product_id: str
    quantity: int
    unit_price_minor: int
    """As it was when the customer put it there; the order is priced anew."""


class Cart(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One cart. At most `CartRules.lines_max` lines."""

    cart_id: str
    user_id: str
    created_at_ms: int
    touched_at_ms: int
    items: tuple[CartItem, ...] = ()
    status: CartStatus = CartStatus.ACTIVE
    order_id: str | None = None
    """The order that came of it."""


class CartRefusal(StrEnum):
    """Why a cart does not change, in order of precedence; it goes to the dead letters."""

    FOREIGN = "the cart is somebody else's"
    CLOSED = "the cart was ordered, or has expired"
    TOO_MANY = "the cart has more lines than an order may have"


def updated(
    cart: Cart | None, command: UpdateCart, at_ms: int, rules: CartRules
) -> Cart | CartRefusal:
    """Have the cart hold what the command says, no more and no less; a repeat changes nothing."""
    if cart is not None and cart.user_id != command.user_id:
        return CartRefusal.FOREIGN
    if cart is not None and cart.status in CLOSED:
        return CartRefusal.CLOSED
    if len(command.items) > rules.lines_max:
        return CartRefusal.TOO_MANY
    items = tuple(
        [CartItem(one.product_id, one.quantity, one.unit_price_minor) for one in command.items]
    )
    if cart is None:
        return Cart(command.cart_id, command.user_id, at_ms, at_ms, items)
    if cart.items == items and cart.status is CartStatus.ACTIVE:
        return cart
    return replace(cart, items=items, touched_at_ms=at_ms, status=CartStatus.ACTIVE)


def ordered(cart: Cart | None, event: OrderConfirmed, at_ms: int) -> Cart | None:
    """Close a cart that its customer's order came of, however long it had been left alone."""
    if cart is None or cart.user_id != event.user_id or cart.status in CLOSED:
        return cart
    return replace(cart, status=CartStatus.CONVERTED, order_id=event.order_id, touched_at_ms=at_ms)


def due_ms(cart: Cart, rules: CartRules) -> int:
    """When time alone changes the cart next."""
    waits = {
        CartStatus.ACTIVE: rules.abandoned_ms,
        CartStatus.ABANDONED: rules.expired_ms,
        CartStatus.CONVERTED: rules.kept_ms,
        CartStatus.EXPIRED: rules.expired_ms + rules.kept_ms,
    }
    return cart.touched_at_ms + waits[cart.status]


def aged(cart: Cart) -> Cart | None:
    """The cart after its time has come: the next state, or None once it is forgotten."""
    if cart.status is CartStatus.ACTIVE:
        return replace(cart, status=CartStatus.ABANDONED)
    if cart.status is CartStatus.ABANDONED:
        return replace(cart, status=CartStatus.EXPIRED)
    return None
