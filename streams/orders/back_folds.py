"""How an order's row changes by facts about goods on their way back, and what replaces them."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from streams.orders.back import Back, with_units
from streams.orders.exchange_facts import (
    DifferenceAsked,
    DifferenceBack,
    ExchangeEnded,
    LabelAsked,
    PriceAsked,
    Replaced,
    ReplacementStopped,
    ReplacementUndone,
    SwapHeld,
    UndoingAsked,
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
    return step(order, fact.at_ms, "PRICE_ASKED_BACK")


def _replacement_undone(order: Order, fact: ReplacementUndone) -> Order:
    returns = _returns(order, fact.position, fact.back)
    return step(order, fact.at_ms, "REPLACEMENT_UNDONE", returns=returns)


def _undoing_asked(order: Order, fact: UndoingAsked) -> Order:
    """A replacement remembers which units it told of: none is told of twice."""
    exchange = order.exchange
    assert exchange is not None, f"{fact} of what replaces nothing"
    undone = with_units(exchange.undone, [(one.line, one.units) for one in fact.goods])
    return step(order, fact.at_ms, "UNDONE", exchange=replace(exchange, undone=undone))


def _difference_asked(order: Order, fact: DifferenceAsked) -> Order:
    returns = _returns(order, fact.position, fact.back)
    return step(order, fact.at_ms, "DIFFERENCE_ASKED", returns=returns)


def _difference_back(order: Order, fact: DifferenceBack) -> Order:
    return step(order, fact.at_ms, "DIFFERENCE_BACK")


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
    ReplacementUndone: _replacement_undone,
    UndoingAsked: _undoing_asked,
    DifferenceAsked: _difference_asked,
    DifferenceBack: _difference_back,
    ReplacementStopped: _replacement_stopped,
}
