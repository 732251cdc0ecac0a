"""How an order's row changes by facts about goods on their way back, and what replaces them."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from streams.orders.back import with_return, with_units
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

Fold = Callable[[Order, Any], Order]


def _told(reason: str) -> Fold:
    """Change nothing but the history."""
    return lambda order, fact: step(order, fact.at_ms, reason)


def _changed(reason: str) -> Fold:
    """Put a return in the place of what it was."""

    def fold(order: Order, fact: Any) -> Order:
        returns = with_return(order.returns, fact.position, fact.back)
        return step(order, fact.at_ms, reason, returns=returns)

    return fold


def _return_asked(order: Order, fact: ReturnAsked) -> Order:
    return step(order, fact.at_ms, "RETURN_ASKED", returns=(*order.returns, fact.back))


def _return_changed(order: Order, fact: ReturnChanged | ExchangeEnded) -> Order:
    return _changed(fact.reason)(order, fact)


def _put(order: Order, fact: SwapHeld | LabelAsked) -> Order:
    returns = with_return(order.returns, fact.position, fact.back)
    return replace(order, version=order.version + 1, returns=returns)


def _undoing_asked(order: Order, fact: UndoingAsked) -> Order:
    """A replacement remembers which units it told of: none is told of twice."""
    exchange = order.exchange
    assert exchange is not None, f"{fact} of what replaces nothing"
    undone = with_units(exchange.undone, [(one.line, one.units) for one in fact.goods])
    return step(order, fact.at_ms, "UNDONE", exchange=replace(exchange, undone=undone))


BACK_FOLDS: Final[dict[type, Fold]] = {
    ReturnAsked: _return_asked,
    ReturnChanged: _return_changed,
    SwapHeld: _put,
    LabelAsked: _put,
    ExchangeEnded: _return_changed,
    Replaced: _changed("REPLACED"),
    PriceAsked: _told("PRICE_ASKED_BACK"),
    ReplacementUndone: _changed("REPLACEMENT_UNDONE"),
    UndoingAsked: _undoing_asked,
    DifferenceAsked: _changed("DIFFERENCE_ASKED"),
    DifferenceBack: _told("DIFFERENCE_BACK"),
    ReplacementStopped: _told("REPLACEMENT_STOPPED"),
}
