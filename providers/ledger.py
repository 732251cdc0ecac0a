"""The books of a simulated provider: what each charge holds, took and gave back.

Tests and demonstrations hold the shop's own rows against it. It keeps the newest charges, as
many as it is told; what it let go it knows no longer.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from providers.payments import Code, Done, Refused


@dataclass(slots=True)
class LedgerEntry:
    """One charge, in minor units of its currency."""

    charge_id: str
    payment_id: str
    currency: str
    authorized_minor: int
    captured_minor: int = 0
    refunded_minor: int = 0
    voided: bool = False
    captures: int = 0
    """Captures that took money: never more than one."""
    answers: dict[str, Done | Refused] = field(default_factory=dict)
    """By idempotency key: a repeat gets the first answer."""

    @property
    def held_minor(self) -> int:
        """Held and neither taken nor let go."""
        return 0 if self.voided or self.captures else self.authorized_minor


class Ledger:
    """Charges by id, the newest `charges_max` of them."""

    def __init__(self, charges_max: int) -> None:
        self._charges_max = charges_max
        self._entries: OrderedDict[str, LedgerEntry] = OrderedDict()

    def entries(self) -> tuple[LedgerEntry, ...]:
        """Every charge it knows, oldest first."""
        return tuple(self._entries.values())

    def knows(self, charge_id: str) -> bool:
        """Whether that charge is booked."""
        return charge_id in self._entries

    def charge(self, entry: LedgerEntry, *, capture: bool) -> None:
        """Book a charge, once."""
        if entry.charge_id in self._entries:
            return
        self._entries[entry.charge_id] = entry
        if capture:
            entry.captured_minor, entry.captures = entry.authorized_minor, 1
        while len(self._entries) > self._charges_max:
            self._entries.popitem(last=False)

    def capture(self, charge_id: str, key: str, amount_minor: int) -> Done | Refused:
        """Book a capture: once, of held money, never above what is held."""
        return self._once(charge_id, key, lambda entry: _capture(entry, amount_minor))

    def void(self, charge_id: str, key: str) -> Done | Refused:
        """Book a void: held money only."""
        return self._once(charge_id, key, _void)

    def refund(self, charge_id: str, key: str, amount_minor: int) -> Done | Refused:
        """Book a refund, never above what was taken."""
        return self._once(charge_id, key, lambda entry: _refund(entry, amount_minor))

    def _once(
        self, charge_id: str, key: str, book: Callable[[LedgerEntry], Done | Refused]
    ) -> Done | Refused:
        """Book something under its key; a repeat is answered as the first time."""
        entry = self._entries.get(charge_id)
        if entry is None:
            return Refused(Code.UNKNOWN_CHARGE)
        if key not in entry.answers:
            entry.answers[key] = book(entry)
        return entry.answers[key]


def _capture(entry: LedgerEntry, amount_minor: int) -> Done | Refused:
    if entry.voided:
        return Refused(Code.CHARGE_EXPIRED)
    if entry.captures:
        return Refused(Code.ALREADY_CAPTURED)
    if amount_minor > entry.authorized_minor:
        return Refused(Code.AMOUNT_TOO_LARGE)
    entry.captured_minor, entry.captures = amount_minor, 1
    return Done(amount_minor)


def _void(entry: LedgerEntry) -> Done | Refused:
    if entry.captures:
        return Refused(Code.ALREADY_CAPTURED)
    if entry.voided:
        return Refused(Code.ALREADY_VOIDED)
    entry.voided = True
    return Done()


def _refund(entry: LedgerEntry, amount_minor: int) -> Done | Refused:
    if entry.refunded_minor + amount_minor > entry.captured_minor:
        return Refused(Code.AMOUNT_TOO_LARGE)
    entry.refunded_minor += amount_minor
    return Done(amount_minor)
