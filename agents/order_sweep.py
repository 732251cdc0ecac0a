"""The sweep over a partition's orders: the orders agent's tick."""

from typing import Final

from agents.order_rows import save
from agents.wiring import Cause, announce
from engine.specs import Context, TickHandler
from events.ids import derived_id
from streams.orders.outcomes import due_times, following
from streams.orders.rows import STUCK, Order
from streams.orders.rules import OrderRules
from streams.orders.sweeping import alarm, archived, is_old, looked_at
from tables.orders import CUSTOMER_ORDERS, ORDERS, SWEPT, customer_key

AGENT: Final = "orders"
EVERY_MS: Final = 10_000
ROWS_MAX: Final = 500
"""Orders looked at in one tick: a few milliseconds."""
_CURSOR: Final = "cursor"
_LAST: Final = "\U0010ffff"


def sweeping(rules: OrderRules) -> TickHandler:
    """Make the tick: it goes on where the last one stopped, and begins anew at the end."""

    def tick(ctx: Context, now_ms: int) -> None:
        cursors = ctx.table(SWEPT)
        start = cursors.get(_CURSOR) or ""
        rows = list(ctx.table(ORDERS).scan(start, _LAST, ROWS_MAX))
        for _, order in rows:
            _look_at(ctx, order, now_ms, rules)
        onward = rows[-1][0] + "\0" if len(rows) == ROWS_MAX else ""
        if onward != start:
            cursors[_CURSOR] = onward

    return tick


def _look_at(ctx: Context, order: Order, now_ms: int, rules: OrderRules) -> None:
    if is_old(order, now_ms, rules):
        _forget(ctx, order)
        announce(ctx, AGENT, _cause(order, now_ms), (archived(order, now_ms, rules),))
        return
    facts = looked_at(order, now_ms, rules)
    if facts:
        after = save(ctx, order, facts)
        told = list(following(after, facts, None, now_ms, rules))
        if STUCK in after.flags and STUCK not in order.flags:
            told.append(alarm(after, now_ms))
        announce(ctx, AGENT, _cause(order, now_ms), told)


def _cause(order: Order, now_ms: int) -> Cause:
    event_id = derived_id("sweep", order.order_id, str(order.version))
    return Cause(event_id, order.correlation_id, now_ms)


def _forget(ctx: Context, order: Order) -> None:
    for kind, due_ms in due_times(order).items():
        ctx.cancel_timer(kind, order.order_id, due_ms)
    del ctx.table(ORDERS)[order.order_id]
    del ctx.table(CUSTOMER_ORDERS)[customer_key(order.user_id, order.placed_at_ms, order.order_id)]
