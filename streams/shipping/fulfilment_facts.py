"""What can happen to an order's fulfilment."""

import msgspec

from streams.addresses import PostalAddress
from streams.shipping.rows import Held, Item, Line


class Begun(msgspec.Struct, frozen=True, gc=False):
    """Something was heard of an order that is not confirmed yet."""

    order_id: str
    due_ms: int
    """When it is forgotten."""


class Confirmed(msgspec.Struct, frozen=True, gc=False):
    """The order says what is to go where."""

    order_id: str
    user_id: str
    lines: tuple[Line, ...]
    destination: PostalAddress
    method: str
    currency: str
    total_minor: int
    is_free: bool = False
    """Nothing is to be paid: it replaces what came back (G-33)."""


class LinesChanged(msgspec.Struct, frozen=True, gc=False):
    """The order was amended before anything had left."""

    lines: tuple[Line, ...]
    total_minor: int


class Redirected(msgspec.Struct, frozen=True, gc=False):
    """The order goes elsewhere."""

    destination: PostalAddress


class HeldAt(msgspec.Struct, frozen=True, gc=False):
    """A warehouse holds units of a line."""

    held: Held


class LetGo(msgspec.Struct, frozen=True, gc=False):
    """A warehouse holds fewer units of a line, or none."""

    line: int
    warehouse_id: str
    """Empty: no warehouse holds any."""
    units: int | None = None
    """How many fewer; None: it holds none any more."""


class Paid(msgspec.Struct, frozen=True, gc=False):
    """The money is in."""


class Completed(msgspec.Struct, frozen=True, gc=False):
    """Money is in and stock committed: the time to fulfil begins."""

    at_ms: int


class Parcel(msgspec.Struct, frozen=True, gc=False):
    """What one warehouse is to send."""

    shipment_id: str
    warehouse_id: str
    items: tuple[Item, ...]


class Planned(msgspec.Struct, frozen=True, gc=False):
    """The order is split into shipments; those of an earlier plan are not wanted any more."""

    parcels: tuple[Parcel, ...]


class ShipmentBegan(msgspec.Struct, frozen=True, gc=False):
    """One of them has a row."""

    shipment_id: str


class Suspected(msgspec.Struct, frozen=True, gc=False):
    """Other payments are suspect than before: with one, nothing may be dispatched."""

    suspected: tuple[str, ...]


class Disputed(msgspec.Struct, frozen=True, gc=False):
    """Other chargebacks are open than before: with one, nothing may be dispatched."""

    disputes: tuple[str, ...]


class Stopped(msgspec.Struct, frozen=True, gc=False):
    """Nothing more is shipped."""

    reason: str


FulfilmentFact = (
    Begun
    | Confirmed
    | LinesChanged
    | Redirected
    | HeldAt
    | LetGo
    | Paid
    | Completed
    | Planned
    | ShipmentBegan
    | Suspected
    | Disputed
    | Stopped
)
