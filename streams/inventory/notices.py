"""Facts as messages: what the world is told of a change, from the rows before and after it.

Quantities of InventoryAdjusted are what is available, so previous + adjusted = new. A hold on
several warehouses is told once a warehouse; all but the last say PENDING.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from events.base import Message
from events.inventory import InventoryAdjusted, LowStockAlert, OutOfStock
from events.vocabulary import AdjustmentReason, ReservationStatus
from streams.inventory.facts import (
    ALL,
    Committed,
    CommitMissed,
    Ended,
    Fact,
    Held,
    Moved,
    RanLow,
    RanOut,
    Shipped,
    Short,
)
from streams.inventory.moments import moment_of
from streams.inventory.reorder import expected_restock_ms
from streams.inventory.rows import (
    Allocation,
    Level,
    Reservation,
    Stock,
    available,
    available_everywhere,
    level_of,
)

_PRODUCT_CHARS_MAX: Final = 96
"""Of the product in an adjustment's id, which may have 128 characters like any id."""


def notices(before: Stock, after: Stock, fact: Fact, row: Reservation | None) -> Sequence[Message]:
    """The messages that follow from one fact; `row` is its reservation, as it is afterwards."""
    if row is None:
        tell = _ABOUT_STOCK.get(type(fact))
        return () if tell is None else (tell(before, after, fact),)
    tell_line = _ABOUT_LINE.get(type(fact))
    return () if tell_line is None else tell_line(before, after, fact, row)


def _held(before: Stock, after: Stock, fact: Held, row: Reservation) -> Sequence[Message]:
    return _of_allocations(before, after, fact.allocations, "order_reserved", row)


def _ended(before: Stock, after: Stock, fact: Ended, row: Reservation) -> Sequence[Message]:
    if fact.allocations:
        return _of_allocations(before, after, fact.allocations, fact.reason, row)
    return (_of_missed(after, row),) if fact.status == "EXPIRED" else ()


def _shipped(before: Stock, after: Stock, fact: Shipped, row: Reservation) -> Sequence[Message]:
    return _of_allocations(before, after, fact.allocations, "order_shipped", row)


def _of_allocations(
    before: Stock,
    after: Stock,
    allocations: tuple[Allocation, ...],
    reason: AdjustmentReason,
    row: Reservation,
) -> list[Message]:
    last = len(allocations) - 1
    return [
        _adjusted(
            after,
            position,
            level_of(before, part.warehouse_id),
            level_of(after, part.warehouse_id),
            reason,
            row,
            row.status if position == last else "PENDING",
        )
        for position, part in enumerate(allocations)
    ]


def _adjusted(
    stock: Stock,
    position: int,
    was: Level | None,
    now: Level | None,
    reason: AdjustmentReason,
    row: Reservation,
    status: ReservationStatus,
) -> InventoryAdjusted:
    assert now is not None, f"{row.reservation_id} holds where {stock.product_id} is not"
    previous, new = available(was), available(now)
    expires_at_ms = row.expires_at_ms
    return InventoryAdjusted(
        adjustment_id=_adjustment_id(stock, position),
        product_id=stock.product_id,
        warehouse_id=now.warehouse_id,
        adjustment_type="increase" if new > previous else "decrease",
        previous_quantity=previous,
        adjusted_quantity=new - previous,
        new_quantity=new,
        reason=reason,
        order_id=row.order_id,
        reservation_id=row.reservation_id,
        reservation_status=status,
        reservation_expires_at=None if expires_at_ms is None else moment_of(expires_at_ms),
        lines_total=row.lines_total,
        on_hand=now.on_hand,
        reserved=now.reserved,
        payment_id=row.payment_id,
    )


def _committed(before: Stock, after: Stock, fact: Committed, row: Reservation) -> Sequence[Message]:
    """One message a line, however many warehouses hold it: nothing changes in any of them."""
    level = level_of(after, row.allocations[-1].warehouse_id)
    assert level is not None, f"{row.reservation_id} holds where {row.product_id} is not"
    figures = (available(level), level.on_hand, level.reserved)
    where = level.warehouse_id
    return (_unchanged(after, row, "order_reserved", where, figures, committed=True),)


def _missed(before: Stock, after: Stock, fact: CommitMissed, row: Reservation) -> Sequence[Message]:
    return (_of_missed(after, row),)


def _of_missed(after: Stock, row: Reservation) -> InventoryAdjusted:
    on_hand = sum([level.on_hand for level in after.levels])
    reserved = sum([level.reserved for level in after.levels])
    figures = (available_everywhere(after), on_hand, reserved)
    return _unchanged(after, row, "reservation_expired", ALL, figures, committed=None)


def _unchanged(
    stock: Stock,
    row: Reservation,
    reason: AdjustmentReason,
    warehouse_id: str,
    figures: tuple[int, int, int],
    *,
    committed: bool | None,
) -> InventoryAdjusted:
    units, on_hand, reserved = figures
    return InventoryAdjusted(
        adjustment_id=_adjustment_id(stock, 0),
        product_id=stock.product_id,
        warehouse_id=warehouse_id,
        adjustment_type="decrease",
        previous_quantity=units,
        adjusted_quantity=0,
        new_quantity=units,
        reason=reason,
        order_id=row.order_id,
        reservation_id=row.reservation_id,
        reservation_status=row.status,
        lines_total=row.lines_total,
        on_hand=on_hand,
        reserved=reserved,
        payment_id=row.payment_id,
        committed=committed,
    )


def _moved(before: Stock, after: Stock, fact: Moved) -> InventoryAdjusted:
    was, now = level_of(before, fact.warehouse_id), level_of(after, fact.warehouse_id)
    assert now is not None, f"{fact} happened where {after.product_id} is not"
    previous, new = available(was), available(now)
    grew = new - previous or fact.on_hand + fact.quarantined
    return InventoryAdjusted(
        adjustment_id=_adjustment_id(after, 0),
        product_id=after.product_id,
        warehouse_id=fact.warehouse_id,
        adjustment_type="increase" if grew > 0 else "decrease",
        previous_quantity=previous,
        adjusted_quantity=new - previous,
        new_quantity=new,
        reason=fact.reason,
        on_hand=now.on_hand,
        reserved=now.reserved,
        notes=fact.notes,
    )


def _short(before: Stock, after: Stock, fact: Short, row: Reservation) -> Sequence[Message]:
    told = _out_of_stock(
        after,
        fact.warehouse_id,
        fact.available,
        fact.available,
        fact.restock_at_ms,
        backorder_allowed=fact.waits,
        order_id=row.order_id,
        requested=fact.line.quantity,
    )
    return (told,)


def _ran_out(before: Stock, after: Stock, fact: RanOut) -> OutOfStock:
    """It names no order: the order that took the last units has them."""
    restock_at_ms = expected_restock_ms(after, fact.at_ms)
    return _out_of_stock(
        after,
        fact.warehouse_id,
        fact.previous,
        0,
        restock_at_ms,
        backorder_allowed=after.backorder_allowed,
    )


def _out_of_stock(
    stock: Stock,
    warehouse_id: str,
    previous: int,
    current: int,
    restock_at_ms: int | None,
    *,
    backorder_allowed: bool,
    order_id: str | None = None,
    requested: int | None = None,
) -> OutOfStock:
    sold_at_ms = stock.last_sold_at_ms
    return OutOfStock(
        product_id=stock.product_id,
        sku=stock.product_id,
        warehouse_id=warehouse_id,
        previous_quantity=previous,
        current_quantity=current,
        last_sold_at=None if sold_at_ms is None else moment_of(sold_at_ms),
        triggered_by_order_id=order_id,
        pending_orders=len(stock.queue),
        requested_quantity=requested,
        backorder_allowed=backorder_allowed,
        estimated_restock_date=None if restock_at_ms is None else moment_of(restock_at_ms).date(),
        auto_reorder_triggered=restock_at_ms is not None,
    )


def _ran_low(before: Stock, after: Stock, fact: RanLow) -> LowStockAlert:
    level = level_of(after, fact.warehouse_id)
    assert level is not None, f"{fact} happened where {after.product_id} is not"
    return LowStockAlert(
        product_id=after.product_id,
        warehouse_id=fact.warehouse_id,
        available_quantity=fact.available,
        reorder_point=level.policy.reorder_point,
        auto_reorder_enabled=level.policy.auto_reorder,
        suggested_reorder_quantity=fact.suggested,
    )


def _adjustment_id(stock: Stock, position: int) -> str:
    """The product, its version, and the place among the messages of one fact."""
    return f"{stock.product_id[-_PRODUCT_CHARS_MAX:]}:{stock.version}:{position}"


_ABOUT_LINE: Final[
    Mapping[type[Fact], Callable[[Stock, Stock, Any, Reservation], Sequence[Message]]]
] = {
    Held: _held,
    Short: _short,
    Ended: _ended,
    Committed: _committed,
    CommitMissed: _missed,
    Shipped: _shipped,
}
_ABOUT_STOCK: Final[Mapping[type[Fact], Callable[[Stock, Stock, Any], Message]]] = {
    Moved: _moved,
    RanLow: _ran_low,
    RanOut: _ran_out,
}
