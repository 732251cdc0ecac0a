"""What becomes of a return: its label, its goods, and their price (G-32)."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from events.refunds import RefundFailed, RefundIssued
from events.returns import ReturnInitiated, ReturnReceived
from events.shipping_parts import ReturnedItem
from events.vocabulary import UNDELIVERED
from streams.orders import exchanging, inspecting, undoing
from streams.orders.back import RETURNS_MAX, Back, BackLine, BackMoney, BackState
from streams.orders.facts import Fact, ReturnChanged
from streams.orders.inspecting import Finding
from streams.orders.naming import line_of, wanted_units
from streams.orders.rows import Order
from streams.orders.rules import OrderRules
from streams.orders.unreturned import with_missing
from streams.payments.refund import refund_id_of

Facts = tuple[Fact, ...]


def advised(order: Order, event: ReturnInitiated, at_ms: int, rules: OrderRules) -> Facts:
    """Learn a return's name and reason with its label; one not asked for here begins with it."""
    position = _position(order, event.return_id, event.shipment_id)
    if position is None:
        if len(order.returns) >= RETURNS_MAX:
            return ()
        wanted = wanted_units(order, event.items) or {}
        lines = tuple([BackLine(line, units) for line, units in wanted.items()])
        back = Back(event.shipment_id, event.reason, lines)
        position = len(order.returns)
    else:
        back = order.returns[position]
    if back.return_id:
        return ()
    due_ms = at_ms + rules.return_label_ms
    label = replace(
        back,
        return_id=event.return_id,
        reason=event.reason,
        due_ms=due_ms,
        fee_minor=_fee_minor(event),
    )
    sent = exchanging.at_once(order, position, label, at_ms, rules) if event.reshipping else ()
    return (ReturnChanged(at_ms, position, label, "RETURN_ADVISED"), *sent)


def received(order: Order, event: ReturnReceived, at_ms: int) -> Facts:
    """Take down what came back in which condition, and what becomes of its price."""
    position = _position(order, event.return_id, event.shipment_id)
    if position is None:
        return ()
    back = order.returns[position]
    if any(line.state is not BackState.ADVISED for line in back.lines):
        return ()
    verdict = inspecting.verdict(order, back, event)
    back = inspecting.taken_back(order, back, event, verdict)
    found = Finding(verdict, inspecting.due_of(order, position, back))
    lines = tuple(_inspected(order, back, event.items, found))
    taken = replace(back, return_id=event.return_id, lines=lines, due_ms=0, lapsed=False)
    facts = (
        ReturnChanged(at_ms, position, taken, "RETURN_RECEIVED"),
        *inspecting.following(order, position, taken, event, found, at_ms),
    )
    if order.exchange is not None:
        return (*facts, *undoing.sent_back(order, back, event, at_ms))
    return with_missing(order, facts, at_ms)


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


def _fee_minor(event: ReturnInitiated) -> int:
    """What the label costs the customer: the goods' worth less the estimate they were told."""
    if event.reason == UNDELIVERED:
        return 0
    worth = sum([(item.price_per_unit_minor or 0) * item.quantity for item in event.items])
    return max(0, worth - event.refund_estimate.amount_minor)


def _position(order: Order, return_id: str, shipment_id: str) -> int | None:
    """The return of that name, or the one of the shipment that has none yet."""
    for position, back in enumerate(order.returns):
        if back.return_id == return_id:
            return position
        unnamed = not back.return_id and not back.lapsed
        if unnamed and back.shipment_id == shipment_id:
            return position
    return None


def _inspected(
    order: Order, back: Back, items: Iterable[ReturnedItem], found: Finding
) -> Iterator[BackLine]:
    missing = {line.line: line.units for line in back.lines}
    for item in items:
        number = line_of(order, back, item)
        units = item.quantity
        missing[number] = max(0, missing.get(number, 0) - units)
        damaged = item.condition == "damaged"
        yield BackLine(
            number,
            units,
            BackState.UNUSABLE if damaged else BackState.BACK_IN_STOCK,
            inspecting.money_of(order, found, number)
            if item.is_taken_back
            else BackMoney.NOT_REFUNDED,
        )
    for number, units in missing.items():
        if units:
            yield BackLine(number, units, BackState.ADVISED, BackMoney.NOT_REFUNDED)


def _paid_back(order: Order, return_id: str, money: BackMoney, at_ms: int, reason: str) -> Facts:
    """Of what was replaced, the price may still go back: when its replacement is undone."""
    position = next((n for n, one in enumerate(order.returns) if one.return_id == return_id), None)
    if position is None:
        return ()
    back = order.returns[position]
    here = {BackMoney.INITIAL, BackMoney.NOT_REFUNDED} if back.replaced else {BackMoney.INITIAL}
    lines = tuple(
        [
            replace(one, money=money)
            if one.money in here and (one.state is not BackState.ADVISED or not back.replaced)
            else one
            for one in back.lines
        ]
    )
    if lines == back.lines or all(one.state is BackState.ADVISED for one in lines):
        return ()
    return (ReturnChanged(at_ms, position, replace(back, lines=lines), reason),)
