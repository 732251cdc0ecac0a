"""What an amendment means for an order's claims on stock (G-8)."""

from msgspec.structs import replace

from events.order_parts import OrderLine
from events.orders import OrderAmended
from streams.allocation.facts import Amended, Fact, Redirected
from streams.allocation.rows import Allocation, Line, LineState
from streams.allocation.rules import AllocationRules

Facts = tuple[Fact, ...]


def redirected(row: Allocation, event: OrderAmended) -> Facts:
    """Take another destination over: what is asked for again should come from near it."""
    if event.shipping_address is None:
        return ()
    where = event.shipping_address.updated
    country, state = where.country, where.state or ""
    return () if (country, state) == (row.country, row.state) else (Redirected(country, state),)


def amended(row: Allocation, event: OrderAmended, at_ms: int, rules: AllocationRules) -> Facts:
    """Take over what the lines are now; those that are new are held already.

    A message that does not tell its lines, or not all of them, is of another producer.
    """
    told = event.lines or ()
    if len(told) < len(row.lines) or [one.number for one in told] != [*range(1, len(told) + 1)]:
        return ()
    held_until_ms = at_ms + rules.hold_ms
    known = [_line(line, one) for line, one in zip(row.lines, told, strict=False)]
    new = [_new(one, at_ms, held_until_ms) for one in told[len(known) :]]
    lines = (*known, *new)
    if lines == row.lines:
        return ()
    freed = [
        (number, was.quantity - now.quantity)
        for number, (was, now) in enumerate(zip(row.lines, known, strict=True), 1)
        if now.quantity < was.quantity
    ]
    added = [one.number for one in told[len(known) :] if one.quantity]
    return (Amended(lines, event.new_order_total_minor, tuple(added), tuple(freed)),)


def _line(line: Line, told: OrderLine) -> Line:
    if told.quantity >= line.quantity:
        return line
    return replace(line, quantity=told.quantity, state=line.state if told.quantity else _GONE)


def _new(told: OrderLine, at_ms: int, held_until_ms: int) -> Line:
    state = LineState.HELD if told.quantity else _GONE
    return Line(told.product_id, told.quantity, at_ms, held_until_ms, state)


_GONE = LineState.GONE
