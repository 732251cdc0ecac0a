"""Units that leave their warehouse with a carrier."""

from typing import Final

from msgspec.structs import replace

from events.holds import ShipStock
from streams.inventory.backorders import serve_after, settled
from streams.inventory.facts import Decision, Ended, Fact, Gone, Owed, Refusal, Shipped, Shrunk
from streams.inventory.rows import Allocation, Reservation, Stock, level_of, line_of, parted
from streams.inventory.rules import InventoryRules

_RELEASED: Final = "reservation_released"


def ship(
    stock: Stock, row: Reservation | None, command: ShipStock, at_ms: int, rules: InventoryRules
) -> Decision:
    """Have the units of a committed hold leave their warehouses (K11: dispatch lowers on-hand).

    A command that names a warehouse ships of what that one holds; the last one fulfils the line.
    Where a parcel has more than that one holds, people sent from there what others hold: they hold
    it no longer.
    """
    if row is None:
        return ()
    if row.product_id != command.product_id:
        return Refusal.OTHER_PRODUCT
    if row.status == "CANCELLED":
        return _left_all_the_same(stock, row, command, at_ms)
    if row.status != "CONFIRMED" or not row.committed or command.shipment_id in row.parcels:
        return ()
    return _left(stock, row, command, at_ms, rules)


def _left(
    stock: Stock, row: Reservation, command: ShipStock, at_ms: int, rules: InventoryRules
) -> tuple[Fact, ...]:
    """Ship of what the warehouse holds; a named parcel that has more takes the place of others'."""
    shipment_id = command.shipment_id or ""
    leaving, left = parted(row.allocations, command.quantity, command.warehouse_id)
    if shipment_id and left and _units(leaving) < command.quantity:
        return _left_with_more(stock, row, command, at_ms, rules)
    if not leaving:
        return ()
    purge_at_ms = at_ms + rules.ended_keep_ms
    return (
        Shipped(row.reservation_id, row.order_id, leaving, at_ms, purge_at_ms, left, shipment_id),
    )


def _left_with_more(
    stock: Stock, row: Reservation, command: ShipStock, at_ms: int, rules: InventoryRules
) -> tuple[Fact, ...]:
    """Let go of what other warehouses hold, and take off the books of the one that it left."""
    name, shipment_id = row.reservation_id, command.shipment_id or ""
    leaving, others = parted(row.allocations, command.quantity, command.warehouse_id)
    freed, rest = parted(others, command.quantity - _units(leaving), None)
    units, purge_at_ms = _units(freed), at_ms + rules.ended_keep_ms
    over: tuple[Fact, ...]
    if leaving or rest:
        line, parcel = replace(line_of(row), quantity=row.quantity - units), shipment_id
        over = (Shrunk(name, line, _RELEASED, freed, (*leaving, *rest), "" if leaving else parcel),)
    else:
        over = (Ended(name, "CANCELLED", _RELEASED, freed, purge_at_ms), Gone(name, ()))
    if leaving:
        shipped = Shipped(name, row.order_id, leaving, at_ms, purge_at_ms, rest, shipment_id)
        over = (*over, shipped)
    gone = _off_the_books(stock, command.warehouse_id or "", units, at_ms, row.order_id)
    return serve_after(stock, (*over, *gone), at_ms, rules)


def _units(parts: tuple[Allocation, ...]) -> int:
    return sum([part.quantity for part in parts])


def _off_the_books(
    stock: Stock, where: str, units: int, at_ms: int, order_id: str
) -> tuple[Fact, ...]:
    """Take off what left a warehouse, as far as nobody holds it; the rest once nobody does."""
    level = level_of(stock, where)
    if level is None:
        return ()
    owed = replace(level, owed=level.owed + units)
    return (Owed(where, units), *settled(owed, at_ms, order_id))


def _left_all_the_same(
    stock: Stock, row: Reservation, command: ShipStock, at_ms: int
) -> tuple[Fact, ...]:
    """Take off the books, once, what its carrier had while its order was cancelled.

    What others hold by now stays theirs until they let it go, or more comes in.
    """
    where = command.warehouse_id or ""
    units = _units(tuple([part for part in row.allocations if part.warehouse_id == where]))
    if not units:
        return ()
    rest = tuple([part for part in row.allocations if part.warehouse_id != where])
    gone = _off_the_books(stock, where, units, at_ms, row.order_id)
    return (Gone(row.reservation_id, rest), *gone)
