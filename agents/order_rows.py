"""How a changed order is kept: its row, and its timers as the row has them."""

from engine.specs import Context
from streams.orders.evolution import fold
from streams.orders.facts import Fact
from streams.orders.outcomes import due_times
from streams.orders.rows import Order
from tables.orders import ORDERS


def save(ctx: Context, before: Order | None, facts: tuple[Fact, ...]) -> Order:
    """Fold the facts into the row, and have its timers run as the row says."""
    after = fold(before, facts)
    ctx.table(ORDERS)[after.order_id] = after
    was, now = due_times(before), due_times(after)
    if was != now:
        for kind, due_ms in was.items() - now.items():
            ctx.cancel_timer(kind, after.order_id, due_ms)
        for kind, due_ms in now.items() - was.items():
            ctx.set_timer(kind, after.order_id, due_ms)
    return after
