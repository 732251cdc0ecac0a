"""W2: sales by product, counted and summed in windows of a minute, half-open, by event time.

A window closes when the partition's event time reaches its end and 10 s more; then one output
tells its count and its sum. A fifth of the sales comes up to 30 s late: those whose window has
closed by then count nowhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import msgspec

from benchmarks.workloads.expected import Expected
from engine.partitioning import partition_of

PRODUCTS: Final = 500
SALES_PER_S: Final = 250
"""Of event time: a window holds 15,000 sales, 30 a product."""
WINDOW_MS: Final = 60_000
GRACE_MS: Final = 10_000
LATE_MS_MAX: Final = 30_000
LATE_SHARE: Final = 0.2
SKEW: Final = 2
_VALUE: Final = '{"saleId":"sal_%010d","productId":"%s","qty":%d,"amount":%d,"at":%d}'
_decode = msgspec.json.decode


@dataclass(frozen=True, slots=True)
class Sales:
    """So many sales from a moment on, always the same."""

    count: int
    partitions: int
    start_ms: int
    products: int = PRODUCTS
    seed: int = 7

    @property
    def end_ms(self) -> int:
        """After the last sale."""
        return self.start_ms + self.count * 1000 // SALES_PER_S + 1

    def records(self, expected: Expected) -> Iterator[tuple[int, bytes, bytes, int]]:
        """Yield (partition, key, value, at_ms), and add to `expected` what must come of them."""
        random = Random(self.seed).random  # noqa: S311 - repeatable is the point
        names = [f"prd_{number:06d}" for number in range(self.products)]
        placed = [(partition_of(name.encode(), self.partitions), name.encode()) for name in names]
        oracle = _Oracle(self.partitions)
        for number in range(self.count):
            chosen = int(self.products * random() ** SKEW)
            at_ms = self.start_ms + number * 1000 // SALES_PER_S
            if random() < LATE_SHARE:
                at_ms -= int(random() * LATE_MS_MAX)
            qty, amount = 1 + number % 5, 99 + number % 9_973
            partition, key = placed[chosen]
            oracle.take(partition, names[chosen], amount, at_ms)
            yield (
                partition,
                key,
                (_VALUE % (number, names[chosen], qty, amount, at_ms)).encode(),
                at_ms,
            )
        for (product, start_ms), (count, total) in oracle.windows.items():
            expected.passes(_figures(product, start_ms, count, total))

    def closing(self, turn: int) -> Iterator[tuple[int, bytes, bytes, int]]:
        """Yield a record a partition that closes every window before, later at every turn."""
        at_ms = self.end_ms + 2 * (WINDOW_MS + GRACE_MS) + turn * 1000
        for partition in range(self.partitions):
            name = f"closing_{partition}"
            yield partition, name.encode(), (_VALUE % (0, name, 1, 1, at_ms)).encode(), at_ms


class _Oracle:
    """Windows as the definition has them, in the order of each partition."""

    def __init__(self, partitions: int) -> None:
        self.windows: dict[tuple[str, int], tuple[int, int]] = {}
        self._latest_ms = [0] * partitions

    def take(self, partition: int, product: str, amount: int, at_ms: int) -> None:
        latest_ms = self._latest_ms[partition] = max(at_ms, self._latest_ms[partition])
        start_ms = at_ms - at_ms % WINDOW_MS
        if start_ms + WINDOW_MS + GRACE_MS > latest_ms:
            count, total = self.windows.get((product, start_ms), (0, 0))
            self.windows[product, start_ms] = (count + 1, total + amount)


def canonical(value: bytes) -> bytes:
    """Read `{"product":...,"start":...,"count":...,"sum":...}`."""
    output: dict[str, Any] = _decode(value)
    return _figures(output["product"], output["start"], output["count"], output["sum"])


def _figures(product: str, start_ms: int, count: int, total: int) -> bytes:
    return f"{product}|{start_ms}|{count}|{total}".encode()
