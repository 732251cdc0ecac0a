"""Another product in the place of one that cannot be had (G-11).

A substitute is an amendment that the shop makes: it is held first, at the price of what it
replaces, and a product that is short makes room for the next.
"""

from msgspec.structs import replace

from streams.orders.amendments import are_items_closed
from streams.orders.facts import AmendmentAsked, Fact
from streams.orders.rows import LINES_EVER_MAX, Order, Pending
from streams.orders.rules import OrderRules

KIND = "ITEM_ADDED"


def substitutes_of(order: Order, number: int, rules: OrderRules) -> tuple[str, ...]:
    """What may be sent instead of a line, the best first: nothing, unless the customer opted in.

    Nor what the catalogue has at a higher price.
    """
    if not order.substitutes_allowed or are_items_closed(order):
        return ()
    if len(order.lines) >= LINES_EVER_MAX:
        return ()
    line = order.lines[number - 1]
    most_minor = line.unit_price_minor
    return tuple(
        [
            name
            for name in rules.substitutes.get(line.product_id, ())
            if rules.price_minor(name, order.currency, most_minor) <= most_minor
        ]
    )


def substitute_asked(
    order: Order, number: int, names: tuple[str, ...], at_ms: int, rules: OrderRules
) -> tuple[Fact, ...]:
    """Ask stock for the first of these products in the place of a line."""
    line = order.lines[number - 1]
    gone = replace(line, quantity=0, total_minor=0)
    other = replace(line, product_id=names[0], product_name=None, sku=None)
    lines = (*order.lines[: number - 1], gone, *order.lines[number:], other)
    added = (len(lines),)
    due_ms = at_ms + rules.amendment_wait_ms
    pending = Pending(KIND, lines, added, added, due_ms, number, tuple(names[1:]))
    return (AmendmentAsked(at_ms, pending),)
