"""What Orders keeps: one row an order. Times are ms since 1970 UTC, money is minor units."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from streams.addresses import PostalAddress
from streams.orders.back import Back, Exchange
from streams.reservations import line_of

HISTORY_MAX: Final = 40
"""Steps of an order's history that are kept: the first, and the last of the others."""


class Status(StrEnum):
    """Where an order stands. There is no row while it is pending: the first message decides."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    BACKORDERED = "backordered"
    ON_HOLD = "on_hold"
    PAID = "paid"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNED = "returned"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


_SEEN: Final = {
    Status.CONFIRMED: "Pending",
    Status.BACKORDERED: "Pending",
    Status.ON_HOLD: "Pending",
    Status.PAID: "Processing",
    Status.PROCESSING: "Processing",
    Status.REJECTED: "Cancelled",
}


def seen_status(status: str) -> str:
    """An order's status as the API spells it; where it has no word, the order's own."""
    return _SEEN.get(Status(status), status.capitalize())


BEFORE_DISPATCH: Final = frozenset(
    {Status.CONFIRMED, Status.BACKORDERED, Status.ON_HOLD, Status.PAID, Status.PROCESSING}
)
"""Nothing has left the house: the order can still be cancelled (G-9)."""

DISPATCHED: Final = frozenset({Status.SHIPPED, Status.DELIVERED, Status.RETURNED})
"""Something has left the house: what would have ended the order comes too late."""

HOLDABLE: Final = frozenset({Status.CONFIRMED, Status.PAID, Status.PROCESSING})
"""From here fraud puts an order on hold, and back to here it goes."""


STUCK: Final = "STUCK"
"""The flag of an order that stands still: it comes down when the order moves, or ends."""


LINES_EVER_MAX: Final = 150
"""Lines of one order, those that amendments took away included."""

OBEYED_MAX: Final = 20
"""Commands of one order whose repeats are known, the newest."""

PARCELS_MAX: Final = 100
"""Shipments of one order that are followed."""


CLAIMS_MAX: Final = 50
"""Open claims of banks on one order that are known, the newest."""


class ParcelState(StrEnum):
    """Where one of an order's shipments is, in the order of its life."""

    CREATED = "created"
    CANCELLED = "cancelled"
    UNSENT = "unsent"
    """It was cancelled, others have left, and nothing takes its place: its price goes back."""
    DISPATCHED = "dispatched"
    LOST = "lost"
    """Its carrier has it no more (G-30); it may turn up yet."""
    DELIVERED = "delivered"
    RETURNED = "returned"


_STAGES: Final = {
    ParcelState.CREATED: "pending",
    ParcelState.DISPATCHED: "shipped",
    ParcelState.DELIVERED: "delivered",
}


def shipment_state(status: str, parcels: Iterable[tuple[str, int]], ordered: int) -> str:
    """How far an order's shipments are, by their states and units; empty: there are none (G-14).

    It is partial while they are not equally far, and while another has yet to follow.
    """
    going = [(one, units) for one, units in parcels if one != ParcelState.CANCELLED]
    found = {_STAGES[ParcelState(one)] for one, _ in going if one in _STAGES}
    units = [units for _, units in going]
    lacks = found == {"delivered"} or (all(units) and sum(units) < ordered)
    if len(found) > 1 or (found and lacks and status == Status.SHIPPED):
        return "partial"
    return "".join(found)


class Parcel(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One shipment of an order, as far as the order minds."""

    shipment_id: str
    state: ParcelState
    units: int = 0
    """In it, over all lines; 0: nobody said."""
    units_back: int = 0
    """That came back."""
    lines: tuple[tuple[int, int], ...] = ()
    """Which units are in it, by line; empty: nobody said."""
    delivered_at_ms: int = 0
    """0: not yet."""
    warehouse_id: str = ""
    """Where what was in it lies, once it was cancelled; empty: nobody said."""
    lost: bool = False
    """Its carrier lost it once, whether or not it turned up since."""


class Line(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One line of an order."""

    product_id: str
    quantity: int
    """0: an amendment took the line away, or has yet to bring it. Its number stays taken."""
    unit_price_minor: int
    """The list price."""
    total_minor: int
    """What the line costs, its share of a discount taken off. The lines sum to the total."""
    product_name: str | None = None
    sku: str | None = None


class Pending(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An amendment that waits for the stock of what it adds."""

    kind: str
    lines: tuple[Line, ...]
    """All lines of the order as they will be."""
    added: tuple[int, ...]
    """Numbers of the lines that it brings, ascending."""
    missing: tuple[int, ...]
    """Those of them whose stock is not held yet."""
    due_ms: int
    """When the waiting ends."""
    replaces: int = 0
    """The line that cannot be filled and that this one takes the place of; 0: none."""
    substitutes: tuple[str, ...] = ()
    """Products that are tried after this one."""


class Step(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One step of an order's history."""

    at_ms: int
    status: Status
    """Where the order stood afterwards."""
    reason: str
    """What happened, in capitals, such as STOCK_HELD."""


class Repaid(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What of one payment went back, in all."""

    payment_id: str
    amount_minor: int


class Order(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One order's life. At most `LINES_EVER_MAX` lines and `HISTORY_MAX` steps: below 80 kB."""

    order_id: str
    user_id: str
    status: Status
    placed_at_ms: int
    currency: str
    total_minor: int
    lines: tuple[Line, ...]
    shipping_address: PostalAddress
    shipping_method: str
    payment_id: str
    payment_method: str
    correlation_id: str
    """The saga's, so that what a timer does belongs to it too."""
    version: int = 1
    history: tuple[Step, ...] = ()
    billing_address: PostalAddress | None = None
    card_last_four: str | None = None
    discount_code: str | None = None
    discount_percent: int | None = None
    """What that took off when the order was placed; None: nothing, or nobody kept it then."""
    subscription_id: str | None = None
    held: tuple[int, ...] = ()
    """Lines whose stock is held, counted from 1, ascending."""
    short: tuple[int, ...] = ()
    """Lines that wait for a restock, counted from 1, ascending."""
    unavailable: tuple[int, ...] = ()
    """Lines that cannot be had: a substitute is sought, or an amendment has to end first (G-11)."""
    backorder_due_ms: int = 0
    """When waiting for stock ends; 0: nothing waits."""
    patience_ms: int = 0
    """Until when it may wait, from its first shortage on; 0 once it has had all its stock at once.
    Lines may take turns at being held: that is one wait."""
    in_review: tuple[str, ...] = ()
    """Payments that a person has to look at: each brought a hold of its own."""
    review_due_ms: int = 0
    """When the newest of these fraud reviews ends; 0: none is open."""
    held_from: Status | None = None
    """The state an order on hold came from, and to which it goes back."""
    captured_minor: int | None = None
    """What was captured; None: nothing yet."""
    tax_minor: int = 0
    """What was captured on top of the price, for goods of a subscription; it goes back with it."""
    refunds: tuple[Repaid, ...] = ()
    """One a payment: an amendment may add some."""
    refund_status: str | None = None
    """refunded once all money of all payments went back, partially_refunded before."""
    cancellation_reason: str | None = None
    parcels: tuple[Parcel, ...] = ()
    """Its shipments, in the order in which they were heard of."""
    amendments: int = 0
    """How many were made."""
    pending: Pending | None = None
    """The amendment that is under way."""
    earlier_totals_minor: tuple[int, ...] = ()
    """What the order cost before its amendments: a capture may have been under way meanwhile."""
    unpaid: tuple[int, ...] = ()
    """Lines that amendments brought and whose price is not known to be paid."""
    further_payments: tuple[str, ...] = ()
    """Payments beyond the first, each the difference that an amendment or an exchange made."""
    channel: str = ""
    """Where it was sold; empty: nobody said."""
    substitutes_allowed: bool = False
    """The customer takes another product where one cannot be had (G-11)."""
    returns: tuple[Back, ...] = ()
    """In the order in which they were asked for."""
    exchange: Exchange | None = None
    """What it replaces: of such an order all is paid, by the payments of that one (G-33)."""
    flags: tuple[str, ...] = ()
    """What people should know of it: DISPUTED, CHARGED_BACK, REFUND_FAILED, UNRETURNED,
    STUCK."""
    claims: tuple[str, ...] = ()
    """What banks claim of its payments, by the ids of the chargebacks that are open."""
    obeyed: tuple[str, ...] = ()
    """Amendments and returns that were asked for, by event id, the newest: a repeat of one means
    nothing, also when what it brought was undone meanwhile."""

    @property
    def standing(self) -> list[tuple[int, Line]]:
        """The lines that are part of the order, with their numbers."""
        return [(number, line) for number, line in enumerate(self.lines, 1) if line.quantity]

    @property
    def refunded_minor(self) -> int:
        """What went back in all."""
        return sum([one.amount_minor for one in self.refunds])

    @property
    def owed_minor(self) -> int:
        """What the order costs beyond what was paid and not given back; negative: too much."""
        return self.total_minor - (self.captured_minor or 0) + self.refunded_minor

    def line_number(self, reservation_id: str | None) -> int:
        """The line a reservation `<orderId>:<line>` is for; 0 when it is not for this order."""
        line = line_of(reservation_id, self.order_id)
        return line if line <= len(self.lines) else 0
