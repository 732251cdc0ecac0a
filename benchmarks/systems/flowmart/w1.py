"""W1 on this engine: `faust -A benchmarks.systems.flowmart.w1 worker`, told by environment."""

from typing import Annotated, Any, Final

import msgspec

from benchmarks.systems.flowmart.worker import JOB, worker
from engine.records import Record
from engine.specs import AgentSpec, Context, Delivery, Source, TableSpec, TopicSpec

Id = Annotated[str, msgspec.Meta(min_length=1)]


class Line(msgspec.Struct, gc=False):
    """One line of an order."""

    sku: Id
    qty: Annotated[int, msgspec.Meta(ge=1, le=100)]
    price: Annotated[float, msgspec.Meta(ge=0)]


class Order(msgspec.Struct, gc=False, rename="camel"):
    """What is parsed, whole."""

    order_id: Id
    customer_id: Id
    lines: Annotated[list[Line], msgspec.Meta(min_length=1)]
    ts: str


class Bought(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A customer's row."""

    orders: int
    units: int


class OrderCodec:
    """msgspec, which validates as it parses."""

    _decode = msgspec.json.Decoder(Order).decode

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
    if order.order_id[-1] == "0":
        ctx.publish(OUT, order.customer_id, delivery.record.value or b"", ())


app = worker(
    AgentSpec("count", "W1", (Source(ORDERS, {"Order": count}),), (CUSTOMERS,), (OUT,)),
)
