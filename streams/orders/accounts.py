"""What went out in exchange against what was given back for it, by product (G-33).

A unit that was taken back is worth a unit that went out and stayed, or its price; a unit that
went out and stayed is worth one that is given back. In whatever order these things come to be
known, the difference is the same: no price goes back twice, and none for goods that were
replaced. By product, not by line: one unit of a product is as good as another.
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from streams.orders.back import Back
from streams.orders.rows import Order

Returns = tuple[Back, ...]


class Account(NamedTuple):
    """The exchanges of one product."""

    sent: int
    """Units that go out instead, and that the customer has in the end."""
    given: int
    """Units that were taken back."""

    @property
    def unreplaced(self) -> int:
        """Units taken back for which nothing went out: their price goes back."""
        return max(0, self.given - self.sent)

    @property
    def exchanged(self) -> int:
        """Units taken back for which others went out and stayed."""
        return max(0, min(self.given, self.sent))

    @property
    def missing(self) -> int:
        """Units that went out and for which nothing was taken back."""
        return max(0, self.sent - self.given)


_NOTHING = Account(0, 0)


def unreplaced_since(order: Order, returns: Returns) -> dict[str, int]:
    """Units by product whose price goes back once an order's returns are as they are now."""
    was, now = accounts(order, order.returns), accounts(order, returns)
    due = {name: one.unreplaced - was.get(name, _NOTHING).unreplaced for name, one in now.items()}
    return {name: units for name, units in due.items() if units > 0}


def missing(order: Order) -> int:
    """Units that went out and for which nothing comes back any more: no label is open for them."""
    closed = [back for back in order.returns if back.replaced and not back.due_ms]
    over = {product_of(order, swap.line) for back in closed for swap in back.swaps}
    found = accounts(order, order.returns)
    return sum([one.missing for name, one in found.items() if name in over])


def accounts(order: Order, returns: Iterable[Back]) -> dict[str, Account]:
    """The account of each product that goods went out or came back for."""
    sent, given = Counter[str](), Counter[str]()
    for back in returns:
        for line, units in back.given:
            given[product_of(order, line)] += units
        for line, units in back.undone:
            sent[product_of(order, line)] -= units
        for swap in back.swaps if back.replaced else ():
            sent[product_of(order, swap.line)] += swap.units
    return {name: Account(sent[name], given[name]) for name in sorted({*sent, *given})}


def product_of(order: Order, line: int) -> str:
    """The product of a line."""
    return order.lines[line - 1].product_id
