"""Exchanges as messages: stock asked for and let go, the order that replaces, the price back."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from events.base import Message
from events.exchanges import PlaceReplacement, RefundGoods
from events.holds import ReleaseStock, ReserveStock
from events.orders import CancelOrder
from events.shipping_parts import ReturnedItem
from events.types import OrderItem
from streams.addresses import region_of, wire_address
from streams.moments import moment_of
from streams.orders.exchange_facts import (
    ExchangeEnded,
    ExchangeFact,
    LabelAsked,
    PriceAsked,
    Replaced,
    ReplacementStopped,
    Unreplaced,
)
from streams.orders.exchanging import holds_of
from streams.orders.facts import Cancelled, ReturnAsked
from streams.orders.rows import Order
from streams.orders.rules import OrderRules
from streams.orders.telling import label_asked

NOTE: Final = "its price is disputed"


def return_asked(order: Order, fact: ReturnAsked, rules: OrderRules) -> Iterator[Message]:
    """Ask for a label, or, in an exchange, for the stock of what goes out instead."""
    back, where = fact.back, order.shipping_address
    if not back.swaps:
        yield label_asked(order, back)
    for reservation_id, swap in holds_of(back):
        yield ReserveStock(
            reservation_id=reservation_id,
            order_id=order.order_id,
            product_id=swap.product_id,
            quantity=swap.units,
            destination=region_of(where.state, where.country),
            expires_at=moment_of(fact.at_ms + rules.exchange_hold_ms),
            backorder=False,
        )


def exchanged(order: Order, fact: ExchangeFact) -> Iterator[Message]:
    """Say what follows from a fact about an exchange; order is as it is afterwards."""
    says = _SAYS.get(type(fact))
    if says is not None:
        yield from says(order, fact)


def unsent(order: Order, _fact: Cancelled) -> Iterator[RefundGoods]:
    """Give back what a replacement that is not sent would have been for."""
    exchange = order.exchange
    if exchange is None:
        return
    goods = [
        Unreplaced(number, exchange.products[number - 1], units, "new")
        for number, line in order.standing
        if (units := exchange.unasked(number, line.quantity)) > 0
    ]
    if not goods:
        return
    yield _price(
        exchange.order_id, exchange.return_id, exchange.return_id, goods, exchange.fee_minor
    )


def _let_go(order: Order, fact: ExchangeEnded) -> Iterator[ReleaseStock]:
    for reservation_id, swap in holds_of(fact.before):
        yield ReleaseStock(
            reservation_id=reservation_id,
            order_id=order.order_id,
            product_id=swap.product_id,
            quantity=swap.units,
            reason="order_cancelled",
        )


def _placed(order: Order, fact: Replaced) -> Iterator[PlaceReplacement]:
    back = fact.back
    yield PlaceReplacement(
        order_id=back.replacement,
        exchange_for=order.order_id,
        return_id=back.return_id,
        user_id=order.user_id,
        order_items=tuple(
            [
                OrderItem(
                    product_id=swap.product_id,
                    product_name=swap.name,
                    sku=swap.sku,
                    quantity=swap.units,
                    unit_price_minor=paid.total_minor // paid.quantity,
                    total_price_minor=0,
                )
                for swap in back.swaps
                for paid in (order.lines[swap.line - 1],)
            ]
        ),
        replaces=tuple([order.lines[swap.line - 1].product_id for swap in back.swaps]),
        return_fee_minor=back.fee_minor,
        currency=order.currency,
        shipping_address=wire_address(order.shipping_address),
        shipping_method=order.shipping_method,
    )


def _price_asked(_order: Order, fact: PriceAsked) -> Iterator[RefundGoods]:
    yield _price(fact.order_id, fact.cause, fact.return_id, list(fact.goods), fact.fee_minor)


def _stopped(_order: Order, fact: ReplacementStopped) -> Iterator[CancelOrder]:
    yield CancelOrder(
        order_id=fact.replacement,
        user_id="system",
        cancellation_reason="OTHER",
        cancellation_note=NOTE,
    )


def _price(
    order_id: str, cause: str, return_id: str | None, goods: list[Unreplaced], fee_minor: int
) -> RefundGoods:
    return RefundGoods(
        payment_id=f"pay_{order_id}",
        order_id=order_id,
        items=tuple(
            [
                ReturnedItem(
                    sku=one.product_id,
                    product_id=one.product_id,
                    quantity=one.units,
                    condition=one.condition,
                    refundable=True,
                )
                for one in goods
            ]
        ),
        fee_minor=fee_minor,
        reason="EXCHANGE",
        return_id=return_id,
        cause=cause,
    )


_SAYS: Final[dict[type, Callable[[Order, Any], Iterator[Message]]]] = {
    LabelAsked: lambda order, fact: iter((label_asked(order, fact.back),)),
    ExchangeEnded: _let_go,
    Replaced: _placed,
    PriceAsked: _price_asked,
    ReplacementStopped: _stopped,
}
