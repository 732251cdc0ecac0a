"""A replacement that its customer does not have after all: not sent, lost, or sent back (G-33).

The replacement tells the order whose goods come back, each unit once; that order knows what was
taken back for them, and asks for its price, now or once it is back.
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from events.exchanges import UndoReplacement
from events.returns import ReturnReceived
from events.shipping import DeliveryFailed
from events.shipping_parts import ReturnedItem
from events.vocabulary import UNDELIVERED
from streams.orders.back import Back, with_units
from streams.orders.differences import extra_of, less_since, payment_of
from streams.orders.exchange_facts import (
    DifferenceBack,
    PriceAsked,
    ReplacementUndone,
    UndoingAsked,
    Unreplaced,
)
from streams.orders.exchanging import is_paid_back
from streams.orders.facts import Fact
from streams.orders.inspecting import due_of, priced
from streams.orders.rows import Order, ParcelState, Status
from streams.orders.rules import OrderRules
from streams.orders.unreturned import with_missing

Facts = tuple[Fact, ...]


# -- what the replacement tells


def lost(order: Order, event: DeliveryFailed, at_ms: int) -> Facts:
    """Tell of a replacement that got lost on its way."""
    parcel = next((p for p in order.parcels if p.shipment_id == event.shipment_id), None)
    if parcel is None or parcel.state is not ParcelState.DISPATCHED:
        return ()
    lines = parcel.lines or [(number, line.quantity) for number, line in order.standing]
    return not_to_be_had(order, f"lost:{event.shipment_id}", lines, at_ms)


def not_to_be_had(order: Order, cause: str, lines: Iterable[tuple[int, int]], at_ms: int) -> Facts:
    """Tell of units of a replacement's lines that are not to be had."""
    left = [(number, _untold(order, number, units)) for number, units in lines]
    goods = [Unreplaced(number, units, "new") for number, units in left if units]
    return _told(cause, goods, 0, at_ms)


def sent_back(order: Order, back: Back, event: ReturnReceived, at_ms: int) -> Facts:
    """Tell of a replacement that came back, line by line as it was announced.

    What never reached the customer is as it went out. What was lost was told of then: the other
    units of its lines are the customer's.
    """
    if any(one.lost and one.shipment_id == event.shipment_id for one in order.parcels):
        return ()
    left = {one.line: _untold(order, one.line, one.units) for one in back.lines}
    goods: list[Unreplaced] = []
    for item in event.items:
        condition = "new" if back.reason == UNDELIVERED else item.condition
        units = item.quantity if item.is_taken_back else 0
        for number in _lines_of(order, item):
            found = min(units, left.get(number, 0))
            if found:
                units, left[number] = units - found, left[number] - found
                goods.append(Unreplaced(number, found, condition))
    return _told(event.return_id, goods, back.fee_minor, at_ms)


def unsent(order: Order) -> list[Unreplaced]:
    """All that a replacement has not told of yet: it is not sent."""
    exchange = order.exchange
    if exchange is None:
        return []
    left = [(number, exchange.untold(number, line.quantity)) for number, line in order.standing]
    return [Unreplaced(number, units, "new") for number, units in left if units > 0]


def _untold(order: Order, number: int, units: int) -> int:
    """How many of a line's units were not told of before; one that ended has told of all."""
    if order.exchange is None or number == 0 or order.status is Status.CANCELLED:
        return 0
    return max(0, min(units, order.exchange.untold(number, order.lines[number - 1].quantity)))


def _lines_of(order: Order, item: ReturnedItem) -> list[int]:
    names = {item.product_id, item.sku} - {None}
    return [number for number, line in order.standing if {line.product_id, line.sku} & names]


def _told(cause: str, goods: list[Unreplaced], fee_minor: int, at_ms: int) -> Facts:
    return (UndoingAsked(at_ms, cause, tuple(goods), fee_minor),) if goods else ()


# -- what it means for the order whose goods come back


def undone(order: Order, command: UndoReplacement, at_ms: int, _rules: OrderRules) -> Facts:
    """Ask for the price of what was taken back for it, if anything was."""
    position = _position(order, command.replacement_id)
    if position is None:
        return ()
    back = order.returns[position]
    gone = tuple(_gone(back, command))
    if not gone:
        return ()
    now = replace(back, undone=with_units(back.undone, [(one.line, one.units) for one in gone]))
    left = dict(due_of(order, position, now))
    goods = tuple([found for one in gone for found in priced(order, one, left)])
    if not goods:
        now = replace(now, fee_minor=back.fee_minor + command.fee_minor)
    facts: list[Fact] = [ReplacementUndone(at_ms, position, now)]
    extra = 0 if is_paid_back(order) else extra_of(back, now.undone)
    if extra:
        paid = payment_of(order, position)
        facts.append(DifferenceBack(at_ms, paid, extra, f"extra:{command.cause}"))
    if goods:
        less = max(0, -less_since(order, position, now))
        fee, return_id = command.fee_minor + less, back.return_id or None
        facts.append(PriceAsked(at_ms, command.cause, return_id, goods, fee))
    return with_missing(order, tuple(facts), at_ms)


def _gone(back: Back, command: UndoReplacement) -> Iterator[Unreplaced]:
    """What of it the customer was believed to have; by the order's lines."""
    known = dict(back.undone)
    for told in command.lines:
        if 0 < told.number <= len(back.swaps):
            swap = back.swaps[told.number - 1]
            units = min(told.quantity, swap.units - known.get(swap.line, 0))
            if units > 0:
                known[swap.line] = known.get(swap.line, 0) + units
                yield Unreplaced(swap.line, units, told.condition)


def _position(order: Order, replacement_id: str) -> int | None:
    for position, back in enumerate(order.returns):
        if back.replaced and back.replacement == replacement_id:
            return position
    return None
