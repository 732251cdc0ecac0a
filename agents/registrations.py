"""Registrations, by userId: a watch list for whoever signs up (G-53), and what comes onto it.

Reads UserSignedUpEvent of registrations.events, OrderCancelled and OrderAmended of orders.events,
and DeliveryFailed of shipping.events, which the contract sends here by mistake: it is counted, and
nothing else (G-54). Publishes who waits for a product, for Notification to tell them; the
service's own events come from the gateway.
"""

from typing import Final

from engine.specs import AgentSpec, Context, Delivery, Source
from streams.notifications.watches import Watch, written
from streams.registrations import counted, missed, registered
from tables.registrations import UNHEEDED, WATCH_LISTS
from topics import ORDERS_EVENTS, REGISTRATIONS_EVENTS, SHIPPING_EVENTS, WATCHES

AGENT: Final = "registrations"
_MISSES: Final = ("OrderCancelled", "OrderAmended")
"""What may say that a user could not get a product."""


def registrations_agent() -> AgentSpec:
    """Keep watch lists. It has no figures."""
    return AgentSpec(
        name=AGENT,
        help="Keeps a back-in-stock watch list for everybody who signed up.",
        sources=(
            Source(REGISTRATIONS_EVENTS, {"UserSignedUpEvent": _signed_up}, by="userId"),
            Source(ORDERS_EVENTS, dict.fromkeys(_MISSES, _missed), by="userId"),
            Source(SHIPPING_EVENTS, {"DeliveryFailed": _count}),
        ),
        tables=(WATCH_LISTS, UNHEEDED),
        outputs=(WATCHES,),
    )


def _signed_up(ctx: Context, delivery: Delivery) -> None:
    user_id = delivery.value.data.user_id
    table = ctx.table(WATCH_LISTS)
    known = table.get(user_id)
    after = registered(known, delivery.record.timestamp)
    if after is not known:
        table[user_id] = after


def _missed(ctx: Context, delivery: Delivery) -> None:
    event, table = delivery.value.data, ctx.table(WATCH_LISTS)
    known = table.get(event.user_id)
    after, waits_for = missed(known, event)
    if after is not known:
        table[event.user_id] = after
    since_ms = min(delivery.value.timestamp_ms, delivery.record.timestamp)
    for product_id in waits_for:
        watch = Watch(product_id, event.user_id, since_ms)
        ctx.publish(WATCHES, product_id, written(watch), ())


def _count(ctx: Context, delivery: Delivery) -> None:
    table = ctx.table(UNHEEDED)
    table[AGENT] = counted(table.get(AGENT), delivery.name)
