"""W2 on this engine: count and sum by product, a minute a window, told when it closes."""

from typing import Any, Final

import msgspec

from benchmarks.systems.flowmart.worker import JOB, worker
from benchmarks.systems.models import Closed, Sale
from benchmarks.workloads.terms import GRACE_MS, WINDOW_MS
from engine.records import Record
from engine.specs import AgentSpec, Context, Delivery, Source, TableSpec, TopicSpec
from engine.windows import Tumbling, Windows, clocks_table, split_key


class Sold(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A product's window."""

    count: int
    total: int


class SaleCodec:
    """msgspec, which validates as it parses."""

    _decode = msgspec.json.Decoder(Sale).decode

    def route(self, record: Record) -> str | None:  # noqa: ARG002 - one type only
        """There is one type."""
        return "Sale"

    def decode(self, record: Record, name: str | None) -> tuple[str, Any]:  # noqa: ARG002
        """Parse the whole sale."""
        return "Sale", self._decode(record.value or b"")

    def field(self, value: Any, field: str) -> str | None:  # noqa: ARG002 - one field only
        """The product."""
        key: str = value.product_id
        return key


SALES: Final = TopicSpec(JOB.inputs[0], "productId", SaleCodec())
OUT: Final = TopicSpec(JOB.output, "productId", SaleCodec())
WINDOWS: Final = TableSpec("windows", Sold, "start, product", "Sales by window and product.")
CLOCKS: Final = clocks_table("clocks")
MINUTES: Final = Tumbling(WINDOW_MS, GRACE_MS, GRACE_MS)
_encode = msgspec.json.Encoder().encode


def count(ctx: Context, delivery: Delivery) -> None:
    """Count the sale in its window, and tell of the windows that it closes."""
    sale, rows = delivery.value, ctx.table(WINDOWS)
    windows = Windows(MINUTES, rows, ctx.table(CLOCKS), "minutes")
    before = windows.clock()
    key = windows.admit(sale.product_id, sale.at)
    if windows.clock() is not before:
        tell(ctx, windows)
    if key is not None:
        row = rows.get(key)
        rows[key] = (
            Sold(1, sale.amount) if row is None else Sold(row.count + 1, row.total + sale.amount)
        )


def tell(ctx: Context, windows: Windows[Sold]) -> None:
    """Publish the windows that have closed since the last time, and forget them."""
    while closed := windows.closed():
        for key, row in closed:
            start_ms, product = split_key(key)
            ctx.publish(OUT, product, _encode(Closed(product, start_ms, row.count, row.total)), ())
    while windows.expire():
        pass


app = worker(AgentSpec("count", "W2", (Source(SALES, {"Sale": count}),), (WINDOWS, CLOCKS), (OUT,)))
