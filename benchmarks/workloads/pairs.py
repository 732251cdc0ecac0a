"""W3: orders joined with payments by order, when they are at most 15 minutes apart.

Two topics, by event time: each order and its one payment. One in fifty payments is dated up to
a minute before its order, one in twenty more than 15 minutes after it, which is no match. An
output tells both. A system may forget either an hour after its time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from random import Random
from typing import Any, Final

import msgspec

from benchmarks.workloads.expected import Expected
from benchmarks.workloads.terms import WITHIN_MS
from engine.partitioning import partition_of

ORDERS_PER_S: Final = 250
"""Of event time."""
_EARLY_EVERY: Final = 50
_EARLY_MS_MAX: Final = 60_000
_LATE_EVERY: Final = 20
_LATE_MS: Final = (16 * 60_000, 30 * 60_000)
_USUAL_MS_MAX: Final = 5 * 60_000
_ORDER: Final = '{"orderId":"%s","customerId":"cus_%06d","total":%d,"at":%d}'
_PAYMENT: Final = '{"paymentId":"pay_%010d","orderId":"%s","amount":%d,"method":"card","at":%d}'
_decode = msgspec.json.decode
Dated = tuple[int, int, bytes, bytes, int]
"""(topic, partition, key, value, at_ms): topic 0 is orders, 1 is payments."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """So many orders and as many payments from a moment on, always the same."""

    count: int
    partitions: int
    start_ms: int

    def records(self, expected: Expected) -> Iterator[Dated]:
        """Yield both topics' records in order of time, and add the matches to `expected`."""
        made = [record for number in range(self.count) for record in self._pair(number, expected)]
        yield from sorted(made, key=itemgetter(4))

    def _pair(self, number: int, expected: Expected) -> tuple[Dated, Dated]:
        order_id, at_ms = f"ord_{number:010d}", self.start_ms + number * 1000 // ORDERS_PER_S
        key, total = order_id.encode(), 100 + number % 9_973
        partition, after_ms = partition_of(key, self.partitions), _delay_ms(number)
        order = _ORDER % (order_id, number % 5_000, total, at_ms)
        payment = _PAYMENT % (number, order_id, total + 1, at_ms + after_ms)
        if after_ms <= WITHIN_MS:
            expected.passes(_figures(order_id, total, f"pay_{number:010d}", total + 1))
        return (
            (0, partition, key, order.encode(), at_ms),
            (1, partition, key, payment.encode(), at_ms + after_ms),
        )


def _delay_ms(number: int) -> int:
    """How long after its order a payment comes."""
    random = Random(number).random()  # noqa: S311 - repeatable is the point
    if number % _EARLY_EVERY == 0:
        return -int(random * _EARLY_MS_MAX)
    if number % _LATE_EVERY == 1:
        return _LATE_MS[0] + int(random * (_LATE_MS[1] - _LATE_MS[0]))
    return int(random * _USUAL_MS_MAX)


def canonical(value: bytes) -> bytes:
    """Read `{"orderId":...,"total":...,"paymentId":...,"amount":...}`."""
    output: dict[str, Any] = _decode(value)
    return _figures(output["orderId"], output["total"], output["paymentId"], output["amount"])


def _figures(order_id: str, total: int, payment_id: str, amount: int) -> bytes:
    return f"{order_id}|{total}|{payment_id}|{amount}".encode()
