"""The legal transitions of everything that has a state, and where it may come to rest."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

_ORDER = """
: confirmed backordered rejected cancelled
pending: confirmed rejected
confirmed: backordered cancelled on_hold paid
backordered: confirmed cancelled
on_hold: confirmed paid processing cancelled
paid: on_hold processing cancelled
processing: on_hold shipped cancelled
shipped: delivered returned
delivered: returned refunded
returned: refunded
"""
_PAYMENT = """
: INITIATED
INITIATED: HELD CANCELLED AUTHORIZED CAPTURED FAILED
HELD: INITIATED CANCELLED
AUTHORIZED: CAPTURED FAILED CANCELLED
FAILED: INITIATED CANCELLED
CAPTURED: SETTLED PARTIALLY_REFUNDED REFUNDED DISPUTED
SETTLED: PARTIALLY_REFUNDED REFUNDED DISPUTED
PARTIALLY_REFUNDED: REFUNDED DISPUTED
DISPUTED: SETTLED CHARGED_BACK
"""
_RESERVATION = """
: PENDING CONFIRMED CANCELLED EXPIRED
PENDING: CONFIRMED CANCELLED EXPIRED
CONFIRMED: FULFILLED CANCELLED EXPIRED
"""
_SHIPMENT = """
: pending
pending: created booking_failed cancelled
booking_failed: created cancelled pending
created: dispatched cancelled
dispatched: in_transit delivered delivery_failed
in_transit: delivered delivery_failed
delivery_failed: in_transit delivered returning
returning: returned
delivered: return_initiated
return_initiated: returned delivered
"""
_CASE = """
: open
open: cleared confirmed
"""
_NOTIFICATION = """
: queued suppressed
queued: sending suppressed
sending: sent queued dead_lettered
sent: delivered engaged
delivered: engaged
"""
_SUBSCRIPTION = """
: pending
pending: trialing active cancelled
trialing: active past_due paused cancel_scheduled cancelled
active: past_due paused cancel_scheduled cancelled expired
past_due: active grace cancelled
grace: active suspended cancelled
suspended: active cancelled
paused: active cancel_scheduled cancelled
cancel_scheduled: active cancelled
"""
_INVOICE = """
: issued
issued: sent paid overdue cancelled
sent: paid overdue cancelled
overdue: paid cancelled
"""
_CYCLE = """
: scheduled
scheduled: processing
processing: paid failed
failed: retrying
retrying: paid failed suspended
"""
_CART = """
: active
active: abandoned converted
abandoned: active converted expired
"""


class Machine(NamedTuple):
    """What may follow what."""

    name: str
    moves: Mapping[str, frozenset[str]]
    """From a state, "" before the first: the states that may be next."""
    rests: frozenset[str]
    """Where nothing needs to happen any more."""
    reach: Mapping[str, frozenset[str]]
    """From a state: all that may be reached in any number of steps."""


def _machine(name: str, table: str, *rests: str) -> Machine:
    lines = (line.partition(":") for line in table.strip().splitlines())
    moves = {begin.strip(): frozenset(ends.split()) for begin, _, ends in lines}
    states = set(moves).union(*moves.values())
    reach = {state: _reachable(state, moves) for state in states}
    return Machine(name, moves, frozenset(rests), reach)


def _reachable(state: str, moves: Mapping[str, Iterable[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [state]
    while waiting:
        for after in moves.get(waiting.pop(), ()):
            if after not in found:
                found.add(after)
                waiting.append(after)
    return frozenset(found)


ORDER: Final = _machine(
    "order", _ORDER, "rejected", "cancelled", "refunded", "delivered", "returned"
)
PAYMENT: Final = _machine(
    "payment",
    _PAYMENT,
    *("CANCELLED", "REFUNDED", "CHARGED_BACK", "CAPTURED", "SETTLED", "PARTIALLY_REFUNDED"),
)
RESERVATION: Final = _machine("reservation", _RESERVATION, "FULFILLED", "CANCELLED", "EXPIRED")
SHIPMENT: Final = _machine("shipment", _SHIPMENT, "cancelled", "returned", "delivered")
CASE: Final = _machine("fraud case", _CASE, "cleared", "confirmed")
NOTIFICATION: Final = _machine(
    "notification",
    _NOTIFICATION,
    *("sent", "delivered", "engaged", "suppressed", "dead_lettered"),
)
SUBSCRIPTION: Final = _machine("subscription", _SUBSCRIPTION, "cancelled", "expired")
INVOICE: Final = _machine("invoice", _INVOICE, "paid", "cancelled")
CYCLE: Final = _machine("billing cycle", _CYCLE, "paid", "suspended")
CART: Final = _machine("cart", _CART)
