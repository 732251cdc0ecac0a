"""W2: sales by product, counted and summed in windows of a minute, half-open, by event time.

A window closes when event time reaches its end and 10 s more; then one output tells its count and
its sum. Event time is the latest of the partition, or of the product alone: systems differ, so
there is an oracle for each. A fifth of the sales comes up to 30 s late: those whose window has
closed by then count nowhere.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import msgspec

from benchmarks.workloads.expected import Expected
from benchmarks.workloads.terms import GRACE_MS, WINDOW_MS
from engine.partitioning import partition_of

PRODUCTS: Final = 500
SALES_PER_S: Final = 250
"""Of event time: a window holds 15,000 sales, 30 a product."""
LATE_MS_MAX: Final = 30_000
LATE_SHARE: Final = 0.2
SKEW: Final = 2
TURN_MS: Final = 10
_VALUE: Final = '{"saleId":"sal_%010d","productId":"%s","qty":%d,"amount":%d,"at":%d}'
_decode = msgspec.json.decode
Dated = tuple[int, bytes, bytes, int]
"""(partition, key, value, at_ms)"""


@dataclass(frozen=True, slots=True)
class Sales:
    """So many sales from a moment on, always the same."""

    count: int
    partitions: int
    start_ms: int
    products: int = PRODUCTS
    seed: int = 7

    def records(self, by_partition: Expected, by_key: Expected) -> Iterator[Dated]:
        """Yield the sales, and add the windows that must come of them, by either clock."""
        random = Random(self.seed).random  # noqa: S311 - repeatable is the point
        names, placed = self._products()
        whole, each = Clockwork(), Clockwork()
        for number in range(self.count):
            chosen = int(self.products * random() ** SKEW)
            at_ms = self.start_ms + number * 1000 // SALES_PER_S
            if random() < LATE_SHARE:
                at_ms -= int(random() * LATE_MS_MAX)
            qty, amount = 1 + number % 5, 99 + number % 9_973
            name, (partition, key) = names[chosen], placed[chosen]
            whole.take(partition, name, amount, at_ms)
            each.take(name, name, amount, at_ms)
            yield partition, key, (_VALUE % (number, name, qty, amount, at_ms)).encode(), at_ms
        whole.tell(by_partition)
        each.tell(by_key)

    def closing(self, turn: int) -> Iterator[Dated]:
        """Yield a record a product that closes its windows, each turn's 10 ms after the last's.

        6,000 turns fit into the minute after; what comes later would close windows of theirs.
        """
        end_ms = self.start_ms + self.count * 1000 // SALES_PER_S
        at_ms = end_ms - end_ms % WINDOW_MS + 3 * WINDOW_MS + turn * TURN_MS
        for name, (partition, key) in zip(*self._products(), strict=True):
            yield partition, key, (_VALUE % (0, name, 1, 1, at_ms)).encode(), at_ms

    def _products(self) -> tuple[list[str], list[tuple[int, bytes]]]:
        names = [f"prd_{number:06d}" for number in range(self.products)]
        return names, [(partition_of(n.encode(), self.partitions), n.encode()) for n in names]


class Clockwork:
    """Windows as the definition has them, each closed by a clock: a partition's, or a key's."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, int], tuple[int, int]] = {}
        self._latest_ms: dict[Hashable, int] = {}

    def take(self, clock: Hashable, product: str, amount: int, at_ms: int) -> None:
        """Count a sale, unless its window is closed."""
        latest_ms = self._latest_ms[clock] = max(at_ms, self._latest_ms.get(clock, 0))
        start_ms = at_ms - at_ms % WINDOW_MS
        if start_ms + WINDOW_MS + GRACE_MS > latest_ms:
            count, total = self._windows.get((product, start_ms), (0, 0))
            self._windows[product, start_ms] = (count + 1, total + amount)

    def tell(self, expected: Expected) -> None:
        """Expect an output a window."""
        for (product, start_ms), (count, total) in self._windows.items():
            expected.passes(_figures(product, start_ms, count, total))


def canonical(value: bytes) -> bytes:
    """Read `{"product":...,"start":...,"count":...,"sum":...}`."""
    output: dict[str, Any] = _decode(value)
    return _figures(output["product"], output["start"], output["count"], output["sum"])


def _figures(product: str, start_ms: int, count: int, total: int) -> bytes:
    return f"{product}|{start_ms}|{count}|{total}".encode()
