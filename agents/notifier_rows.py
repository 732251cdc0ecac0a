"""How the notifier looks people up, saves notifications, and hands their tries over."""

from typing import Final

from msgspec.structs import replace

from agents.wiring import Cause, Due, announce, move_timers
from engine.specs import Context
from events.base import Message
from events.notifications import NotificationRecipient, SendNotification
from streams.notifications.admitting import Person, bookings_after
from streams.notifications.booking import NONE
from streams.notifications.depth import Depth, moved
from streams.notifications.dispatches import dispatch
from streams.notifications.evolution import fold
from streams.notifications.facts import DeadLettered, Fact, Sent, Started, Suppressed
from streams.notifications.outcomes import following
from streams.notifications.people import met
from streams.notifications.rows import Bookings, Contact, Notification, Preferences
from streams.notifications.rules import IN_APP, NotificationRules
from tables.notifications import (
    ALL,
    BOOKINGS,
    CONTACTS,
    DEPTHS,
    DIGESTS,
    NOTIFICATION_IDS,
    NOTIFICATIONS,
    PREFERENCES,
)
from topics import DISPATCHES

AGENT: Final = "notifier"

_SHARED: Final = (Started, Sent, Suppressed, DeadLettered)
"""What happens to a digest happens to the messages in it."""


def recipient(ctx: Context, told: NotificationRecipient) -> Person:
    """The recipient, with what a message says of where to reach them."""
    contacts = ctx.table(CONTACTS)
    before = contacts.get(told.customer_id)
    contact = met(before, told)
    if contact is not before:
        contacts[contact.user_id] = contact
    return person_of(ctx, contact.user_id, contact)


def person_of(ctx: Context, user_id: str, contact: Contact | None = None) -> Person:
    """Everything known of somebody; of a stranger, nothing."""
    return Person(
        contact or ctx.table(CONTACTS).get(user_id) or Contact(user_id),
        ctx.table(PREFERENCES).get(user_id) or Preferences(user_id),
        ctx.table(BOOKINGS).get(user_id) or NONE,
        ctx.table(DIGESTS).get(user_id),
    )


def book(
    ctx: Context,
    row: Notification,
    bookings: Bookings,
    facts: tuple[Fact, ...],
    at_ms: int,
    rules: NotificationRules,
) -> None:
    """Count the message in its window, and have the history end some day."""
    after = bookings_after(row, bookings, facts, at_ms, rules)
    if not after.sweep_ms:
        after = replace(after, sweep_ms=at_ms + rules.history_ms)
        ctx.set_timer("history", row.user_id, after.sweep_ms)
    if after is not bookings:
        ctx.table(BOOKINGS)[row.user_id] = after


def save(
    ctx: Context,
    cause: Cause,
    key: str,
    before: Notification | None,
    facts: tuple[Fact, ...],
    person: Person | None = None,
) -> Notification:
    """Fold the facts into the row, run its timer, hand over its try, tell of its end."""
    after = fold(before, facts)
    ctx.table(NOTIFICATIONS)[key] = after
    _count(ctx, before, after)
    move_timers(ctx, key, _timers(before), _timers(after))
    if after.channel != IN_APP and isinstance(facts[-1], Started):
        locale = "" if person is None else person.preferences.locale
        ctx.publish(DISPATCHES[after.channel], after.user_id, dispatch(after, locale), ())
    _tell(ctx, cause, after, facts)
    for member in after.members:
        _share(ctx, member, facts)
    return after


def _count(ctx: Context, before: Notification | None, after: Notification) -> None:
    table = ctx.table(DEPTHS)
    depth = table.get(ALL) or Depth()
    moved_on = moved(depth, before, after)
    if moved_on is not depth:
        table[ALL] = moved_on


def _tell(ctx: Context, cause: Cause, row: Notification, facts: tuple[Fact, ...]) -> None:
    messages = [message for message in following(row, facts) if not _is_asked(ctx, message)]
    if messages:
        # The id is in the name, as one cause may end several messages: a digest's, for one.
        announce(ctx, f"{AGENT}:{row.notification_id}", cause, messages)


def _is_asked(ctx: Context, message: Message) -> bool:
    """Whether the queue would drop it: most events go to the channel that stands in anyhow."""
    if not isinstance(message, SendNotification):
        return False
    return ctx.table(NOTIFICATION_IDS).get(message.idempotency_key) is not None


def _share(ctx: Context, key: str, facts: tuple[Fact, ...]) -> None:
    """Have a digest's fate be that of a message in it; its own timer is the digest's."""
    table = ctx.table(NOTIFICATIONS)
    row = table.get(key)
    shared = tuple([fact for fact in facts if isinstance(fact, _SHARED)])
    if row is not None and shared:
        table[key] = fold(row, shared)


def _timers(row: Notification | None) -> tuple[Due, ...]:
    return () if row is None or not row.timer[1] else (row.timer,)
