"""What can happen to money that goes back."""

import msgspec

from events.vocabulary import RefundRefusal
from streams.payments.refund import Refund


class RefundNoted(msgspec.Struct, frozen=True, gc=False):
    """A refund is requested or accepted: it is in the state it says."""

    refund: Refund


class RefundRefused(msgspec.Struct, frozen=True, gc=False):
    """A refund will not be made (G-17). One that was noted has ended thereby."""

    refund_id: str
    amount_minor: int
    currency: str
    reason: RefundRefusal
    lapsed: bool = False
    """True: nobody approved it in time."""


class RefundAsked(msgspec.Struct, frozen=True, gc=False):
    """The gateway is asked to give money back."""

    refund_id: str
    amount_minor: int
    due_ms: int


class RefundUnderway(msgspec.Struct, frozen=True, gc=False):
    """The provider has taken a refund on; at look_ms it is asked how it went."""

    refund_id: str
    look_ms: int


class RefundLooked(msgspec.Struct, frozen=True, gc=False):
    """The provider is asked how a refund went, and at look_ms once more; 0: no more."""

    refund_id: str
    look_ms: int


class RefundDropped(msgspec.Struct, frozen=True, gc=False):
    """A refund that the provider had taken on did not go through: a person must look."""

    refund_id: str
    amount_minor: int


class RefundBounced(msgspec.Struct, frozen=True, gc=False):
    """Money that had gone back came in again: a person must look (G-17)."""

    refund_id: str
    amount_minor: int


class Refunded(msgspec.Struct, frozen=True, gc=False):
    """Money went back."""

    refund_id: str
    amount_minor: int
    at_ms: int
    days: int
    """Business days until the customer sees it."""


RefundFact = (
    RefundNoted
    | RefundRefused
    | RefundAsked
    | RefundUnderway
    | RefundLooked
    | RefundDropped
    | RefundBounced
    | Refunded
)
