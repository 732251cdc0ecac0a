"""What an order remembers of goods on their way back, and of what replaces them (G-32, G-33)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec

from events.vocabulary import MethodType

RETURNS_MAX: Final = 30
"""Returns of one order, lapsed ones included."""

Units = tuple[tuple[int, int], ...]
"""Units by the order's line, ascending."""


class BackState(StrEnum):
    """Where units on their way back are."""

    ADVISED = "advised"
    RETURNED = "returned"
    """Back, and nobody has said in which condition."""
    BACK_IN_STOCK = "back_in_stock"
    UNUSABLE = "unusable"


class BackMoney(StrEnum):
    """What became of their price."""

    INITIAL = "initial"
    REFUNDED = "refunded"
    NOT_REFUNDED = "not_refunded"
    """By this order; other goods came instead, or another order's payment gives it back."""


class BackLine(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Units of one line that come back, alike in every way."""

    line: int
    """The order's; 0: of nothing that was ordered."""
    units: int
    state: BackState = BackState.ADVISED
    money: BackMoney = BackMoney.INITIAL


class Swap(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Units that are to go out for as many that come back."""

    line: int
    """The order's, of which they come back."""
    units: int
    product_id: str
    sku: str | None = None
    name: str | None = None
    differs_minor: int = 0
    """What they cost beyond what comes back did; negative: they cost less."""


class Pay(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How the customer pays what goods cost beyond those that come back."""

    method: MethodType
    token: str | None = None
    last4: str | None = None
    paypal_email: str | None = None


class Back(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One return, from being asked for until it is refunded or lapses."""

    shipment_id: str
    """What it went out with; one return of it is open at a time."""
    reason: str
    lines: tuple[BackLine, ...]
    due_ms: int = 0
    """When its label lapses; 0: it was received, or lapsed."""
    return_id: str = ""
    """Empty until its label was issued."""
    lapsed: bool = False
    method: str = ""
    """How it is sent back."""
    details: str = ""
    """Why, in the customer's own words; an erasure empties it."""
    fee_minor: int = 0
    """What the label costs the customer, should the price go back."""
    swaps: tuple[Swap, ...] = ()
    """What goes out instead, line by line; empty: the price goes back."""
    held: tuple[int, ...] = ()
    """The swaps whose stock was held, counted from 1, ascending."""
    replacement: str = ""
    """The name of the order that they make, from the start; empty without swaps."""
    replaced: bool = False
    """That order was asked for."""
    given: Units = ()
    """What was taken back, where Orders says what it is worth: goods, or its price."""
    undone: Units = ()
    """What of the replacement the customer does not have after all."""
    pay: Pay | None = None
    """How the difference is paid; its token is forgotten once that was asked for."""
    extra_minor: int = 0
    """What goods cost beyond those that come back: it is charged before a label is issued."""
    paid_minor: int = 0
    """What of it was charged."""

    @property
    def waits(self) -> bool:
        """Whether stock has yet to hold what goes out instead, or it is yet to be paid."""
        return self.waits_for_stock or self.paid_minor < self.extra_minor

    @property
    def waits_for_stock(self) -> bool:
        """Whether stock has yet to say that it holds what goes out instead."""
        return len(self.held) < len(self.swaps)


def with_return(returns: tuple[Back, ...], position: int, back: Back) -> tuple[Back, ...]:
    """An order's returns, one of them as it is now."""
    return (*returns[:position], back, *returns[position + 1 :])


def with_units(units: Units, more: Iterable[tuple[int, int]]) -> Units:
    """Add units to those there are."""
    found = dict(units)
    for line, many in more:
        found[line] = found.get(line, 0) + many
    return tuple(sorted(found.items()))


class Exchange(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What an order is a replacement for (G-33)."""

    order_id: str
    """The order whose goods came back: its payment paid for these too."""
    return_id: str
    """The return that they come back with."""
    fee_minor: int = 0
    """What the way back cost the customer, should the price go back after all."""
    undone: Units = ()
    """What that order was told that the customer does not have after all."""

    def untold(self, line: int, units: int) -> int:
        """Units of so many of a line of which that order believes that the customer has them."""
        return units - dict(self.undone).get(line, 0)
