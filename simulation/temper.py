"""How much goes wrong in the machinery of a run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Temper:
    """How unruly the machinery is."""

    crash: float = 0.0
    """The chance of a lane's end at a step."""
    stall: float = 0.0
    """The chance that a source stands still when something is written to it."""
    stall_ms_max: int = 20_000
    chunk_max: int = 8
    commit: float = 0.5
    """The chance of a commit after a chunk."""
    tick_ms: int = 12 * 60 * 60_000
    """Lanes tick when a timer is due, and at least so often."""
    rest_ms: int = 48 * 60 * 60_000
    """The same of lanes in which the last tick changed nothing, and nothing else did since."""
