"""Allocation's figures: each is a setting, with the contract's default."""

from dataclasses import dataclass

from streams.moments import MINUTE_MS


@dataclass(frozen=True, slots=True)
class AllocationRules:
    """What Allocation may be told otherwise by its settings."""

    hold_ms: int = 15 * MINUTE_MS
    """How long stock is held for an order that is not yet paid (K2)."""
    hold_max_ms: int = 30 * MINUTE_MS
    """The longest a hold may be made to last, from when it was asked for (K2, G-24)."""
    retry_grace_ms: int = 5 * MINUTE_MS
    """How long after the next payment attempt a hold must still last (K2)."""
    early_ms: int = 10 * MINUTE_MS
    """How long a message is remembered whose order has not been confirmed (G-13)."""
