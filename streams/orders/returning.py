"""RequestReturn: a label a parcel, or the stock of what is wanted instead; and when they lapse."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from events.orders import RequestReturn
from events.types import OrderPayment
from streams.orders.back import RETURNS_MAX, Back, BackLine, Pay, Units
from streams.orders.cancelling import noted
from streams.orders.exchange_facts import ExchangeEnded
from streams.orders.exchanging import (
    Instead,
    Unmet,
    ended,
    is_dearer,
    is_open,
    swapping,
    wanted_instead,
    without_exchange,
)
from streams.orders.facts import Fact, ReturnAsked, ReturnChanged
from streams.orders.naming import wanted_units
from streams.orders.rows import DISPATCHED, Order, Parcel, ParcelState
from streams.orders.rules import OrderRules
from streams.orders.unreturned import with_missing

Facts = tuple[Fact, ...]
_ARRIVED: Final = frozenset({ParcelState.DELIVERED, ParcelState.RETURNED})
Shares = dict[str, tuple[BackLine, ...]]
"""By shipment, what of it comes back."""


class Refusal(StrEnum):
    """Why nothing is taken back, in order of precedence; the history tells it."""

    FOREIGN = "FOREIGN"
    """The order is somebody else's."""
    NOT_DELIVERED = "NOT_DELIVERED"
    """Nothing of what is named was delivered, or the order ended."""
    ONCE_A_PARCEL = "ONCE_A_PARCEL"
    """What is named was in a parcel of which something came back, or is on its way: the rest stays
    with the customer (the contract knows no way on from returned)."""
    OUTSIDE_WINDOW = "OUTSIDE_WINDOW"
    """It was delivered too long ago, and not announced in time."""
    TOO_MANY = "TOO_MANY"


def request(order: Order, command: RequestReturn, at_ms: int, rules: OrderRules) -> Facts:
    """Ask for a label for each parcel that something is sent back of; all or nothing is taken.

    What is asked for already, for that very reason, is not asked for again.
    """
    if command.user_id not in {order.user_id, *rules.system_users}:
        return _refused(order, at_ms, Refusal.FOREIGN)
    wanted = wanted_units(order, command.items)
    if wanted and wanted == _asked_for(order, command.reason):
        return ()
    delivered = [one for one in order.parcels if _may_come_back(order, one)]
    if not _shares([(one, _inside(order, one)) for one in delivered], wanted):
        return _refused(order, at_ms, _why_not(order, wanted))
    in_time = [(one, _in_time(order, one, at_ms, rules)) for one in delivered]
    shares = _shares(in_time, wanted)
    if not shares:
        return _refused(order, at_ms, Refusal.OUTSIDE_WINDOW)
    if len(order.returns) + len(shares) > RETURNS_MAX:
        return _refused(order, at_ms, Refusal.TOO_MANY)
    return tuple(_asked(order, command, shares, at_ms, rules))


def _why_not(order: Order, wanted: dict[int, int] | None) -> Refusal:
    came = [one for one in order.parcels if one.state in _ARRIVED]
    there = order.status in DISPATCHED and _shares([(p, _inside(order, p)) for p in came], wanted)
    return Refusal.ONCE_A_PARCEL if there else Refusal.NOT_DELIVERED


def lapse(order: Order, due_ms: int, now_ms: int, rules: OrderRules) -> Facts:
    """Give up returns whose labels nobody used, and exchanges that stock does not answer."""
    if return_due_ms(order) != due_ms:
        return ()
    facts: list[Fact] = []
    for position, back in enumerate(order.returns):
        if 0 < back.due_ms <= now_ms:
            facts += _over(position, back, now_ms, rules)
    return with_missing(order, tuple(facts), now_ms)


def return_due_ms(order: Order) -> int:
    """When the first of its labels lapses; 0: none is open."""
    return min([back.due_ms for back in order.returns if back.due_ms], default=0)


def _asked(
    order: Order,
    command: RequestReturn,
    shares: Shares,
    at_ms: int,
    rules: OrderRules,
) -> Iterator[Fact]:
    """A return a parcel; those of an exchange wait for stock before they ask for a label."""
    instead: Instead | Unmet | None = None
    if command.resolution == "exchange":
        lines = frozenset([one.line for share in shares.values() for one in share])
        instead = wanted_instead(order, command, lines, rules)
        whole = [one for share in shares.values() for one in share]
        dearer = isinstance(instead, dict) and is_dearer(order, whole, instead, rules)
        if dearer and command.payment is None:
            instead = Unmet.UNPAID
    if isinstance(instead, Unmet):
        yield from noted(order, at_ms, f"EXCHANGE_REFUSED_{instead}")
    wait_ms = rules.exchange_wait_ms if isinstance(instead, dict) else rules.return_label_ms
    for number, (shipment_id, share) in enumerate(shares.items(), len(order.returns) + 1):
        method, due_ms = command.return_method, at_ms + wait_ms
        told = command.reason_details or ""
        back = Back(shipment_id, command.reason, share, due_ms, method=method, details=told)
        if isinstance(instead, dict):
            back = swapping(order, back, number, instead, rules, _pay(command.payment))
        yield ReturnAsked(at_ms, back)


def _pay(payment: OrderPayment | None) -> Pay | None:
    if payment is None:
        return None
    return Pay(payment.method, payment.token, payment.card_last_four, payment.paypal_email)


def _over(position: int, back: Back, now_ms: int, rules: OrderRules) -> Facts:
    if back.waits and not back.return_id:
        why = Unmet.NO_ANSWER if back.waits_for_stock else Unmet.UNPAID
        return ended(position, back, why, now_ms, rules)
    over = replace(back, due_ms=0, lapsed=True)
    if is_open(back):
        plain = without_exchange(over)
        return (ExchangeEnded(now_ms, position, over, plain, "RETURN_LAPSED"),)
    return (ReturnChanged(now_ms, position, over, "RETURN_LAPSED"),)


def _refused(order: Order, at_ms: int, refusal: Refusal) -> Facts:
    return noted(order, at_ms, f"RETURN_REFUSED_{refusal}")


def _asked_for(order: Order, reason: str) -> dict[int, int]:
    """Units by line that are to come back for a reason and have not yet."""
    units: dict[int, int] = {}
    for back in order.returns:
        for line in back.lines if back.due_ms and back.reason == reason else ():
            units[line.line] = units.get(line.line, 0) + line.units
    return units


def _may_come_back(order: Order, parcel: Parcel) -> bool:
    open_ = any(
        back.shipment_id == parcel.shipment_id and not back.lapsed for back in order.returns
    )
    delivered = order.status in DISPATCHED and parcel.state is ParcelState.DELIVERED
    return delivered and not open_


def _inside(order: Order, parcel: Parcel) -> Units:
    return parcel.lines or tuple([(n, line.quantity) for n, line in order.standing])


def _in_time(order: Order, parcel: Parcel, at_ms: int, rules: OrderRules) -> Units:
    """What of a parcel may be asked for still.

    Once the window is over that is what was asked for before and whose label lapsed: it was
    announced in time. So it is for two labels' time, which is a whole one after any that lapsed.
    """
    late_ms = at_ms - parcel.delivered_at_ms - rules.return_window_ms
    if late_ms <= 0:
        return _inside(order, parcel)
    if late_ms > 2 * rules.return_label_ms:
        return ()
    announced: dict[int, int] = {}
    for back in order.returns:
        for line in back.lines if back.shipment_id == parcel.shipment_id else ():
            announced[line.line] = max(line.units, announced.get(line.line, 0))
    return tuple([(n, min(units, announced.get(n, 0))) for n, units in _inside(order, parcel)])


def _shares(parcels: Iterable[tuple[Parcel, Units]], wanted: dict[int, int] | None) -> Shares:
    """Which parcel gives which units of those it may; empty when they are not all there."""
    left = dict(wanted or {})
    shares: Shares = {}
    for parcel, inside in parcels:
        taken = [(n, min(units, left.get(n, 0))) for n, units in inside]
        lines = tuple([BackLine(n, units) for n, units in taken if units])
        if lines:
            shares[parcel.shipment_id] = lines
        for one in lines:
            left[one.line] -= one.units
    return {} if any(left.values()) else shares
