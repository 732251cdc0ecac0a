"""What can happen to an order."""

import msgspec

from streams.orders.rows import Order, Parcel, Status


class Placed(msgspec.Struct, frozen=True, gc=False):
    """The order passed every check."""

    order: Order


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """The order failed a check and was never confirmed."""

    order: Order
    reason: str
    """The gravest refusal."""
    details: tuple[str, ...]
    """Every refusal, the gravest first."""


class LineHeld(msgspec.Struct, frozen=True, gc=False):
    """Stock is held for a line."""

    at_ms: int
    line: int


class AllHeld(msgspec.Struct, frozen=True, gc=False):
    """Stock is held for every line, the last one now."""

    at_ms: int
    line: int


class LineLost(msgspec.Struct, frozen=True, gc=False):
    """A line's stock is no longer held."""

    at_ms: int
    line: int
    reason: str


class WentShort(msgspec.Struct, frozen=True, gc=False):
    """Lines wait for a restock, until due_ms at the latest."""

    at_ms: int
    lines: tuple[int, ...]
    due_ms: int


class Moved(msgspec.Struct, frozen=True, gc=False):
    """The order went to another state, neither cancelled nor refunded."""

    at_ms: int
    to: Status
    reason: str


class MoneyTaken(msgspec.Struct, frozen=True, gc=False):
    """A payment was captured, so every line has its stock: nothing waits any more (K1)."""

    at_ms: int
    payment_id: str
    amount_minor: int


class ReviewOpened(msgspec.Struct, frozen=True, gc=False):
    """A person has to look at the payment, until due_ms at the latest."""

    at_ms: int
    due_ms: int
    reason: str


class ReviewClosed(msgspec.Struct, frozen=True, gc=False):
    """The review approved the payment."""

    at_ms: int


class Cancelled(msgspec.Struct, frozen=True, gc=False):
    """The order ended before dispatch; what was captured goes back."""

    at_ms: int
    reason: str
    refund_days: int
    """Business days the refund is said to take."""
    note: str | None = None


class Refunded(msgspec.Struct, frozen=True, gc=False):
    """Money went back; total_minor is all that went back so far."""

    at_ms: int
    total_minor: int
    status: str


class HeldFrom(msgspec.Struct, frozen=True, gc=False):
    """The state to which an order on hold goes back has moved on."""

    at_ms: int
    to: Status


class ParcelMoved(msgspec.Struct, frozen=True, gc=False):
    """One of the order's shipments is elsewhere."""

    at_ms: int
    parcel: Parcel
    """As it is now."""


class Noted(msgspec.Struct, frozen=True, gc=False):
    """Something changed nothing, but belongs into the order's history."""

    at_ms: int
    reason: str


Fact = (
    Placed
    | Rejected
    | LineHeld
    | AllHeld
    | LineLost
    | WentShort
    | Moved
    | MoneyTaken
    | ReviewOpened
    | ReviewClosed
    | Cancelled
    | Refunded
    | HeldFrom
    | ParcelMoved
    | Noted
)
