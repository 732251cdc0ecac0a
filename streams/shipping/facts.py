"""What can happen to a shipment."""

import msgspec

from events.carriers import Purpose
from streams.addresses import PostalAddress
from streams.shipping.return_facts import ReturnFact
from streams.shipping.rows import Booking, Claim, Proof, Return, Scan, Shipment


class Began(msgspec.Struct, frozen=True, gc=False):
    """A shipment is asked for."""

    shipment: Shipment


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A carrier is asked for a label."""

    purpose: Purpose
    booking: Booking


class TryFailed(msgspec.Struct, frozen=True, gc=False):
    """A carrier did not book; the next try is awaited, or another carrier is asked."""

    at_ms: int
    purpose: Purpose
    booking: Booking


class Booked(msgspec.Struct, frozen=True, gc=False):
    """A carrier takes the shipment."""

    at_ms: int
    carrier: str
    tracking_number: str
    label_url: str
    eta_ms: int
    poll_due_ms: int


class BookingGivenUp(msgspec.Struct, frozen=True, gc=False):
    """No carrier takes it: a person has to see to it."""

    at_ms: int
    tries: int
    carriers: tuple[str, ...]
    has_label: bool = False
    """It keeps the one it has, which leads to an earlier address."""


class LabelSpare(msgspec.Struct, frozen=True, gc=False):
    """A label came that nobody needs any more."""

    at_ms: int
    carrier: str
    tracking_number: str


class Ready(msgspec.Struct, frozen=True, gc=False):
    """The carrier stands ready, but nothing may be dispatched."""

    at_ms: int


class Dispatched(msgspec.Struct, frozen=True, gc=False):
    """It left the warehouse."""

    at_ms: int
    eta_ms: int
    lost_due_ms: int
    poll_due_ms: int
    late: bool
    scan: Scan | None
    scanned_at_ms: int


class Travelled(msgspec.Struct, frozen=True, gc=False):
    """It was scanned on its way."""

    at_ms: int
    scan: Scan
    scanned_at_ms: int
    lost_due_ms: int


class Scanned(msgspec.Struct, frozen=True, gc=False):
    """A scan that comes late or says nothing new: kept, and no more (G-30)."""

    scan: Scan


class Delivered(msgspec.Struct, frozen=True, gc=False):
    """It arrived."""

    at_ms: int
    scan: Scan
    proof: Proof | None


class AttemptFailed(msgspec.Struct, frozen=True, gc=False):
    """An attempt to deliver failed, or the parcel is lost."""

    at_ms: int
    code: str
    text: str
    attempts: int
    """That count, with this one."""
    retriable: bool
    next_ms: int
    """When the next attempt is made or the way back begins; 0: neither."""
    scan: Scan | None
    scanned_at_ms: int


class Resumed(msgspec.Struct, frozen=True, gc=False):
    """Another attempt is on its way."""

    at_ms: int
    lost_due_ms: int


class StillAwaited(msgspec.Struct, frozen=True, gc=False):
    """It counts as lost later than was said: its carrier was not asked of late."""

    at_ms: int
    lost_due_ms: int


class SentBack(msgspec.Struct, frozen=True, gc=False):
    """It goes back to its sender."""

    at_ms: int
    returning: Return


class Cancelled(msgspec.Struct, frozen=True, gc=False):
    """It ended before dispatch."""

    at_ms: int
    reason: str


class Strayed(msgspec.Struct, frozen=True, gc=False):
    """It was cancelled, and its carrier has it all the same."""

    at_ms: int


class Suspected(msgspec.Struct, frozen=True, gc=False):
    """Other payments are suspect than before: with one, it may not be dispatched."""

    at_ms: int
    suspected: tuple[str, ...]


class Disputed(msgspec.Struct, frozen=True, gc=False):
    """Other chargebacks of its order are open than before: with one it may not be dispatched."""

    at_ms: int
    disputes: tuple[str, ...]


class Readdressed(msgspec.Struct, frozen=True, gc=False):
    """It goes elsewhere, and has not left yet."""

    at_ms: int
    destination: PostalAddress


class Rerouted(msgspec.Struct, frozen=True, gc=False):
    """Its way changed while under way."""

    at_ms: int
    route_version: int
    reason: str
    previous_eta_ms: int
    eta_ms: int
    own: bool
    """True: it is ours to announce. False: somebody announced it to us."""
    tell: bool
    """The ETA moved by more than the customer may be left without a word."""
    destination: PostalAddress | None = None
    next_ms: int | None = None
    """When the next attempt is made, where a better address was waited for."""


class Polled(msgspec.Struct, frozen=True, gc=False):
    """The carrier is asked where it is, or need not be, and the next time is set."""

    next_ms: int
    """When it may be asked again; 0: never."""
    asked: bool = True


class ClaimFiled(msgspec.Struct, frozen=True, gc=False):
    """The carrier is asked to pay for what it lost."""

    at_ms: int
    claim: Claim


class ClaimEnded(msgspec.Struct, frozen=True, gc=False):
    """The carrier paid or refused, or was asked often enough."""

    at_ms: int
    outcome: str
    paid_minor: int


class Noted(msgspec.Struct, frozen=True, gc=False):
    """Something changed nothing, but belongs into the history."""

    at_ms: int
    reason: str


Fact = (
    Began
    | Asked
    | TryFailed
    | Booked
    | BookingGivenUp
    | LabelSpare
    | Ready
    | Dispatched
    | Travelled
    | Scanned
    | Delivered
    | AttemptFailed
    | Resumed
    | StillAwaited
    | SentBack
    | Cancelled
    | Strayed
    | Suspected
    | Disputed
    | Readdressed
    | Rerouted
    | Polled
    | ReturnFact
    | ClaimFiled
    | ClaimEnded
    | Noted
)
Facts = tuple[Fact, ...]
