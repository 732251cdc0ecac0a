"""How an order's row changes by facts about goods on their way back, and what replaces them."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from streams.orders.back import Back
from streams.orders.exchange_facts import (
    ExchangeEnded,
    LabelAsked,
    PriceAsked,
    Replaced,
    ReplacementStopped,
    SwapHeld,
)
from streams.orders.facts import ReturnAsked, ReturnChanged
from streams.orders.rows import Order
from streams.orders.steps import step


def _return_asked(order: Order, fact: ReturnAsked) -> Order:
    return step(order, fact.at_ms, "RETURN_ASKED", returns=(*order.returns, fact.back))


def _return_changed(order: Order, fact: ReturnChanged | ExchangeEnded) -> Order:
    return step(order, fact.at_ms, fact.reason, returns=_returns(order, fact.position, fact.back))


def _put(order: Order, fact: SwapHeld | LabelAsked) -> Order:
    returns = _returns(order, fact.position, fact.back)
    return replace(order, version=order.version + 1, returns=returns)


def _replaced(order: Order, fact: Replaced) -> Order:
    returns = _returns(order, fact.position, fact.back)
    return step(order, fact.at_ms, "REPLACED", returns=returns)


def _price_asked(order: Order, fact: PriceAsked) -> Order:
    """A replacement remembers which units it asked for: no unit is asked for twice."""
    exchange = order.exchange
    if exchange is not None:
        units = dict(exchange.asked)
        for one in fact.goods:
            units[one.line] = units.get(one.line, 0) + one.units
        exchange = replace(exchange, asked=tuple(sorted(units.items())))
    return step(order, fact.at_ms, "PRICE_ASKED_BACK", exchange=exchange)


def _replacement_stopped(order: Order, fact: ReplacementStopped) -> Order:
    return step(order, fact.at_ms, "REPLACEMENT_STOPPED")


def _returns(order: Order, position: int, back: Back) -> tuple[Back, ...]:
    returns = list(order.returns)
    returns[position : position + 1] = [back]
    return tuple(returns)


BACK_FOLDS: Final[dict[type, Callable[[Order, Any], Order]]] = {
    ReturnAsked: _return_asked,
    ReturnChanged: _return_changed,
    SwapHeld: _put,
    LabelAsked: _put,
    ExchangeEnded: _return_changed,
    Replaced: _replaced,
    PriceAsked: _price_asked,
    ReplacementStopped: _replacement_stopped,
}
