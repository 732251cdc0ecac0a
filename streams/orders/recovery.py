"""What becomes of lines that cannot be had: replaced, or cancelled, each for itself (G-11).

A cancelled line is an amendment that the shop makes: it costs nothing from then on, to the last
minor unit of its share of the price, and the rest of the order goes on. An order none of whose
lines is left is cancelled. So is one of a subscription at its first missing line: the renewal
paid for all of its goods or for none, and the cycle is skipped (G-45); and one that replaces goods,
whose price goes back whole (G-33).
"""

from collections.abc import Collection
from typing import Final

from msgspec.structs import replace

from streams.orders.cancelling import ended_by_shop
from streams.orders.evolution import fold
from streams.orders.facts import Amended, Fact
from streams.orders.rows import BEFORE_DISPATCH, Order
from streams.orders.rules import OrderRules
from streams.orders.stock import amended
from streams.orders.substituting import substitute_asked, substitutes_of

KIND: Final = "ITEM_REMOVED"

Facts = tuple[Fact, ...]


def with_recovery(order: Order, facts: Facts, at_ms: int, rules: OrderRules) -> Facts:
    """Add to facts what they mean for lines that cannot be had.

    While an amendment is under way such lines wait for its end: one thing changes at a time.
    """
    after = fold(order, facts)
    if not after.unavailable or after.pending is not None or after.status not in BEFORE_DISPATCH:
        return facts
    return (*facts, *_recovered(after, at_ms, rules))


def lines_cancelled(order: Order, numbers: Collection[int], at_ms: int, rules: OrderRules) -> Facts:
    """Take lines away that cannot be had; with the last, or where all belong together, all ends."""
    why = "OUT_OF_STOCK" if order.captured_minor is None else "RESERVATION_EXPIRED"
    lines = tuple(
        [
            replace(line, quantity=0, total_minor=0) if number in numbers else line
            for number, line in enumerate(order.lines, 1)
        ]
    )
    whole = order.subscription_id is not None or order.exchange is not None
    if whole or not any(line.quantity for line in lines):
        return ended_by_shop(at_ms, why, rules)
    return amended(order, Amended(at_ms, KIND, order.lines, lines, counts=False, why=why))


def _recovered(order: Order, at_ms: int, rules: OrderRules) -> Facts:
    """Cancel the lines that nothing can replace; seek a substitute for the first of the others."""
    names = {number: substitutes_of(order, number, rules) for number in order.unavailable}
    hopeless = [number for number, found in names.items() if not found]
    facts = lines_cancelled(order, hopeless, at_ms, rules) if hopeless else ()
    after = fold(order, facts)
    if not after.unavailable:
        return facts
    first = after.unavailable[0]
    return (*facts, *substitute_asked(after, first, names[first], at_ms, rules))
