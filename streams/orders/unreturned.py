"""Goods that went out in advance, and for which nothing came back: people are told (G-33)."""

from collections.abc import Iterator
from typing import Final

from events.alerts import AlertRaised
from streams import alarms
from streams.orders.accounts import missing
from streams.orders.evolution import fold
from streams.orders.facts import Fact, Flagged
from streams.orders.flags import UNRETURNED, flagged, lowered
from streams.orders.rows import Order

RULE: Final = "unreturned_exchange"


def with_missing(order: Order, facts: tuple[Fact, ...], at_ms: int) -> tuple[Fact, ...]:
    """Add to facts that units are missing for good, or that none is any more."""
    after = fold(order, facts)
    change = flagged if missing(after) else lowered
    reason = UNRETURNED if change is flagged else "GIVEN_BACK"
    return (*facts, *change(after, UNRETURNED, at_ms, reason))


def told(order: Order, fact: Flagged) -> Iterator[AlertRaised]:
    """Say how many units went out for which nothing came back."""
    if fact.reason == UNRETURNED:
        named = (order.order_id, str(order.version))
        yield alarms.alarm(RULE, named, order.order_id, missing(order), "units", fact.at_ms)
