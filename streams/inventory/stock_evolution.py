"""How a product's row follows from facts. No rule lives here and nothing is refused."""

from bisect import insort
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from streams.inventory.facts import (
    CommitMissed,
    Committed,
    Ended,
    Fact,
    Held,
    Missing,
    Moved,
    Owed,
    RanLow,
    Shipped,
    Short,
    Shrunk,
)
from streams.inventory.rows import Allocation, Level, Line, Stock, level_of

_Levels = tuple[Level, ...]
_Queue = tuple[Line, ...]


def evolve_stock(stock: Stock, fact: Fact) -> Stock:
    """The product's row after a fact; the same row when the fact does not concern it."""
    change = _STOCK_BY.get(type(fact))
    return stock if change is None else change(stock, fact)


def _stock_held(stock: Stock, fact: Held) -> Stock:
    queue = _without(stock.queue, fact.reservation_id) if fact.queued else stock.queue
    return _next(stock, _shifted(stock.levels, fact.allocations, 0, 1), queue)


def _stock_short(stock: Stock, fact: Short) -> Stock:
    return _next(stock, stock.levels, _joined(stock.queue, fact.line)) if fact.waits else stock


def _stock_ended(stock: Stock, fact: Ended) -> Stock:
    if not (fact.allocations or fact.queued):
        return stock
    queue = _without(stock.queue, fact.reservation_id) if fact.queued else stock.queue
    return _next(stock, _shifted(stock.levels, fact.allocations, 0, -1), queue)


def _stock_shrunk(stock: Stock, fact: Shrunk) -> Stock:
    if fact.freed:
        return _next(stock, _shifted(stock.levels, fact.freed, 0, -1), stock.queue)
    line = fact.line
    queue = tuple([line if e.reservation_id == line.reservation_id else e for e in stock.queue])
    return _next(stock, stock.levels, queue)


def _stock_committed(stock: Stock, fact: Committed) -> Stock:
    return _next(stock, stock.levels, stock.queue, sold_at_ms=fact.at_ms)


def _stock_told(stock: Stock, _fact: CommitMissed) -> Stock:
    """Nothing changes, but each message about the product has a version of its own."""
    return _next(stock, stock.levels, stock.queue)


def _stock_shipped(stock: Stock, fact: Shipped) -> Stock:
    levels = _shifted(stock.levels, fact.allocations, -1, -1)
    return _next(stock, levels, stock.queue, moved=len(fact.allocations))


def _stock_moved(stock: Stock, fact: Moved) -> Stock:
    level = level_of(stock, fact.warehouse_id) or Level(fact.warehouse_id, fact.policy)
    arrived = fact.type == "INBOUND" and fact.on_hand > 0
    changed = msgspec.structs.replace(
        level,
        policy=fact.policy,
        on_hand=level.on_hand + fact.on_hand,
        quarantined=level.quarantined + fact.quarantined,
        status=fact.status,
        restock_at_ms=None if arrived else level.restock_at_ms,
    )
    return _with(stock, changed, moved=1)


def _stock_owed(stock: Stock, fact: Owed) -> Stock:
    level = _known(stock, fact.warehouse_id)
    return _with(stock, msgspec.structs.replace(level, owed=level.owed + fact.units))


def _stock_missing(stock: Stock, fact: Missing) -> Stock:
    level = _known(stock, fact.warehouse_id)
    return _with(stock, msgspec.structs.replace(level, missing=level.missing + fact.units))


def _stock_ran_low(stock: Stock, fact: RanLow) -> Stock:
    level = _known(stock, fact.warehouse_id)
    return _with(stock, msgspec.structs.replace(level, restock_at_ms=fact.restock_at_ms))


def _known(stock: Stock, warehouse_id: str) -> Level:
    level = level_of(stock, warehouse_id)
    assert level is not None, f"{stock.product_id} has no level in {warehouse_id}"
    return level


def _with(stock: Stock, level: Level, *, moved: int = 0) -> Stock:
    return _next(stock, _put(stock.levels, level), stock.queue, moved=moved)


def _next(
    stock: Stock,
    levels: _Levels,
    queue: _Queue,
    *,
    moved: int = 0,
    sold_at_ms: int | None = None,
) -> Stock:
    """Built by position: four times as fast as `replace`, and every order passes here twice."""
    return Stock(
        stock.product_id,
        levels,
        queue,
        stock.backorder_allowed,
        stock.version + 1,
        stock.movements + moved,
        stock.last_sold_at_ms if sold_at_ms is None else sold_at_ms,
    )


def _shifted(
    levels: _Levels, allocations: tuple[Allocation, ...], on_hand: int, reserved: int
) -> _Levels:
    """Levels with each allocation's units added so many times to on_hand and reserved.

    What leaves was there: no more is missing than is on the books still.
    """
    units = {a.warehouse_id: a.quantity for a in allocations}
    return tuple(
        [
            Level(
                level.warehouse_id,
                level.policy,
                level.on_hand + on_hand * change,
                level.reserved + reserved * change,
                level.quarantined,
                level.status,
                level.restock_at_ms,
                level.owed,
                min(level.missing, level.on_hand + on_hand * change),
            )
            if (change := units.get(level.warehouse_id))
            else level
            for level in levels
        ]
    )


def _put(levels: _Levels, level: Level) -> _Levels:
    others = [other for other in levels if other.warehouse_id != level.warehouse_id]
    insort(others, level, key=lambda each: each.warehouse_id)
    return tuple(others)


def _joined(queue: _Queue, line: Line) -> _Queue:
    longer = list(queue)
    insort(longer, line, key=lambda each: (each.ordered_at_ms, each.reservation_id))
    return tuple(longer)


def _without(queue: _Queue, reservation_id: str) -> _Queue:
    if queue and queue[0].reservation_id == reservation_id:
        return queue[1:]
    return tuple([each for each in queue if each.reservation_id != reservation_id])


_STOCK_BY: Final[Mapping[type[Fact], Callable[[Stock, Any], Stock]]] = {
    Held: _stock_held,
    Short: _stock_short,
    Ended: _stock_ended,
    Shrunk: _stock_shrunk,
    Committed: _stock_committed,
    CommitMissed: _stock_told,
    Shipped: _stock_shipped,
    Moved: _stock_moved,
    Owed: _stock_owed,
    Missing: _stock_missing,
    RanLow: _stock_ran_low,
}
