"""W3 on this engine: an order and its payment wait for each other in one row."""

from typing import Final

import msgspec

from benchmarks.systems.flowmart.worker import JOB, worker
from benchmarks.systems.models import Order, Pair, Payment
from benchmarks.workloads.terms import KEPT_MS, WITHIN_MS
from engine.json_codec import JsonCodec
from engine.specs import AgentSpec, Context, Delivery, Source, TableSpec, TopicSpec


class Waiting(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What is known of an order: itself, its payment, or both. Times are ms, 0: not yet."""

    placed_at: int
    total: int
    paid_at: int
    payment_id: str
    amount: int


class Came(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Orders whose rows began in one quarter of an hour: they go together."""

    quarter_ms: int
    number: int
    order_ids: tuple[str, ...]


ORDERS: Final = TopicSpec(JOB.inputs[0], "orderId", JsonCodec(Order))
PAYMENTS: Final = TopicSpec(JOB.inputs[1], "orderId", JsonCodec(Payment))
OUT: Final = TopicSpec(JOB.output, "orderId", JsonCodec(Order))
WAITING: Final = TableSpec("waiting", Waiting, "orderId", "Orders and payments by order.")
CAME: Final = TableSpec("came", Came, "quarter, number", "Orders by when they came.", hidden=True)
OPEN: Final = "open"
"""Key of the row to which orders are still added; `|` parts the keys of the full ones."""
CAME_MAX: Final = 64
"""Orders in a row: few rows are written for many orders, and none is large."""
NOTHING: Final = Came(0, 0, ())
_encode = msgspec.json.Encoder().encode


def place(ctx: Context, delivery: Delivery) -> None:
    """Keep the order, and tell the pair when its payment is there."""
    order: Order = delivery.value
    rows, order_id = ctx.table(WAITING), order.order_id
    row = rows.get(order_id)
    if row is None:
        rows[order_id] = Waiting(order.at, order.total, 0, "", 0)
        remember(ctx, order_id, order.at)
    else:
        rows[order_id] = Waiting(order.at, order.total, row.paid_at, row.payment_id, row.amount)
        if row.paid_at and abs(row.paid_at - order.at) <= WITHIN_MS:
            tell(ctx, order_id, order.total, row.payment_id, row.amount)


def pay(ctx: Context, delivery: Delivery) -> None:
    """Keep the payment, and tell the pair when its order is there."""
    paid: Payment = delivery.value
    rows, order_id = ctx.table(WAITING), paid.order_id
    row = rows.get(order_id)
    if row is None:
        rows[order_id] = Waiting(0, 0, paid.at, paid.payment_id, paid.amount)
        remember(ctx, order_id, paid.at)
    else:
        rows[order_id] = Waiting(row.placed_at, row.total, paid.at, paid.payment_id, paid.amount)
        if row.placed_at and abs(row.placed_at - paid.at) <= WITHIN_MS:
            tell(ctx, order_id, row.total, paid.payment_id, paid.amount)


def remember(ctx: Context, order_id: str, at_ms: int) -> None:
    """Note that an order's row began, and remove those that began too long ago."""
    came = ctx.table(CAME)
    noted = came.get(OPEN) or NOTHING
    quarter_ms = max(noted.quarter_ms, at_ms - at_ms % WITHIN_MS)
    if quarter_ms == noted.quarter_ms and len(noted.order_ids) < CAME_MAX:
        came[OPEN] = Came(quarter_ms, noted.number, (*noted.order_ids, order_id))
        return
    came[f"{noted.quarter_ms:013d}|{noted.number:09d}"] = noted
    came[OPEN] = Came(quarter_ms, noted.number + 1, (order_id,))
    if quarter_ms != noted.quarter_ms:
        forget(ctx, quarter_ms - KEPT_MS)


def forget(ctx: Context, before_ms: int) -> None:
    """Remove what began in quarters that ended before that moment."""
    rows, came = ctx.table(WAITING), ctx.table(CAME)
    for key, noted in came.scan("0", f"{max(0, before_ms - WITHIN_MS):013d}"):
        for order_id in noted.order_ids:
            del rows[order_id]
        del came[key]


def tell(ctx: Context, order_id: str, total: int, payment_id: str, amount: int) -> None:
    """Publish a match."""
    ctx.publish(OUT, order_id, _encode(Pair(order_id, total, payment_id, amount)), ())


app = worker(
    AgentSpec(
        "join",
        "W3",
        (Source(ORDERS, {"Order": place}), Source(PAYMENTS, {"Payment": pay})),
        (WAITING, CAME),
        (OUT,),
    )
)
