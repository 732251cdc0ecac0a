"""What an order remembers of goods on their way back (G-32)."""

from enum import StrEnum
from typing import Final

import msgspec

RETURNS_MAX: Final = 30
"""Returns of one order, lapsed ones included."""


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


class BackLine(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Units of one line that come back, alike in every way."""

    line: int
    """The order's; 0: of nothing that was ordered."""
    units: int
    state: BackState = BackState.ADVISED
    money: BackMoney = BackMoney.INITIAL


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
    exchange: bool = False
    """Other goods instead of the money."""
