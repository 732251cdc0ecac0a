"""Letting go of stock: a whole line, or all but some of its units."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from events.holds import CommitStock, ReleaseStock
from events.vocabulary import AdjustmentReason, ReleaseReason
from streams.inventory.backorders import serve_after
from streams.inventory.facts import Barred, Decision, Ended, Fact, Gone, Refusal, Requested, Shrunk
from streams.inventory.rows import Allocation, Line, Reservation, Stock, line_of, parted
from streams.inventory.rules import InventoryRules

REASON_OF_RELEASE: Final[Mapping[ReleaseReason, AdjustmentReason]] = MappingProxyType(
    {
        "order_cancelled": "order_cancelled",
        "order_amended": "order_amended",
        "payment_failed": "reservation_released",
        # Its order ended because another of its holds expired; this one did not.
        "reservation_expired": "reservation_released",
    }
)


def release(
    stock: Stock, row: Reservation | None, command: ReleaseStock, at_ms: int, rules: InventoryRules
) -> Decision:
    """Free what a line holds, whole or down to what it keeps, and serve those who wait.

    An unknown reservation is put down as CANCELLED, so that a late ReserveStock finds it; of one
    that should keep some, nothing can be kept.
    """
    if row is not None and row.product_id != command.product_id:
        return Refusal.OTHER_PRODUCT
    if command.warehouse_id is not None or command.keep is not None:
        freed = () if row is None else _in_part(row, command, at_ms, rules)
        return serve_after(stock, freed, at_ms, rules) if freed else ()
    if row is None:
        return (unknown(command, None, at_ms), _cancelled(command, None, at_ms, rules))
    if row.status in {"PENDING", "CONFIRMED"}:
        return serve_after(stock, (_cancelled(command, row, at_ms, rules),), at_ms, rules)
    if row.status == "EXPIRED" and not row.barred:
        return (Barred(row.reservation_id),)
    return ()


def unknown(command: ReleaseStock | CommitStock, payment_id: str | None, at_ms: int) -> Requested:
    """Begin a claim of which only the command tells."""
    line = Line(at_ms, command.reservation_id, command.quantity)
    return Requested(
        line.reservation_id, command.product_id, command.order_id, line, at_ms, payment_id
    )


def _in_part(
    row: Reservation, command: ReleaseStock, at_ms: int, rules: InventoryRules
) -> tuple[Fact, ...]:
    if command.keep is not None:
        return _shrink(row, command, command.keep)
    return _freed_at(row, command, at_ms, rules)


def _freed_at(
    row: Reservation, command: ReleaseStock, at_ms: int, rules: InventoryRules
) -> tuple[Fact, ...]:
    """Free what one warehouse holds for a parcel, whatever leaves with others; the last ends it.

    The parcel was cancelled before: nothing leaves with it.
    """
    shipment_id = command.shipment_id or ""
    freed, left = parted(row.allocations, command.quantity, command.warehouse_id)
    if row.status != "CONFIRMED" or not freed or shipment_id in row.parcels:
        return ()
    if not left:
        return (_cancelled(command, row, at_ms, rules), Gone(row.reservation_id, ()))
    quantity = row.quantity - sum([part.quantity for part in freed])
    line, reason = replace(line_of(row), quantity=quantity), REASON_OF_RELEASE[command.reason]
    return (Shrunk(row.reservation_id, line, reason, freed, left, shipment_id),)


def _shrink(row: Reservation, command: ReleaseStock, keep: int) -> tuple[Fact, ...]:
    """Free all but `keep` units, the furthest warehouse's first; a line that waits asks for less.

    Nothing is freed of a line of which something has left already.
    """
    held = sum([part.quantity for part in row.allocations])
    waits = row.status == "PENDING"
    if keep >= row.quantity or not (waits or (row.status == "CONFIRMED" and held == row.quantity)):
        return ()
    freed, left, over = [], list(row.allocations), row.quantity - keep
    while over and left:
        part = left.pop()
        units = min(over, part.quantity)
        freed.append(Allocation(part.warehouse_id, units))
        if units < part.quantity:
            left.append(Allocation(part.warehouse_id, part.quantity - units))
        over -= units
    line = replace(line_of(row), quantity=keep)
    reason = REASON_OF_RELEASE[command.reason]
    return (Shrunk(row.reservation_id, line, reason, tuple(freed), tuple(left)),)


def _cancelled(
    command: ReleaseStock, row: Reservation | None, at_ms: int, rules: InventoryRules
) -> Ended:
    return Ended(
        command.reservation_id,
        "CANCELLED",
        REASON_OF_RELEASE[command.reason],
        () if row is None else row.allocations,
        at_ms + rules.ended_keep_ms,
        queued=row is not None and row.status == "PENDING",
    )
