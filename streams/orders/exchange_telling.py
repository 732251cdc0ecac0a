"""Exchanges as messages: stock asked for and let go, the order that replaces, the price back."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from events.base import Message
from events.exchanges import PlaceReplacement, RefundGoods, UndoneUnits, UndoReplacement
from events.holds import ReleaseStock, ReserveStock
from events.orders import CancelOrder
from events.payments import PaymentInitiated
from events.shipping_parts import ReturnedItem
from events.types import OrderItem, OrderPayment, PaymentMethod
from events.vocabulary import SYSTEM
from streams.addresses import region_of, wire_address
from streams.moments import moment_of
from streams.orders import undoing
from streams.orders.back import Back, Swap
from streams.orders.differences import payment_of
from streams.orders.exchange_facts import (
    DifferenceAsked,
    DifferenceBack,
    ExchangeEnded,
    LabelAsked,
    PriceAsked,
    Replaced,
    ReplacementStopped,
    UndoingAsked,
    Unreplaced,
)
from streams.orders.exchanging import holds_of
from streams.orders.facts import ReturnAsked
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


def unsent(order: Order) -> Iterator[UndoReplacement]:
    """Tell the order whose goods come back that nothing will be sent for them."""
    goods = undoing.unsent(order)
    if goods and order.exchange is not None:
        yield _undoing(order, order.order_id, goods, order.exchange.fee_minor)


def _difference_asked(order: Order, fact: DifferenceAsked) -> Iterator[PaymentInitiated]:
    """Charge it at once: its goods are held already."""
    pay, where = fact.pay, wire_address(order.shipping_address)
    yield PaymentInitiated(
        payment_id=payment_of(order, fact.position),
        order_id=order.order_id,
        customer_id=order.user_id,
        amount_minor=fact.back.extra_minor,
        currency=order.currency,
        payment_method=PaymentMethod(
            type=pay.method, token=pay.token, last4=pay.last4, paypal_email=pay.paypal_email
        ),
        checkout_type="recurring",
        shipping_address=where,
        billing_address=where,
        initiated_at=moment_of(fact.at_ms),
    )


def _difference_back(order: Order, fact: DifferenceBack) -> Iterator[RefundGoods]:
    yield RefundGoods(
        payment_id=fact.payment_id,
        order_id=order.order_id,
        amount_minor=fact.amount_minor,
        reason="EXCHANGE",
        cause=fact.cause,
    )


def _ended(order: Order, fact: ExchangeEnded) -> Iterator[Message]:
    """Let go what is held, and give back what was paid beyond."""
    yield from _let_go(order, fact)
    back = fact.before
    if back.paid_minor:
        paid = payment_of(order, fact.position)
        cause = f"ended:{paid}"
        yield from _difference_back(order, DifferenceBack(fact.at_ms, paid, back.paid_minor, cause))


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
                    unit_price_minor=_worth_minor(order, swap) // swap.units,
                    total_price_minor=max(0, swap.differs_minor),
                )
                for swap in back.swaps
            ]
        ),
        payment=_payment(order, fact.position, back),
        replaces=tuple([order.lines[swap.line - 1].product_id for swap in back.swaps]),
        return_fee_minor=back.fee_minor,
        currency=order.currency,
        shipping_address=wire_address(order.shipping_address),
        shipping_method=order.shipping_method,
        sales_channel=order.channel or None,
    )


def _worth_minor(order: Order, swap: Swap) -> int:
    """What units cost in all: what was paid for those that come back, and what they differ by."""
    line = order.lines[swap.line - 1]
    return max(0, line.total_minor * swap.units // line.quantity + swap.differs_minor)


def _payment(order: Order, position: int, back: Back) -> OrderPayment | None:
    """What paid for what goods cost beyond those that come back."""
    if back.pay is None:
        return None
    return OrderPayment(
        payment_id=payment_of(order, position),
        method=back.pay.method,
        status="captured",
        amount_minor=back.paid_minor,
        card_last_four=back.pay.last4,
    )


def _undoing_asked(order: Order, fact: UndoingAsked) -> Iterator[UndoReplacement]:
    yield _undoing(order, fact.cause, fact.goods, fact.fee_minor)


def _stopped(_order: Order, fact: ReplacementStopped) -> Iterator[CancelOrder]:
    yield CancelOrder(
        order_id=fact.replacement,
        user_id=SYSTEM,
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
                    item_id=f"{order.order_id}:{one.line}",
                )
                for product_id, one in zip(products, fact.goods, strict=True)
            ]
        ),
        fee_minor=fact.fee_minor,
        reason=fact.reason,
        return_id=fact.return_id,
        cause=fact.cause,
    )


EXCHANGES: Final[Mapping[type, Callable[[Order, Any], Iterator[Message]]]] = {
    LabelAsked: lambda order, fact: iter((label_asked(order, fact.back),)),
    DifferenceAsked: _difference_asked,
    DifferenceBack: _difference_back,
    ExchangeEnded: _ended,
    Replaced: _placed,
    PriceAsked: _price_asked,
    UndoingAsked: _undoing_asked,
    ReplacementStopped: _stopped,
}
"""What follows from each fact about an exchange; order is as it is afterwards."""
