"""What can happen to a payment's charges: asked for, held, captured, failed, let go."""

import msgspec

from streams.payments.states import Failure


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
    foreign: bool = False
    """True: it is of another currency than was asked for."""


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


ChargeFact = (
    ChargeAsked
    | ChargeKept
    | Authorized
    | CaptureAsked
    | Captured
    | AttemptFailed
    | ChargeLost
    | Hurried
    | Retried
    | VoidAsked
    | Voided
    | StrayCharge
)
