"""What can happen once money is in: it is paid out, or a bank claims it back (G-18, G-20)."""

import msgspec

from events.vocabulary import ChargebackOutcome
from streams.payments.sales import SentParcel


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
    evidence_due_ms: int


class EvidenceAsked(msgspec.Struct, frozen=True, gc=False):
    """The gateway is asked to put the proof of delivery before the bank."""

    parcel: SentParcel


class EvidenceGiven(msgspec.Struct, frozen=True, gc=False):
    """The provider has the evidence: now it is for the bank to decide, until due_ms."""

    due_ms: int


class EvidencePostponed(msgspec.Struct, frozen=True, gc=False):
    """The provider did not take the evidence; at due_ms it is offered again."""

    due_ms: int


class DisputeWon(msgspec.Struct, frozen=True, gc=False):
    """The dispute ended for the shop, or was withdrawn."""

    outcome: ChargebackOutcome


class NothingLeft(msgspec.Struct, frozen=True, gc=False):
    """All of the money had gone back by the time that its dispute was won."""


class DisputeLost(msgspec.Struct, frozen=True, gc=False):
    """The dispute ended against the shop: the disputed money is gone."""

    amount_minor: int


class Puzzled(msgspec.Struct, frozen=True, gc=False):
    """The provider tells what this payment cannot have: a person must look."""

    about: str = "puzzle"
    """A refund or a dispute whose end says that it is well, or what only a person can end."""


DisputeFact = (
    Settled
    | Disputed
    | EvidenceAsked
    | EvidenceGiven
    | EvidencePostponed
    | DisputeWon
    | NothingLeft
    | DisputeLost
    | Puzzled
)
