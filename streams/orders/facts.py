"""What can happen to an order."""

import msgspec

from streams.addresses import PostalAddress
from streams.orders.back import Back
from streams.orders.exchange_facts import ExchangeFact
from streams.orders.rows import Line, Order, Parcel, Pending, Status


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


class WentUnavailable(msgspec.Struct, frozen=True, gc=False):
    """Lines cannot be had, and wait for nothing: each is to be replaced, or cancelled."""

    at_ms: int
    lines: tuple[int, ...]


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
    tax_minor: int = 0
    """On top of it, for goods of a subscription."""


class ReviewOpened(msgspec.Struct, frozen=True, gc=False):
    """A person has to look at the payment, until due_ms at the latest."""

    at_ms: int
    due_ms: int
    reason: str
    payment_id: str


class ReviewClosed(msgspec.Struct, frozen=True, gc=False):
    """The review approved the payment."""

    at_ms: int
    payment_id: str


class Cancelled(msgspec.Struct, frozen=True, gc=False):
    """The order ended before dispatch; what was captured goes back."""

    at_ms: int
    reason: str
    refund_days: int
    """Business days the refund is said to take."""
    note: str | None = None


class Refunded(msgspec.Struct, frozen=True, gc=False):
    """Money went back."""

    at_ms: int
    payment_id: str
    total_minor: int
    """All that went back of this payment so far."""
    status: str
    """Of the order's money as a whole."""


class HeldFrom(msgspec.Struct, frozen=True, gc=False):
    """The state to which an order on hold goes back has moved on."""

    at_ms: int
    to: Status


class ParcelMoved(msgspec.Struct, frozen=True, gc=False):
    """One of the order's shipments is elsewhere."""

    parcel: Parcel
    """As it is now."""


class AmendmentAsked(msgspec.Struct, frozen=True, gc=False):
    """An amendment passed every check; what it adds is asked of stock first (G-8)."""

    at_ms: int
    pending: Pending


class AmendmentHeld(msgspec.Struct, frozen=True, gc=False):
    """Stock holds one of the lines that an amendment adds."""

    line: int


class AmendmentEnded(msgspec.Struct, frozen=True, gc=False):
    """An amendment will not happen: what was asked of stock for it is let go."""

    at_ms: int
    reason: str
    let_go: tuple[tuple[int, Line], ...]
    """The lines it would have brought, by number."""


class Amended(msgspec.Struct, frozen=True, gc=False):
    """The order's lines or address changed."""

    at_ms: int
    kind: str
    before: tuple[Line, ...]
    lines: tuple[Line, ...]
    """All of them, by their numbers."""
    moved_from: PostalAddress | None = None
    moved_to: PostalAddress | None = None
    """Where it goes now; None: the address did not change."""
    counts: bool = True
    """Whether it is one of the amendments that an order may have."""
    why: str = ""
    """The reason of a cancellation, where the shop takes away lines that cannot be had."""


class Obeyed(msgspec.Struct, frozen=True, gc=False):
    """A command was answered that would mean something else once more."""

    event_id: str


class MoneyAdded(msgspec.Struct, frozen=True, gc=False):
    """The difference that an amendment or an exchange made was captured."""

    at_ms: int
    payment_id: str
    amount_minor: int
    unpaid: tuple[int, ...]
    """Lines that amendments brought and whose price is yet to come."""


class ReturnAsked(msgspec.Struct, frozen=True, gc=False):
    """The customer sends goods back; a label is asked for (G-32)."""

    at_ms: int
    back: Back


class ReturnChanged(msgspec.Struct, frozen=True, gc=False):
    """A return is advised, received, refunded, or lapsed."""

    at_ms: int
    position: int
    """Its place among the order's returns; one behind the last adds it."""
    back: Back
    reason: str


class Unsent(msgspec.Struct, frozen=True, gc=False):
    """Parcels will not be sent, nor others in their place: what is held for them is let go."""

    at_ms: int
    parcels: tuple[Parcel, ...]


class Strayed(msgspec.Struct, frozen=True, gc=False):
    """A parcel left although the order is cancelled: its carrier had it before."""

    at_ms: int
    parcel: Parcel


class Flagged(msgspec.Struct, frozen=True, gc=False):
    """People should know something of the order, or need not any more."""

    at_ms: int
    flags: tuple[str, ...]
    """All that hold now."""
    reason: str
    claims: tuple[str, ...] | None = None
    """What banks claim now; None: as before."""


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
    | WentUnavailable
    | Moved
    | MoneyTaken
    | ReviewOpened
    | ReviewClosed
    | Cancelled
    | Refunded
    | HeldFrom
    | ParcelMoved
    | AmendmentAsked
    | AmendmentHeld
    | AmendmentEnded
    | Amended
    | Obeyed
    | MoneyAdded
    | ReturnAsked
    | ReturnChanged
    | ExchangeFact
    | Unsent
    | Strayed
    | Flagged
    | Noted
)
