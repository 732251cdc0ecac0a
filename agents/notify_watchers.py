"""Who waits for a product, by productId: each is told once that it is back (G-34)."""

from typing import Final

import events
from agents.wiring import announce, cause_of
from engine.specs import Context, Delivery, Handler
from events.inventory import InventoryAdjusted
from streams.notifications.notices import watcher_notice
from streams.notifications.occasions import is_told
from streams.notifications.rules import NotificationRules
from streams.notifications.watches import Restock, read, written
from tables.notifications import WATCHED, WATCHERS
from tables.pairs import pair_key, pairs_range, second_of
from topics import WATCHES

AGENT: Final = "notify"


def watching(rules: NotificationRules) -> Handler:
    """Have somebody wait for a product, once, or tell the next of those who do that it is back."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        told = read(delivery.value)
        if isinstance(told, Restock):
            envelope = events.decode(told.event.encode(), record_timestamp_ms=0)
            restocked = Delivery(delivery.record, envelope.event_type, envelope)
            _tell_watchers(ctx, restocked, told.back_ms, told.after, rules)
            return
        waiting, key = ctx.table(WATCHERS), pair_key(told.product_id, told.user_id)
        if waiting.get(key) is None:
            waiting[key] = told.since_ms
            ctx.table(WATCHED)[pair_key(told.user_id, told.product_id)] = True

    return handler


def restocking(rules: NotificationRules) -> Handler:
    """Tell who waits for a product that it is back, once each (G-34)."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        event = delivery.value.data
        if is_told(event, rules):
            start, _ = pairs_range(event.product_id)
            back_ms = max(delivery.value.timestamp_ms, delivery.record.timestamp)
            _tell_watchers(ctx, delivery, back_ms, start, rules)

    return handler


def _tell_watchers(
    ctx: Context, delivery: Delivery, back_ms: int, after: str, rules: NotificationRules
) -> None:
    """Tell some of those who waited; where there are others, the word goes on to them."""
    event, waiting, watched = delivery.value.data, ctx.table(WATCHERS), ctx.table(WATCHED)
    product_id = event.product_id
    few = list(waiting.scan(after, pairs_range(product_id)[1], rules.watchers_told_max))
    for key, since_ms in few:
        if since_ms <= back_ms:
            user_id = second_of(key)
            del waiting[key]
            del watched[pair_key(user_id, product_id)]
            asked = watcher_notice(event, delivery.value.event_id, user_id, rules)
            # Ids differ by whom, for one event is told to several.
            announce(ctx, f"{AGENT}:{user_id}", cause_of(delivery), asked)
    if len(few) == rules.watchers_told_max:
        onward = Restock(_whole(delivery.value), back_ms, few[-1][0] + "\0")
        ctx.publish(WATCHES, product_id, written(onward), ())


def _whole(envelope: events.Envelope[InventoryAdjusted]) -> str:
    """An event as we write it: whoever reads it needs neither its topic nor its headers."""
    return events.encode(
        envelope.data,
        event_id=envelope.event_id,
        timestamp=envelope.timestamp_ms,
        correlation_id=envelope.correlation_id,
    ).decode()
