"""What Shipping keeps: an order's fulfilment, and its shipments. Times are ms since 1970 UTC."""

from enum import StrEnum
from typing import Final

import msgspec

from events.vocabulary import LOST
from streams.addresses import PostalAddress

STEPS_MAX: Final = 40
"""Steps of a shipment's history that are kept: the first, and the last of the others."""
SCANS_MAX: Final = 60
"""Scans of a shipment that are kept, the newest; repeats are known by them."""
SCAN_TEXT_CHARS_MAX: Final = 200
"""Of each name of a place in a scan: carriers write what they like, and the row has all of them."""

CONCERNS_MAX: Final = 50
"""Chargebacks of an order that are known at a time, the newest; so with suspect payments."""
LAPSED_MAX: Final = 10
"""Returns of a shipment that are known by their labels though those lapsed, beside the newest."""


class Status(StrEnum):
    """Where a shipment stands."""

    PENDING = "pending"
    BOOKING_FAILED = "booking_failed"
    CREATED = "created"
    DISPATCHED = "dispatched"
    IN_TRANSIT = "in_transit"
    DELIVERY_FAILED = "delivery_failed"
    DELIVERED = "delivered"
    RETURN_INITIATED = "return_initiated"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"


BEFORE_DISPATCH: Final = frozenset({Status.PENDING, Status.BOOKING_FAILED, Status.CREATED})
"""Nothing has left the house: the shipment can be cancelled."""
UNDER_WAY: Final = frozenset({Status.DISPATCHED, Status.IN_TRANSIT, Status.DELIVERY_FAILED})
"""On the way to the customer."""


class Line(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One line of an order."""

    product_id: str
    quantity: int
    total_minor: int
    """What the customer pays for it, discounts taken off; of a replacement, what it is worth."""
    sku: str | None = None
    name: str | None = None


class Held(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What one warehouse holds of one line."""

    line: int
    """Counted from 1."""
    warehouse_id: str
    product_id: str
    quantity: int


class Fulfilment(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One order as Shipping sees it. Without lines it is not confirmed yet."""

    order_id: str
    user_id: str = ""
    lines: tuple[Line, ...] = ()
    destination: PostalAddress | None = None
    method: str = "standard"
    currency: str = ""
    total_minor: int = 0
    held: tuple[Held, ...] = ()
    is_free: bool = False
    """Nothing is to be paid: it goes out once all of it is held (G-33)."""
    paid: bool = False
    complete_at_ms: int = 0
    """When the payment was complete: the time to fulfil began; 0: not yet."""
    planned: tuple[str, ...] = ()
    """Shipments that were asked for, whether they have begun or not."""
    superseded: tuple[str, ...] = ()
    """Those of them that an amendment of the order came before."""
    shipments: tuple[str, ...] = ()
    """Shipments that have begun."""
    suspected: tuple[str, ...] = ()
    """Its payments that fraud is suspected of: nothing may be dispatched (G-25)."""
    disputes: tuple[str, ...] = ()
    """Chargebacks of its payments that are open: nothing may be dispatched (G-18)."""
    stopped: str = ""
    """Why nothing more is shipped: the order was cancelled or its money is charged back."""
    early_due_ms: int = 0
    """When a row without lines is forgotten; 0 once it has lines."""


class Item(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Units of one line in a package."""

    item_id: str
    """The reservation of the line: `<orderId>:<line>`."""
    quantity: int
    product_id: str | None = None
    sku: str | None = None
    name: str | None = None
    unit_minor: int | None = None


class Package(msgspec.Struct, frozen=True, gc=False):
    """One package of a shipment."""

    package_id: str
    weight_g: int
    length_cm: int
    width_cm: int
    height_cm: int
    items: tuple[Item, ...]


class Booking(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The search for a carrier: whom, how often, until when."""

    carriers: tuple[str, ...]
    """Candidates, the best first."""
    position: int = 0
    tries: int = 0
    """At the present carrier."""
    begun_at_ms: int = 0
    """The first try at the present carrier."""
    due_ms: int = 0
    """When the answer is overdue, or the next try begins."""
    asked: bool = False
    """An answer is awaited."""
    round: int = 1
    """Counts the searches: each has keys of its own."""
    tries_all: int = 0

    @property
    def carrier(self) -> str:
        """The present one."""
        return self.carriers[self.position]


class Scan(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One thing a carrier said."""

    at_ms: int
    status: str
    city: str = ""
    country: str = ""
    state: str | None = None
    facility: str | None = None


class Step(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One step of a shipment's history."""

    at_ms: int
    status: Status
    """Where the shipment stood afterwards."""
    reason: str


class Proof(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How we know that it arrived. Personal data."""

    photo_url: str | None = None
    signed_by: str | None = None
    signature_url: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class Return(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Goods on their way back, or about to be."""

    return_id: str
    reason: str
    method: str
    items: tuple[Item, ...]
    estimate_minor: int
    reshipping: bool = False
    details: str | None = None
    booking: Booking | None = None
    """The search for a label; None: there is one."""
    carrier: str = ""
    tracking_number: str = ""
    label_url: str = ""
    label_due_ms: int = 0
    """When the label lapses; 0: it does not, or there is none."""


class Claim(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a carrier is to pay for a parcel that it lost."""

    amount_minor: int
    asks: int
    due_ms: int = 0
    """When it is asked again; 0: the claim is over."""
    outcome: str = ""
    """PAID, REFUSED, FOUND, UNANSWERED, or "" while an answer is awaited."""
    paid_minor: int = 0


class Shipment(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One warehouse's part of an order, from asking a carrier to its end."""

    shipment_id: str
    order_id: str
    user_id: str
    status: Status
    created_at_ms: int
    warehouse_id: str
    destination: PostalAddress
    method: str
    currency: str
    packages: tuple[Package, ...]
    cost_minor: int
    eta_ms: int
    correlation_id: str
    """The saga's, so that what a timer does belongs to it too."""
    version: int = 1
    signature: bool = False
    dispatch_due_ms: int = 0
    """By when it should be dispatched; 0: nobody waits (domain §3)."""
    late: bool = False
    """It was dispatched after that."""
    suspected: tuple[str, ...] = ()
    """Payments of its order that fraud is suspected of."""
    disputes: tuple[str, ...] = ()
    """Chargebacks of its order that are open."""
    guessed: bool = False
    """Nobody had said where its goods lie: it is booked from the default; stock knows better."""
    ready_at_ms: int = 0
    """The carrier stood ready while it might not leave; 0: it did not."""
    booking: Booking | None = None
    """The search for a carrier; None: it is over."""
    carrier: str = ""
    tracking_number: str = ""
    label_url: str = ""
    booked_at_ms: int = 0
    dispatched_at_ms: int = 0
    delivered_at_ms: int = 0
    attempts: int = 0
    """Failed attempts to deliver that count."""
    failure: str = ""
    """Why the last attempt failed."""
    next_ms: int = 0
    """When the next attempt is made or the way back begins; 0: neither."""
    lost_due_ms: int = 0
    """When it counts as lost unless it is scanned before; 0: it cannot be."""
    poll_due_ms: int = 0
    """From when on the carrier is asked time and again; 0: it is not. When next, the timer knows:
    a question changes nothing here."""
    scanned_at_ms: int = 0
    """The time of the newest scan that counted."""
    scans: tuple[Scan, ...] = ()
    route_version: int = 0
    proof: Proof | None = None
    returning: Return | None = None
    lapsed: Return | None = None
    """The newest return whose label was not used in time: it may still arrive, also once what
    another brought is back."""
    lapsed_before: tuple[Return, ...] = ()
    """Those before it, and one that was open as another came: at most `LAPSED_MAX`."""
    asked_back: bool = False
    """A label was asked for in time, so another may be a while longer."""
    exchanged: bool = False
    """A label was asked for to exchange something of it."""
    claim: Claim | None = None
    """Of a parcel that was lost."""
    history: tuple[Step, ...] = ()

    @property
    def may_leave(self) -> bool:
        """Whether neither fraud nor a claim keeps it from dispatch."""
        return not (self.suspected or self.disputes)

    @property
    def is_lost(self) -> bool:
        """Whether it counts as lost, and was not found since."""
        return self.status is Status.DELIVERY_FAILED and self.failure == LOST

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything in it."""
        return tuple([item for package in self.packages for item in package.items])
