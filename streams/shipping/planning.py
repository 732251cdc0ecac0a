"""Which warehouse sends what: an order's lines as parcels, one a warehouse."""

from events.shipment_ids import shipment_id_of
from streams.shipping.facts import Parcel
from streams.shipping.rows import Fulfilment, Held, Item

NOWHERE = ""
"""The warehouse of lines that nobody says where they are held."""


def planned(row: Fulfilment) -> tuple[Parcel, ...]:
    """Split what is held by warehouse, in the order of their ids; every unit is in one parcel."""
    by_warehouse: dict[str, list[Item]] = {}
    for held in _holds(row):
        by_warehouse.setdefault(held.warehouse_id, []).append(_item(row, held))
    return tuple(
        [
            Parcel(shipment_id_of(row.order_id, number), warehouse_id, tuple(items))
            for number, (warehouse_id, items) in enumerate(sorted(by_warehouse.items()), 1)
        ]
    )


def _holds(row: Fulfilment) -> list[Held]:
    known = {held.line for held in row.held}
    silent = [
        Held(number, NOWHERE, line.product_id, line.quantity)
        for number, line in enumerate(row.lines, 1)
        if number not in known and line.quantity
    ]
    return sorted([*row.held, *silent], key=lambda held: (held.line, held.warehouse_id))


def _item(row: Fulfilment, held: Held) -> Item:
    item_id = f"{row.order_id}:{held.line}"
    if held.line > len(row.lines):
        return Item(item_id, held.quantity, held.product_id)
    line = row.lines[held.line - 1]
    unit_minor = line.total_minor // line.quantity if line.quantity else 0
    return Item(item_id, held.quantity, line.product_id, line.sku, line.name, unit_minor)
