"""What follows from facts: the commands to stock, one a line, in the order of the lines."""

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Final

from events.base import Message
from events.holds import CommitStock, ExtendHold, ReleaseStock, ReserveStock, ShipStock
from events.inventory import AddInventory
from events.types import Address
from events.vocabulary import ReleaseReason
from streams.allocation.facts import (
    Asked,
    AskedAgain,
    CameBack,
    Committed,
    Extended,
    Fact,
    Left,
    Released,
)
from streams.allocation.rows import Allocation, Status
from streams.inventory.moments import moment_of

_RELEASE_REASONS: Final = MappingProxyType[str, ReleaseReason](
    {"PAYMENT_FAILED": "payment_failed", "RESERVATION_EXPIRED": "reservation_expired"}
)
"""Why an order ended, in Inventory's words; any other reason is order_cancelled."""


def commands(row: Allocation, facts: Iterable[Fact]) -> Iterator[Message]:
    """Give the commands that follow; row is as it is after all the facts."""
    numbers = range(1, len(row.lines) + 1)
    for fact in facts:
        if isinstance(fact, Asked):
            yield from _reserve(row, numbers)
            if row.status is Status.COMMITTED:
                yield from _commit(row)
        elif isinstance(fact, AskedAgain):
            yield from _reserve(row, fact.lines, may_wait=fact.may_wait)
        elif isinstance(fact, Committed):
            yield from _commit(row)
        elif isinstance(fact, Extended):
            yield _extend(row, fact)
        elif isinstance(fact, Left):
            yield _ship(row, fact)
        elif isinstance(fact, CameBack):
            yield _take_back(row, fact)
        elif isinstance(fact, Released):
            yield from _release(row, _RELEASE_REASONS.get(fact.reason, "order_cancelled"))


def _reserve(
    row: Allocation, numbers: Iterable[int], *, may_wait: bool = True
) -> Iterator[ReserveStock]:
    destination = Address(line1="", city="", state=row.state or None, country=row.country)
    for number in numbers:
        line = row.lines[number - 1]
        yield ReserveStock(
            reservation_id=f"{row.order_id}:{number}",
            order_id=row.order_id,
            product_id=line.product_id,
            quantity=line.quantity,
            destination=destination,
            expires_at=moment_of(line.expires_at_ms),
            payment_id=row.payment_id,
            lines_total=len(row.lines),
            backorder=None if may_wait else False,
        )


def _commit(row: Allocation) -> Iterator[CommitStock]:
    for number, line in enumerate(row.lines, 1):
        yield CommitStock(
            reservation_id=f"{row.order_id}:{number}",
            order_id=row.order_id,
            payment_id=row.payment_id,
            product_id=line.product_id,
            quantity=line.quantity,
        )


def _release(row: Allocation, reason: ReleaseReason) -> Iterator[ReleaseStock]:
    for number, line in enumerate(row.lines, 1):
        yield ReleaseStock(
            reservation_id=f"{row.order_id}:{number}",
            order_id=row.order_id,
            product_id=line.product_id,
            quantity=line.quantity,
            reason=reason,
        )


def _ship(row: Allocation, fact: Left) -> ShipStock:
    return ShipStock(
        reservation_id=fact.reservation_id,
        order_id=row.order_id,
        shipment_id=fact.shipment_id,
        product_id=fact.product_id,
        quantity=fact.quantity,
        warehouse_id=fact.warehouse_id,
    )


def _take_back(row: Allocation, fact: CameBack) -> AddInventory:
    return AddInventory(
        product_id=fact.product_id,
        quantity=fact.quantity,
        warehouse_id=fact.warehouse_id,
        stock_source={
            "type": "return",
            "orderId": row.order_id,
            "returnId": fact.return_id,
            "condition": fact.condition,
        },
    )


def _extend(row: Allocation, fact: Extended) -> ExtendHold:
    return ExtendHold(
        reservation_id=f"{row.order_id}:{fact.line}",
        order_id=row.order_id,
        product_id=row.lines[fact.line - 1].product_id,
        expires_at=moment_of(fact.expires_at_ms),
    )
