"""Exchanges as messages: stock asked for and let go, the order that replaces, the price back."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from events.base import Message
from events.exchanges import PlaceReplacement, RefundGoods, UndoneUnits, UndoReplacement
from events.holds import ReleaseStock, ReserveStock
from events.orders import CancelOrder
from events.shipping_parts import ReturnedItem
from events.types import OrderItem
from streams.addresses import region_of, wire_address
from streams.moments import moment_of
from streams.orders import undoing
from streams.orders.exchange_facts import (
    ExchangeEnded,
    ExchangeFact,
    LabelAsked,
    PriceAsked,
    Replaced,
    ReplacementStopped,
    UndoingAsked,
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
            sales_channel=order.channel or None,
        )


def exchanged(order: Order, fact: ExchangeFact) -> Iterator[Message]:
    """Say what follows from a fact about an exchange; order is as it is afterwards."""
    says = _SAYS.get(type(fact))
    if says is not None:
        yield from says(order, fact)


def unsent(order: Order, _fact: Cancelled) -> Iterator[UndoReplacement]:
    """Tell the order whose goods come back that nothing will be sent for them."""
    goods = undoing.unsent(order)
    if goods and order.exchange is not None:
        yield _undoing(order, order.order_id, goods, order.exchange.fee_minor)


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
        sales_channel=order.channel or None,
    )


def _undoing_asked(order: Order, fact: UndoingAsked) -> Iterator[UndoReplacement]:
    yield _undoing(order, fact.cause, fact.goods, fact.fee_minor)


def _stopped(_order: Order, fact: ReplacementStopped) -> Iterator[CancelOrder]:
    yield CancelOrder(
        order_id=fact.replacement,
        user_id="system",
        cancellation_reason="OTHER",
        cancellation_note=NOTE,
    )


def _undoing(
    order: Order, cause: str, goods: Iterable[Unreplaced], fee_minor: int
) -> UndoReplacement:
    assert order.exchange is not None, "only a replacement is undone"
    return UndoReplacement(
        order_id=order.exchange.order_id,
        replacement_id=order.order_id,
        lines=tuple(
            [
                UndoneUnits(number=one.line, quantity=one.units, condition=one.condition)
                for one in goods
            ]
        ),
        fee_minor=fee_minor,
        cause=cause,
    )


def _price_asked(order: Order, fact: PriceAsked) -> Iterator[RefundGoods]:
    products = [order.lines[one.line - 1].product_id for one in fact.goods]
    yield RefundGoods(
        payment_id=order.payment_id,
        order_id=order.order_id,
        items=tuple(
            [
                ReturnedItem(
                    sku=product_id,
                    product_id=product_id,
                    quantity=one.units,
                    condition=one.condition,
                    refundable=True,
                )
                for product_id, one in zip(products, fact.goods, strict=True)
            ]
        ),
        fee_minor=fact.fee_minor,
        reason=fact.reason,
        return_id=fact.return_id,
        cause=fact.cause,
    )


_SAYS: Final[dict[type, Callable[[Order, Any], Iterator[Message]]]] = {
    LabelAsked: lambda order, fact: iter((label_asked(order, fact.back),)),
    ExchangeEnded: _let_go,
    Replaced: _placed,
    PriceAsked: _price_asked,
    UndoingAsked: _undoing_asked,
    ReplacementStopped: _stopped,
}
