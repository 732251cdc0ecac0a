"""Figures of erasure: each is a setting."""

from dataclasses import dataclass

from streams.moments import DAY_MS, MINUTE_MS


@dataclass(frozen=True, slots=True)
class ErasureRules:
    """What erasure may be told otherwise by its settings."""

    settle_ms: int = MINUTE_MS
    """From a round that found something to the next: what was under way is in the tables then."""
    open_ms: int = DAY_MS
    """The same while an order or a subscription of the customer is open: it needs its address."""
    rows_max: int = 2_000
    """Rows that one round erases in one partition; the next round takes the others."""
