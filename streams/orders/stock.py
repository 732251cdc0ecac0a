"""What Inventory's answers mean for an order: lines held, short, or lost."""

from datetime import timedelta

from events.inventory import InventoryAdjusted, OutOfStock
from streams.moments import day_of
from streams.orders.cancelling import ended_by_shop
from streams.orders.facts import AllHeld, Fact, LineHeld, LineLost, Moved, WentShort
from streams.orders.rows import BEFORE_DISPATCH, Order, Status
from streams.orders.rules import DAY_MS, OrderRules
from streams.orders.substituting import substituted


def adjusted(
    order: Order, event: InventoryAdjusted, at_ms: int, rules: OrderRules
) -> tuple[Fact, ...]:
    """Say what a change of a line's reservation means."""
    line = order.line_number(event.reservation_id)
    if line == 0 or order.status not in BEFORE_DISPATCH or not order.lines[line - 1].quantity:
        return ()
    if event.reason == "reservation_expired":
        return _expired(order, line, at_ms, rules)
    if event.reservation_status == "CONFIRMED":
        return _held(order, line, at_ms)
    if event.reservation_status == "CANCELLED" and line in order.held:
        return (LineLost(at_ms, line, "STOCK_RELEASED"),)
    return ()


def out_of_stock(
    order: Order, event: OutOfStock, at_ms: int, rules: OrderRules
) -> tuple[Fact, ...]:
    """Have the order wait for a restock, else ask for a substitute, else cancel it (G-11).

    The event names a product, not a line: it is about every line of the product that is
    neither held nor waiting. An order that has been paid has its stock.
    """
    if order.status not in BEFORE_DISPATCH or order.captured_minor is not None:
        return ()
    if not _is_of_order(order, event):
        return ()
    lines = _lines_missing(order, event.product_id)
    if not lines:
        return ()
    if not _may_wait(event, at_ms, rules):
        other = substituted(order, event, at_ms, rules)
        return other or ended_by_shop(at_ms, "OUT_OF_STOCK", rules)
    due_ms = order.backorder_due_ms or at_ms + rules.backorder_ms
    short = WentShort(at_ms, lines, due_ms)
    if order.status is Status.CONFIRMED:
        return (short, Moved(at_ms, Status.BACKORDERED, "BACKORDERED"))
    return (short,)


def restocked(order: Order, at_ms: int) -> tuple[Fact, ...]:
    """Leave the backorder; a review that was opened meanwhile holds the order now."""
    confirmed = Moved(at_ms, Status.CONFIRMED, "RESTOCKED")
    if order.review_due_ms:
        return (confirmed, Moved(at_ms, Status.ON_HOLD, "REVIEW_OPEN"))
    return (confirmed,)


def _held(order: Order, line: int, at_ms: int) -> tuple[Fact, ...]:
    if line in order.held:
        return ()
    last = len(order.held) + 1 == len(order.standing)
    held: Fact = AllHeld(at_ms, line) if last else LineHeld(at_ms, line)
    waits_on = [n for n in order.short if n != line]
    if order.status is Status.BACKORDERED and not waits_on:
        return (held, *restocked(order, at_ms))
    return (held,)


def _expired(order: Order, line: int, at_ms: int, rules: OrderRules) -> tuple[Fact, ...]:
    """Cancel, unless the order waits: for a person (G-24) or for stock, when it is asked anew."""
    lost: tuple[Fact, ...] = ()
    if line in order.held:
        lost = (LineLost(at_ms, line, "HOLD_EXPIRED"),)
    if order.review_due_ms or order.status is Status.BACKORDERED:
        return lost
    return (*lost, *ended_by_shop(at_ms, "RESERVATION_EXPIRED", rules))


def _is_of_order(order: Order, event: OutOfStock) -> bool:
    """Whether a line of the order is meant; an amendment that was refused left others behind."""
    if event.reservation_id is None:
        return True
    line = order.line_number(event.reservation_id)
    return line > 0 and order.lines[line - 1].quantity > 0


def _lines_missing(order: Order, product_id: str) -> tuple[int, ...]:
    return tuple(
        [
            number
            for number, line in order.standing
            if line.product_id == product_id
            and number not in order.held
            and number not in order.short
        ]
    )


def _may_wait(event: OutOfStock, at_ms: int, rules: OrderRules) -> bool:
    if event.backorder_allowed is False:
        return False
    if event.estimated_restock_date is None:
        return True
    wait = timedelta(days=-(-rules.backorder_ms // DAY_MS))
    return event.estimated_restock_date - day_of(at_ms) <= wait
