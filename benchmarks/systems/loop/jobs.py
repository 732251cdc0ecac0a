"""What the loop does with a record of each workload."""

from collections import defaultdict
from typing import Any

import msgspec

from benchmarks.systems.models import Closed, CustomerOrder, Order, Pair, Payment, Sale
from benchmarks.workloads.terms import GRACE_MS, WINDOW_MS, WITHIN_MS

_encode = msgspec.json.Encoder().encode
Out = tuple[bytes, bytes]


class CountOrders:
    """W1."""

    def __init__(self, *, copy_all: bool) -> None:
        self.rows: dict[bytes, Any] = {}
        self._copy_all = copy_all
        self._decode = msgspec.json.Decoder(CustomerOrder).decode

    def take(self, _topic: str, records: list[Any], out: list[Out], dirty: set[bytes]) -> None:
        """Apply records of one partition."""
        rows, decode, copy_all = self.rows, self._decode, self._copy_all
        for record in records:
            try:
                order = decode(record.value)
            except msgspec.ValidationError:
                continue
            key, units = record.key, 0
            for line in order.lines:
                units += line.qty
            row = rows.get(key)
            rows[key] = (1, units) if row is None else (row[0] + 1, row[1] + units)
            dirty.add(key)
            if copy_all or order.order_id[-1] == "0":
                out.append((key, record.value))


class CountSales:
    """W2."""

    def __init__(self) -> None:
        self.rows: dict[bytes, Any] = {}
        self._windows: dict[int, set[bytes]] = defaultdict(set)
        self._latest: dict[int, int] = {}
        self._decode = msgspec.json.Decoder(Sale).decode

    def take(self, _topic: str, records: list[Any], out: list[Out], dirty: set[bytes]) -> None:
        """Apply records of one partition."""
        rows, decode, partition = self.rows, self._decode, records[0].partition
        latest = self._latest.get(partition, 0)
        closes = latest - latest % WINDOW_MS
        for record in records:
            sale = decode(record.value)
            at = sale.at
            if at > latest:
                latest = at
                if at >= closes + WINDOW_MS + GRACE_MS:
                    closes = at - GRACE_MS - (at - GRACE_MS) % WINDOW_MS
                    self._close(partition, closes, out, dirty)
            start = at - at % WINDOW_MS
            if start + WINDOW_MS + GRACE_MS <= latest:
                continue
            key = b"%d|%d|%s" % (start, partition, record.key)
            row = rows.get(key)
            if row is None:
                rows[key] = (1, sale.amount)
                self._windows[start * 1000 + partition].add(key)
            else:
                rows[key] = (row[0] + 1, row[1] + sale.amount)
            dirty.add(key)
        self._latest[partition] = latest

    def _close(self, partition: int, before: int, out: list[Out], dirty: set[bytes]) -> None:
        for window in sorted(self._windows):
            start, place = divmod(window, 1000)
            if place == partition and start < before:
                for key in self._windows.pop(window):
                    count, total = self.rows.pop(key)
                    dirty.add(key)
                    product = key.split(b"|", 2)[2]
                    out.append((product, _encode(Closed(product.decode(), start, count, total))))


class JoinPairs:
    """W3, with everything kept: it is over before an hour of event time is."""

    def __init__(self, orders: str) -> None:
        self.rows: dict[bytes, Any] = {}
        self._orders = orders
        self._order = msgspec.json.Decoder(Order).decode
        self._payment = msgspec.json.Decoder(Payment).decode

    def take(self, topic: str, records: list[Any], out: list[Out], dirty: set[bytes]) -> None:
        """Apply records of one partition."""
        is_order, rows = topic == self._orders, self.rows
        decode: Any = self._order if is_order else self._payment
        mine, other = (b"o", b"p") if is_order else (b"p", b"o")
        for record in records:
            value, key = decode(record.value), record.key
            row: Any = (
                (value.at, value.total) if is_order else (value.at, value.payment_id, value.amount)
            )
            rows[mine + key] = row
            dirty.add(mine + key)
            found = rows.get(other + key)
            if found is not None and abs(found[0] - row[0]) <= WITHIN_MS:
                order, paid = (row, found) if is_order else (found, row)
                out.append((key, _encode(Pair(value.order_id, order[1], paid[1], paid[2]))))


def job_of(workload: str, inputs: tuple[str, ...], *, copy_all: bool) -> Any:
    """What to do in a workload."""
    if workload == "W1":
        return CountOrders(copy_all=copy_all)
    return CountSales() if workload == "W2" else JoinPairs(inputs[0])
