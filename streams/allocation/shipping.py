"""What shipping's news means for an order's stock, re-keyed from the shipment to the product."""

from events.returns import ReturnReceived
from events.shipping import ShipmentCancelled, ShipmentDispatched
from streams.allocation.facts import CameBack, Fact, Left, Released
from streams.allocation.rows import Allocation, Status, standing
from streams.allocation.rules import AllocationRules

CHARGEBACK = "CHARGEBACK"

Facts = tuple[Fact, ...]


def dispatched(
    row: Allocation | None, event: ShipmentDispatched, _at_ms: int, _rules: AllocationRules
) -> Facts:
    """Have stock leave: what the packages name, or every line where they name nothing.

    Items name their line by its reservation. Stock drops a repeat, and takes what is in a parcel
    at its word; of one that names nothing it is not told which it is.
    """
    if row is None or not row.lines:
        return ()
    where = None if event.warehouse is None else event.warehouse.id
    units: dict[int, int] = {}
    for package in event.packages or ():
        for item in package.items or ():
            number = row.line_number(item.item_id)
            units[number] = units.get(number, 0) + item.quantity
    units.pop(0, None)
    shipment_id = event.shipment_id if units else ""
    if not units:
        units = {number: row.lines[number - 1].quantity for number in standing(row)}
    return tuple(
        [
            Left(
                f"{row.order_id}:{number}",
                row.lines[number - 1].product_id,
                quantity,
                where,
                shipment_id,
            )
            for number, quantity in units.items()
        ]
    )


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
