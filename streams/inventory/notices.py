"""Facts as messages: what the world is told of a change, from the rows before and after it.

Quantities of InventoryAdjusted are what is available, so previous + adjusted = new. A hold on
several warehouses is told once a warehouse; all but the last say PENDING.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from events.base import Message
from events.inventory import InventoryAdjusted, LowStockAlert, OutOfStock
from events.vocabulary import AdjustmentReason, ReservationStatus
from streams.inventory.facts import (
    ALL,
    Barred,
    CommitMissed,
    Committed,
    Ended,
    Extended,
    Fact,
    Gone,
    Held,
    Missing,
    Moved,
    RanLow,
    RanOut,
    Requested,
    Shipped,
    Short,
    Shrunk,
)
from streams.inventory.missing import alarm_of
from streams.inventory.reorder import expected_restock_ms
from streams.inventory.rows import (
    Allocation,
    Level,
    Reservation,
    Stock,
    available,
    available_everywhere,
    is_sold,
    level_of,
)
from streams.moments import day_of, moment_of

_PRODUCT_CHARS_MAX: Final = 96
"""Of the product in an adjustment's id, which may have 128 characters like any id."""


def notices(  # noqa: C901, PLR0911, PLR0912 - one case a fact
    before: Stock, after: Stock, fact: Fact, row: Reservation | None
) -> Sequence[Message]:
    """The messages that follow from one fact; `row` is its reservation, as it is afterwards."""
    match fact:
        case Requested() | Barred() | Gone() | Extended():
            return ()
        case Held() if row:
            return _of_allocations(before, after, fact.allocations, "order_reserved", row)
        case Committed() if row:
            return (_committed(after, row),)
        case Ended() if row and fact.allocations:
            return _of_allocations(before, after, fact.allocations, fact.reason, row)
        case Shrunk() if row and fact.freed:
            return _of_allocations(before, after, fact.freed, fact.reason, row)
        case CommitMissed() if row:
            return (_missed(after, row),)
        case Shipped() if row:
            return _of_allocations(before, after, fact.allocations, "order_shipped", row)
        case Short() if row:
            return (_short(after, fact, row),)
        case Missing() if fact.units > 0:
            return (alarm_of(after, fact),)
        case Moved():
            return (_moved(before, after, fact),)
        case RanLow():
            return (_ran_low(after, fact),)
        case RanOut():
            return (_ran_out(after, fact),)
        case _:
            return ()


def spoken_for(message: Message, stock: Stock) -> Message:
    """The message as it is where a warehouse's first units are gone again by the end of it all."""
    if not isinstance(message, InventoryAdjusted) or message.previous_quantity:
        return message
    level = level_of(stock, message.warehouse_id)
    if not message.new_quantity or level is None or available(level):
        return message
    return message.model_copy(update={"spoken_for": True})


def _of_allocations(
    before: Stock,
    after: Stock,
    allocations: tuple[Allocation, ...],
    reason: AdjustmentReason,
    row: Reservation,
) -> list[Message]:
    last = len(allocations) - 1
    told: list[Message] = []
    for position, part in enumerate(allocations):
        was, now = level_of(before, part.warehouse_id), level_of(after, part.warehouse_id)
        assert now is not None, f"{row.reservation_id} holds where {row.product_id} is not"
        told.append(
            _adjusted(
                _adjustment_id(after, position),
                available(was),
                now,
                reason,
                row,
                row.status if position == last else "PENDING",
            )
        )
    return told


def _adjusted(
    adjustment_id: str,
    previous: int,
    now: Level,
    reason: AdjustmentReason,
    row: Reservation,
    status: ReservationStatus,
) -> InventoryAdjusted:
    new = available(now)
    expires_at_ms = row.expires_at_ms
    return InventoryAdjusted(
        adjustment_id=adjustment_id,
        product_id=row.product_id,
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


def _committed(after: Stock, row: Reservation) -> InventoryAdjusted:
    """One message a line, however many warehouses hold it: nothing changes in any of them."""
    level = level_of(after, row.allocations[-1].warehouse_id)
    assert level is not None, f"{row.reservation_id} holds where {row.product_id} is not"
    figures = (available(level), level.on_hand, level.reserved)
    where = level.warehouse_id
    return _unchanged(after, row, "order_reserved", where, figures, committed=True)


def _missed(after: Stock, row: Reservation) -> InventoryAdjusted:
    """It concerns every warehouse: none of them holds anything for the line."""
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
        adjusted_by=fact.by,
        discontinued=True if now.status == "DISCONTINUED" else None,
    )


def _short(after: Stock, fact: Short, row: Reservation) -> OutOfStock:
    return OutOfStock(
        product_id=after.product_id,
        sku=after.product_id,
        warehouse_id=fact.warehouse_id,
        previous_quantity=fact.available,
        current_quantity=fact.available,
        last_sold_at=_moment(after.last_sold_at_ms),
        triggered_by_order_id=row.order_id,
        pending_orders=len(after.queue),
        requested_quantity=fact.line.quantity,
        backorder_allowed=fact.waits,
        reservation_id=fact.reservation_id,
        estimated_restock_date=_day(fact.restock_at_ms),
        auto_reorder_triggered=fact.restock_at_ms is not None,
    )


def _ran_out(after: Stock, fact: RanOut) -> OutOfStock:
    """It names no order: the one that took the last units has them."""
    restock_at_ms = expected_restock_ms(after, fact.at_ms)
    return OutOfStock(
        product_id=after.product_id,
        sku=after.product_id,
        warehouse_id=fact.warehouse_id,
        previous_quantity=fact.previous,
        current_quantity=0,
        last_sold_at=_moment(after.last_sold_at_ms),
        pending_orders=len(after.queue),
        backorder_allowed=after.backorder_allowed and is_sold(after),
        estimated_restock_date=_day(restock_at_ms),
        auto_reorder_triggered=restock_at_ms is not None,
    )


def _ran_low(after: Stock, fact: RanLow) -> LowStockAlert:
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


def _moment(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else moment_of(at_ms)


def _day(at_ms: int | None) -> date | None:
    return None if at_ms is None else day_of(at_ms)


def _adjustment_id(stock: Stock, position: int) -> str:
    """The product, its version, and the place among the messages of one fact."""
    return f"{stock.product_id[-_PRODUCT_CHARS_MAX:]}:{stock.version}:{position}"
