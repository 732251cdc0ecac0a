"""What becomes of an order once it is at the door: goods sent back, money asked back, a dispute.

Decided with the plan; what must go back for it is worked out from list prices alone.
"""

from collections.abc import Iterable, Mapping
from random import Random
from typing import Final, NamedTuple

from simulator.cards import Card
from simulator.chance import one_of
from simulator.settings import Mix

TOTAL_MINOR_MAX: Final = 50_000
"""Refunds worth more than 500 GBP wait for somebody who approves (G-17): such orders are left."""
LABEL_FEE_MINOR: Final = 599
"""Kept of the price where the customer pays for the way back, once a parcel (G-32)."""
_USED_PERCENT: Final = 10
"""Kept of the price of goods that were used (G-32)."""
_PARTS: Final = (1, 1, 2, 3)
LOST: Final = Card("tok_dispute_lost")
"""Pays; the bank decides disputes for the customer."""


class Return(NamedTuple):
    """Everything comes back, in one condition."""

    reason: str
    condition: str
    exchange: bool = False
    """The same goods are wanted again; where stock is short, or they come back spoilt, money."""

    @property
    def is_refunded(self) -> bool:
        """Spoilt goods are, where that is the shop's fault."""
        return self.condition != "damaged" or self.is_ours

    @property
    def is_ours(self) -> bool:
        """Whether the shop pays for the way back."""
        return self.reason == "defective_item"

    @property
    def back_in_stock(self) -> bool:
        """Spoilt goods go to quarantine."""
        return self.condition != "damaged"


class Claim(NamedTuple):
    """Support gives back a part of the price: one over so many."""

    part: int


class Dispute(NamedTuple):
    """The customer's bank claims the price back."""

    lost: bool


Afterwards = Return | Claim | Dispute

RETURNS: Final = (
    Return("changed_mind", "new"),
    Return("changed_mind", "new"),
    Return("size_or_fit", "refurbished"),
    Return("defective_item", "damaged"),
    Return("changed_mind", "damaged"),
    Return("size_or_fit", "new", exchange=True),
    Return("defective_item", "damaged", exchange=True),
    Return("changed_mind", "damaged", exchange=True),
)


def afterwards(chance: Random, mix: Mix) -> Afterwards | None:
    """What happens afterwards, mostly nothing."""
    drawn = chance.random()
    if drawn < mix.returned:
        return one_of(chance, RETURNS)
    if drawn < mix.returned + mix.refunded:
        return Claim(one_of(chance, _PARTS))
    if drawn < mix.returned + mix.refunded + mix.disputed:
        return Dispute(lost=chance.random() < mix.lost)
    return None


class Piece(NamedTuple):
    """Units that came back, as inspected."""

    return_id: str
    product_id: str
    quantity: int
    condition: str


def back_minor(
    after: Afterwards | None, total_minor: int, prices: Mapping[str, int], came: Iterable[Piece]
) -> int:
    """What must go back to the customer, in minor units, for what came back and is not replaced."""
    if isinstance(after, Claim):
        return total_minor // after.part
    if not isinstance(after, Return):
        return 0
    worth: dict[str, int] = {}
    whole: dict[str, int] = {}
    for piece in came:
        price = prices.get(piece.product_id, 0) * piece.quantity
        used = price * _USED_PERCENT // 100 if piece.condition == "refurbished" else 0
        due = price - used if after.is_refunded else 0
        worth[piece.return_id] = worth.get(piece.return_id, 0) + due
        whole[piece.return_id] = whole.get(piece.return_id, 0) + price
    fee = 0 if after.is_ours else LABEL_FEE_MINOR
    return sum(max(0, due - min(fee, whole[name])) for name, due in worth.items())
