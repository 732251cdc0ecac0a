"""Units that leave their warehouse with a carrier."""

from msgspec.structs import replace

from events.holds import ShipStock
from streams.inventory.backorders import settled
from streams.inventory.facts import Decision, Fact, Gone, Owed, Refusal, Shipped
from streams.inventory.rows import Reservation, Stock, level_of, parted
from streams.inventory.rules import InventoryRules


def ship(
    stock: Stock, row: Reservation | None, command: ShipStock, at_ms: int, rules: InventoryRules
) -> Decision:
    """Have the units of a committed hold leave their warehouses (K11: dispatch lowers on-hand).

    A command that names a warehouse ships of what that one holds; the last one fulfils the line.
    """
    if row is None:
        return ()
    if row.product_id != command.product_id:
        return Refusal.OTHER_PRODUCT
    if row.status == "CANCELLED":
        return _left_all_the_same(stock, row, command, at_ms)
    if row.status != "CONFIRMED" or not row.committed:
        return ()
    shipment_id = command.shipment_id or ""
    leaving, left = parted(row.allocations, command.quantity, command.warehouse_id)
    if not leaving or shipment_id in row.parcels:
        return ()
    purge_at_ms = at_ms + rules.ended_keep_ms
    return (
        Shipped(row.reservation_id, row.order_id, leaving, at_ms, purge_at_ms, left, shipment_id),
    )


def _left_all_the_same(
    stock: Stock, row: Reservation, command: ShipStock, at_ms: int
) -> tuple[Fact, ...]:
    """Take off the books, once, what its carrier had while its order was cancelled.

    What others hold by now stays theirs until they let it go, or more comes in.
    """
    where = command.warehouse_id or ""
    units = sum([part.quantity for part in row.allocations if part.warehouse_id == where])
    level = level_of(stock, where)
    if level is None or not units:
        return ()
    rest = tuple([part for part in row.allocations if part.warehouse_id != where])
    owed = replace(level, owed=level.owed + units)
    return (Gone(row.reservation_id, rest), Owed(where, units), *settled(owed, at_ms, row.order_id))
