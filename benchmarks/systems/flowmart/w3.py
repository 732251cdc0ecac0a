"""W3 on this engine: orders and payments wait for each other in rows by a quarter of an hour."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from benchmarks.systems.flowmart.worker import JOB, worker
from benchmarks.systems.models import Order, Pair, Payment
from benchmarks.workloads.terms import KEPT_MS, WITHIN_MS
from engine.records import Record
from engine.specs import AgentSpec, Context, Delivery, R, Source, Table, TableSpec, TopicSpec
from engine.windows import Tumbling, Windows, clocks_table


class Placed(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An order, as long as a payment may match it."""

    total: int
    at: int


class Paid(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A payment, as long as an order may match it."""

    payment_id: str
    amount: int
    at: int


class Codec:
    """msgspec, which validates as it parses."""

    def __init__(self, model: type[Any]) -> None:
        self._name = model.__name__
        self._decode = msgspec.json.Decoder(model).decode

    def route(self, record: Record) -> str | None:  # noqa: ARG002 - one type only
        """There is one type."""
        return self._name

    def decode(self, record: Record, name: str | None) -> tuple[str, Any]:  # noqa: ARG002
        """Parse the whole record."""
        return self._name, self._decode(record.value or b"")

    def field(self, value: Any, field: str) -> str | None:  # noqa: ARG002 - one field only
        """The order."""
        key: str = value.order_id
        return key


ORDERS: Final = TopicSpec(JOB.inputs[0], "orderId", Codec(Order))
PAYMENTS: Final = TopicSpec(JOB.inputs[1], "orderId", Codec(Payment))
OUT: Final = TopicSpec(JOB.output, "orderId", Codec(Order))
PLACED: Final = TableSpec("placed", Placed, "quarter, orderId", "Orders by quarter of an hour.")
PAID: Final = TableSpec("paid", Paid, "quarter, orderId", "Payments by quarter of an hour.")
CLOCKS: Final = clocks_table("clocks")
QUARTERS: Final = Tumbling(WITHIN_MS, KEPT_MS, KEPT_MS)
_encode = msgspec.json.Encoder().encode


def place(ctx: Context, delivery: Delivery) -> None:
    """Keep the order, and match the payments that came before it."""
    order: Order = delivery.value
    placed = Placed(order.total, order.at)
    if keep(ctx, ctx.table(PLACED), "placed", order, placed):
        for paid in near(ctx.table(PAID), order.order_id, order.at):
            tell(ctx, order.order_id, placed, paid)


def pay(ctx: Context, delivery: Delivery) -> None:
    """Keep the payment, and match the orders that came before it."""
    payment: Payment = delivery.value
    paid = Paid(payment.payment_id, payment.amount, payment.at)
    if keep(ctx, ctx.table(PAID), "paid", payment, paid):
        for placed in near(ctx.table(PLACED), payment.order_id, payment.at):
            tell(ctx, payment.order_id, placed, paid)


def keep(ctx: Context, rows: Table[R], name: str, record: Order | Payment, row: R) -> bool:
    """Keep a row for an hour; False when it comes later than that."""
    windows = Windows(QUARTERS, rows, ctx.table(CLOCKS), name)
    before = windows.clock()
    key = windows.admit(record.order_id, record.at)
    if windows.clock() is not before:
        while windows.expire():
            pass
    if key is not None:
        rows[key] = row
    return key is not None


def near(rows: Table[R], order_id: str, at_ms: int) -> Iterator[R]:
    """Yield the rows of an order that are at most `WITHIN_MS` away."""
    start_ms = at_ms - at_ms % WITHIN_MS
    for quarter_ms in (start_ms, start_ms - WITHIN_MS, start_ms + WITHIN_MS):
        row: Any = rows.get(f"{quarter_ms:013d}|{order_id}")
        if row is not None and abs(row.at - at_ms) <= WITHIN_MS:
            yield row


def tell(ctx: Context, order_id: str, placed: Placed, paid: Paid) -> None:
    """Publish a match."""
    pair = Pair(order_id, placed.total, paid.payment_id, paid.amount)
    ctx.publish(OUT, order_id, _encode(pair), ())


app = worker(
    AgentSpec(
        "join",
        "W3",
        (Source(ORDERS, {"Order": place}), Source(PAYMENTS, {"Payment": pay})),
        (PLACED, PAID, CLOCKS),
        (OUT,),
    )
)
