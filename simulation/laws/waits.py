"""Whatever is not at rest waits for a timer that is set, for a person, or for the outside."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from engine.timers import split_timer_key
from simulation.laws.broken import insist
from simulation.laws.machines import (
    CASE,
    INVOICE,
    NOTIFICATION,
    ORDER,
    PAYMENT,
    RESERVATION,
    SHIPMENT,
    SUBSCRIPTION,
)

LAW: Final = "rests or waits for a timer"
_HOUSEKEEPING: Final = frozenset({"history", "purge", "forget", "early", "digest"})
"""Timers that clear up and let nothing go on."""


@dataclass(slots=True)
class WaitsLaw:
    """Everything that is open, and all timers."""

    open: dict[tuple[str, str], Any] = field(default_factory=dict)
    """By machine and id."""
    timers: Counter[str] = field(default_factory=Counter)
    """By the key that they are set for."""
    keys: dict[str, set[str]] = field(default_factory=dict)
    """By order: keys of everything that belongs to it."""
    persons: set[str] = field(default_factory=set)
    """Keys of what a person, or the bank, has to go on with."""

    def timed(self, key: str, before: Any, row: Any) -> None:
        """A timer was set or is gone."""
        timer = split_timer_key(key)[1]
        if timer.kind in _HOUSEKEEPING:
            return
        self.timers[timer.key] += (row is not None) - (before is not None)

    def order(self, key: str, row: Any) -> None:
        """An order's row changed."""
        self._note("order", key, row, row.status.value in ORDER.rests)
        self._belongs(key, key, row.payment_id)

    def payment(self, key: str, row: Any) -> None:
        """A payment's row changed: one that a person must look at waits for them."""
        rests = row.status.value in PAYMENT.rests and not row.owed
        self._person(key, row.stuck or row.status.value == "DISPUTED")
        self._note("payment", key, row, rests)
        if row.session.order_id is not None:
            self._belongs(row.session.order_id, key)

    def reservation(self, key: str, row: Any) -> None:
        """A reservation's row changed."""
        if row is not None:
            self._note("reservation", key, row, row.status in RESERVATION.rests)
            self._belongs(row.order_id, key)

    def shipment(self, key: str, row: Any) -> None:
        """A shipment's row changed.

        Without a carrier, lost, never seen, on its way back or cancelled it leaves its order to a
        person.
        """
        status = row.status.value
        person = status in {"booking_failed", "returning", "cancelled"} or row.failure == "LOST"
        person = person or (status == "created" and not row.poll_due_ms)
        self._person(key, person or row.blocked)
        self._note("shipment", key, row, status in SHIPMENT.rests)
        self._belongs(row.order_id, key)

    def case(self, key: str, row: Any) -> None:
        """A fraud case's row changed."""
        self._note("case", key, row, row.state is None or row.state in CASE.rests)

    def notification(self, key: str, row: Any) -> None:
        """A notification's row changed; those of a digest wait for it."""
        if row is not None:
            rests = row.status.value in NOTIFICATION.rests or row.in_digest
            self._note("notification", key, row, rests)

    def subscriber(self, key: str, row: Any) -> None:
        """A user's subscriptions changed."""
        for one in row.subscriptions if row is not None else ():
            rests = one.status.value in SUBSCRIPTION.rests
            self._note("subscription", f"{key} {one.subscription_id}", one, rests)

    def invoice(self, key: str, row: Any) -> None:
        """An invoice's row changed."""
        if row is not None:
            self._note("invoice", key, row, row.status.value in INVOICE.rests)

    def _note(self, kind: str, key: str, row: Any, rests: bool) -> None:  # noqa: FBT001 - a verdict
        if rests:
            self.open.pop((kind, key), None)
        else:
            self.open[kind, key] = row

    def _person(self, key: str, is_asked: bool) -> None:  # noqa: FBT001 - a verdict
        (self.persons.add if is_asked else self.persons.discard)(key)

    def _belongs(self, order_id: str, *keys: str) -> None:
        self.keys.setdefault(order_id, set()).update(keys)

    # -- looking

    def quiet(self) -> None:
        """Nothing is to be read, and nobody outside owes an answer."""
        timers = self.persons.union(key for key, count in self.timers.items() if count > 0)
        for (kind, key), row in self.open.items():
            if not timers & self._waited_for(kind, key, row):
                status = getattr(row, "status", "open")
                insist(False, LAW, key.split()[-1], f"{kind} is {status} and no timer is set")  # noqa: FBT003

    def _waited_for(self, kind: str, key: str, row: Any) -> set[str]:
        """Keys of timers, any of which will have it go on."""
        if kind in {"order", "payment", "reservation", "shipment"}:
            order_id = row.session.order_id if kind == "payment" else row.order_id
            return self.keys.get(order_id, set()) | {key} if order_id else {key}
        return {row.user_id} if kind in {"subscription", "invoice"} else {key}
