"""The clock by which the gateway measures how long things take and are kept."""

import time


def ticks_ms() -> int:
    """Milliseconds that only grow, whatever happens to the time of day."""
    return time.monotonic_ns() // 1_000_000
