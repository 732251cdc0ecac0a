"""Whatever is not at rest waits for a timer that is set, for a person, or for the outside."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from engine.timers import split_timer_key
from simulation.laws.broken import Broken, insist
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
NAMED: Final = "waits for the timer that its state names"
SWEPT: Final = "an order does not stand still for ever"
_DAY_MS: Final = 24 * 60 * 60_000
_SWEPT_MS: Final = {"paid": 14 * _DAY_MS, "processing": 14 * _DAY_MS, "shipped": 30 * _DAY_MS}
"""How long the sweep over orders lets them stand still."""
_LATE_MS: Final = 2 * _DAY_MS
"""How late the sweep may come: lanes tick rarely here."""
_UNDER_WAY: Final = frozenset({"lost"})
_OWED: Final = frozenset({"session", "refund"})
_OF_USERS: Final = frozenset({"subscription", "invoice"})
"""Machines whose timers are set for their user."""
_NAMES: Final[dict[str, dict[str, frozenset[str]]]] = {
    # While a substitute is asked for, its answer is waited for.
    "order": {
        "backordered": frozenset({"backorder", "amendment"}),
        "on_hold": frozenset({"review"}),
    },
    "payment": {
        "INITIATED": frozenset({"session"}),
        "HELD": frozenset({"review"}),
        "FAILED": frozenset({"retry"}),
        "AUTHORIZED": frozenset({"authorization", "session"}),
        "DISPUTED": frozenset({"evidence"}),
        **dict.fromkeys(PAYMENT.rests, _OWED),
    },
    "shipment": {
        "pending": frozenset({"booking"}),
        "dispatched": _UNDER_WAY,
        "in_transit": _UNDER_WAY,
        "delivery_failed": frozenset({"redelivery", "poll", "claim"}),
        "return_initiated": frozenset({"label"}),
    },
    "case": {"open": frozenset({"review"})},
    "notification": {"queued": frozenset({"due"}), "sending": frozenset({"notify-retry"})},
    "subscription": {
        "trialing": frozenset({"trial"}),
        "active": frozenset({"invoice", "renewal", "overdue", "period-end"}),
        "paused": frozenset({"resume"}),
        "past_due": frozenset({"dunning"}),
        "grace": frozenset({"grace"}),
        "suspended": frozenset({"reactivation"}),
        "cancel_scheduled": frozenset({"period-end"}),
    },
    "cart": dict.fromkeys(("active", "abandoned", "converted", "expired"), frozenset({"age"})),
    "invoice": {"sent": frozenset({"overdue"}), "overdue": frozenset({"dunning", "grace"})},
}
"""By machine and state: timers of its own, one of which ends that state."""
_HOUSEKEEPING: Final = frozenset({"history", "purge", "forget", "early", "digest"})
"""Timers that clear up and let nothing go on."""


@dataclass(slots=True)
class WaitsLaw:
    """Everything that is open, and all timers."""

    open: dict[tuple[str, str], Any] = field(default_factory=dict)
    """By machine and id."""
    timers: Counter[str] = field(default_factory=Counter)
    """By the key that they are set for."""
    named: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By key and kind."""
    unapproved: set[str] = field(default_factory=set)
    """Payments with a refund that somebody has to approve."""
    keys: dict[str, set[str]] = field(default_factory=dict)
    """By order: keys of everything that belongs to it."""
    persons: set[str] = field(default_factory=set)
    """Keys of what a person, or the bank, has to go on with."""
    orders: dict[str, Any] = field(default_factory=dict)

    def timed(self, key: str, before: Any, row: Any) -> None:
        """A timer was set or is gone."""
        timer, change = split_timer_key(key)[1], (row is not None) - (before is not None)
        self.named[timer.key, timer.kind] += change
        if timer.kind not in _HOUSEKEEPING:
            self.timers[timer.key] += change

    def order(self, key: str, row: Any) -> None:
        """An order's row changed: a returned one waits until its money's fate is known."""
        self.orders[key] = row
        rests = row.status.value in ORDER.rests and not _awaits_money(row)
        self._note("order", key, row, rests)
        self._belongs(key, key, row.payment_id)

    def payment(self, key: str, row: Any) -> None:
        """A payment's row changed: one that a person must look at waits for them."""
        on_its_way = any(one.underway and one.state.value == "processing" for one in row.refunds)
        rests = row.status.value in PAYMENT.rests and not row.owed and not on_its_way
        self._person(key, row.stuck or row.status.value == "DISPUTED")
        waits = [one for one in row.refunds if one.state.value == "pending"]
        (self.unapproved.add if waits else self.unapproved.discard)(key)
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

        Of an order that ended, or came back, it leaves what is lost or on its way to people.
        """
        status = row.status.value
        self._person(key, status == "returning" or row.failure == "LOST")
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

    def cart(self, key: str, row: Any) -> None:
        """A cart changed: it waits to be forgotten."""
        if row is None:
            self.open.pop(("cart", key), None)
        else:
            self._note("cart", key, row, rests=False)

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

    def quiet(self, now_ms: int) -> None:
        """Nothing is to be read, and nobody outside owes an answer."""
        timers = self.persons.union(key for key, count in self.timers.items() if count > 0)
        for key in self.unapproved:
            insist(self.named[key, "approval"] > 0, NAMED, key, "a refund waits for no approval")
        for (kind, key), row in self.open.items():
            self._named(kind, key, row)
            order = self._order_of(kind, row)
            if order is not None and order.status.value in _SWEPT_MS:
                _swept(order, now_ms)
            elif not timers & self._waited_for(kind, key, row):
                status = getattr(row, "status", "open")
                insist(False, LAW, key.split()[-1], f"{kind} is {status} and no timer is set")  # noqa: FBT003

    def _named(self, kind: str, key: str, row: Any) -> None:
        """Insist on the timer that ends its state, unless a person has to go on."""
        state = str(row.state if kind == "case" else row.status)
        names = _NAMES.get(kind, {}).get(state)
        if names is None or self._is_with_others(kind, key, row):
            return
        owner = row.user_id if kind in _OF_USERS else key
        if not any(self.named[owner, name] > 0 for name in names):
            wanted = " or ".join(sorted(names))
            raise Broken(
                NAMED, key.rsplit(maxsplit=1)[-1], f"{kind} is {state} without its timer {wanted}"
            )

    def _is_with_others(self, kind: str, key: str, row: Any) -> bool:
        """Whether a person goes on with it, or the payment that is under way.

        A bank that claims money has a deadline all the same.
        """
        if kind == "subscription":
            return bool(row.under_way)
        return key in self.persons and not (kind == "payment" and not row.stuck)

    def _order_of(self, kind: str, row: Any) -> Any:
        if kind in {"order", "reservation", "shipment"}:
            return self.orders.get(row.order_id)
        return None

    def _waited_for(self, kind: str, key: str, row: Any) -> set[str]:
        """Keys of timers, any of which will have it go on."""
        if kind in {"order", "payment", "reservation", "shipment"}:
            order_id = row.session.order_id if kind == "payment" else row.order_id
            return self.keys.get(order_id, set()) | {key} if order_id else {key}
        return {row.user_id} if kind in _OF_USERS else {key}


def _awaits_money(order: Any) -> bool:
    """Whether goods are back whose price nobody has given back or refused; a bank may have it."""
    if order.status.value != "returned" or "CHARGED_BACK" in order.flags:
        return False
    return any(
        line.money.value == "initial" and line.state.value != "advised"
        for back in order.returns
        for line in back.lines
    )


def _swept(order: Any, now_ms: int) -> None:
    """An order of which nothing happens any more ends, or people are told of it."""
    since_ms = max(step.at_ms for step in order.history if step.reason != "STUCK")
    still = now_ms - since_ms > _SWEPT_MS[order.status.value] + _LATE_MS
    told = order.status.value == "shipped" and (
        "STUCK" in order.flags or order.refund_status == "refunded"
    )
    insist(not still or told, SWEPT, order.order_id, f"it is {order.status.value} since {since_ms}")
