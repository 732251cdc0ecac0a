"""How a shipment's row changes by a fact: folded, never judged."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from streams.shipping import booking_folds, return_folds, travel_folds
from streams.shipping import facts as f
from streams.shipping.history import stepped
from streams.shipping.rows import Shipment


def evolve(shipment: Shipment | None, fact: f.Fact) -> Shipment:
    """Give the row as it is after the fact. Only Began begins one."""
    if isinstance(fact, f.Began):
        return fact.shipment
    assert shipment is not None, "a shipment begins with Began"
    return _FOLDS[type(fact)](shipment, fact)


def fold(shipment: Shipment | None, facts: Iterable[f.Fact]) -> Shipment:
    """Give the row as it is after all of them, at least one where there is no row."""
    for fact in facts:
        shipment = evolve(shipment, fact)
    assert shipment is not None, "folding needs a fact"
    return shipment


def _noted(shipment: Shipment, fact: f.Noted) -> Shipment:
    return stepped(shipment, fact.at_ms, fact.reason)


_FOLDS: Final[dict[type, Callable[[Shipment, Any], Shipment]]] = {
    **booking_folds.FOLDS,
    **travel_folds.FOLDS,
    **return_folds.FOLDS,
    f.Noted: _noted,
}
