"""Registrations, by userId: an empty watch list for whoever signs up (G-53).

Reads UserSignedUpEvent of registrations.events, and DeliveryFailed of shipping.events, which the
contract sends here by mistake: it is counted, and nothing else (G-54). Publishes nothing: the
service's own events come from the gateway.
"""

from typing import Final

from engine.specs import AgentSpec, Context, Delivery, Source
from streams.registrations import counted, registered
from tables.registrations import UNHEEDED, WATCH_LISTS
from topics import REGISTRATIONS_EVENTS, SHIPPING_EVENTS

NAME: Final = "registrations"


def registrations_agent() -> AgentSpec:
    """Keep watch lists. It has no figures."""
    return AgentSpec(
        name=NAME,
        help="Gives new users an empty back-in-stock watch list.",
        sources=(
            Source(REGISTRATIONS_EVENTS, {"UserSignedUpEvent": _signed_up}, by="userId"),
            Source(SHIPPING_EVENTS, {"DeliveryFailed": _count}),
        ),
        tables=(WATCH_LISTS, UNHEEDED),
    )


def _signed_up(ctx: Context, delivery: Delivery) -> None:
    user_id = delivery.value.data.user_id
    table = ctx.table(WATCH_LISTS)
    known = table.get(user_id)
    after = registered(known, delivery.record.timestamp)
    if after is not known:
        table[user_id] = after


def _count(ctx: Context, delivery: Delivery) -> None:
    table = ctx.table(UNHEEDED)
    table[NAME] = counted(table.get(NAME), delivery.name)
