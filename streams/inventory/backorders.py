"""The backorder queue of a product: strictly first come, first served, by order time.

Strict means that the line at the head is served whole or nobody is: a large line at the
head holds back smaller ones behind it, and a new line does not overtake those that wait even
where there is enough for it. Nobody starves, and who comes next can be told to a customer.
A line that was passed by, for another of its own order had just let go what it asks for, holds
nobody up as long as there is enough for it: else that would lie on the shelf for three days.
"""

from streams.inventory.allocation import allocate
from streams.inventory.facts import Fact, Held, Missing, Moved, Owed
from streams.inventory.rows import Level, Line, Reservation, Stock
from streams.inventory.rules import InventoryRules
from streams.inventory.stock_evolution import evolve_stock


def is_next(stock: Stock, line: Line, at_ms: int, rules: InventoryRules) -> bool:
    """Whether nobody who waits comes before this line.

    Who waits and could be served was passed by: whatever frees units serves all others.
    """
    turn = (line.ordered_at_ms, line.reservation_id)
    for other in stock.queue:
        if turn < (other.ordered_at_ms, other.reservation_id):
            return True
        if not allocate(stock, other, at_ms, rules.sites):
            return False
    return True


def hold(
    stock: Stock,
    line: Line,
    at_ms: int,
    expires_at_ms: int,
    rules: InventoryRules,
    *,
    queued: bool = False,
) -> Held | None:
    """Hold every unit of a line whose turn it is, or None when they are not available."""
    parts = allocate(stock, line, at_ms, rules.sites)
    if not parts:
        return None
    return Held(line.reservation_id, parts, at_ms, expires_at_ms, queued)


def order_of(claim: Line | Reservation) -> str:
    """The order that a claim is of, by its name."""
    return claim.reservation_id.rpartition(":")[0]


def serve(
    stock: Stock, at_ms: int, rules: InventoryRules, passing: str | None = None
) -> tuple[Fact, ...]:
    """Hold for those who wait, from the head on, until one cannot be served whole.

    Each gets `hold_ms` from now on, however long it has waited (K2). An order may be passed by.
    """
    served: list[Fact] = []
    for line in stock.queue:
        if order_of(line) == passing:
            continue
        held = hold(stock, line, at_ms, at_ms + rules.hold_ms, rules, queued=True)
        if held is None:
            break
        served.append(held)
        stock = evolve_stock(stock, held)
    return tuple(served)


def serve_after(
    stock: Stock,
    first: tuple[Fact, ...],
    at_ms: int,
    rules: InventoryRules,
    passing: str | None = None,
) -> tuple[Fact, ...]:
    """What happened first, and whom it lets the queue serve."""
    first = settle_after(stock, first, at_ms)
    if not stock.queue:
        return first
    for fact in first:
        stock = evolve_stock(stock, fact)
    return first + serve(stock, at_ms, rules, passing)


def settle_after(stock: Stock, first: tuple[Fact, ...], at_ms: int) -> tuple[Fact, ...]:
    """What happened first, and what it lets the books take off that left before."""
    if not any(level.owed or level.missing for level in stock.levels):
        return first
    for fact in first:
        stock = evolve_stock(stock, fact)
    return (*first, *[fact for level in stock.levels for fact in settled(level, at_ms)])


def settled(level: Level, at_ms: int, reference: str = "") -> tuple[Fact, ...]:
    """Take off the books what has left or was not found, as far as nobody holds it."""
    free = level.on_hand - level.reserved
    units = min(level.owed, free)
    return (*_left(level, units, at_ms, reference), *_lost(level, free - units, at_ms))


def _left(level: Level, units: int, at_ms: int, reference: str) -> tuple[Fact, ...]:
    if units <= 0:
        return ()
    left = Moved(
        level.warehouse_id,
        "OUTBOUND",
        "order_shipped",
        level.policy,
        at_ms,
        on_hand=-units,
        status=level.status,
        reference=reference,
        notes="it left though nobody held it there",
    )
    return (left, Owed(level.warehouse_id, -units))


def _lost(level: Level, free: int, at_ms: int) -> tuple[Fact, ...]:
    units = min(level.missing, free)
    if units <= 0:
        return ()
    lost = Moved(
        level.warehouse_id,
        "ADJUSTMENT",
        "stock_count",
        level.policy,
        at_ms,
        on_hand=-units,
        status=level.status,
        notes="missing since it was counted",
    )
    return (lost, Missing(level.warehouse_id, -units, at_ms))
