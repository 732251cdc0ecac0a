"""One verb that folds a decision: rows, movements, messages and timers that follow from it."""

from dataclasses import dataclass, field

from events.base import Message
from streams.inventory.evolution import evolve_reservation
from streams.inventory.facts import (
    Fact,
    Missing,
    Moved,
    Owed,
    RanLow,
    RanOut,
    ReservationFact,
    Shipped,
)
from streams.inventory.notices import notices, spoken_for
from streams.inventory.reorder import watch
from streams.inventory.rows import (
    Movement,
    Reservation,
    ReservationLookup,
    Stock,
    level_of,
)
from streams.inventory.rules import InventoryRules
from streams.inventory.stock_evolution import evolve_stock

HOLD = "hold"
PURGE = "purge"
_OF_STOCK_ONLY = (Missing, Moved, Owed, RanLow, RanOut)


@dataclass(slots=True)
class Posting:
    """What a command changed."""

    stock: Stock
    reservations: dict[str, tuple[Reservation | None, Reservation]] = field(default_factory=dict)
    """Changed ones by id: the row before, the row now."""
    movements: list[Movement] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    """In the order in which things happened."""


def post(
    stock: Stock,
    facts: tuple[Fact, ...],
    reservation: ReservationLookup,
    at_ms: int,
    rules: InventoryRules,
) -> Posting:
    """Fold the facts of one command, and whatever ran low or out by them."""
    posting = Posting(stock)
    for fact in facts:
        _enter(posting, fact, reservation)
    for fact in watch(stock, posting.stock, at_ms, rules):
        _enter(posting, fact, reservation)
    if len(posting.messages) > 1:
        posting.messages = [spoken_for(message, posting.stock) for message in posting.messages]
    return posting


def timers_of(row: Reservation | None) -> tuple[tuple[str, int], ...]:
    """The one timer, kind and due time in ms, that a reservation has; a committed one has none."""
    if row is None:
        return ()
    if row.purge_at_ms is not None:
        return ((PURGE, row.purge_at_ms),)
    if row.status == "CONFIRMED" and row.expires_at_ms is not None:
        return ((HOLD, row.expires_at_ms),)
    return ()


def _enter(posting: Posting, fact: Fact, reservation: ReservationLookup) -> None:
    before = posting.stock
    posting.stock = after = evolve_stock(before, fact)
    row = None
    if not isinstance(fact, _OF_STOCK_ONLY):
        row = _enter_reservation(posting, fact, reservation)
    posting.messages.extend(notices(before, after, fact, row))
    if isinstance(fact, Moved):
        posting.movements.append(_moved(after, fact))
    elif isinstance(fact, Shipped):
        posting.movements.extend(_shipped(after, fact))


def _enter_reservation(
    posting: Posting, fact: ReservationFact, reservation: ReservationLookup
) -> Reservation:
    key = fact.reservation_id
    known = posting.reservations.get(key)
    if known is None:
        first = now = reservation(key)
    else:
        first, now = known
    row = evolve_reservation(now, fact)
    posting.reservations[key] = (first, row)
    return row


def _moved(after: Stock, fact: Moved) -> Movement:
    return Movement(
        after.product_id,
        after.movements,
        fact.type,
        fact.warehouse_id,
        fact.on_hand,
        fact.quarantined,
        _on_hand(after, fact.warehouse_id),
        fact.reason,
        fact.at_ms,
        fact.counterpart,
        fact.reference,
    )


def _shipped(after: Stock, fact: Shipped) -> list[Movement]:
    first = after.movements - len(fact.allocations) + 1
    return [
        Movement(
            after.product_id,
            first + position,
            "OUTBOUND",
            part.warehouse_id,
            -part.quantity,
            0,
            _on_hand(after, part.warehouse_id),
            "order_shipped",
            fact.at_ms,
            reference=fact.order_id,
        )
        for position, part in enumerate(fact.allocations)
    ]


def _on_hand(stock: Stock, warehouse_id: str) -> int:
    level = level_of(stock, warehouse_id)
    return 0 if level is None else level.on_hand
