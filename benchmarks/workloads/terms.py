"""The figures of the jobs that systems have to know. Milliseconds."""

from typing import Final

WINDOW_MS: Final = 60_000
"""W2's windows."""
GRACE_MS: Final = 10_000
"""How long after its end a window of W2 stays open."""
WITHIN_MS: Final = 15 * 60_000
"""How far apart an order and its payment may be in W3."""
KEPT_MS: Final = 60 * 60_000
"""How long after its time W3 must still know a record."""
