"""W1: orders by customer. Parse and validate the order, update the customer's row, pass on 10 %.

An order is valid when it has every field, every field has its type, the ids are not empty, and
each line has a quantity of 1 to 100 and a price of 0 or more. One in a thousand is not, in one
of five ways, and must change nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from benchmarks.workloads.expected import Expected
from engine.partitioning import partition_of

CUSTOMERS: Final = 5_000
INVALID_EVERY: Final = 1_000
SKEW: Final = 2
"""Customer n is drawn as customers * u ** skew: the first tenth places a third of all orders."""
QUANTITY_MAX: Final = 100

_VALID: Final = (
    '{"orderId":"%s","customerId":"%s","lines":[{"sku":"sku_%d","qty":%d,"price":%d.99},'
    '{"sku":"sku_%d","qty":1,"price":4.5}],"ts":"2025-06-15T12:%02d:%02d.000Z"}'
)
_INVALID: Final = (
    '{"orderId":"%s","customerId":"%s","lines":[{"sku":"sku_1","qty":0,"price":1.5}],"ts":"now"}',
    '{"orderId":"%s","customerId":"%s","lines":[{"sku":"sku_1","qty":101,"price":1.5}],"ts":"now"}',
    '{"orderId":"%s","customerId":"%s","lines":[{"sku":"sku_1","qty":1,"price":-1.5}],"ts":"now"}',
    '{"orderId":"%s","customerId":"%s","lines":[{"sku":"sku_1","qty":"one"}],"ts":"now"}',
    '{"orderId":"","customerId":"%s%s","lines":[{"sku":"sku_1","qty":1,"price":1.5}],"ts":"now"}',
)


@dataclass(frozen=True, slots=True)
class Orders:
    """So many orders, always the same."""

    count: int
    partitions: int
    customers: int = CUSTOMERS
    seed: int = 7
    copy_all: bool = False
    """Every valid order is passed on, not only every tenth."""
    each_once: bool = False
    """Customers take turns, so that the first orders have one each."""

    def records(self, expected: Expected) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield (partition, key, value), and add to `expected` what must come of them."""
        random = Random(self.seed).random  # noqa: S311 - repeatable is the point
        keys = [f"cus_{number:06d}" for number in range(self.customers)]
        placed = [(partition_of(key.encode(), self.partitions), key.encode()) for key in keys]
        rows = expected.rows = {}
        for number in range(self.count):
            drawn = int(self.customers * random() ** SKEW)
            chosen = number % self.customers if self.each_once else drawn
            order_id, key = f"ord_{number:010d}", keys[chosen]
            if number % INVALID_EVERY == INVALID_EVERY - 1:
                flaw = _INVALID[number // INVALID_EVERY % len(_INVALID)]
                yield *placed[chosen], (flaw % (order_id, key)).encode()
                continue
            qty = 1 + number % QUANTITY_MAX
            value = _order(order_id, key, number, qty)
            orders, units = rows.get(key, (0, 0))
            rows[key] = (orders + 1, units + qty + 1)
            if self.copy_all or order_id[-1] == "0":
                expected.passes(value)
            yield *placed[chosen], value


def _order(order_id: str, customer_id: str, number: int, qty: int) -> bytes:
    sku, other, price = number % 997, number % 499, number % 89
    minute, second = number // 60 % 60, number % 60
    return (_VALID % (order_id, customer_id, sku, qty, price, other, minute, second)).encode()
