"""One refund: its states, and what a payment still has to give."""

from enum import StrEnum
from typing import Final

import msgspec

from events.ids import derived_id

REFUND_PREFIX: Final = "ref_"
"""How the ids of refunds begin that are asked for here."""

REFUNDS_MAX: Final = 50
"""Refunds of one payment that are kept, the newest: a payment with as many takes no request."""


class RefundState(StrEnum):
    """The states of the contract's refund machine."""

    PENDING = "pending"
    """Waits for somebody who approves."""
    PROCESSING = "processing"
    """Accepted: the provider is asked, or will be once it has answered what came before."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


REFUND_MOVES: Final = frozenset(
    {
        (RefundState.PENDING, RefundState.PROCESSING),
        (RefundState.PENDING, RefundState.FAILED),
        (RefundState.PENDING, RefundState.CANCELLED),
        (RefundState.PROCESSING, RefundState.COMPLETED),
        (RefundState.PROCESSING, RefundState.FAILED),
    }
)
"""The contract's transitions; `with_refund` asserts that no other happens."""

OPEN: Final = frozenset({RefundState.PENDING, RefundState.PROCESSING})


class Refund(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Money that goes back for one cause. Its id follows from the cause, so that is once."""

    refund_id: str
    amount_minor: int
    state: RefundState
    asked_at_ms: int
    reason: str = ""
    return_id: str = ""
    requested_by: str = ""
    approved_by: str = ""
    due_ms: int = 0
    """When a pending refund lapses; 0: it needs no approval, or has it."""
    underway: bool = False
    """True: the provider has taken it on, and its word alone ends it."""
    look_ms: int = 0
    """When the provider is asked how it went; 0: it is not."""
    bounced: bool = False
    """True: it went through, and the money came in again."""
    again_minor: int = 0
    """What of it is for goods that came before, and whose price waits for approval still."""
    instead_of: tuple[str, ...] = ()
    """Those refunds: what is for the same goods goes back with one of them."""


Refunds = tuple[Refund, ...]


def refund_id_of(payment_id: str, cause: str) -> str:
    """The id of the refund for a cause (a request's idempotency key, a return): one, ever."""
    return REFUND_PREFIX + derived_id(payment_id, "refund", cause).replace("-", "")


def refund_id_of_order(order_id: str) -> str:
    """The id of the refund of what is left when an order is cancelled, as Orders tells it."""
    return REFUND_PREFIX + order_id


def next_cause(refunds: Refunds, at_ms: int) -> str:
    """Tell a refund from those before it, where nothing else names its cause.

    By its moment too, for their number grows no more once `REFUNDS_MAX` are kept.
    """
    return f"{len(refunds) + 1} {at_ms}"


def find(refunds: Refunds, refund_id: str) -> Refund | None:
    """The refund of that id: the newest, for one made by hand may follow one that failed."""
    for refund in reversed(refunds):
        if refund.refund_id == refund_id:
            return refund
    return None


def with_refund(refunds: Refunds, refund: Refund) -> Refunds:
    """Put a refund in the place of its earlier state, or behind the others.

    Raises:
        AssertionError: a change of state that the contract does not have.
    """
    known = find(refunds, refund.refund_id)
    if known is None or (known.state not in OPEN and not refund.bounced):
        assert known is None or refund.state is RefundState.COMPLETED, "a refund begins once"
        return (*refunds, refund)[-REFUNDS_MAX:]
    moved = known.state is not refund.state
    assert not moved or (known.state, refund.state) in REFUND_MOVES, (known.state, refund.state)
    return tuple([refund if other is known else other for other in refunds])


def open_minor(refunds: Refunds) -> int:
    """What refunds take that have not ended, in minor units."""
    return sum([refund.amount_minor for refund in refunds if refund.state in OPEN])


def accepted_minor(refunds: Refunds) -> int:
    """What accepted refunds take that have not ended, in minor units."""
    processing = RefundState.PROCESSING
    return sum([refund.amount_minor for refund in refunds if refund.state is processing])


def underway_minor(refunds: Refunds) -> int:
    """What refunds take that a provider has under way, in minor units."""
    return sum([refund.amount_minor for refund in refunds if is_underway(refund)])


def is_underway(refund: Refund) -> bool:
    """Whether the provider has taken it on and not told how it ended."""
    return refund.underway and refund.state is RefundState.PROCESSING


def looks_due(refunds: Refunds) -> frozenset[int]:
    """When providers are asked how refunds went."""
    return frozenset([r.look_ms for r in refunds if r.look_ms and is_underway(r)])


def approvals_due(refunds: Refunds) -> frozenset[int]:
    """When pending refunds lapse."""
    return frozenset([r.due_ms for r in refunds if r.state is RefundState.PENDING])
