"""What can happen to an exchange, and to an order that replaces goods (G-33)."""

import msgspec

from streams.orders.back import Back


class SwapHeld(msgspec.Struct, frozen=True, gc=False):
    """Stock holds one more of the goods that are to go out instead."""

    at_ms: int
    position: int
    """The return's place among the order's returns, here and below."""
    back: Back


class LabelAsked(msgspec.Struct, frozen=True, gc=False):
    """Stock has said what it holds of an exchange: the label of its return is asked for."""

    at_ms: int
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
    """What came back is as it should be: the order for what is held instead is asked for."""

    at_ms: int
    position: int
    back: Back


class Unreplaced(msgspec.Struct, frozen=True, gc=False):
    """Units of a line that are not replaced in the end, as they were found."""

    line: int
    """Of the order that tells it."""
    product_id: str
    """The product that was paid for."""
    units: int
    condition: str


class PriceAsked(msgspec.Struct, frozen=True, gc=False):
    """The price of goods is asked back from the payment of the order that paid for them."""

    at_ms: int
    order_id: str
    cause: str
    """One refund for each."""
    return_id: str | None
    goods: tuple[Unreplaced, ...]
    fee_minor: int


class ReplacementStopped(msgspec.Struct, frozen=True, gc=False):
    """A bank claims the money: the order that replaces goods is to be cancelled (G-18)."""

    at_ms: int
    replacement: str


ExchangeFact = SwapHeld | LabelAsked | ExchangeEnded | Replaced | PriceAsked | ReplacementStopped
