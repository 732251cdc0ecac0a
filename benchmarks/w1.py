"""W1 as a worker: parse and validate an order, update a row by key, changelog, 10 % outputs.

A Faust app like any other: `faust -A benchmarks.w1 worker`. Settings come from the
environment, because the benchmark starts it as a process of its own.
"""

import os
from pathlib import Path
from typing import Any, Final

import msgspec

from engine.bind import WorkerOptions, create_worker_app
from engine.lane import Policy
from engine.records import Record
from engine.specs import AgentSpec, Context, Delivery, Source, TableSpec, TopicSpec
from engine.topology import Topology

TOPIC: Final = "bench.w1.orders"
PARTITIONS: Final = 4


class Line(msgspec.Struct, gc=False):
    """One line of an order."""

    sku: str
    qty: int
    price: float


class Order(msgspec.Struct, gc=False):
    """What is parsed, whole."""

    orderId: str  # noqa: N815 - its name on the wire
    customerId: str  # noqa: N815 - its name on the wire
    lines: list[Line]
    ts: str


class Bought(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A customer's row."""

    orders: int
    units: int


class OrderCodec:
    """msgspec, which validates types as it parses."""

    _decode = msgspec.json.Decoder(Order).decode

    def route(self, record: Record) -> str | None:  # noqa: ARG002 - one type only
        """There is one type."""
        return "Order"

    def decode(self, record: Record, name: str | None) -> tuple[str, Any]:  # noqa: ARG002
        """Parse the whole order."""
        return "Order", self._decode(record.value or b"")

    def field(self, value: Any, field: str) -> str | None:  # noqa: ARG002 - one field only
        """The customer."""
        key: str = value.customerId
        return key


CODEC: Final = OrderCodec()
ORDERS: Final = TopicSpec(TOPIC, "customerId", CODEC)
OUT: Final = TopicSpec(TOPIC + ".out", "customerId", CODEC)
CUSTOMERS: Final = TableSpec("customers", Bought, "customerId", "Orders and units by customer.")


def count(ctx: Context, delivery: Delivery) -> None:
    """One row up, and every tenth order passed on."""
    order, table = delivery.value, ctx.table(CUSTOMERS)
    row, units = table.get(order.customerId), order.lines[0].qty
    table[order.customerId] = (
        Bought(1, units) if row is None else Bought(row.orders + 1, row.units + units)
    )
    if order.orderId[-1] == "0":
        ctx.publish(OUT, order.customerId, delivery.record.value or b"", ())


TOPOLOGY: Final = Topology(
    [AgentSpec("count", "W1", (Source(ORDERS, {"Order": count}),), (CUSTOMERS,), (OUT,))],
    app_id=os.environ.get("BENCH_APP", "bench-w1"),
    env="dev",
    partitions=PARTITIONS,
)

app = create_worker_app(
    TOPOLOGY,
    Policy(),
    WorkerOptions(
        broker=os.environ.get("FLOWMART_BROKER", "127.0.0.1:9092"),
        data_dir=Path(os.environ.get("FLOWMART_DATA_DIR", "var/bench")),
    ),
    web_enabled=False,
)
