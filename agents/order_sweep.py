"""The sweep over a partition's orders: the orders agent's tick."""

from typing import Final

from agents.early_orders import AGENT
from agents.order_rows import save
from agents.wiring import Cause, announce
from engine.specs import Context, TickHandler
from events.ids import derived_id
from streams.orders.outcomes import due_times, following
from streams.orders.rows import STUCK, Order
from streams.orders.rules import OrderRules
from streams.orders.sweeping import alarm, archived, is_old, looked_at
from tables.orders import CUSTOMER_ORDERS, ORDERS, SWEPT
from tables.pairs import dated_key

EVERY_MS: Final = 10_000
ROWS_MIN: Final = 500
"""Orders looked at in one tick: a few milliseconds."""
ROWS_MAX: Final = 5_000
"""The same where there are very many: some 50 ms."""
CHANGES_MAX: Final = 500
"""Orders changed in one tick."""
ROUND_MS: Final = 3_600_000
"""How long a look at all orders should take, ended ones of seven years among them: whoever is told
of one that stands still is told so much later. Two million orders of a partition take as long."""
_CURSOR: Final = "cursor"
_SEEN: Final = "seen"
_COUNTED: Final = "counted"


def sweeping(rules: OrderRules) -> TickHandler:
    """Make the tick: it goes on where the last one stopped, and begins anew at the end."""

    def tick(ctx: Context, now_ms: int) -> None:
        notes = ctx.table(SWEPT)
        seen, counted = (int(notes.get(name) or 0) for name in (_SEEN, _COUNTED))
        few = _rows_of_a_tick(max(seen, counted))
        rows = list(ctx.table(ORDERS).scan(notes.get(_CURSOR) or "", limit=few))
        looked = _look_at_all(ctx, [order for _, order in rows], now_ms, rules)
        if looked < few and looked == len(rows):
            orders = seen + looked
            _note(ctx, {_CURSOR: "", _SEEN: "", _COUNTED: str(orders) if orders > ROWS_MIN else ""})
        else:
            _note(ctx, {_CURSOR: rows[looked - 1][0] + "\0", _SEEN: str(seen + looked)})

    return tick


def _rows_of_a_tick(orders: int) -> int:
    """As many as make a round in time, of so many orders."""
    return max(ROWS_MIN, min(ROWS_MAX, orders * EVERY_MS // ROUND_MS))


def _note(ctx: Context, told: dict[str, str]) -> None:
    notes = ctx.table(SWEPT)
    for name, text in told.items():
        if (notes.get(name) or "") != text:
            notes[name] = text


def _look_at_all(ctx: Context, orders: list[Order], now_ms: int, rules: OrderRules) -> int:
    """How many were looked at: the rest waits for the next tick when too many changed."""
    changed = 0
    for number, order in enumerate(orders, 1):
        changed += _look_at(ctx, order, now_ms, rules)
        if changed == CHANGES_MAX:
            return number
    return len(orders)


def _look_at(ctx: Context, order: Order, now_ms: int, rules: OrderRules) -> bool:
    """Whether there was anything to do."""
    if is_old(order, now_ms, rules):
        _forget(ctx, order)
        announce(ctx, AGENT, _cause(order, now_ms), (archived(order, now_ms, rules),))
        return True
    facts = looked_at(order, now_ms, rules)
    if facts:
        after = save(ctx, order, facts)
        told = list(following(after, facts, None, now_ms, rules))
        if STUCK in after.flags and STUCK not in order.flags:
            told.append(alarm(after, now_ms))
        announce(ctx, AGENT, _cause(order, now_ms), told)
    return bool(facts)


def _cause(order: Order, now_ms: int) -> Cause:
    event_id = derived_id("sweep", order.order_id, str(order.version))
    return Cause(event_id, order.correlation_id, now_ms)


def _forget(ctx: Context, order: Order) -> None:
    for kind, due_ms in due_times(order).items():
        ctx.cancel_timer(kind, order.order_id, due_ms)
    del ctx.table(ORDERS)[order.order_id]
    del ctx.table(CUSTOMER_ORDERS)[dated_key(order.user_id, order.placed_at_ms, order.order_id)]
