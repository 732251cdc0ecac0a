"""What can happen to goods on their way back."""

import msgspec

from streams.shipping.rows import Return


class ReturnAsked(msgspec.Struct, frozen=True, gc=False):
    """The customer wants to send goods back."""

    at_ms: int
    returning: Return


class ReturnLabelled(msgspec.Struct, frozen=True, gc=False):
    """A carrier takes them back."""

    at_ms: int
    carrier: str
    tracking_number: str
    label_url: str
    due_ms: int


class ReturnGivenUp(msgspec.Struct, frozen=True, gc=False):
    """No carrier issues a label: a person has to see to it."""

    at_ms: int
    tries: int


class ReturnLapsed(msgspec.Struct, frozen=True, gc=False):
    """The label was not used in time."""

    at_ms: int


class ReturnTakenUp(msgspec.Struct, frozen=True, gc=False):
    """What was sent back with a label came after it had lapsed, or another was used."""

    at_ms: int
    returning: Return
    left: tuple[Return, ...] = ()
    """Those whose labels may bring something still, the newest last."""


class ReturnedItem(msgspec.Struct, frozen=True, gc=False):
    """Units of one product that came back, as inspected."""

    sku: str
    product_id: str | None
    quantity: int
    condition: str
    refundable: bool
    item_id: str | None = None
    """The line that it was announced of."""


class Returned(msgspec.Struct, frozen=True, gc=False):
    """Goods came back and were inspected."""

    at_ms: int
    warehouse_id: str
    items: tuple[ReturnedItem, ...]


ReturnFact = ReturnAsked | ReturnLabelled | ReturnGivenUp | ReturnLapsed | ReturnTakenUp | Returned
