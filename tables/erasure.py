"""Erasure's table."""

from typing import Final

from engine.specs import TableSpec
from streams.erasure.rounds import Erasure

ERASURES: Final = TableSpec(
    name="erasures",
    row=Erasure,
    key="customerId",
    help="Erasures of customers' personal data: who asked, how far each is, how much it erased.",
)
