"""What the shop does when somebody registers, and what it does not (G-53, G-54)."""

from collections.abc import Mapping

import msgspec

PRODUCTS_MAX = 100
"""Products that a watch list holds."""


class WatchList(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Products of which a user wants to know when they are back in stock."""

    created_at_ms: int
    products: tuple[str, ...] = ()


def registered(known: WatchList | None, at_ms: int) -> WatchList:
    """Give a new user an empty list; whoever has one keeps it (G-53)."""
    return WatchList(at_ms) if known is None else known


def counted(counts: Mapping[str, int] | None, name: str) -> dict[str, int]:
    """Count a message that asks for nothing (G-54)."""
    return {**(counts or {}), name: (counts or {}).get(name, 0) + 1}
