"""Names of shipments: they tell the order, so that a shipment lies where its order lies.

The first parcel of an order is `shp_<orderId>`, the others `shp_<orderId>:2` and so on. An
order whose own id ends like that has even its first parcel numbered, so a name is never
ambiguous.
"""

import re
from typing import Final

SHIPMENT_PREFIX: Final = "shp_"

_NUMBERED: Final = re.compile(r":[1-9][0-9]{0,3}\Z", re.ASCII)


def shipment_id_of(order_id: str, number: int) -> str:
    """The name of an order's parcel, counted from 1."""
    if number == 1 and _NUMBERED.search(order_id) is None:
        return f"{SHIPMENT_PREFIX}{order_id}"
    return f"{SHIPMENT_PREFIX}{order_id}:{number}"


def order_of_shipment(shipment_id: str) -> str:
    """The order that a shipment's name tells; of a foreign name, the name without its prefix."""
    stem = shipment_id.removeprefix(SHIPMENT_PREFIX)
    found = _NUMBERED.search(stem)
    return stem if found is None else stem[: found.start()]
