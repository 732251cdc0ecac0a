"""What the notifier does when a time has come: waits that end, digests, the end of the history."""

from collections.abc import Callable

from msgspec.structs import replace

from agents.notifier_rows import AGENT, person_of, save
from agents.wiring import timer_cause
from engine.specs import Context, Table, Timer, TimerHandler
from streams.moments import DAY_MS, HOUR_MS
from streams.notifications.admitting import Person, resume
from streams.notifications.booking import NONE, words_bytes
from streams.notifications.facts import Digested, Fact, Queued
from streams.notifications.outcomes import digest_of
from streams.notifications.rows import Digest, Notification
from streams.notifications.rules import NotificationRules
from streams.notifications.trying import retry
from tables.notifications import (
    BOOKINGS,
    DIGESTS,
    NOTIFICATION_IDS,
    NOTIFICATIONS,
)
from tables.pairs import dated_key, dated_range, pairs_range

Going = Callable[[Notification, Person, int, NotificationRules], tuple[Fact, ...]]


def timers(rules: NotificationRules) -> dict[str, TimerHandler]:
    """Every timer of the notifier, by kind."""
    return {
        "due": _going_on(rules, resume),
        "notify-retry": _going_on(rules, retry),
        "digest": _digesting(rules),
        "history": _sweeping(rules),
    }


def _going_on(rules: NotificationRules, going: Going) -> TimerHandler:
    def handler(ctx: Context, timer: Timer, now_ms: int) -> None:
        row = ctx.table(NOTIFICATIONS).get(timer.key)
        if row is None or row.timer != (timer.kind, timer.due_ms):
            return
        person = person_of(ctx, row.user_id)
        facts = going(row, person, now_ms, rules)
        cause = timer_cause(AGENT, timer, now_ms, row.correlation_id)
        after = save(ctx, cause, timer.key, row, facts, person)
        if isinstance(facts[-1], Digested):
            put_in_digest(ctx, after, timer.key)

    return handler


def put_in_digest(ctx: Context, row: Notification, key: str) -> None:
    """Have a message wait for its recipient's next digest, which has a place for it."""
    table = ctx.table(DIGESTS)
    waiting = table.get(row.user_id)
    if waiting is None:
        waiting = Digest(row.due_ms, ())
        ctx.set_timer("digest", row.user_id, row.due_ms)
    size = waiting.size_bytes + words_bytes(row.template_data)
    table[row.user_id] = Digest(waiting.due_ms, (*waiting.keys, key), size)


def _digesting(rules: NotificationRules) -> TimerHandler:
    def handler(ctx: Context, timer: Timer, now_ms: int) -> None:
        table, history = ctx.table(DIGESTS), ctx.table(NOTIFICATIONS)
        waiting = table.get(timer.key)
        if waiting is None or waiting.due_ms != timer.due_ms:
            return
        del table[timer.key]
        rows = [(key, history.get(key)) for key in waiting.keys]
        members = tuple([(key, row) for key, row in rows if row is not None])
        cause = timer_cause(AGENT, timer, now_ms)
        digest = digest_of(timer.key, timer.due_ms, members, cause.event_id)
        key = dated_key(digest.user_id, digest.queued_at_ms, digest.notification_id)
        ctx.table(NOTIFICATION_IDS)[digest.notification_id] = key
        person = person_of(ctx, timer.key)
        facts = resume(digest, person, now_ms, rules)
        save(ctx, cause, key, None, (Queued(digest), *facts), person)

    return handler


def _sweeping(rules: NotificationRules) -> TimerHandler:
    """Forget what 90 days have passed of; the next time is when they have of the oldest rest.

    They count from when a message was to go out: one may be asked for long before.
    """
    kept_ms = rules.history_ms

    def handler(ctx: Context, timer: Timer, now_ms: int) -> None:
        history, ids = ctx.table(NOTIFICATIONS), ctx.table(NOTIFICATION_IDS)
        cut_ms = now_ms - kept_ms
        for key, row in list(history.scan(*dated_range(timer.key, cut_ms))):
            if row.wanted_ms <= cut_ms:
                del history[key]
                del ids[row.notification_id]
                del ids[row.idempotency_key]
        oldest_ms, bookings = _oldest_ms(history, timer.key, cut_ms), ctx.table(BOOKINGS)
        if not oldest_ms:
            del bookings[timer.key]
            return
        sweep_ms = oldest_ms + kept_ms
        bookings[timer.key] = replace(bookings.get(timer.key) or NONE, sweep_ms=sweep_ms)
        ctx.set_timer("history", timer.key, sweep_ms)

    return handler


def _oldest_ms(history: Table[Notification], user_id: str, cut_ms: int) -> int:
    """When the first of what is left was wanted; 0: nothing is left.

    Nothing is wanted before it was queued, and those that were queued first come last of all. So a
    little is looked at first: the shop's own people have as many messages as there are events, and
    each of them ends once.
    """
    for until_ms in (cut_ms + HOUR_MS, cut_ms + DAY_MS):
        rows = history.scan(*dated_range(user_id, until_ms))
        oldest_ms = min([row.wanted_ms for _, row in rows], default=until_ms + 1)
        if oldest_ms <= until_ms:
            return oldest_ms
    return min([row.wanted_ms for _, row in history.scan(*pairs_range(user_id))], default=0)
