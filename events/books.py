"""Reconciliation: the shop's books beside a provider's, keyed by the first payment on the page.

And what a person who looked at a stuck payment says of it. All of it is an extension. Amounts are
in minor units on the wire too, as providers write them.
"""

from datetime import date
from typing import Annotated, Final

from pydantic import StringConstraints

from events.base import Command, Event, Part, names
from events.moments import Moment
from events.money import MinorUnits
from events.scalars import Currency, Id, Many, Name, Text

NOTE_CHARS_MAX: Final = 500
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NOTE_CHARS_MAX)
]

_MINOR = names(
    captured_minor=("capturedMinor",),
    refunded_minor=("refundedMinor",),
    provider_captured_minor=("providerCapturedMinor",),
    provider_refunded_minor=("providerRefundedMinor",),
)


class BookedCharge(Part):
    """What the shop thinks became of a charge."""

    model_config = _MINOR

    payment_id: Id
    charge_id: Id
    currency: Currency
    captured_minor: MinorUnits
    refunded_minor: MinorUnits


class BookMismatch(BookedCharge):
    """A charge of which the provider thinks otherwise; it may not know it at all."""

    model_config = _MINOR

    provider_captured_minor: MinorUnits | None = None
    provider_refunded_minor: MinorUnits | None = None


class ReconcileCharges(Command):
    """Asks for a page of a day's charges to be compared with the provider's books (G-20)."""

    topic = "payments.{env}.commands"
    key_field = "payment_id"
    source = "payment-service"

    payment_id: Id
    provider: Text
    day: date
    charges: Many[BookedCharge]


class ChargesReconciled(Event):
    """A page was compared; what differs is listed."""

    topic = "payments.{env}.events"
    key_field = "payment_id"
    source = "payment-gateway-service"

    payment_id: Id
    provider: Text
    day: date
    compared: Many[Id]  # payments
    mismatches: Many[BookMismatch]


class ResolveStuckPayment(Command):
    """Takes off the list what a person saw there of a payment, and settled.

    It moves no money. A capture whose outcome nobody knew goes on by their word, and a refund
    that failed here and was made all the same counts as made.
    """

    topic = "payments.{env}.commands"
    key_field = "payment_id"
    source = "payment-service"

    payment_id: Id
    entries: Many[Id]
    listed_at: Moment
    """Since when the row stood that the person saw: of a newer one this says nothing."""
    resolved_by: Name
    note: Note
    captured: bool | None = None
    """Of an entry `capture`: whether the provider has taken the money. None: it stays."""
    refunded: bool | None = None
    """Of entries that are refunds: whether the provider gave the money back. None: they stay."""
