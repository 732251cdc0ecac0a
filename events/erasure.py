"""Erasure of a customer's personal data, keyed by customerId (G-55).

An extension: the contract demands the erasure and names no message for it.
"""

from events.base import Command, Event, Upcast
from events.moments import Moment
from events.scalars import Count, Id, Text


class EraseCustomer(Command):
    """Asks to erase what is known of a customer; amounts and ids stay. An extension."""

    topic = "registrations.{env}.commands"
    key_field = "customer_id"
    source = "registration-service"

    customer_id: Id
    requested_by: Text
    reason: Text | None = None


class CustomerErased(Event):
    """Nothing is left of a customer's personal data in any table. An extension."""

    upcast = Upcast(timestamp_from="erasedAt")
    topic = "registrations.{env}.events"
    key_field = "customer_id"
    source = "registration-service"

    customer_id: Id
    requested_by: Text
    rows: Count
    requested_at: Moment
    erased_at: Moment
