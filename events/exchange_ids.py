"""Names that belong to an exchange: all of them follow from the order whose goods come back."""

from typing import Final

from events.ids import derived_id

REPLACEMENT_PREFIX: Final = "exc_"


def replacement_id_of(order_id: str, number: int) -> str:
    """The order that replaces what an order's return of that number brings, counted from 1."""
    told = derived_id(order_id, "exchange", str(number))
    return f"{REPLACEMENT_PREFIX}{told.replace('-', '')}"


def hold_id_of(replacement_id: str, line: int) -> str:
    """The reservation that holds a line of a replacement until it is an order, from 1.

    It is no line's own reservation `<orderId>:<line>`: nobody takes it for one.
    """
    return f"{replacement_id}:x{line}"
