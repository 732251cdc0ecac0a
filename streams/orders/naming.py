"""Which lines of an order somebody means who names goods."""

from collections.abc import Iterable, Iterator

from events.shipping_parts import ReturnedItem
from events.types import ShippedItem
from streams.orders.back import Back
from streams.orders.rows import Order


def named(order: Order, item: ShippedItem) -> Iterator[tuple[int, int]]:
    """The lines that an item may mean, with their units."""
    own = order.line_number(item.item_id)
    names = {item.item_id, item.product_id, item.sku} - {None}
    for number, line in order.standing:
        if number == own or (own == 0 and {line.product_id, line.sku} & names):
            yield number, line.quantity


def line_of(order: Order, back: Back, item: ReturnedItem) -> int:
    """The line of the return that an item is of, else the order's, else 0.

    The one that it names, where the return has it; else the first of its product.
    """
    own = order.line_number(item.item_id)
    if any(line.line == own for line in back.lines):
        return own
    names = {item.product_id, item.sku} - {None}
    expected = [line.line for line in back.lines]
    found = [n for n, line in order.standing if {line.product_id, line.sku} & names]
    return next((n for n in found if n in expected), found[0] if found else 0)


def wanted_units(order: Order, items: Iterable[ShippedItem]) -> dict[int, int] | None:
    """Units by line; None: something is named that was not ordered, or more of it."""
    wanted: dict[int, int] = {}
    for item in items:
        left = item.quantity
        for number, line in named(order, item):
            taken = min(left, line - wanted.get(number, 0))
            if taken > 0:
                wanted[number] = wanted.get(number, 0) + taken
                left -= taken
        if left:
            return None
    return wanted
