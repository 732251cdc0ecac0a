"""W1 on this engine: `faust -A benchmarks.systems.flowmart.w1 worker`, told by environment."""

from typing import Any, Final

import msgspec

from benchmarks.systems.flowmart.worker import JOB, worker
from benchmarks.systems.models import CustomerOrder
from engine.records import Record
from engine.specs import AgentSpec, Context, Delivery, Source, TableSpec, TopicSpec


class Bought(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A customer's row."""

    orders: int
    units: int


class OrderCodec:
    """msgspec, which validates as it parses."""

    _decode = msgspec.json.Decoder(CustomerOrder).decode

    def route(self, record: Record) -> str | None:  # noqa: ARG002 - one type only
        """There is one type."""
        return "Order"

    def decode(self, record: Record, name: str | None) -> tuple[str, Any]:  # noqa: ARG002
        """Parse the whole order; an invalid one goes to the dead letters."""
        return "Order", self._decode(record.value or b"")

    def field(self, value: Any, field: str) -> str | None:  # noqa: ARG002 - one field only
        """The customer."""
        key: str = value.customer_id
        return key


ORDERS: Final = TopicSpec(JOB.inputs[0], "customerId", OrderCodec())
OUT: Final = TopicSpec(JOB.output, "customerId", OrderCodec())
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
    AgentSpec("count", "W1", (Source(ORDERS, {"Order": count}),), (CUSTOMERS,), (OUT,)),
)
