"""Notifier: the notification queue's state, by customer.

Reads SendNotification of notifications.queue, what became of each try, what customers did with
it, and what accounts say of where to reach them. Publishes a Dispatch for every try to its
channel's sender, NotificationSent and NotificationFailed, and SendNotification where another
channel stands in. Keeps the history of 90 days, contacts, preferences and who got how much.

A message counts once: by its idempotency key and by its id (K14). Every wait is a timer: quiet
hours, a full window, a failed try, a pausing channel, the daily digest, the end of the history.
"""

import msgspec

from agents.notifier_letters import BURIED, bury
from agents.notifier_rows import AGENT, book, recipient, save
from agents.notifier_timers import put_in_digest, timers
from agents.wiring import cause_of
from engine.specs import AgentSpec, Context, Delivery, Handler, Source
from streams.notifications.admitting import admit, earliest_ms, queued
from streams.notifications.depth import FAMILY, tally_of, told
from streams.notifications.facts import Digested, Fact, Queued
from streams.notifications.letters import Letter, place_of
from streams.notifications.outcomes import is_given_up
from streams.notifications.people import (
    answered,
    asked_for_password,
    bounced,
    preferring,
    signed_up,
    without_tokens,
)
from streams.notifications.rows import Contact, Notification, Preferences
from streams.notifications.rules import NotificationRules
from streams.notifications.trying import accepted, blames_address, engaged, refused
from streams.pulse.tally import STANDING_MS, partial
from tables.notifications import (
    ALL,
    BOOKINGS,
    CONTACTS,
    DEPTHS,
    DIGESTS,
    LETTERS,
    LETTERS_COUNT,
    NOTIFICATION_IDS,
    NOTIFICATIONS,
    PREFERENCES,
)
from tables.pairs import dated_key
from topics import (
    DISPATCHES,
    NOTIFICATIONS_EVENTS,
    NOTIFICATIONS_QUEUE,
    PULSE,
    REGISTRATIONS_EVENTS,
)


def notifier_agent(rules: NotificationRules) -> AgentSpec:
    """The agent that keeps the queue."""
    return AgentSpec(
        name=AGENT,
        help="Decides when and where each message goes, and keeps what became of it.",
        sources=(
            Source(NOTIFICATIONS_QUEUE, {"SendNotification": _queueing(rules)}, by="userId"),
            Source(
                NOTIFICATIONS_EVENTS,
                {
                    "NotificationSent": _on_sent(rules),
                    "NotificationFailed": _on_failed(rules),
                    "CustomerEngagementRecorded": _on_engagement,
                },
                by="userId",
            ),
            Source(
                REGISTRATIONS_EVENTS,
                {"UserSignedUpEvent": _on_signed_up, "UserForgotPasswordEvent": _on_forgotten},
                by="userId",
            ),
        ),
        tables=(
            NOTIFICATIONS,
            PREFERENCES,
            CONTACTS,
            NOTIFICATION_IDS,
            BOOKINGS,
            DIGESTS,
            LETTERS,
            LETTERS_COUNT,
            DEPTHS,
        ),
        outputs=(NOTIFICATIONS_QUEUE, NOTIFICATIONS_EVENTS, *DISPATCHES.values(), BURIED, PULSE),
        timers=timers(rules),
        tick=_tell_depth,
    )


def _tell_depth(ctx: Context, _now_ms: int) -> None:
    table = ctx.table(DEPTHS)
    depth = table.get(ALL)
    if depth is not None and depth.seq > depth.told:
        part = partial(tally_of(depth), FAMILY, STANDING_MS, 0, ctx.partition)
        ctx.publish(PULSE, FAMILY, msgspec.json.encode(part), ())
        table[ALL] = told(depth)


# --- the queue -------------------------------------------------------------------------------


def _queueing(rules: NotificationRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        command, cause = delivery.value.data, cause_of(delivery)
        ids = ctx.table(NOTIFICATION_IDS)
        if ids.get(command.idempotency_key) is not None:
            return
        if ids.get(command.notification_id) is not None:
            return
        born = queued(
            command,
            cause.event_id,
            cause.correlation_id,
            delivery.value.timestamp_ms,
            cause.at_ms,
        )
        row = born.notification
        key = dated_key(row.user_id, row.queued_at_ms, row.notification_id)
        ids[row.idempotency_key] = ids[row.notification_id] = key
        person = recipient(ctx, command.recipient)
        facts: tuple[Fact, ...] = admit(row, person, earliest_ms(command), cause.at_ms, rules)
        after = save(ctx, cause, key, None, (Queued(row), *facts), person)
        book(ctx, after, person.bookings, facts, cause.at_ms, rules)
        if isinstance(facts[-1], Digested):
            put_in_digest(ctx, after, key)

    return handler


# --- what became of it -----------------------------------------------------------------------


def _found(ctx: Context, notification_id: str) -> tuple[str, Notification | None]:
    key = ctx.table(NOTIFICATION_IDS).get(notification_id)
    return ("", None) if key is None else (key, ctx.table(NOTIFICATIONS).get(key))


def _on_sent(rules: NotificationRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        event, at_ms = delivery.value.data, delivery.record.timestamp
        key, row = _found(ctx, event.notification_id)
        facts = () if row is None else accepted(row, event, at_ms)
        if row is not None and facts:
            save(ctx, cause_of(delivery), key, row, facts)
            _keep_letter(ctx, Letter(at_ms, key), rules)
            _drop_devices(ctx, row.user_id, delivery)

    return handler


def _keep_letter(ctx: Context, letter: Letter, rules: NotificationRules) -> None:
    """Have people find it without knowing whose it is."""
    counts = ctx.table(LETTERS_COUNT)
    number = counts.get(ALL) or 0
    counts[ALL] = number + 1
    ctx.table(LETTERS)[place_of(number, rules)] = letter


def _on_failed(rules: NotificationRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        event, at_ms = delivery.value.data, delivery.record.timestamp
        key, row = _found(ctx, event.notification_id)
        if row is None:
            return
        code = str((delivery.value.metadata or {}).get("code", ""))
        facts = refused(row, event, code, at_ms, rules)
        if blames_address(row, event, code, facts):
            _close(ctx, row, code, delivery, rules)
        if not facts:
            return
        after = save(ctx, cause_of(delivery), key, row, facts)
        if is_given_up(facts):
            bury(ctx, after, delivery)

    return handler


def _close(
    ctx: Context, row: Notification, code: str, delivery: Delivery, rules: NotificationRules
) -> None:
    """Remember an address that does not work."""
    at_ms, preferences = delivery.record.timestamp, ctx.table(PREFERENCES)
    before = preferences.get(row.user_id) or Preferences(row.user_id)
    after = bounced(before, row.channel, row.to, code, at_ms, rules)
    if after is not before:
        preferences[row.user_id] = after
    _drop_devices(ctx, row.user_id, delivery)


def _drop_devices(ctx: Context, user_id: str, delivery: Delivery) -> None:
    """Forget the devices that the provider does not know any more (G-36)."""
    dead = (delivery.value.metadata or {}).get("dead")
    contact = ctx.table(CONTACTS).get(user_id)
    if dead and contact is not None:
        ctx.table(CONTACTS)[user_id] = without_tokens(contact, tuple(dead))


def _on_engagement(ctx: Context, delivery: Delivery) -> None:
    event = delivery.value.data
    key, row = _found(ctx, event.notification_id)
    if row is None or row.user_id != event.customer_id:
        return
    facts = engaged(row, event, delivery.record.timestamp)
    if not facts:
        return
    save(ctx, cause_of(delivery), key, row, facts)
    preferences = ctx.table(PREFERENCES)
    before = preferences.get(row.user_id) or Preferences(row.user_id)
    after = answered(before, event.root_interaction)
    if after is not before:
        preferences[row.user_id] = after


# --- accounts --------------------------------------------------------------------------------


def _on_signed_up(ctx: Context, delivery: Delivery) -> None:
    event = delivery.value.data
    contacts, preferences = ctx.table(CONTACTS), ctx.table(PREFERENCES)
    user_id = event.user_id
    contacts[user_id] = signed_up(contacts.get(user_id) or Contact(user_id), event)
    before = preferences.get(user_id) or Preferences(user_id)
    preferences[user_id] = preferring(before, event)


def _on_forgotten(ctx: Context, delivery: Delivery) -> None:
    event, contacts = delivery.value.data, ctx.table(CONTACTS)
    contacts[event.user_id] = asked_for_password(
        contacts.get(event.user_id) or Contact(event.user_id), event
    )
