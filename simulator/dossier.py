"""One order as topics tell of it: promises, money, stock. Money is in minor units."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from simulator.afterwards import Piece

EXCHANGE: Final = ":x"
"""Stands in the names of reservations of what is to go out for goods on their way back."""
FULFILLED: Final = "FULFILLED"
"""A reservation's status once its goods have left the house."""
CROSSING_MS_MAX: Final = 5_000
"""As long as a worker may be away: so late a service may hear of what another did."""
_SILENCE: Final = frozenset({"session_expired", "authorization_expired", "no_answer"})


@dataclass(slots=True)
class Charge:
    """One charge at the provider.

    A question that is asked again, because the answer was late, is answered again: it is still
    one capture, and one refund an id.
    """

    captures: list[int] = field(default_factory=list)
    captures_asked: int = 0
    voided: int = 0
    refunds: dict[str, int] = field(default_factory=dict)
    """By refund id."""

    @property
    def captured_minor(self) -> int:
        """What was taken."""
        return max(self.captures, default=0)

    @property
    def refunded_minor(self) -> int:
        """What was given back."""
        return sum(self.refunds.values())

    @property
    def is_closed(self) -> bool:
        """Whether nothing of it is with the shop."""
        if self.captures:
            return self.refunded_minor == self.captured_minor
        return self.voided > 0


@dataclass(slots=True)
class Hold:
    """One line's claim on stock."""

    product_id: str
    units: dict[str, int] = field(default_factory=dict)
    """Held, by warehouse."""
    status: str = ""
    committed: int = 0
    held_at_ms: int = 0
    """When it was held whole for the first time; 0: never."""
    expires_at_ms: int = 0
    expired: int = 0
    lapsed_early: bool = False

    @property
    def held(self) -> int:
        """Units held in all warehouses."""
        return sum(self.units.values())


class Failure(NamedTuple):
    """A PaymentFailed."""

    reason: str
    code: str
    retryable: bool

    @property
    def is_silence(self) -> bool:
        """Whether nobody answered in time, rather than somebody refusing."""
        return self.code in _SILENCE


@dataclass(slots=True)
class Parcel:
    """One shipment of an order."""

    created: int = 0
    dispatched: int = 0
    dispatched_at_ms: int = 0
    """By the broker's clock, for the first time; 0: never."""
    delivered: int = 0
    cancelled: int = 0
    units: Counter[str] = field(default_factory=Counter)
    """In it, by product."""


@dataclass(slots=True)
class Dossier:
    """One order as topics tell of it."""

    order_id: str
    correlation_id: str | None = None
    placed_at_ms: int = 0
    confirmed: list[tuple[int, str]] = field(default_factory=list)
    """Totals in minor units, with their currency."""
    failed: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    cancelled_at_ms: int = 0
    """By the broker's clock, for the first time; 0: never."""
    lines_gone: dict[int, str] = field(default_factory=dict)
    """Lines that the shop cancelled, counted from 1, and why."""
    decided_at_ms: int = 0
    """When it was confirmed or failed."""

    initiated: list[tuple[int, str]] = field(default_factory=list)
    initiated_at_ms: int = 0
    processed: list[tuple[int, str]] = field(default_factory=list)
    processed_at_ms: int = 0
    completed: list[tuple[int, int, int]] = field(default_factory=list)
    """Amount, fee and what is left, in minor units."""
    attempts_failed: list[Failure] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    approved_at_ms: int = 0
    """When Fraud approved for the first time; 0: never."""
    found: list[str] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """Idempotency keys of charges that were asked for."""
    answered: set[str] = field(default_factory=set)
    """Charges that went through or were refused, one a key."""
    unknown: int = 0
    """Answers by which nobody knows."""
    capture_asked_at_ms: int = 0
    """When the money was asked for, for the first time; 0: never."""
    charges: dict[str, Charge] = field(default_factory=dict)
    refunds: dict[str, int] = field(default_factory=dict)
    given_up: int = 0
    """Operations that the provider refused for good."""

    came_back: list[Piece] = field(default_factory=list)
    exchange_for: str = ""
    """The order whose goods it replaces."""
    replacements: dict[str, "Dossier"] = field(default_factory=dict)
    """Orders that replace what came back, by the return that brought it."""
    exchange_short: bool = False
    """Stock had not all that was to go out instead."""
    refunds_failed: list[str] = field(default_factory=list)
    """Reasons."""
    disputed: list[int] = field(default_factory=list)
    """Claims of the customer's bank."""
    judged: list[tuple[str, int]] = field(default_factory=list)
    """How disputes ended, and over how much."""

    holds: dict[str, Hold] = field(default_factory=dict)
    parcels: dict[str, Parcel] = field(default_factory=dict)
    short: list[tuple[str, bool]] = field(default_factory=list)
    """Products that ran short for it, and whether it waits."""
    unduly_short: list[str] = field(default_factory=list)

    @property
    def captured_minor(self) -> int:
        """What the provider took."""
        return sum(charge.captured_minor for charge in self.charges.values())

    @property
    def refunded_minor(self) -> int:
        """What the provider gave back."""
        return sum(charge.refunded_minor for charge in self.charges.values())

    @property
    def lost_minor(self) -> int:
        """What went to the customer's bank."""
        return sum(amount for outcome, amount in self.judged if outcome == "lost")

    @property
    def money_is_settled(self) -> bool:
        """Whether every charge asked for was answered, and nothing of any is with the shop."""
        closed = all(charge.is_closed for charge in self.charges.values())
        return closed and len(self.answered) + self.unknown >= len(self.asked)

    @property
    def stock_is_free(self) -> bool:
        """Whether nothing is held for it: what left the house is held no more."""
        kept = [hold for hold in self.holds.values() if hold.status != FULFILLED]
        return not any(any(hold.units.values()) for hold in kept)

    def is_stray(self, parcel: Parcel) -> bool:
        """Whether it left while its order was being cancelled: neither could hear of the other."""
        apart_ms = parcel.dispatched_at_ms - self.cancelled_at_ms
        return parcel.dispatched > 0 and abs(apart_ms) <= CROSSING_MS_MAX

    @property
    def arrived(self) -> Counter[str]:
        """Units at the customer's door, by product."""
        return self._units(lambda parcel: parcel.delivered > 0)

    @property
    def booked(self) -> Counter[str]:
        """Units in parcels that a carrier takes or took, by product."""
        return self._units(lambda parcel: parcel.created > parcel.cancelled)

    def _units(self, counts: Callable[[Parcel], bool]) -> Counter[str]:
        found: Counter[str] = Counter()
        for parcel in self.parcels.values():
            if counts(parcel):
                found += parcel.units
        return found

    @property
    def unreplaced(self) -> Iterator[Piece]:
        """What came back and led to no other order that stands."""
        for piece in self.came_back:
            other = self.replacements.get(piece.return_id)
            if other is None or other.cancelled:
                yield piece

    @property
    def is_dispatched(self) -> bool:
        """Whether anything of it has left the house: it can be cancelled no longer."""
        return any(hold.status == FULFILLED for hold in self.holds.values())


def describe(order: Dossier | None) -> str:
    """What is known of an order, in a line."""
    if order is None:
        return "no topic speaks of it"
    held = sum(hold.held for hold in order.holds.values())
    committed = sum(hold.committed for hold in order.holds.values())
    parts = {
        "confirmed": len(order.confirmed),
        "refused": order.failed,
        "cancelled": order.cancelled,
        "lines cancelled": order.lines_gone,
        "decisions": order.decisions,
        "attempts failed": [f"{each.reason} ({each.code})" for each in order.attempts_failed],
        "asked": len(order.asked),
        "answered": len(order.answered) + order.unknown,
        "captured": order.captured_minor,
        "refunded": order.refunded_minor,
        "held": held,
        "committed": committed,
        "complete": len(order.completed),
        "parcels": len(order.parcels),
        "arrived": order.arrived.total(),
        "replaced": len(order.replacements),
        "came back": [f"{p.quantity} {p.condition}" for p in order.came_back],
        "disputed": order.disputed,
        "disputes ended": order.judged,
        "short": [product for product, _ in order.short],
        "given up": order.given_up,
    }
    return ", ".join(f"{name} {value}" for name, value in parts.items() if value)
