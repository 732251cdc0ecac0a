"""What an order's news means for its fulfilment. Topics race: everything may come first."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec.structs import replace

from events.base import Message
from events.fraud import FraudCheckCompleted, FraudDetected
from events.inventory import InventoryAdjusted
from events.orders import OrderAmended, OrderCancelled, OrderConfirmed
from events.payments import PaymentComplete, PaymentProcessed
from events.refunds import ChargebackClosed, ChargebackOpened
from events.types import OrderItem
from streams.addresses import kept_address
from streams.reservations import line_of
from streams.shipping import fulfilment_facts as f
from streams.shipping.cancelling import CHARGEBACK, FRAUD, ORDER_CANCELLED, closed, opened
from streams.shipping.planning import planned
from streams.shipping.rows import Fulfilment, Held, Line
from streams.shipping.rules import ShippingRules

Facts = tuple[f.FulfilmentFact, ...]

_GRAVE: Final = frozenset({"high", "critical"})
_LETTING_GO: Final = frozenset(
    {"reservation_expired", "reservation_released", "order_cancelled", "order_amended"}
)


def decide(row: Fulfilment | None, message: Message, at_ms: int, rules: ShippingRules) -> Facts:
    """Say what a message means for an order; row is None for one unheard of."""
    facts = _RULES[type(message)](row, message, at_ms)
    if not facts:
        return ()
    if row is None and not isinstance(facts[0], f.Confirmed):
        order_id = str(getattr(message, "order_id", ""))
        facts = (f.Begun(order_id, at_ms + rules.early_ms), *facts)
    after = fold(row, facts)
    if after.is_free and not after.complete_at_ms and _is_held(after):
        facts = (*facts, f.Completed(at_ms))
        after = fold(row, facts)
    if not (after.lines and after.complete_at_ms) or after.stopped:
        return facts
    if after.destination is None:
        return facts  # It was erased, so the order has ended: the news of that is on its way.
    amended = any(isinstance(fact, f.LinesChanged) for fact in facts)
    return (*facts, f.Planned(planned(after))) if amended or not after.planned else facts


def fold(row: Fulfilment | None, facts: Iterable[f.FulfilmentFact]) -> Fulfilment:
    """Give the row as it is after all of them, at least one."""
    for fact in facts:
        row = evolve(row, fact)
    assert row is not None, "folding needs a fact"
    return row


def evolve(row: Fulfilment | None, fact: f.FulfilmentFact) -> Fulfilment:
    """Give the row as it is after the fact. Only Begun and Confirmed begin one."""
    if isinstance(fact, f.Begun):
        return Fulfilment(fact.order_id, early_due_ms=fact.due_ms)
    if isinstance(fact, f.Confirmed):
        return _confirmed(row or Fulfilment(fact.order_id), fact)
    assert row is not None, "a fulfilment begins with Begun or Confirmed"
    return _FOLDS[type(fact)](row, fact)


def _is_held(row: Fulfilment) -> bool:
    """Whether warehouses hold every unit."""
    units: dict[int, int] = {}
    for held in row.held:
        units[held.line] = units.get(held.line, 0) + held.quantity
    return all(units.get(number, 0) >= one.quantity for number, one in enumerate(row.lines, 1))


def forgotten(row: Fulfilment, due_ms: int) -> bool:
    """Whether the row's time has come and the order was never confirmed."""
    return row.early_due_ms == due_ms


# -- what messages mean


def _on_confirmed(row: Fulfilment | None, event: OrderConfirmed, _at_ms: int) -> Facts:
    if row is not None and row.lines:
        return ()
    is_free = event.exchange_for is not None
    lines = [_line(item, is_free=is_free) for item in event.order_items]
    return (
        f.Confirmed(
            event.order_id,
            event.user_id,
            tuple(lines),
            kept_address(event.shipping_address),
            event.shipping_method,
            event.currency,
            sum([line.total_minor for line in lines]) if is_free else event.order_total_minor,
            is_free=is_free,
        ),
    )


def _line(item: OrderItem, *, is_free: bool) -> Line:
    """A line with what it costs, or, where nothing is paid, with what its goods are worth."""
    worth = item.unit_price_minor * item.quantity if is_free else item.total_price_minor
    return Line(item.product_id, item.quantity, worth, item.sku, item.product_name)


def _on_amended(row: Fulfilment | None, event: OrderAmended, _at_ms: int) -> Facts:
    """Take another address always, and other lines, for which what was planned is planned anew."""
    if row is None:
        return ()
    facts: Facts = ()
    if event.shipping_address is not None:
        facts = (f.Redirected(kept_address(event.shipping_address.updated)),)
    if not event.amendments or event.lines is None:
        return facts
    lines = [
        Line(one.product_id, one.quantity, one.total_price_minor, one.sku, one.product_name)
        for one in event.lines
    ]
    return (*facts, f.LinesChanged(tuple(lines), event.new_order_total_minor))


def _on_cancelled(row: Fulfilment | None, _event: OrderCancelled, _at_ms: int) -> Facts:
    return () if row is not None and row.stopped else (f.Stopped(ORDER_CANCELLED),)


def _on_dispute(row: Fulfilment | None, event: ChargebackOpened, _at_ms: int) -> Facts:
    before = () if row is None else row.disputes
    disputes = opened(before, event.chargeback_id)
    return () if disputes == before else (f.Disputed(disputes),)


def _on_dispute_over(row: Fulfilment | None, event: ChargebackClosed, _at_ms: int) -> Facts:
    if event.outcome == "lost":
        return () if row is not None and row.stopped else (f.Stopped(CHARGEBACK),)
    before = () if row is None else row.disputes
    disputes = closed(before, event.chargeback_id)
    return () if disputes == before else (f.Disputed(disputes),)


def _on_paid(row: Fulfilment | None, event: PaymentProcessed, _at_ms: int) -> Facts:
    known = row is not None and row.paid
    return () if known or event.status != "confirmed" else (f.Paid(),)


def _on_complete(row: Fulfilment | None, _event: PaymentComplete, at_ms: int) -> Facts:
    known = row is not None and row.complete_at_ms
    return () if known else (f.Completed(at_ms),)


def _on_stock(row: Fulfilment | None, event: InventoryAdjusted, _at_ms: int) -> Facts:
    """Follow which warehouse holds what: an amendment may have it planned anew."""
    line = line_of(event.reservation_id, event.order_id)
    if line == 0:
        return ()
    if event.reason == "order_reserved":
        units = -event.adjusted_quantity or _taken_over(row, line, event)
        held = Held(line, event.warehouse_id, event.product_id, units)
        return (f.HeldAt(held),) if units > 0 else ()
    if event.reason not in _LETTING_GO or row is None:
        return ()
    where = "" if event.warehouse_id == "ALL" else event.warehouse_id
    freed = _freed(row, line, event) if event.reason == "order_amended" else None
    return (f.LetGo(line, where, freed),)


def _taken_over(row: Fulfilment | None, line: int, event: InventoryAdjusted) -> int:
    """The rest of a line, where its hold changes nothing that is for sale.

    An exchange goes on with units of a warehouse that sells no more of them (G-33).
    """
    is_hold = event.reservation_status == "CONFIRMED" and not event.committed
    if row is None or not row.is_free or not is_hold or line > len(row.lines):
        return 0
    others = [one.quantity for one in row.held if one.line == line]
    return row.lines[line - 1].quantity - sum(others)


def _freed(row: Fulfilment, line: int, event: InventoryAdjusted) -> int:
    """Units that a warehouse holds no longer.

    Where it sells no more of them nothing for sale has changed: it is what is held beyond what
    is ordered, for stock frees one warehouse after another.
    """
    held = {one.warehouse_id: one.quantity for one in row.held if one.line == line}
    ordered = row.lines[line - 1].quantity if line <= len(row.lines) else 0
    beyond = max(0, sum(held.values()) - ordered)
    return event.adjusted_quantity or min(held.get(event.warehouse_id, 0), beyond)


def _on_fraud(row: Fulfilment | None, event: FraudDetected, _at_ms: int) -> Facts:
    return _suspected(row, event.payment_id) if event.severity in _GRAVE else ()


def _on_check(row: Fulfilment | None, event: FraudCheckCompleted, _at_ms: int) -> Facts:
    if event.decision == "MANUAL_REVIEW":
        return _suspected(row, event.payment_id)
    if row is None or not row.suspected:
        return ()
    if event.decision == "DECLINED":
        return () if row.stopped or event.is_too_many else (f.Stopped(FRAUD),)
    left = closed(row.suspected, event.payment_id)
    return () if left == row.suspected else (f.Suspected(left),)


def _suspected(row: Fulfilment | None, payment_id: str) -> Facts:
    before = () if row is None else row.suspected
    suspected = opened(before, payment_id)
    return () if suspected == before else (f.Suspected(suspected),)


_RULES: Final[dict[type[Message], Callable[[Fulfilment | None, Any, int], Facts]]] = {
    OrderConfirmed: _on_confirmed,
    OrderAmended: _on_amended,
    OrderCancelled: _on_cancelled,
    ChargebackOpened: _on_dispute,
    ChargebackClosed: _on_dispute_over,
    PaymentProcessed: _on_paid,
    PaymentComplete: _on_complete,
    InventoryAdjusted: _on_stock,
    FraudDetected: _on_fraud,
    FraudCheckCompleted: _on_check,
}


# -- how the row changes


def _confirmed(row: Fulfilment, fact: f.Confirmed) -> Fulfilment:
    return replace(
        row,
        user_id=fact.user_id,
        lines=fact.lines,
        destination=row.destination or fact.destination,
        method=fact.method,
        currency=fact.currency,
        total_minor=fact.total_minor,
        is_free=fact.is_free,
        early_due_ms=0,
    )


def _held_at(row: Fulfilment, fact: f.HeldAt) -> Fulfilment:
    new = fact.held
    others = [
        one for one in row.held if (one.line, one.warehouse_id) != (new.line, new.warehouse_id)
    ]
    return replace(row, held=(*others, new))


def _let_go(row: Fulfilment, fact: f.LetGo) -> Fulfilment:
    where = fact.warehouse_id
    left = []
    for one in row.held:
        if one.line != fact.line or where not in ("", one.warehouse_id):
            left.append(one)
        elif fact.units is not None and one.quantity > fact.units:
            left.append(replace(one, quantity=one.quantity - fact.units))
    return replace(row, held=tuple(left))


def _lines_changed(row: Fulfilment, fact: f.LinesChanged) -> Fulfilment:
    return replace(row, lines=fact.lines, total_minor=fact.total_minor)


_FOLDS: Final[dict[type, Callable[[Fulfilment, Any], Fulfilment]]] = {
    f.LinesChanged: _lines_changed,
    f.Redirected: lambda row, fact: replace(row, destination=fact.destination),
    f.HeldAt: _held_at,
    f.LetGo: _let_go,
    f.Paid: lambda row, _: replace(row, paid=True),
    f.Completed: lambda row, fact: replace(row, paid=True, complete_at_ms=fact.at_ms),
    f.Planned: lambda row, fact: replace(
        row,
        planned=(*row.planned, *[parcel.shipment_id for parcel in fact.parcels]),
        superseded=row.planned,
    ),
    f.ShipmentBegan: lambda row, fact: replace(row, shipments=(*row.shipments, fact.shipment_id)),
    f.Suspected: lambda row, fact: replace(row, suspected=fact.suspected),
    f.Disputed: lambda row, fact: replace(row, disputes=fact.disputes),
    f.Stopped: lambda row, fact: replace(row, stopped=fact.reason),
}
