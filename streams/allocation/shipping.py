"""What shipping's news means for an order's stock, re-keyed from the shipment to the product."""

from events.returns import ReturnReceived
from events.shipping import ShipmentCancelled, ShipmentDispatched
from events.types import ShippedItem
from streams.allocation.facts import CameBack, Fact, Left, Released
from streams.allocation.rows import Allocation, Status, standing
from streams.allocation.rules import AllocationRules

CHARGEBACK = "CHARGEBACK"

Facts = tuple[Fact, ...]


def dispatched(
    row: Allocation | None, event: ShipmentDispatched, _at_ms: int, _rules: AllocationRules
) -> Facts:
    """Have stock leave: what the packages name, or every line where they name nothing.

    Items name their line by its reservation, else by its product; what the order does not have
    is none of its stock. Stock drops a repeat, and takes what is in a parcel at its word; of one
    that names nothing it is not told which it is.
    """
    if row is None:
        return ()
    where = None if event.warehouse is None else event.warehouse.id
    items = [item for package in event.packages or () for item in package.items or ()]
    units = {} if items else {one: row.lines[one - 1].quantity for one in standing(row)}
    for item in items:
        number = _line_of(row, item)
        units[number] = units.get(number, 0) + item.quantity
    units.pop(0, None)
    return tuple(
        [
            Left(
                f"{row.order_id}:{number}",
                row.lines[number - 1].product_id,
                quantity,
                where,
                event.shipment_id if items else "",
            )
            for number, quantity in units.items()
        ]
    )


def _line_of(row: Allocation, item: ShippedItem) -> int:
    """The line that an item is of; 0 where the order has none."""
    names = {item.product_id, item.sku}
    alike = [number for number in standing(row) if row.lines[number - 1].product_id in names]
    return row.line_number(item.item_id) or next(iter(alike), 0)


def returned(
    row: Allocation | None, event: ReturnReceived, _at_ms: int, _rules: AllocationRules
) -> Facts:
    """Have what came back booked in, sound or to quarantine; unknown goods are for people."""
    if row is None:
        return ()
    known = {line.product_id for line in row.lines}
    return tuple(
        [
            CameBack(product_id, item.quantity, event.warehouse_id, event.return_id, item.condition)
            for item in event.items
            if (product_id := item.product_id or item.sku) in known
        ]
    )


def cancelled(
    row: Allocation | None, event: ShipmentCancelled, _at_ms: int, _rules: AllocationRules
) -> Facts:
    """Let go what a disputed payment will not have sent (G-18).

    A shipment that ends with its order has its lines released by OrderCancelled; one that staff
    cancelled leaves them held for another shipment.
    """
    if row is None or row.status is Status.RELEASED or event.reason != CHARGEBACK:
        return ()
    return (Released(CHARGEBACK),)
