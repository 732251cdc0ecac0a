"""When a lane commits, and how much may wait."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """When a lane commits, and how much may wait.

    A lane commits at once when its last commit is at least `linger_s` ago. While more than
    `bulk_records` are pending it goes on gathering, up to `bulk_linger_s`, `records_max` or
    `bytes_max`, whichever comes first.
    """

    linger_s: float = 0.010
    bulk_linger_s: float = 0.100
    bulk_records: int = 200
    records_max: int = 10_000
    bytes_max: int = 4_000_000
    inbox_chunks_max: int = 16
    """Chunks waiting in a lane; then the consumer is held back."""
    effect_records_max: int = 1_000
    """Calls of one effect that one lane has begun and not handed over."""
    effect_chunks_max: int = 4
    """Chunks waiting for an effect in a lane; then its source is paused there."""
    tick_s: float = 1.0
    catch_up_s: float = 60.0
    """How long a lane that was just opened keeps its ticks back while it reads what lay there."""
    rows_max: int = 50_000
    """Decoded rows a table keeps in a lane."""
    slow_s: float = 1.0
    """A handler that takes longer is named in the log: nothing else of its worker moves."""
    commit_wait_s: float = 40.0
    """How long a transaction may take: more than a broker's restart, less than for ever."""
    close_wait_s: float = 3.0
    """How long a commit under way may take when the lane closes."""
