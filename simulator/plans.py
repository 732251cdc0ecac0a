"""What an order is meant to meet, as the judge remembers it."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from simulator.afterwards import Afterwards, Dispute
from simulator.cards import Card
from simulator.catalogue import Product
from simulator.customers import Customer

DISCOUNTS: Final = {"SAVE10": 10, "ENTERPRISE20": 20}
"""Codes and what they take off, in percent (G-12)."""
LARGE_MINOR: Final = 100_000
"""From here on a first order's amount counts as large (G-22)."""


class Risk(StrEnum):
    """What Fraud has to make of a payment."""

    ORDINARY = "ordinary"
    """Approved."""
    DOUBTFUL = "doubtful"
    """Reviewed: a first order, from abroad, to another address (score 72 to 82)."""
    GRAVE = "grave"
    """Reviewed, and reported as fraud: the same for a large amount (score 84)."""
    STOLEN = "stolen"
    """Declined: the card is reported stolen (score 95)."""


class Refusal(NamedTuple):
    """What is wrong with an order that must be refused, and the reason that must be given."""

    flaw: str
    reason: str


REFUSALS: Final = (
    Refusal("price", "PRICE_MISMATCH"),
    Refusal("country", "INVALID_ADDRESS"),
    Refusal("state", "INVALID_ADDRESS"),
    Refusal("city", "INVALID_ADDRESS"),
    Refusal("po_box", "INVALID_ADDRESS"),
    Refusal("lines", "INVALID_REQUEST"),
    Refusal("quantity", "INVALID_REQUEST"),
    Refusal("currency", "INVALID_REQUEST"),
    Refusal("discount", "INVALID_REQUEST"),
    Refusal("total", "INVALID_REQUEST"),
)


class Cancel(NamedTuple):
    """A request to cancel: who asks, why, and how long after the order; negative is before."""

    user_id: str
    reason: str
    after_ms: int
    event_id: str


class Line(NamedTuple):
    """One line at list price."""

    product: Product
    quantity: int
    """0: the shop could not send it."""


class Plan(msgspec.Struct, frozen=True):
    """One order, all that will be asked of it, and what that must lead to."""

    number: int
    due_ms: int
    """After the shop's start."""
    order_id: str | None
    """None: the server names it."""
    event_id: str
    customer: Customer
    lines: tuple[Line, ...]
    currency: str
    discount_code: str | None
    total_minor: int
    """What the customer must be charged, the discount taken off."""
    refusal: Refusal | None
    card: Card
    risk: Risk
    verdict: str | None
    """What the reviewer will say of a doubtful one; None: nothing, ever."""
    verdict_after_ms: int
    cancel: Cancel | None
    """By the customer or the shop: must end the order."""
    meddler: Cancel | None
    """By a stranger: must change nothing."""
    gift: bool
    """Goes to another address than the customer's own."""
    afterwards: Afterwards | None = None
    """What happens once it arrived, if it does."""
    sent: bool = True
    """Whether its parcels must arrive; False: they must be booked."""

    @property
    def is_lost(self) -> bool:
        """Whether its price goes to the customer's bank."""
        return isinstance(self.afterwards, Dispute) and self.afterwards.lost

    @property
    def units(self) -> int:
        """Everything that was ordered."""
        return sum(line.quantity for line in self.lines)

    @property
    def products(self) -> list[str]:
        """Of every line that is left, one by one."""
        return [line.product.product_id for line in self.lines if line.quantity]

    def without(self, numbers: Collection[int]) -> "Plan":
        """What is left once the shop cancelled those lines, which keep their numbers.

        Each bears its share of a discount: the total up to it, less the total before it.
        """
        if not numbers:
            return self
        shares = {
            n: total_of(self.lines[:n], self.discount_code)
            - total_of(self.lines[: n - 1], self.discount_code)
            for n in numbers
        }
        lines = tuple(
            line._replace(quantity=0) if n in numbers else line
            for n, line in enumerate(self.lines, 1)
        )
        return replace(self, lines=lines, total_minor=self.total_minor - sum(shares.values()))


def total_of(lines: tuple[Line, ...], discount_code: str | None) -> int:
    """The list prices' sum, less the discount, which is rounded half up to minor units."""
    listed = sum(line.quantity * line.product.price_minor for line in lines)
    percent = DISCOUNTS.get(discount_code or "", 0)
    return listed - (listed * percent + 50) // 100
