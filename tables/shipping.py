"""Shipping's tables."""

from typing import Final

from engine.specs import TableSpec
from streams.shipping.rows import Fulfilment, Shipment

SHIPMENTS: Final = TableSpec(
    name="shipments",
    row=Shipment,
    key="shipmentId",
    help="One shipment's way: packages, carrier, scans, and how it got where it is.",
    mask=("destination", "proof"),
)

FULFILMENTS: Final = TableSpec(
    name="fulfilments",
    row=Fulfilment,
    key="orderId",
    help="An order as Shipping sees it: what is held where, and whether it may be sent.",
    hidden=True,
    mask=("destination",),
)
