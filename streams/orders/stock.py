"""What Inventory's answers mean for an order: lines held, short, lost, or not to be had."""

from datetime import timedelta

from events.inventory import InventoryAdjusted, OutOfStock
from streams.moments import DAY_MS, day_of
from streams.orders.cancelling import ended_by_shop
from streams.orders.facts import (
    AllHeld,
    Amended,
    Fact,
    LineHeld,
    LineLost,
    Moved,
    WentShort,
    WentUnavailable,
)
from streams.orders.rows import BEFORE_DISPATCH, Order, Status
from streams.orders.rules import OrderRules

Facts = tuple[Fact, ...]


def adjusted(order: Order, event: InventoryAdjusted, at_ms: int, rules: OrderRules) -> Facts:
    """Say what a change of a line's reservation means."""
    line = order.line_number(event.reservation_id)
    if line == 0 or order.status not in BEFORE_DISPATCH or not order.lines[line - 1].quantity:
        return ()
    if event.reason == "reservation_expired":
        return _expired(order, line, event, at_ms, rules)
    if event.reservation_status == "CONFIRMED":
        return _held(order, line, at_ms)
    if event.reservation_status == "CANCELLED" and line in order.held:
        return (LineLost(at_ms, line, "STOCK_RELEASED"),)
    return ()


def out_of_stock(order: Order, event: OutOfStock, at_ms: int, rules: OrderRules) -> Facts:
    """Have lines wait for a restock, or say that they cannot be had (G-11).

    An event that names no reservation is about every line of its product that is neither held
    nor known to be short. An order that has been paid has its stock.
    """
    if order.status not in BEFORE_DISPATCH or order.captured_minor is not None:
        return ()
    lines = _lines_missing(order, event)
    if not lines:
        return ()
    is_over = 0 < order.patience_ms <= at_ms
    if is_over or not _may_wait(event, at_ms, rules):
        return (WentUnavailable(at_ms, lines),)
    due_ms = order.patience_ms or at_ms + rules.backorder_ms
    short = WentShort(at_ms, lines, due_ms)
    if order.status is Status.CONFIRMED:
        return (short, Moved(at_ms, Status.BACKORDERED, "BACKORDERED"))
    return (short,)


def waited_long_enough(order: Order, now_ms: int) -> Facts:
    """Wait no longer for a restock."""
    return (WentUnavailable(now_ms, order.short),)


def restocked(order: Order, at_ms: int) -> Facts:
    """Leave the backorder; a review that was opened meanwhile holds the order now."""
    confirmed = Moved(at_ms, Status.CONFIRMED, "RESTOCKED")
    if order.review_due_ms:
        return (confirmed, Moved(at_ms, Status.ON_HOLD, "REVIEW_OPEN"))
    return (confirmed,)


def amended(order: Order, made: Amended) -> Facts:
    """Amend; an order none of whose lines is missed any more leaves the backorder."""
    missed = [n for n in (*order.short, *order.unavailable) if made.lines[n - 1].quantity]
    if order.status is Status.BACKORDERED and not missed:
        return (made, *restocked(order, made.at_ms))
    return (made,)


def _held(order: Order, line: int, at_ms: int) -> Facts:
    if line in order.held:
        return ()
    last = len(order.held) + 1 == len(order.standing)
    held: Fact = AllHeld(at_ms, line) if last else LineHeld(line)
    if last and order.exchange is not None and order.status is Status.CONFIRMED:
        return (held, Moved(at_ms, Status.PAID, "NOTHING_TO_PAY"))
    missed = [n for n in (*order.short, *order.unavailable) if n != line]
    if order.status is Status.BACKORDERED and not missed:
        return (held, *restocked(order, at_ms))
    return (held,)


def _expired(
    order: Order, line: int, event: InventoryAdjusted, at_ms: int, rules: OrderRules
) -> Facts:
    """Cancel, unless the order waits: for a person (G-24) or for stock, when it is asked anew.

    Of a paid order the line alone is lost, and only once its commit was missed: until then
    stock may hold it again.
    """
    lost: Facts = (LineLost(at_ms, line, "HOLD_EXPIRED"),) if line in order.held else ()
    if order.captured_minor is not None:
        known = event.adjusted_quantity or line in order.unavailable
        return lost if known else (*lost, WentUnavailable(at_ms, (line,)))
    if order.review_due_ms or order.status is Status.BACKORDERED:
        return lost
    return (*lost, *ended_by_shop(at_ms, "RESERVATION_EXPIRED", rules))


def _lines_missing(order: Order, event: OutOfStock) -> tuple[int, ...]:
    """The lines that an event is news of; an amendment that was refused left others behind."""
    own = order.line_number(event.reservation_id)
    known = {*order.held, *order.short, *order.unavailable}
    return tuple(
        [
            number
            for number, line in order.standing
            if line.product_id == event.product_id
            and number not in known
            and (event.reservation_id is None or number == own)
        ]
    )


def _may_wait(event: OutOfStock, at_ms: int, rules: OrderRules) -> bool:
    if event.backorder_allowed is False:
        return False
    if event.estimated_restock_date is None:
        return True
    wait = timedelta(days=-(-rules.backorder_ms // DAY_MS))
    return event.estimated_restock_date - day_of(at_ms) <= wait
