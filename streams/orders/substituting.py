"""Another product in the place of one that cannot be had (G-11).

A substitute is an amendment that the shop makes: it is held first, at the price of what it
replaces, and a product that is short makes room for the next. When none is left, the order ends.
"""

from msgspec.structs import replace

from events.inventory import OutOfStock
from streams.orders.facts import AmendmentAsked, Fact
from streams.orders.rows import LINES_EVER_MAX, Order, Pending
from streams.orders.rules import OrderRules

KIND = "ITEM_ADDED"

Facts = tuple[Fact, ...]


def substituted(order: Order, event: OutOfStock, at_ms: int, rules: OrderRules) -> Facts:
    """Ask for a substitute of the only line that the shortage is about; no facts: there is none.

    Not while an amendment is under way, and only where the customer allowed it.
    """
    if not order.substitutes_allowed or order.pending is not None:
        return ()
    wanted = [
        number
        for number, line in order.standing
        if line.product_id == event.product_id and number not in order.held
    ]
    names = rules.substitutes.get(event.product_id, ())
    return _asked(order, wanted[0], names, at_ms, rules) if len(wanted) == 1 else ()


def next_substitute(order: Order, pending: Pending, at_ms: int, rules: OrderRules) -> Facts:
    """Ask for the next one where the last was short; no facts: none is left."""
    return _asked(order, pending.replaces, pending.substitutes, at_ms, rules)


def _asked(
    order: Order, number: int, names: tuple[str, ...], at_ms: int, rules: OrderRules
) -> Facts:
    if not names or len(order.lines) >= LINES_EVER_MAX:
        return ()
    line = order.lines[number - 1]
    gone = replace(line, quantity=0, total_minor=0)
    other = replace(line, product_id=names[0], product_name=None, sku=None)
    lines = (*order.lines[: number - 1], gone, *order.lines[number:], other)
    added = (len(lines),)
    due_ms = at_ms + rules.amendment_wait_ms
    pending = Pending(KIND, lines, added, added, due_ms, number, tuple(names[1:]))
    return (AmendmentAsked(at_ms, pending),)
