"""W2 on this engine: count and sum by product, a minute a window, told when it closes."""

from typing import Final

import msgspec

from benchmarks.systems.flowmart.worker import JOB, worker
from benchmarks.systems.models import Closed, Sale
from benchmarks.workloads.terms import GRACE_MS, WINDOW_MS
from engine.json_codec import JsonCodec
from engine.specs import AgentSpec, Context, Delivery, Source, TableSpec, TopicSpec
from engine.windows import Tumbling, Windows, clocks_table, split_key, window_key


class Sold(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A product's window."""

    count: int
    total: int


SALES: Final = TopicSpec(JOB.inputs[0], "productId", JsonCodec(Sale))
OUT: Final = TopicSpec(JOB.output, "productId", JsonCodec(Sale))
WINDOWS: Final = TableSpec("windows", Sold, "start, product", "Sales by window and product.")
CLOCKS: Final = clocks_table("clocks")
MINUTES: Final = Tumbling(WINDOW_MS, GRACE_MS, GRACE_MS)
MINUTES_NAME: Final = "minutes"
CLOSES_MS: Final = MINUTES.size_ms + MINUTES.grace_ms
"""A sale this long after the beginning of the oldest open window closes it."""
_encode = msgspec.json.Encoder().encode


def count(ctx: Context, delivery: Delivery) -> None:
    """Count the sale in its window."""
    sale, rows = delivery.value, ctx.table(WINDOWS)
    clock, at_ms = ctx.table(CLOCKS).get(MINUTES_NAME), sale.at
    if clock is not None and clock.open_from_ms <= at_ms < clock.open_from_ms + CLOSES_MS:
        key: str | None = window_key(at_ms - at_ms % WINDOW_MS, sale.product_id)
    else:
        key = turn(ctx, sale)
    if key is not None:
        row = rows.get(key)
        rows[key] = (
            Sold(1, sale.amount) if row is None else Sold(row.count + 1, row.total + sale.amount)
        )


def turn(ctx: Context, sale: Sale) -> str | None:
    """Admit a sale that closes windows or comes too late: one in thirty."""
    windows = Windows(MINUTES, ctx.table(WINDOWS), ctx.table(CLOCKS), MINUTES_NAME)
    key = windows.admit(sale.product_id, sale.at)
    if key is not None:
        tell(ctx, windows)
    return key


def tell(ctx: Context, windows: Windows[Sold]) -> None:
    """Publish the windows that have closed since the last time, and forget them."""
    while closed := windows.closed():
        for key, row in closed:
            start_ms, product = split_key(key)
            ctx.publish(OUT, product, _encode(Closed(product, start_ms, row.count, row.total)), ())
    while windows.expire():
        pass


app = worker(AgentSpec("count", "W2", (Source(SALES, {"Sale": count}),), (WINDOWS, CLOCKS), (OUT,)))
