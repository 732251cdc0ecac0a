"""What can happen to an order's claims on stock."""

from datetime import date

import msgspec

from streams.allocation.rows import Line, LineState


class Began(msgspec.Struct, frozen=True, gc=False):
    """Something was heard of an order that is not confirmed yet."""

    order_id: str
    at_ms: int
    due_ms: int
    """When it is forgotten."""


class Asked(msgspec.Struct, frozen=True, gc=False):
    """The order was confirmed: each of its lines is asked for."""

    order_id: str
    at_ms: int
    payment_id: str
    lines: tuple[Line, ...]
    country: str
    state: str
    total_minor: int
    currency: str
    channel: str = ""
    promised_on: date | None = None
    is_free: bool = False
    """It replaces what came back: goods that are held already, and nothing to be paid (G-33)."""


class AskedAgain(msgspec.Struct, frozen=True, gc=False):
    """Lines whose holds had lapsed are asked for anew."""

    lines: tuple[int, ...]
    at_ms: int
    expires_at_ms: int
    may_wait: bool
    """False: what is short ends its order instead of waiting for a restock."""


class Extended(msgspec.Struct, frozen=True, gc=False):
    """A line's hold is to last longer."""

    line: int
    expires_at_ms: int


class LineChanged(msgspec.Struct, frozen=True, gc=False):
    """A line stands otherwise."""

    line: int
    state: LineState


class Filled(msgspec.Struct, frozen=True, gc=False):
    """A line that waited is held, until expires_at_ms."""

    line: int
    at_ms: int
    expires_at_ms: int


class ReviewOpened(msgspec.Struct, frozen=True, gc=False):
    """A person has to look at the payment."""

    payment_id: str


class ReviewClosed(msgspec.Struct, frozen=True, gc=False):
    """The review approved the payment."""

    payment_id: str


class Committed(msgspec.Struct, frozen=True, gc=False):
    """The payment was captured: every hold becomes permanent."""

    payment_id: str


class PaidOtherwise(msgspec.Struct, frozen=True, gc=False):
    """The order's payment took what the order is not known to cost."""

    amount_minor: int


class Released(msgspec.Struct, frozen=True, gc=False):
    """The order ended: every hold is let go."""

    reason: str


class Amended(msgspec.Struct, frozen=True, gc=False):
    """The order was amended: what it adds is held, what it takes away is to be let go."""

    lines: tuple[Line, ...]
    total_minor: int
    added: tuple[int, ...]
    """Numbers of new lines."""
    freed: tuple[tuple[int, int], ...]
    """Numbers of lines with fewer units than before, and how many fewer."""


class Redirected(msgspec.Struct, frozen=True, gc=False):
    """The order goes elsewhere."""

    country: str
    state: str


class Left(msgspec.Struct, frozen=True, gc=False):
    """Units of a line left a warehouse."""

    reservation_id: str
    product_id: str
    quantity: int
    warehouse_id: str | None
    """None: whatever the reservation holds, wherever."""
    shipment_id: str
    """Empty: it does not name what is in it."""


class CameBack(msgspec.Struct, frozen=True, gc=False):
    """Units of a product came back to a warehouse."""

    product_id: str
    quantity: int
    warehouse_id: str
    return_id: str
    condition: str


Fact = (
    Began
    | Asked
    | AskedAgain
    | Extended
    | LineChanged
    | Filled
    | ReviewOpened
    | ReviewClosed
    | Committed
    | PaidOtherwise
    | Released
    | Amended
    | Redirected
    | Left
    | CameBack
)
