"""Which warehouse sends what: an order's lines as parcels, one a warehouse."""

from collections.abc import Iterator

from msgspec.structs import replace

from events.shipment_ids import shipment_id_of
from streams.shipping.fulfilment_facts import Parcel
from streams.shipping.rows import Fulfilment, Held, Item

NOWHERE = ""
"""The warehouse of lines that nobody says where they are held."""


def planned(row: Fulfilment) -> tuple[Parcel, ...]:
    """Split what is held by warehouse, in the order of their ids; every unit is in one parcel.

    The names go on behind those of an earlier plan.
    """
    first = 1 + len({*row.planned, *row.shipments})
    by_warehouse: dict[str, list[Item]] = {}
    for held in _holds(row):
        by_warehouse.setdefault(held.warehouse_id, []).append(_item(row, held))
    return tuple(
        [
            Parcel(shipment_id_of(row.order_id, number), warehouse_id, tuple(items))
            for number, (warehouse_id, items) in enumerate(sorted(by_warehouse.items()), first)
        ]
    )


def _holds(row: Fulfilment) -> list[Held]:
    known = {held.line for held in row.held}
    silent = [
        Held(number, NOWHERE, line.product_id, line.quantity)
        for number, line in enumerate(row.lines, 1)
        if number not in known and line.quantity
    ]
    return sorted([*_ordered(row), *silent], key=lambda held: (held.line, held.warehouse_id))


def _ordered(row: Fulfilment) -> Iterator[Held]:
    """What is held of what is ordered.

    Stock may yet have to let go what an amendment took away, and may hold what one would add.
    """
    left = {number: line.quantity for number, line in enumerate(row.lines, 1)}
    for held in row.held:
        units = min(held.quantity, left.get(held.line, 0))
        if units:
            left[held.line] -= units
            yield replace(held, quantity=units)


def _item(row: Fulfilment, held: Held) -> Item:
    item_id = f"{row.order_id}:{held.line}"
    line = row.lines[held.line - 1]
    unit_minor = line.total_minor // line.quantity if line.quantity else 0
    return Item(item_id, held.quantity, line.product_id, line.sku, line.name, unit_minor)
