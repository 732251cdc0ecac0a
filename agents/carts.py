"""Carts, by cartId: what customers mean to order, and what came of it.

Reads orders.commands (UpdateCart) and orders.events (OrderConfirmed of a cart). Publishes nothing.
Keeps a row a cart, for thirty days after it was ordered or has expired.
"""

from typing import Final

from agents.wiring import cause_of
from engine.errors import BadRecord
from engine.specs import AgentSpec, Context, Delivery, Handler, Source, Timer, TimerHandler
from streams.orders.carts import Cart, CartRefusal, aged, due_ms, ordered, updated
from streams.orders.rules import CartRules
from tables.orders import CARTS
from topics import ORDERS_COMMANDS, ORDERS_EVENTS

AGENT: Final = "carts"
AGE: Final = "age"


class CartRefused(BadRecord):
    """A cart will not change; the text says why.

    Operator: nothing but to tell whoever sent it.
    """


def carts_agent(rules: CartRules) -> AgentSpec:
    """Carts under these rules."""
    return AgentSpec(
        name=AGENT,
        help="Keeps what customers mean to order.",
        sources=(
            Source(ORDERS_COMMANDS, {"UpdateCart": _updating(rules)}, by="cartId"),
            Source(ORDERS_EVENTS, {"OrderConfirmed": _ordering(rules)}, by="cartId"),
        ),
        tables=(CARTS,),
        timers={AGE: _aging(rules)},
    )


def _updating(rules: CartRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        command = delivery.value.data
        cart = ctx.table(CARTS).get(command.cart_id)
        after = updated(cart, command, cause_of(delivery).at_ms, rules)
        if isinstance(after, CartRefusal):
            raise CartRefused(f"{after.name}: {after.value}")
        _save(ctx, cart, after, rules)

    return handler


def _ordering(rules: CartRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        event = delivery.value.data
        if event.cart_id is None:
            return
        cart = ctx.table(CARTS).get(event.cart_id)
        after = ordered(cart, event, cause_of(delivery).at_ms)
        if after is not None:
            _save(ctx, cart, after, rules)

    return handler


def _aging(rules: CartRules) -> TimerHandler:
    def handler(ctx: Context, timer: Timer, now_ms: int) -> None:
        cart = ctx.table(CARTS).get(timer.key)
        if cart is None:
            return
        if (due := due_ms(cart, rules)) > now_ms:
            ctx.set_timer(AGE, timer.key, due)  # A figure was another one when this timer was set.
        elif (after := aged(cart)) is None:
            del ctx.table(CARTS)[timer.key]
        else:
            _save(ctx, cart, after, rules)

    return handler


def _save(ctx: Context, before: Cart | None, after: Cart, rules: CartRules) -> None:
    """Keep the cart, with the one timer that its state asks for."""
    if after is before:
        return
    ctx.table(CARTS)[after.cart_id] = after
    if before is not None:
        ctx.cancel_timer(AGE, before.cart_id, due_ms(before, rules))
    ctx.set_timer(AGE, after.cart_id, due_ms(after, rules))
