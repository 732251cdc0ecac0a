"""What can happen to a product's stock, and the refusals of what may not."""

from enum import StrEnum
from typing import Literal

import msgspec

from events.vocabulary import AdjustmentReason
from streams.inventory.rows import Allocation, LevelStatus, Line, MovementType
from streams.inventory.rules import ReorderPolicy


class Refusal(StrEnum):
    """Why a command is not carried out, in order of precedence.

    Each goes to the dead letters: the contract has no event for it, and the sender's mistake
    can be mended and the command replayed under its own id.
    """

    OTHER_PRODUCT = "the reservation belongs to another product"
    MALFORMED_INVENTORY_ID = "inventoryId must be <productId>:<warehouseId>"
    INVENTORY_ID_DIFFERS = "inventoryId names another product or warehouse"
    UNKNOWN_LEVEL = "the product was never in this warehouse"
    DISCONTINUED = "the product is discontinued in this warehouse"
    TOO_MANY_WAREHOUSES = "the product is in as many warehouses as may be"
    INACTIVE = "the warehouse takes no goods any more"
    TRANSFER_TO_ITSELF = "a transfer needs two warehouses"
    TRANSFER_SHORT = "the source warehouse has less available than the transfer moves"
    QUALITY_SIGN = "quality_failure takes units away, quality_released gives units back"
    QUARANTINE_SHORT = "fewer units are in quarantine than are to be released"
    BELOW_ZERO = "more units would go than are on hand"
    LEVEL_FULL = "more units would be in the warehouse than may be"
    STILL_RESERVED = "units are still reserved"


class Requested(msgspec.Struct, frozen=True, gc=False):
    """A line asked for stock: a reservation begins, PENDING."""

    reservation_id: str
    product_id: str
    order_id: str
    line: Line
    at_ms: int
    payment_id: str | None = None
    lines_total: int | None = None


class Held(msgspec.Struct, frozen=True, gc=False):
    """Every unit of a line is held."""

    reservation_id: str
    allocations: tuple[Allocation, ...]
    at_ms: int
    expires_at_ms: int
    queued: bool = False
    """It waited in the queue until now."""


class Short(msgspec.Struct, frozen=True, gc=False):
    """A line cannot be filled now: it waits, or it is turned away."""

    reservation_id: str
    line: Line
    warehouse_id: str
    """Where it would have come from, or ALL when there is nothing anywhere."""
    available: int
    waits: bool
    """False: turned away."""
    restock_at_ms: int | None
    purge_at_ms: int


class Ended(msgspec.Struct, frozen=True, gc=False):
    """A claim is over and what it held is free."""

    reservation_id: str
    status: Literal["CANCELLED", "EXPIRED"]
    reason: AdjustmentReason
    allocations: tuple[Allocation, ...]
    purge_at_ms: int
    queued: bool = False
    """It was waiting in the queue."""


class Shrunk(msgspec.Struct, frozen=True, gc=False):
    """A claim is for fewer units than before; it stands as it stood."""

    reservation_id: str
    line: Line
    """What it asks for from now on."""
    reason: AdjustmentReason
    freed: tuple[Allocation, ...] = ()
    left: tuple[Allocation, ...] = ()
    """What is still held; both are empty while it waits."""
    shipment_id: str = ""
    """The parcel that will not be sent, if it is for one."""


class Barred(msgspec.Struct, frozen=True, gc=False):
    """A claim that ended is over for good: nothing revives it."""

    reservation_id: str


class Gone(msgspec.Struct, frozen=True, gc=False):
    """A parcel left with units of a claim that had been let go."""

    reservation_id: str
    rest: tuple[Allocation, ...]
    """What others may yet leave with."""


class Extended(msgspec.Struct, frozen=True, gc=False):
    """A hold lasts longer."""

    reservation_id: str
    expires_at_ms: int


class Committed(msgspec.Struct, frozen=True, gc=False):
    """A captured payment made a hold permanent (K11)."""

    reservation_id: str
    at_ms: int


class CommitMissed(msgspec.Struct, frozen=True, gc=False):
    """A captured payment found its hold expired and nothing to hold instead."""

    reservation_id: str


class Shipped(msgspec.Struct, frozen=True, gc=False):
    """Held units left their warehouse: all of them, or those in one parcel."""

    reservation_id: str
    order_id: str
    allocations: tuple[Allocation, ...]
    at_ms: int
    purge_at_ms: int
    left: tuple[Allocation, ...] = ()
    """What is still held; empty: the reservation is fulfilled."""
    shipment_id: str = ""


class Moved(msgspec.Struct, frozen=True, gc=False):
    """Goods came, left, changed quality, or were counted anew in one warehouse."""

    warehouse_id: str
    type: MovementType
    reason: AdjustmentReason
    policy: ReorderPolicy
    at_ms: int
    on_hand: int = 0
    """Change, signed."""
    quarantined: int = 0
    """Change, signed."""
    status: LevelStatus = "ACTIVE"
    """Of the level afterwards."""
    counterpart: str = ""
    reference: str = ""
    notes: str | None = None
    by: str | None = None
    """Who said so; None: nobody told."""


class Owed(msgspec.Struct, frozen=True, gc=False):
    """Units left that others hold, or are off the books at last."""

    warehouse_id: str
    units: int
    """Change, signed."""


class Missing(msgspec.Struct, frozen=True, gc=False):
    """A count did not find units that somebody holds; or they are off the books, or found."""

    warehouse_id: str
    units: int
    """Change, signed."""
    at_ms: int


class RanLow(msgspec.Struct, frozen=True, gc=False):
    """A level fell to its reorder point or below."""

    warehouse_id: str
    available: int
    suggested: int
    """Units to order; 0 when the level is at its maximum already, or takes no goods any more."""
    restock_at_ms: int | None
    """When an automatic reorder should arrive; None: nothing was ordered."""


class RanOut(msgspec.Struct, frozen=True, gc=False):
    """Nothing is available any more in a warehouse, or in ALL of them."""

    warehouse_id: str
    previous: int
    at_ms: int


ReservationFact = (
    Requested
    | Held
    | Short
    | Ended
    | Shrunk
    | Barred
    | Gone
    | Extended
    | Committed
    | CommitMissed
    | Shipped
)
Fact = ReservationFact | Moved | Owed | Missing | RanLow | RanOut
Decision = tuple[Fact, ...] | Refusal
"""What a command leads to. No facts: it was a repeat, or it comes too late to matter."""

ALL = "ALL"
"""The warehouse id that stands for every warehouse."""


def signed(decision: Decision, by: str | None) -> Decision:
    """The same, and that it was somebody who had goods moved."""
    if by is None or isinstance(decision, Refusal):
        return decision
    return tuple(
        [
            msgspec.structs.replace(fact, by=by) if isinstance(fact, Moved) else fact
            for fact in decision
        ]
    )
