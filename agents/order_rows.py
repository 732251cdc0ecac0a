"""How a changed order is kept: its row, and its timers as the row has them."""

from agents.wiring import move_timers
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
    move_timers(ctx, after.order_id, due_times(before).items(), due_times(after).items())
    return after
