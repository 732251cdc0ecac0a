"""What becomes of a message that is asked for: sent now, later, in the digest, or not at all.

Refusals in order of precedence: the channel is stopped, its address does not work, there is
none, the recipient has had enough.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from events.notifications import SendNotification
from events.vocabulary import Channel, NotificationFailureReason
from streams.moments import ms_of
from streams.notifications.booking import (
    NONE,
    booked,
    has_place,
    has_room,
    held_back,
    slot,
)
from streams.notifications.calendar import digest_at, is_ever_quiet, loud_at, zone_of
from streams.notifications.facts import (
    Deferred,
    Digested,
    Fact,
    Queued,
    Sent,
    Started,
    Suppressed,
)
from streams.notifications.people import address, is_closed
from streams.notifications.rows import (
    Bookings,
    Contact,
    Digest,
    Notification,
    Preferences,
    Status,
)
from streams.notifications.rules import EMAIL, HIGH, IN_APP, LOW, SMS, NotificationRules

OPTED_OUT: Final = "opted_out"
NO_CONTACT: Final = "no_contact_point"
RATE_LIMITED: Final = "rate_limited"
EXPIRED: Final = "expired"

FALLBACKS: Final[Mapping[str, Channel]] = {SMS: EMAIL, EMAIL: IN_APP}
"""Where a message goes whose channel is closed (G-36)."""

HOUSE: Final = "in_app"
"""The provider of in-app messages: the history itself."""


@dataclass(frozen=True, slots=True)
class Person:
    """Everything known of a recipient."""

    contact: Contact
    preferences: Preferences
    bookings: Bookings = NONE
    digest: Digest | None = None
    """What waits for their next one."""


def earliest_ms(command: SendNotification) -> int:
    """Before when a message must not go out; 0: at any time."""
    scheduled = command.scheduled_at
    return 0 if scheduled is None else ms_of(scheduled)


def queued(
    command: SendNotification, event_id: str, correlation_id: str, asked_ms: int, at_ms: int
) -> Queued:
    """A message as it enters the queue."""
    return Queued(
        Notification(
            notification_id=command.notification_id,
            user_id=command.recipient.customer_id,
            channel=command.channel,
            template_id=command.template_id,
            priority=command.priority,
            status=Status.QUEUED,
            queued_at_ms=at_ms,
            asked_ms=min(asked_ms, at_ms),
            idempotency_key=command.idempotency_key,
            cause_id=event_id,
            correlation_id=correlation_id,
            template_data=command.template_data or {},
            source_event_type=command.source_event_type or "",
        )
    )


def refusal(
    row: Notification, person: Person, rules: NotificationRules
) -> NotificationFailureReason | None:
    """Why the message cannot be sent on its channel; None: it can."""
    if row.channel in person.preferences.opted_out:
        return OPTED_OUT
    to = address(person.contact, row.channel, rules)
    if not to or is_closed(person.preferences, row.channel, to):
        return NO_CONTACT
    return None


def admit(
    row: Notification, person: Person, not_before_ms: int, at_ms: int, rules: NotificationRules
) -> tuple[Fact, ...]:
    """Say what becomes of a message now, before any try."""
    reason = refusal(row, person, rules)
    if reason:
        return (Suppressed(reason),)
    if row.channel == IN_APP:
        return _shown(row, not_before_ms, at_ms)
    if row.priority == LOW:
        return _low(row, person, max(not_before_ms, at_ms), at_ms, rules)
    due_ms = _due(row, person, max(not_before_ms, at_ms), rules)
    if due_ms is None:
        return (Suppressed(RATE_LIMITED),)
    if due_ms > at_ms:
        return (Deferred(due_ms),)
    return (_started(row, person, at_ms, rules),)


def resume(
    row: Notification, person: Person, at_ms: int, rules: NotificationRules
) -> tuple[Fact, ...]:
    """Say what becomes of a message whose time has come; its place is booked."""
    reason = refusal(row, person, rules)
    if reason:
        return (Suppressed(reason),)
    if row.channel == IN_APP:
        return _shown(row, at_ms, at_ms)
    if row.priority == LOW:
        return _into_digest(row, person, at_ms, rules)
    return begun(row, person, at_ms, rules)


def begun(
    row: Notification, person: Person, at_ms: int, rules: NotificationRules
) -> tuple[Fact, ...]:
    """A try begins, unless the wait for it lasted into quiet hours: then it waits on (G-35)."""
    loud_ms = _loud(row, person, at_ms, rules)
    if loud_ms > at_ms:
        return (Deferred(loud_ms),)
    return (_started(row, person, at_ms, rules),)


def _started(row: Notification, person: Person, at_ms: int, rules: NotificationRules) -> Started:
    """A try of a message; one to a team of the house says how much else waits for that team."""
    is_house = row.user_id in {rules.ops_id, rules.security_id}
    waiting = held_back(person.bookings, at_ms, rules) if is_house else 0
    return Started(address(person.contact, row.channel, rules), waiting)


def bookings_after(
    row: Notification,
    bookings: Bookings,
    facts: tuple[Fact, ...],
    at_ms: int,
    rules: NotificationRules,
) -> Bookings:
    """Count what leaves the house, or will, in its recipient's window."""
    if row.channel == IN_APP:
        return bookings
    for fact in facts:
        if isinstance(fact, Deferred):
            return booked(bookings, fact.due_ms, at_ms, rules)
        if isinstance(fact, Started | Digested):
            return booked(bookings, at_ms, at_ms, rules)
    return bookings


def _shown(row: Notification, not_before_ms: int, at_ms: int) -> tuple[Fact, ...]:
    """An in-app message is delivered by being in the history."""
    if not_before_ms > at_ms:
        return (Deferred(not_before_ms),)
    return (Started((row.user_id,)), Sent(at_ms, HOUSE))


def _low(
    row: Notification, person: Person, from_ms: int, at_ms: int, rules: NotificationRules
) -> tuple[Fact, ...]:
    """Dropped over the limit, else in the first digest after its time."""
    if not has_room(person.bookings, from_ms, rules):
        return (Suppressed(RATE_LIMITED),)
    if from_ms > at_ms:
        return (Deferred(from_ms),)
    return _into_digest(row, person, at_ms, rules)


def _into_digest(
    row: Notification, person: Person, at_ms: int, rules: NotificationRules
) -> tuple[Fact, ...]:
    if not has_place(person.digest, row.template_data, rules):
        return (Suppressed(RATE_LIMITED),)
    zone = zone_of(person.contact, person.preferences, rules)
    return (Digested(digest_at(at_ms, zone, rules)),)


def _due(row: Notification, person: Person, at_ms: int, rules: NotificationRules) -> int | None:
    """When a message may go out; None when its recipient has had enough for a day."""
    if row.priority == HIGH:
        return at_ms
    return slot(person.bookings, at_ms, partial(_loud, row, person, rules=rules), rules)


def _loud(row: Notification, person: Person, at_ms: int, rules: NotificationRules) -> int:
    """The earliest time at or after at_ms at which the message may make a noise (G-35)."""
    if not is_ever_quiet(row.channel, row.priority):
        return at_ms
    zone = zone_of(person.contact, person.preferences, rules)
    return loud_at(at_ms, zone, rules)
