"""A change of an order's row that its history tells."""

from msgspec.structs import replace

from streams.orders.rows import HISTORY_MAX, Order, Status, Step


def step(
    order: Order, at_ms: int, reason: str, status: Status | None = None, **changes: object
) -> Order:
    """Change the row and write a step of its history."""
    status = status or order.status
    made = Step(at_ms, status, reason)
    history = order.history
    if len(history) >= HISTORY_MAX:
        history = (history[0], *history[2 - HISTORY_MAX :])
    return replace(
        order, version=order.version + 1, status=status, history=(*history, made), **changes
    )
