"""`faust -A benchmarks.systems.faust.app worker`: each workload as its documentation would write it.

At least once, as by default. Values are parsed by msgspec and not by Faust's slower models.
Nothing is told when a window closes and nothing is joined by time, as Faust has neither for more
than one partition: W2 tells each window when the next one of its product begins, W3 waits in two
tables.
"""  # noqa: E501 - the command is one line

from typing import Any, Final

import faust
import msgspec

from benchmarks.job import Job
from benchmarks.systems.models import Closed, CustomerOrder, Order, Pair, Payment, Sale
from benchmarks.workloads.terms import GRACE_MS, WINDOW_MS, WITHIN_MS

JOB: Final = Job.told()
_encode = msgspec.json.Encoder().encode

app = faust.App(
    JOB.app_id,
    broker=f"kafka://{JOB.broker}",
    store="rocksdb://",
    datadir=str(JOB.data_dir),
    topic_partitions=JOB.partitions,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    web_enabled=False,
)


def raw(name: str) -> Any:
    """A topic of strings and bytes."""
    return app.topic(
        name, key_type=str, value_type=bytes, value_serializer="raw", key_serializer="raw"
    )


inputs = [raw(name) for name in JOB.inputs]
out = raw(JOB.output)


def count_orders() -> None:
    """W1."""
    decode = msgspec.json.Decoder(CustomerOrder).decode
    customers = app.Table("customers", partitions=JOB.partitions)

    @app.agent(inputs[0])
    async def count(stream: Any) -> None:
        async for key, value in stream.items():
            try:
                order = decode(value)
            except msgspec.ValidationError:
                continue
            units = 0
            for line in order.lines:
                units += line.qty
            row = customers.get(order.customer_id)
            customers[order.customer_id] = (
                [1, units] if row is None else [row[0] + 1, row[1] + units]
            )
            if JOB.copy_all or order.order_id[-1] == "0":
                await out.send(key=key, value=value)


def count_sales() -> None:
    """W2: a row a product holds its open windows, at most three."""
    decode = msgspec.json.Decoder(Sale).decode
    windows = app.Table("windows", partitions=JOB.partitions)

    @app.agent(inputs[0])
    async def count(stream: Any) -> None:
        row: Any
        async for key, value in stream.items():
            sale = decode(value)
            latest, row = windows.get(sale.product_id) or (0, {})
            latest = max(latest, sale.at)
            start = sale.at - sale.at % WINDOW_MS
            if start + WINDOW_MS + GRACE_MS > latest:
                figures = row.get(str(start), (0, 0))
                row = row | {str(start): [figures[0] + 1, figures[1] + sale.amount]}
            for name in [n for n in row if int(n) + WINDOW_MS + GRACE_MS <= latest]:
                total = row.pop(name)
                closed = Closed(sale.product_id, int(name), total[0], total[1])
                await out.send(key=key, value=_encode(closed))
            windows[sale.product_id] = [latest, row]


def join_pairs() -> None:
    """W3: either side waits for the other in a table."""
    order, payment = msgspec.json.Decoder(Order).decode, msgspec.json.Decoder(Payment).decode
    placed = app.Table("placed", partitions=JOB.partitions)
    paid = app.Table("paid", partitions=JOB.partitions)

    async def tell(key: Any, left: Any, right: Any) -> None:
        if abs(left[1] - right[2]) <= WITHIN_MS:
            pair = Pair(key, left[0], right[0], right[1])
            await out.send(key=key, value=_encode(pair))

    @app.agent(inputs[0])
    async def place(stream: Any) -> None:
        async for key, value in stream.items():
            found = order(value)
            left = placed[found.order_id] = [found.total, found.at]
            right = paid.get(found.order_id)
            if right is not None:
                await tell(key, left, right)

    @app.agent(inputs[1])
    async def pay(stream: Any) -> None:
        async for key, value in stream.items():
            found = payment(value)
            right = paid[found.order_id] = [found.payment_id, found.amount, found.at]
            left = placed.get(found.order_id)
            if left is not None:
                await tell(key, left, right)


{"W1": count_orders, "W2": count_sales, "W3": join_pairs}[JOB.workload]()
