"""What Allocation keeps: one row an order. Times are ms since 1970 UTC."""

from datetime import date
from enum import StrEnum

import msgspec

from streams.reservations import line_of


class Status(StrEnum):
    """How an order stands with its stock."""

    ASKED = "asked"
    COMMITTED = "committed"
    """A captured payment made its holds permanent, or there is nothing to pay."""
    RELEASED = "released"
    """The order ended; nothing is asked for it again."""


class LineState(StrEnum):
    """How one line stands, as far as it matters here."""

    ASKED = "asked"
    """Asked for; held, or about to be. Being held is told apart only where it must be."""
    HELD = "held"
    """Known to be held; told apart only where two lines of an order are of one product."""
    WAITING = "waiting"
    """Short: it waits for a restock."""
    LAPSED = "lapsed"
    """Its hold expired and was not asked for again."""
    GONE = "gone"
    """An amendment took it away: it has no units, and nothing is asked for it."""


class Line(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One line's claim on stock."""

    product_id: str
    quantity: int
    asked_at_ms: int
    """When its hold began: no extension goes beyond half an hour from here."""
    expires_at_ms: int
    state: LineState = LineState.ASKED


class Allocation(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One order's lines and their holds. Without lines, the order is not confirmed yet."""

    order_id: str
    created_at_ms: int
    status: Status = Status.ASKED
    payment_id: str = ""
    """Empty while nobody has told it, and where nothing is to be paid."""
    lines: tuple[Line, ...] = ()
    country: str = ""
    state: str = ""
    """Where it goes, as far as choosing a warehouse needs it: no street, no name."""
    channel: str = ""
    """Where it was sold; empty: nobody said."""
    promised_on: date | None = None
    """By when the customer was told to have it."""
    total_minor: int = 0
    earlier_totals_minor: tuple[int, ...] = ()
    """What the order cost before its amendments: a payment may have been under way."""
    currency: str = ""
    unmatched_minor: int = 0
    """What its payment took where the order never cost that: the amendment is still on its way."""
    in_review: tuple[str, ...] = ()
    """Payments that a person has to look at."""
    reviewed: bool = False
    """A review was open at some time."""
    waited: bool = False
    """A line waited for a restock at some time."""
    early_due_ms: int = 0
    """When a row without lines is forgotten; 0 once it has lines."""

    def line_number(self, reservation_id: str | None) -> int:
        """The line a reservation is for, counted from 1; 0 when it is not for this order."""
        line = line_of(reservation_id, self.order_id)
        return line if line <= len(self.lines) else 0


def standing(row: Allocation) -> list[int]:
    """The numbers of the lines that are part of the order."""
    return [number for number, line in enumerate(row.lines, 1) if line.quantity]


def is_open(row: Allocation) -> bool:
    """Whether the order waits for a person or for a restock, so that lapsed lines wait too."""
    return bool(row.in_review) or any(line.state is LineState.WAITING for line in row.lines)
