"""What can happen to a payment: facts fold into its row and may speak (`messages`).

Here: its session, fraud, its order's lines and end, and what is asked again. Charges, refunds and
disputes have modules of their own.
"""

from typing import TypeAlias

import msgspec

from streams.payments.charge_facts import ChargeFact
from streams.payments.dispute_facts import DisputeFact
from streams.payments.refund_facts import RefundFact
from streams.payments.session import Session
from streams.payments.states import Failure, Owed


class Opened(msgspec.Struct, frozen=True, gc=False):
    """The session began; fraud owes a decision until due_ms."""

    session: Session
    lines: int
    due_ms: int


class Approved(msgspec.Struct, frozen=True, gc=False):
    """Fraud approves."""


class Doubted(msgspec.Struct, frozen=True, gc=False):
    """Fraud does not approve, in a state that this alone does not change: the gate is shut."""

    decision: str


class Held(msgspec.Struct, frozen=True, gc=False):
    """The payment waits for a review, until_ms at the longest."""

    at_ms: int
    until_ms: int


class Resumed(msgspec.Struct, frozen=True, gc=False):
    """The review approved."""

    at_ms: int


class Claimed(msgspec.Struct, frozen=True, gc=False):
    """An order is to be paid with money that was taken before it was placed."""

    order_id: str
    amount_minor: int


class Allotted(msgspec.Struct, frozen=True, gc=False):
    """That order has all its stock: it is paid."""

    at_ms: int


class LineHeld(msgspec.Struct, frozen=True, gc=False):
    """Stock holds a line."""

    line: str


class LineLost(msgspec.Struct, frozen=True, gc=False):
    """Stock holds a line no longer."""

    line: str


class LineCommitted(msgspec.Struct, frozen=True, gc=False):
    """A line's hold is permanent."""

    line: str


class LinesCounted(msgspec.Struct, frozen=True, gc=False):
    """How many lines the order has became known."""

    lines: int


class Amended(msgspec.Struct, frozen=True, gc=False):
    """The order costs another sum, and has lost these lines."""

    total_minor: int
    dropped: tuple[str, ...]
    added: tuple[str, ...] = ()
    """Lines that are part of it now and were not when it was placed."""
    exact: bool = False
    """True: the shop took lines away, so that no difference is too small to go back."""


class FurtherAsked(msgspec.Struct, frozen=True, gc=False):
    """An amendment made the order dearer: the difference is a payment of its own."""

    number: int
    """Of the order's payments, from 2."""
    amount_minor: int


class ReviewWaived(msgspec.Struct, frozen=True, gc=False):
    """The payment has ended, or its order, so nobody need review it."""


class Completed(msgspec.Struct, frozen=True, gc=False):
    """The money is in and every line is committed."""

    fee_minor: int
    at_ms: int


class CancelNoted(msgspec.Struct, frozen=True, gc=False):
    """The order was cancelled, in a state that this alone does not end."""

    reason: str


class Cancelled(msgspec.Struct, frozen=True, gc=False):
    """The payment ended unpaid."""

    reason: str = ""
    """Why the order was cancelled, if it was."""
    failure: Failure | None = None
    """Set when this is news to the order: it travels as PaymentFailed."""


class AskedAgain(msgspec.Struct, frozen=True, gc=False):
    """The same question is put again, under the same idempotency key."""

    owed: Owed
    due_ms: int
    look_only: bool = False
    """True: the gateway may find out about a charge, but must not make it."""


class Postponed(msgspec.Struct, frozen=True, gc=False):
    """The provider failed an operation that may be repeated: at due_ms it is asked again."""

    due_ms: int


class GivenUp(msgspec.Struct, frozen=True, gc=False):
    """The provider refused or failed an operation for good: a person must look (G-20)."""

    owed: Owed
    until_ms: int = 0
    """When a hold that was never captured has lapsed for certain; 0: it is no capture."""


class Resolved(msgspec.Struct, frozen=True, gc=False):
    """A person settled what was stuck: nobody must look at these entries any more."""

    entries: tuple[str, ...]
    by: str
    note: str
    at_ms: int


class Woken(msgspec.Struct, frozen=True, gc=False):
    """The timer `session` fired: it is set no longer."""


Fact: TypeAlias = (
    Opened
    | Approved
    | Doubted
    | Held
    | Resumed
    | Claimed
    | Allotted
    | LineHeld
    | LineLost
    | LineCommitted
    | LinesCounted
    | Amended
    | FurtherAsked
    | ReviewWaived
    | Completed
    | CancelNoted
    | Cancelled
    | AskedAgain
    | Postponed
    | GivenUp
    | Resolved
    | Woken
    | ChargeFact
    | RefundFact
    | DisputeFact
)
