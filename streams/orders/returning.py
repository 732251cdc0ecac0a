"""RequestReturn and what follows: labels, receipt, refund, or a label that nobody used (G-32)."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec.structs import replace

from events.orders import RequestReturn
from events.refunds import RefundFailed, RefundIssued
from events.returns import ReturnInitiated, ReturnReceived
from events.shipping_parts import ReturnedItem
from events.types import ShippedItem
from streams.orders.back import RETURNS_MAX, Back, BackLine, BackMoney, BackState
from streams.orders.cancelling import noted
from streams.orders.facts import Fact, ReturnAsked, ReturnChanged
from streams.orders.flags import CHARGED_BACK
from streams.orders.rows import DISPATCHED, Order, Parcel, ParcelState
from streams.orders.rules import OrderRules
from streams.payments.refund import refund_id_of

Facts = tuple[Fact, ...]


class Refusal(StrEnum):
    """Why nothing is taken back, in order of precedence; the history tells it."""

    FOREIGN = "FOREIGN"
    """The order is somebody else's."""
    NOT_DELIVERED = "NOT_DELIVERED"
    """Nothing of what is named was delivered, all of it is on its way back, or the order ended."""
    OUTSIDE_WINDOW = "OUTSIDE_WINDOW"
    """It was delivered too long ago."""
    TOO_MANY = "TOO_MANY"


def request(order: Order, command: RequestReturn, at_ms: int, rules: OrderRules) -> Facts:
    """Ask for a label for each parcel that something is sent back of; all or nothing is taken.

    What is asked for already, for that very reason, is not asked for again.
    """
    if command.user_id not in {order.user_id, *rules.system_users}:
        return _refused(order, at_ms, Refusal.FOREIGN)
    wanted = _wanted(order, command.items)
    if wanted and wanted == _asked_for(order, command.reason):
        return ()
    delivered = [one for one in order.parcels if _may_come_back(order, one)]
    recent = [one for one in delivered if at_ms - one.delivered_at_ms <= rules.return_window_ms]
    shares = _shares(order, delivered, wanted)
    if not shares:
        return _refused(order, at_ms, Refusal.NOT_DELIVERED)
    if not _shares(order, recent, wanted):
        return _refused(order, at_ms, Refusal.OUTSIDE_WINDOW)
    if len(order.returns) + len(shares) > RETURNS_MAX:
        return _refused(order, at_ms, Refusal.TOO_MANY)
    due_ms = at_ms + rules.return_label_ms
    return tuple(
        [
            ReturnAsked(
                at_ms,
                Back(shipment_id, command.reason, lines, due_ms),
                command.reason_details,
                command.return_method,
            )
            for shipment_id, lines in _shares(order, recent, wanted).items()
        ]
    )


def advised(order: Order, event: ReturnInitiated, at_ms: int, rules: OrderRules) -> Facts:
    """Learn a return's name with its label; one that was not asked for here begins with it."""
    position = _position(order, event.return_id, event.shipment_id)
    if position is None:
        if len(order.returns) >= RETURNS_MAX:
            return ()
        wanted = _wanted(order, event.items) or {}
        lines = tuple([BackLine(line, units) for line, units in wanted.items()])
        back = Back(event.shipment_id, event.reason, lines)
        position = len(order.returns)
    else:
        back = order.returns[position]
    if back.return_id:
        return ()
    due_ms = at_ms + rules.return_label_ms
    named = replace(back, return_id=event.return_id, due_ms=due_ms, exchange=event.reshipping)
    return (ReturnChanged(at_ms, position, named, "RETURN_ADVISED"),)


def received(order: Order, event: ReturnReceived, at_ms: int) -> Facts:
    """Take down what came back in which condition, and what of it will be refunded."""
    position = _position(order, event.return_id, event.shipment_id)
    if position is None:
        return ()
    back = order.returns[position]
    if any(line.state is not BackState.ADVISED for line in back.lines):
        return ()
    lines = tuple(_inspected(order, back, event.items))
    taken = replace(back, return_id=event.return_id, lines=lines, due_ms=0, lapsed=False)
    return (ReturnChanged(at_ms, position, taken, "RETURN_RECEIVED"),)


def refund_issued(order: Order, event: RefundIssued, at_ms: int) -> Facts:
    """Say of a return's units that their price went back."""
    if event.return_id is None:
        return ()
    return _paid_back(order, event.return_id, BackMoney.REFUNDED, at_ms, "RETURN_REFUNDED")


def refund_failed(order: Order, event: RefundFailed, at_ms: int) -> Facts:
    """Say of a return's units that their price did not."""
    for back in order.returns:
        if back.return_id and event.refund_id == refund_id_of(event.payment_id, back.return_id):
            money = BackMoney.NOT_REFUNDED
            return _paid_back(order, back.return_id, money, at_ms, "RETURN_NOT_REFUNDED")
    return ()


def lapse(order: Order, due_ms: int, now_ms: int, _rules: OrderRules) -> Facts:
    """Give up returns whose labels nobody used: the timer's rule."""
    if return_due_ms(order) != due_ms:
        return ()
    return tuple(
        [
            ReturnChanged(now_ms, n, replace(back, due_ms=0, lapsed=True), "RETURN_LAPSED")
            for n, back in enumerate(order.returns)
            if 0 < back.due_ms <= now_ms
        ]
    )


def return_due_ms(order: Order) -> int:
    """When the first of its labels lapses; 0: none is open."""
    return min([back.due_ms for back in order.returns if back.due_ms], default=0)


def _refused(order: Order, at_ms: int, refusal: Refusal) -> Facts:
    return noted(order, at_ms, f"RETURN_REFUSED_{refusal}")


def _wanted(order: Order, items: Iterable[ShippedItem]) -> dict[int, int] | None:
    """Units by line; None: something is named that was not ordered, or more of it."""
    wanted: dict[int, int] = {}
    for item in items:
        left = item.quantity
        for number, line in _named(order, item):
            taken = min(left, line - wanted.get(number, 0))
            if taken > 0:
                wanted[number] = wanted.get(number, 0) + taken
                left -= taken
        if left:
            return None
    return wanted


def _asked_for(order: Order, reason: str) -> dict[int, int]:
    """Units by line that are to come back for a reason and have not yet."""
    units: dict[int, int] = {}
    for back in order.returns:
        for line in back.lines if back.due_ms and back.reason == reason else ():
            units[line.line] = units.get(line.line, 0) + line.units
    return units


def _named(order: Order, item: ShippedItem) -> Iterator[tuple[int, int]]:
    """The lines that an item may mean, with their units."""
    own = order.line_number(item.item_id)
    names = {item.item_id, item.product_id, item.sku} - {None}
    for number, line in order.standing:
        if number == own or (own == 0 and {line.product_id, line.sku} & names):
            yield number, line.quantity


def _may_come_back(order: Order, parcel: Parcel) -> bool:
    open_ = any(
        back.shipment_id == parcel.shipment_id and not back.lapsed for back in order.returns
    )
    delivered = order.status in DISPATCHED and parcel.state is ParcelState.DELIVERED
    return delivered and not open_


def _shares(
    order: Order, parcels: list[Parcel], wanted: dict[int, int] | None
) -> dict[str, tuple[BackLine, ...]]:
    """Which parcel gives which units; empty when they are not all there."""
    left = dict(wanted or {})
    shares: dict[str, tuple[BackLine, ...]] = {}
    for parcel in parcels:
        inside = parcel.lines or tuple([(n, line.quantity) for n, line in order.standing])
        taken = [(n, min(units, left.get(n, 0))) for n, units in inside]
        lines = tuple([BackLine(n, units) for n, units in taken if units])
        if lines:
            shares[parcel.shipment_id] = lines
        for one in lines:
            left[one.line] -= one.units
    return {} if any(left.values()) else shares


def _position(order: Order, return_id: str, shipment_id: str) -> int | None:
    """The return of that name, or the one of the shipment that has none yet."""
    for position, back in enumerate(order.returns):
        if back.return_id == return_id:
            return position
        unnamed = not back.return_id and not back.lapsed
        if unnamed and back.shipment_id == shipment_id:
            return position
    return None


def _inspected(order: Order, back: Back, items: Iterable[ReturnedItem]) -> Iterator[BackLine]:
    missing = {line.line: line.units for line in back.lines}
    money = _money_awaited(order, back)
    for item in items:
        number = _line_of(order, back, item)
        units = item.quantity
        missing[number] = max(0, missing.get(number, 0) - units)
        damaged = item.condition == "damaged"
        refundable = not damaged if item.refundable is None else item.refundable
        yield BackLine(
            number,
            units,
            BackState.UNUSABLE if damaged else BackState.BACK_IN_STOCK,
            money if refundable else BackMoney.NOT_REFUNDED,
        )
    for number, units in missing.items():
        if units:
            yield BackLine(number, units, BackState.ADVISED, BackMoney.NOT_REFUNDED)


def _money_awaited(order: Order, back: Back) -> BackMoney:
    """What becomes of the price: nothing more, where all of it went back before."""
    if order.refund_status == "refunded":
        return BackMoney.REFUNDED
    if back.exchange or CHARGED_BACK in order.flags:
        return BackMoney.NOT_REFUNDED
    return BackMoney.INITIAL


def _line_of(order: Order, back: Back, item: ReturnedItem) -> int:
    """The line of the return that an item is of, else the order's, else 0."""
    names = {item.product_id, item.sku} - {None}
    expected = [line.line for line in back.lines]
    found = [n for n, line in order.standing if {line.product_id, line.sku} & names]
    return next((n for n in found if n in expected), found[0] if found else 0)


def _paid_back(order: Order, return_id: str, money: BackMoney, at_ms: int, reason: str) -> Facts:
    position = next((n for n, one in enumerate(order.returns) if one.return_id == return_id), None)
    if position is None:
        return ()
    back = order.returns[position]
    lines = tuple(
        [replace(one, money=money) if one.money is BackMoney.INITIAL else one for one in back.lines]
    )
    if lines == back.lines or all(one.state is BackState.ADVISED for one in lines):
        return ()
    return (ReturnChanged(at_ms, position, replace(back, lines=lines), reason),)
