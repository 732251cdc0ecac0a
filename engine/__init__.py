"""Records in batches, state stores, exactly once: what every agent stands on.

Declare topics, tables and agents as data (`specs`), bind them to a Faust app (`bind`),
run them with `faust worker`, or drive them without a broker (`driver`).
The engine knows nothing of shops.
"""

import gc
from typing import Final

GC_THRESHOLDS: Final = (200_000, 20, 100)
"""Rows, records and what imports leave are mostly untracked or stay: collecting every 700 objects
finds nothing. Decoded messages and rows live for seconds in caches of bounded size: with fewer
than they hold (50,000) each is walked before it goes, a twentieth of a busy worker's CPU."""

# At once: while a worker imports itself, looking for garbage is an eighth of its time.
gc.set_threshold(*GC_THRESHOLDS)
