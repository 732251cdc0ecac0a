"""Parcels that a carrier took before it could hear that their order is cancelled.

The money goes back with the cancellation, and nothing stops a parcel on its way: people are told,
and once it has arrived, a label is sent with which it comes back at nobody's cost.
"""

from collections.abc import Iterator
from typing import Final

from events.alerts import AlertRaised
from events.vocabulary import UNDELIVERED
from streams import alarms
from streams.orders.back import RETURNS_MAX, Back, BackLine
from streams.orders.facts import Fact, ReturnAsked, Strayed
from streams.orders.rows import Order, Parcel
from streams.orders.rules import OrderRules

RULE: Final = "sent_after_cancel"


def left(parcel: Parcel, at_ms: int) -> tuple[Fact, ...]:
    """Say that a parcel of a cancelled order has left."""
    return (Strayed(at_ms, parcel),)


def arrived(order: Order, parcel: Parcel, at_ms: int, rules: OrderRules) -> tuple[Fact, ...]:
    """Ask for the label with which a parcel of a cancelled order comes back."""
    inside = parcel.lines or tuple([(n, line.quantity) for n, line in order.standing])
    if len(order.returns) >= RETURNS_MAX or not inside:
        return ()
    lines = tuple([BackLine(number, units) for number, units in inside])
    due_ms = at_ms + rules.return_label_ms
    back = Back(parcel.shipment_id, UNDELIVERED, lines, due_ms)
    return (ReturnAsked(at_ms, back),)


def told(order: Order, fact: Strayed) -> Iterator[AlertRaised]:
    """Name the order and its parcel, and say how many units are in it; 0: nobody said."""
    name = fact.parcel.shipment_id
    yield alarms.alarm(
        RULE,
        (order.order_id, name),
        f"order {order.order_id}, parcel {name}",
        fact.parcel.units,
        "units",
        fact.at_ms,
    )
