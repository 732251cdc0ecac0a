"""Parcels that are not sent of an order whose others have left.

While nothing has left the house, another shipment may take the place of one that was cancelled.
Once something has, none can: its units count as gone, as those of a lost parcel do; their price
goes back, and what is held for them is free.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from streams.orders import shipping, undoing
from streams.orders.evolution import fold
from streams.orders.exchange_facts import PriceAsked, Unreplaced
from streams.orders.exchanging import is_paid_back
from streams.orders.facts import Fact, ParcelMoved, Unsent
from streams.orders.flags import DISPUTED
from streams.orders.rows import Order, Parcel, ParcelState, Status

Facts = tuple[Fact, ...]


def with_unsent(order: Order, facts: Facts, at_ms: int) -> Facts:
    """Add to facts what they mean for parcels that were cancelled.

    Of an order whose money a bank claims nothing more is sent, and nothing paid back (G-18): what
    was in its parcels counts as gone once the claim has ended, and is paid back if it has failed.
    """
    after = fold(order, facts)
    if not facts or after.status is not Status.SHIPPED or DISPUTED in after.flags:
        return facts
    gone = tuple(_gone(after))
    if not gone:
        return facts
    moved = tuple([ParcelMoved(parcel) for parcel in gone])
    told = [fact for parcel in gone for fact in _told(after, parcel, at_ms)]
    return (*facts, *moved, *shipping.over(after, moved, at_ms), *told, Unsent(at_ms, gone))


def _gone(order: Order) -> Iterator[Parcel]:
    """Cancelled parcels, with what of them is in no other."""
    missing = {number: line.quantity for number, line in order.standing}
    cancelled = [one for one in order.parcels if one.state is ParcelState.CANCELLED]
    cancelled.sort(key=lambda one: not one.warehouse_id)  # Stock is held by those that name one.
    others = [one for one in order.parcels if one.state is not ParcelState.CANCELLED]
    if not all(parcel.lines for parcel in others):
        return  # Nobody said what is in them: it may be the same.
    for number, units in [line for parcel in others for line in parcel.lines]:
        missing[number] = missing.get(number, 0) - units
    for parcel in cancelled:
        lines = [(n, min(units, missing.get(n, 0))) for n, units in parcel.lines]
        lines = [(number, units) for number, units in lines if units > 0]
        for number, units in lines:
            missing[number] -= units
        if lines:
            many = sum([units for _, units in lines])
            yield replace(parcel, state=ParcelState.UNSENT, units=many, lines=tuple(lines))


def _told(order: Order, parcel: Parcel, at_ms: int) -> Facts:
    """Ask for the price of what was in it; a replacement tells the order that paid for it."""
    cause = f"unsent:{parcel.shipment_id}"
    if order.exchange is not None:
        return undoing.not_to_be_had(order, cause, parcel.lines, at_ms)
    if is_paid_back(order):
        return ()
    goods = tuple([Unreplaced(number, units, "new") for number, units in parcel.lines])
    return (PriceAsked(at_ms, cause, None, goods, 0, "NOT_SENT"),)
