"""What can happen to a payment: facts fold into its row and may speak (`messages`)."""

from typing import TypeAlias

import msgspec

from events.vocabulary import ChargebackOutcome, RefundRefusal
from streams.payments.refund import Refund
from streams.payments.sales import SentParcel
from streams.payments.states import Failure, Owed, Session


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


class ChargeAsked(msgspec.Struct, frozen=True, gc=False):
    """The gateway is asked to charge, and owes an answer until due_ms."""

    attempt: int
    key_attempt: int
    at_ms: int
    due_ms: int


class ChargeKept(msgspec.Struct, frozen=True, gc=False):
    """A charge went through in a state that cannot take it yet, or any more: remembered."""

    charge_id: str
    provider: str
    amount_minor: int
    captured: bool
    """True: the money was taken at once; False: it is only held."""


class Authorized(msgspec.Struct, frozen=True, gc=False):
    """The provider holds the money, until_ms at the longest."""

    charge_id: str
    provider: str
    amount_minor: int
    at_ms: int
    until_ms: int


class CaptureAsked(msgspec.Struct, frozen=True, gc=False):
    """Every line is held and fraud approves: the gateway is asked to capture."""

    at_ms: int
    due_ms: int


class Captured(msgspec.Struct, frozen=True, gc=False):
    """The money is in; the provider pays it out at settles_ms."""

    charge_id: str
    provider: str
    amount_minor: int
    at_ms: int
    settles_ms: int


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


class Completed(msgspec.Struct, frozen=True, gc=False):
    """The money is in and every line is committed."""

    fee_minor: int
    at_ms: int


class AttemptFailed(msgspec.Struct, frozen=True, gc=False):
    """An attempt failed; the timer `retry` at due_ms says what comes next."""

    failure: Failure
    at_ms: int
    due_ms: int
    final: bool
    """True: no attempt follows."""


class ChargeLost(msgspec.Struct, frozen=True, gc=False):
    """A charge failed in a state that this does not change."""

    failure: Failure


class Hurried(msgspec.Struct, frozen=True, gc=False):
    """What the timer of the state decides is to be decided at the next tick."""

    due_ms: int


class Retried(msgspec.Struct, frozen=True, gc=False):
    """The wait after a failed attempt is over."""

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


class VoidAsked(msgspec.Struct, frozen=True, gc=False):
    """The gateway is asked to let the authorisation go."""

    reason: str
    due_ms: int


class Voided(msgspec.Struct, frozen=True, gc=False):
    """The authorisation is gone."""


class StrayCharge(msgspec.Struct, frozen=True, gc=False):
    """A charge that this payment must not keep is let go; nobody waits for the answer."""

    charge_id: str
    provider: str
    reason: str


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


class Woken(msgspec.Struct, frozen=True, gc=False):
    """The timer `session` fired: it is set no longer."""


class Settled(msgspec.Struct, frozen=True, gc=False):
    """The provider paid out; our_word: it is for Payment to tell, nobody else did."""

    amount_minor: int
    fee_minor: int
    at_ms: int
    our_word: bool


class Disputed(msgspec.Struct, frozen=True, gc=False):
    """The cardholder's bank claims money back (G-18)."""

    chargeback_id: str
    amount_minor: int
    reason: str
    fee_minor: int
    at_ms: int
    evidence_due_ms: int


class EvidenceAsked(msgspec.Struct, frozen=True, gc=False):
    """The gateway is asked to put the proof of delivery before the bank."""

    parcel: SentParcel


class EvidenceGiven(msgspec.Struct, frozen=True, gc=False):
    """The provider has the evidence: now it is for the bank to decide."""


class EvidencePostponed(msgspec.Struct, frozen=True, gc=False):
    """The provider did not take the evidence; at due_ms it is offered again."""

    due_ms: int


class DisputeWon(msgspec.Struct, frozen=True, gc=False):
    """The dispute ended for the shop, or was withdrawn."""

    outcome: ChargebackOutcome


class DisputeLost(msgspec.Struct, frozen=True, gc=False):
    """The dispute ended against the shop: the disputed money is gone."""

    amount_minor: int


class Puzzled(msgspec.Struct, frozen=True, gc=False):
    """The provider tells what this payment cannot have: a person must look."""


Fact: TypeAlias = (
    Opened
    | Approved
    | Doubted
    | Held
    | Resumed
    | ChargeAsked
    | ChargeKept
    | Authorized
    | CaptureAsked
    | Captured
    | Claimed
    | Allotted
    | LineHeld
    | LineLost
    | LineCommitted
    | LinesCounted
    | Amended
    | FurtherAsked
    | Completed
    | AttemptFailed
    | ChargeLost
    | Hurried
    | Retried
    | CancelNoted
    | Cancelled
    | VoidAsked
    | Voided
    | StrayCharge
    | RefundNoted
    | RefundRefused
    | RefundAsked
    | RefundUnderway
    | RefundLooked
    | RefundDropped
    | RefundBounced
    | Refunded
    | AskedAgain
    | Postponed
    | GivenUp
    | Woken
    | Settled
    | Disputed
    | EvidenceAsked
    | EvidenceGiven
    | EvidencePostponed
    | Puzzled
    | DisputeWon
    | DisputeLost
)
