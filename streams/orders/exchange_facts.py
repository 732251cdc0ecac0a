"""What can happen to an exchange, and to an order that replaces goods (G-33)."""

import msgspec

from streams.orders.back import Back, Pay


class SwapHeld(msgspec.Struct, frozen=True, gc=False):
    """Stock holds one more of the goods that are to go out instead."""

    position: int
    """The return's place among the order's returns, here and below."""
    back: Back


class LabelAsked(msgspec.Struct, frozen=True, gc=False):
    """Stock has said what it holds of an exchange: the label of its return is asked for."""

    position: int
    back: Back


class ExchangeEnded(msgspec.Struct, frozen=True, gc=False):
    """An exchange will not happen: what is held for it is let go."""

    at_ms: int
    position: int
    before: Back
    back: Back
    """Without the exchange."""
    reason: str


class Replaced(msgspec.Struct, frozen=True, gc=False):
    """What is held may go out, before what it replaces is back or after: its order is asked for."""

    at_ms: int
    position: int
    back: Back


class Unreplaced(msgspec.Struct, frozen=True, gc=False):
    """Units of a line that are not replaced in the end, as they were found."""

    line: int
    units: int
    condition: str


class PriceAsked(msgspec.Struct, frozen=True, gc=False):
    """The price of goods that are not replaced is asked back from the order's payment."""

    at_ms: int
    cause: str
    """One refund for each."""
    return_id: str | None
    goods: tuple[Unreplaced, ...]
    fee_minor: int
    reason: str = "EXCHANGE"


class ReplacementUndone(msgspec.Struct, frozen=True, gc=False):
    """Of what went out instead, the customer does not have all."""

    at_ms: int
    position: int
    back: Back


class UndoingAsked(msgspec.Struct, frozen=True, gc=False):
    """A replacement tells the order whose goods it replaces what its customer does not have."""

    at_ms: int
    cause: str
    """Each is told once."""
    goods: tuple[Unreplaced, ...]
    """By the replacement's lines."""
    fee_minor: int


class DifferenceAsked(msgspec.Struct, frozen=True, gc=False):
    """All of an exchange is held: what it costs beyond what comes back is charged."""

    at_ms: int
    position: int
    back: Back
    pay: Pay


class DifferenceBack(msgspec.Struct, frozen=True, gc=False):
    """What an exchange differs by goes back, or a part of it."""

    at_ms: int
    payment_id: str
    amount_minor: int
    cause: str


class ReplacementStopped(msgspec.Struct, frozen=True, gc=False):
    """A bank claims the money: the order that replaces goods is to be cancelled (G-18)."""

    at_ms: int
    replacement: str


ExchangeFact = (
    SwapHeld
    | LabelAsked
    | ExchangeEnded
    | Replaced
    | PriceAsked
    | ReplacementUndone
    | UndoingAsked
    | DifferenceAsked
    | DifferenceBack
    | ReplacementStopped
)
