"""W1 on this engine: `faust -A benchmarks.systems.flowmart.w1 worker`, told by environment."""

from typing import Final

import msgspec

from benchmarks.systems.flowmart.worker import JOB, worker
from benchmarks.systems.models import CustomerOrder
from engine.json_codec import JsonCodec
from engine.specs import AgentSpec, Context, Delivery, Source, TableSpec, TopicSpec


class Bought(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A customer's row."""

    orders: int
    units: int


ORDERS: Final = TopicSpec(JOB.inputs[0], "customerId", JsonCodec(CustomerOrder))
OUT: Final = TopicSpec(JOB.output, "customerId", JsonCodec(CustomerOrder))
ALL: Final = JOB.copy_all
CUSTOMERS: Final = TableSpec("customers", Bought, "customerId", "Orders and units by customer.")


def count(ctx: Context, delivery: Delivery) -> None:
    """One row up, and every tenth order passed on."""
    order, table = delivery.value, ctx.table(CUSTOMERS)
    row, units = table.get(order.customer_id), 0
    for line in order.lines:
        units += line.qty
    table[order.customer_id] = (
        Bought(1, units) if row is None else Bought(row.orders + 1, row.units + units)
    )
    if ALL or order.order_id[-1] == "0":
        ctx.publish(OUT, order.customer_id, delivery.record.value or b"", ())


app = worker(
    AgentSpec("count", "W1", (Source(ORDERS, {"CustomerOrder": count}),), (CUSTOMERS,), (OUT,)),
)
