"""Allocation's table."""

from typing import Final

from engine.specs import TableSpec
from streams.allocation.rows import Allocation

ALLOCATIONS: Final = TableSpec(
    name="allocations",
    row=Allocation,
    key="orderId",
    help="What stock is asked for an order, line by line, and whether it was paid or let go.",
)
