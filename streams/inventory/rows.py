"""What Inventory keeps: one row a product, one a reservation, one a movement. Times in ms, UTC."""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from events.vocabulary import AdjustmentReason, ReservationStatus
from streams.inventory.rules import ReorderPolicy

LevelStatus = Literal["ACTIVE", "QUARANTINED", "DISCONTINUED"]
MovementType = Literal["INBOUND", "OUTBOUND", "TRANSFER", "ADJUSTMENT", "RETURN"]

_SEQUENCE_DIGITS: Final = 12

WORD_CHARS_MAX: Final = 50
"""Of a state or province, and of a sales channel: customers write the first as they like, and a
product's row has those of all who wait."""


class Level(msgspec.Struct, frozen=True, gc=False):
    """One product in one warehouse, in units: 0 <= reserved <= on_hand, always."""

    warehouse_id: str
    policy: ReorderPolicy
    on_hand: int = 0
    """In the warehouse and sound, held or not."""
    reserved: int = 0
    """The part of on_hand that reservations hold."""
    quarantined: int = 0
    """In the warehouse but not sound; never part of on_hand."""
    status: LevelStatus = "ACTIVE"
    """Only an ACTIVE level gives stock to new holds; holds made before stand."""
    restock_at_ms: int | None = None
    """When the goods of the last automatic reorder should be here; None: none is under way."""
    owed: int = 0
    """Units of on_hand that have left though others hold them: the next that nobody holds are
    taken off the books for them."""
    missing: int = 0
    """Units of on_hand that a count did not find though somebody holds them: likewise."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """What one reservation asks for; kept in the product's queue while it waits."""

    ordered_at_ms: int
    """When it was first asked for: the queue's order, ties by reservation id."""
    reservation_id: str
    quantity: int
    country: str = ""
    """Where it goes; empty: not known."""
    region: str = ""
    only: str = ""
    """Not empty: no other warehouse will do."""
    channel: str = ""
    """Where it was sold; empty: not known."""
    promised_day: int = 0
    """By when it is promised, in days since 1970; 0: it is not."""


class Stock(msgspec.Struct, frozen=True, gc=False):
    """One product over its warehouses: at most `warehouses_max`, with `backorders_max` waiting.

    Below 880 kB with the longest names that there can be; 70 kB with common ones.
    """

    product_id: str
    levels: tuple[Level, ...] = ()
    """By warehouse id, ascending."""
    queue: tuple[Line, ...] = ()
    """First come, first served: by order time, ascending."""
    backorder_allowed: bool = True
    version: int = 0
    """Counts the facts that concerned this row."""
    movements: int = 0
    """Sequence number of the newest movement; the first is 1."""
    last_sold_at_ms: int | None = None


class Allocation(msgspec.Struct, frozen=True, gc=False):
    """Units that one warehouse gives to a reservation; at least one."""

    warehouse_id: str
    quantity: int


class Reservation(msgspec.Struct, frozen=True, gc=False):
    """One order line's claim on stock."""

    reservation_id: str
    product_id: str
    order_id: str
    quantity: int
    ordered_at_ms: int
    created_at_ms: int
    """When this claim began; a later one under the same id, after expiry, begins anew."""
    payment_id: str | None = None
    lines_total: int | None = None
    country: str = ""
    region: str = ""
    only: str = ""
    channel: str = ""
    promised_day: int = 0
    """As in the line it was made from."""
    status: ReservationStatus = "PENDING"
    allocations: tuple[Allocation, ...] = ()
    """What is held. Sums to quantity while CONFIRMED, less what was shipped already; what was
    shipped last when FULFILLED; what had been held, and has not left all the same, when CANCELLED
    after it was paid; empty otherwise."""
    committed: bool = False
    """A captured payment made the hold permanent: no timer ends it."""
    barred: bool = False
    """Expired, and then released or missed by its payment: it may not be reserved again."""
    held_at_ms: int | None = None
    expires_at_ms: int | None = None
    """When the hold ends or ended; None before it is held and once it is committed."""
    purge_at_ms: int | None = None
    """When the ended row is removed; None while it is active."""
    parcels: tuple[str, ...] = ()
    """Those that left with a part of it, or will not be sent, while the rest is held."""


class Movement(msgspec.Struct, frozen=True, gc=False):
    """Goods that came, left, or were counted anew: an append-only record."""

    product_id: str
    sequence: int
    """Counts up by one for each movement of the product."""
    type: MovementType
    warehouse_id: str
    quantity: int
    """Change of on_hand: negative when goods leave. A transfer is two movements."""
    quarantined: int
    """Change of what is in quarantine."""
    on_hand: int
    """Afterwards."""
    reason: AdjustmentReason
    at_ms: int
    counterpart: str = ""
    """The other warehouse of a transfer."""
    reference: str = ""
    """Purchase order, transfer, return or order."""

    @property
    def key(self) -> str:
        """Where it is kept: the byte order of a product's keys is the order of its movements."""
        return movement_key(self.product_id, self.sequence)


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A command that was applied and must not be applied again."""

    until_ms: int


ReservationLookup = Callable[[str], Reservation | None]


def movement_key(product_id: str, sequence: int) -> str:
    """Key of one movement: productId|sequence, zero-padded."""
    return f"{product_id}|{sequence:0{_SEQUENCE_DIGITS}d}"


def line_of(row: Reservation) -> Line:
    """What a reservation asks for."""
    return Line(
        row.ordered_at_ms,
        row.reservation_id,
        row.quantity,
        row.country,
        row.region,
        row.only,
        row.channel,
        row.promised_day,
    )


def parted(
    parts: tuple[Allocation, ...], units: int, where: str | None
) -> tuple[tuple[Allocation, ...], tuple[Allocation, ...]]:
    """As many units as there are of those wanted of one warehouse, or of any, and the rest."""
    taken, left = [], []
    for part in parts:
        found = min(units, part.quantity) if where in {None, part.warehouse_id} else 0
        units -= found
        if found:
            taken.append(Allocation(part.warehouse_id, found))
        if found < part.quantity:
            left.append(Allocation(part.warehouse_id, part.quantity - found))
    return tuple(taken), tuple(left)


def available(level: Level | None) -> int:
    """Units of a level that a new hold may take."""
    if level is None or level.status != "ACTIVE":
        return 0
    return level.on_hand - level.reserved


def available_everywhere(stock: Stock) -> int:
    """Units of a product that new holds may take, over all warehouses."""
    return sum([available(level) for level in stock.levels])


def is_sold(stock: Stock) -> bool:
    """Whether more of a product may come; one that never was anywhere may turn up."""
    return not stock.levels or any(level.status != "DISCONTINUED" for level in stock.levels)


def level_of(stock: Stock, warehouse_id: str) -> Level | None:
    """The product's level in one warehouse, if it was ever there."""
    for level in stock.levels:
        if level.warehouse_id == warehouse_id:
            return level
    return None
