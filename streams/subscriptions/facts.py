"""What can happen to a subscription and its invoice."""

from datetime import date
from typing import TypeAlias

import msgspec

from streams.billing.rows import Invoice
from streams.subscriptions.rows import Method, Status, Subscription


class Began(msgspec.Struct, frozen=True, gc=False):
    """Somebody subscribed, or another shop's subscription became known."""

    subscription: Subscription


class Started(msgspec.Struct, frozen=True, gc=False):
    """The subscription runs: UserSubscriptionStarted."""


class Moved(msgspec.Struct, frozen=True, gc=False):
    """It went to another state, and nothing else follows from that."""

    to: Status


# --- billing -----------------------------------------------------------------------------------


class InvoiceIssued(msgspec.Struct, frozen=True, gc=False):
    """An invoice was drawn."""

    invoice: Invoice


class InvoiceSent(msgspec.Struct, frozen=True, gc=False):
    """The customer has the invoice."""


class InvoiceOverdue(msgspec.Struct, frozen=True, gc=False):
    """It was not paid in time."""


class InvoiceCancelled(msgspec.Struct, frozen=True, gc=False):
    """It is not to be paid any more."""


class InvoicePaid(msgspec.Struct, frozen=True, gc=False):
    """Its money is in."""


class Reminded(msgspec.Struct, frozen=True, gc=False):
    """The customer was told that a charge is near."""

    days: int


class ChargeBegun(msgspec.Struct, frozen=True, gc=False):
    """The invoice is charged: a payment session opens."""

    at_ms: int
    key: str
    is_retry: bool
    """True: the dunning's timer did it, not the customer's new way to pay."""


class ChargeFailed(msgspec.Struct, frozen=True, gc=False):
    """The charge failed."""

    at_ms: int


class RetrySet(msgspec.Struct, frozen=True, gc=False):
    """It will be tried again."""

    due_ms: int


class GraceBegun(msgspec.Struct, frozen=True, gc=False):
    """No retry follows: the customer has until due_ms to give another way to pay."""

    due_ms: int


class Suspended(msgspec.Struct, frozen=True, gc=False):
    """The grace ran out."""

    at_ms: int


class GivenUp(msgspec.Struct, frozen=True, gc=False):
    """Nobody will pay any more: the subscription asks for its own cancellation (K5)."""


class Renewed(msgspec.Struct, frozen=True, gc=False):
    """The next period is paid, and runs."""

    payment_id: str
    recovered: bool
    """True: it took more than one charge."""
    start: date
    end: date
    anchor_day: int


class UpgradeHinted(msgspec.Struct, frozen=True, gc=False):
    """A while is over after which the customer is told of a higher plan."""

    plan_id: str


class StrayPayment(msgspec.Struct, frozen=True, gc=False):
    """Money came in for an invoice that was cancelled meanwhile: it is to go back."""

    payment_id: str
    amount_minor: int
    currency: str


class OrderPlaced(msgspec.Struct, frozen=True, gc=False):
    """The paid goods are ordered (G-45)."""

    order_id: str


# --- what customers ask for --------------------------------------------------------------------


class MethodChanged(msgspec.Struct, frozen=True, gc=False):
    """There is another way to pay."""

    method: Method


class PlanChosen(msgspec.Struct, frozen=True, gc=False):
    """The next period has another plan; "": no other after all."""

    plan_id: str


class PlanChanged(msgspec.Struct, frozen=True, gc=False):
    """The plan is another one now."""

    from_plan_id: str
    to_plan_id: str
    on: date
    prorated_minor: int
    period_minor: int | None
    """What the plan costs in the running period, its discount taken off."""


class Paused(msgspec.Struct, frozen=True, gc=False):
    """Nothing is billed until resume_on."""

    on: date
    resume_on: date


class Extended(msgspec.Struct, frozen=True, gc=False):
    """The pause is over; the period ends that many days later."""

    days: int


class LeaveAsked(msgspec.Struct, frozen=True, gc=False):
    """The subscription is to end with its period."""

    reason: str
    by: str
    note: str | None


class OfferMade(msgspec.Struct, frozen=True, gc=False):
    """The customer is offered a discount for staying."""

    at_ms: int
    percent: int
    due_ms: int


class OfferClosed(msgspec.Struct, frozen=True, gc=False):
    """The offer stands no more, and the customer leaves."""


class OfferTaken(msgspec.Struct, frozen=True, gc=False):
    """The customer stays for it."""

    percent: int
    cycles: int


class LeaveSettled(msgspec.Struct, frozen=True, gc=False):
    """The cancellation goes through, when the period ends: UserSubscriptionCancelled."""

    effective_on: date


class Stayed(msgspec.Struct, frozen=True, gc=False):
    """The cancellation is withdrawn."""


class Cancelled(msgspec.Struct, frozen=True, gc=False):
    """It is over at once: UserSubscriptionCancelled, unless that has been said before."""

    effective_on: date
    reason: str
    by: str
    note: str | None
    was_told: bool


class Expired(msgspec.Struct, frozen=True, gc=False):
    """It is over, because it does not renew itself."""


class Refused(msgspec.Struct, frozen=True, gc=False):
    """What was asked for is not done; the customer is told why."""

    what: str
    why: str


Fact: TypeAlias = (
    Began
    | Started
    | Moved
    | InvoiceIssued
    | InvoiceSent
    | InvoiceOverdue
    | InvoiceCancelled
    | InvoicePaid
    | Reminded
    | ChargeBegun
    | ChargeFailed
    | RetrySet
    | GraceBegun
    | Suspended
    | GivenUp
    | Renewed
    | UpgradeHinted
    | StrayPayment
    | OrderPlaced
    | MethodChanged
    | PlanChosen
    | PlanChanged
    | Paused
    | Extended
    | LeaveAsked
    | OfferMade
    | OfferClosed
    | OfferTaken
    | LeaveSettled
    | Stayed
    | Cancelled
    | Expired
    | Refused
)
Facts: TypeAlias = tuple[Fact, ...]
