"""What the shop does when somebody registers, and what it does not (G-53, G-54)."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from events.orders import OrderAmended, OrderCancelled

_SHORT = "OUT_OF_STOCK"

PRODUCTS_MAX = 100
"""Products that a watch list holds."""


class WatchList(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Products of which a user wants to know when they are back in stock."""

    created_at_ms: int
    products: tuple[str, ...] = ()


def registered(known: WatchList | None, at_ms: int) -> WatchList:
    """Give a new user an empty list; whoever has one keeps it (G-53)."""
    return WatchList(at_ms) if known is None else known


def missed(
    known: WatchList | None, event: OrderCancelled | OrderAmended
) -> tuple[WatchList | None, list[str]]:
    """Put what a user could not get on their list; give what they wait for now.

    Whoever has not registered has no list. A full list lets go of what was missed first. What is
    on it from an earlier time is waited for again: of that they were told, or may have been.
    """
    if known is None or event.cancellation_reason != _SHORT:
        return known, []
    wanted = dict.fromkeys(_taken_away(event))
    new = [product_id for product_id in wanted if product_id not in known.products]
    if not new:
        return known, [*wanted]
    return replace(known, products=(*known.products, *new)[-PRODUCTS_MAX:]), [*wanted]


def _taken_away(event: OrderCancelled | OrderAmended) -> list[str]:
    if isinstance(event, OrderCancelled):
        return [item.product_id for item in event.order_items]
    return [one.product_id for one in event.amendments if one.new_quantity < one.previous_quantity]


def counted(counts: Mapping[str, int] | None, name: str) -> dict[str, int]:
    """Count a message that asks for nothing (G-54)."""
    return {**(counts or {}), name: (counts or {}).get(name, 0) + 1}
