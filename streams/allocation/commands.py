"""What follows from facts: the commands to stock, one a line, in the order of the lines."""

from collections.abc import Callable, Iterable, Iterator
from types import MappingProxyType
from typing import Any, Final

from events.base import Message
from events.exchange_ids import hold_id_of
from events.holds import CommitStock, ExtendHold, ReleaseStock, ReserveStock, ShipStock
from events.inventory import AddInventory
from events.vocabulary import ReleaseReason
from streams.addresses import region_of
from streams.allocation.facts import (
    Amended,
    Asked,
    AskedAgain,
    CameBack,
    Committed,
    Extended,
    Fact,
    Left,
    Released,
)
from streams.allocation.rows import Allocation, Status, standing
from streams.moments import moment_of

_RELEASE_REASONS: Final = MappingProxyType[str, ReleaseReason](
    {"PAYMENT_FAILED": "payment_failed", "RESERVATION_EXPIRED": "reservation_expired"}
)
"""Why an order ended, in Inventory's words; any other reason is order_cancelled."""


def commands(row: Allocation, facts: Iterable[Fact]) -> Iterator[Message]:
    """Give the commands that follow; row is as it is after all the facts."""
    for fact in facts:
        says = _SAYS.get(type(fact))
        if says is not None:
            yield from says(row, fact)


def _asked(row: Allocation, fact: Asked) -> Iterator[Message]:
    if fact.is_free:
        yield from _take_over(row)
    else:
        yield from _reserve(row, standing(row))
    if row.status is Status.COMMITTED:
        yield from _commit(row, standing(row))


def _amended(row: Allocation, fact: Amended) -> Iterator[Message]:
    yield from _free(row, fact)
    if row.status is Status.COMMITTED:
        yield from _commit(row, fact.added)


def _reserve(
    row: Allocation, numbers: Iterable[int], *, may_wait: bool = True
) -> Iterator[ReserveStock]:
    destination = region_of(row.state or None, row.country)
    for number in numbers:
        line = row.lines[number - 1]
        yield ReserveStock(
            reservation_id=f"{row.order_id}:{number}",
            order_id=row.order_id,
            product_id=line.product_id,
            quantity=line.quantity,
            destination=destination,
            expires_at=moment_of(line.expires_at_ms),
            payment_id=row.payment_id or None,
            lines_total=len(standing(row)),
            backorder=None if may_wait else False,
            sales_channel=row.channel or None,
            promised_date=row.promised_on,
        )


def _take_over(row: Allocation) -> Iterator[ReserveStock]:
    """Go on with the holds of the exchange; one that lapsed is held anew, or its order ends."""
    for command in _reserve(row, standing(row), may_wait=False):
        line = row.line_number(command.reservation_id)
        yield command.model_copy(update={"takes_over": hold_id_of(row.order_id, line)})


def _commit(row: Allocation, numbers: Iterable[int]) -> Iterator[CommitStock]:
    for number in numbers:
        line = row.lines[number - 1]
        yield CommitStock(
            reservation_id=f"{row.order_id}:{number}",
            order_id=row.order_id,
            payment_id=row.payment_id or None,
            product_id=line.product_id,
            quantity=line.quantity,
        )


def _release(row: Allocation, fact: Released) -> Iterator[ReleaseStock]:
    reason = _RELEASE_REASONS.get(fact.reason, "order_cancelled")
    for number in standing(row):
        line = row.lines[number - 1]
        yield ReleaseStock(
            reservation_id=f"{row.order_id}:{number}",
            order_id=row.order_id,
            product_id=line.product_id,
            quantity=line.quantity,
            reason=reason,
        )


def _free(row: Allocation, fact: Amended) -> Iterator[ReleaseStock]:
    """Let go of what was taken away, whole lines and parts of lines."""
    for number, units in fact.freed:
        line = row.lines[number - 1]
        yield ReleaseStock(
            reservation_id=f"{row.order_id}:{number}",
            order_id=row.order_id,
            product_id=line.product_id,
            quantity=units,
            reason="order_amended",
            keep=line.quantity or None,
        )


def _ship(row: Allocation, fact: Left) -> Iterator[ShipStock]:
    yield ShipStock(
        reservation_id=fact.reservation_id,
        order_id=row.order_id,
        shipment_id=fact.shipment_id or None,
        product_id=fact.product_id,
        quantity=fact.quantity,
        warehouse_id=fact.warehouse_id,
    )


def _take_back(row: Allocation, fact: CameBack) -> Iterator[AddInventory]:
    yield AddInventory(
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


def _extend(row: Allocation, fact: Extended) -> Iterator[ExtendHold]:
    yield ExtendHold(
        reservation_id=f"{row.order_id}:{fact.line}",
        order_id=row.order_id,
        product_id=row.lines[fact.line - 1].product_id,
        expires_at=moment_of(fact.expires_at_ms),
    )


_SAYS: Final[dict[type, Callable[[Allocation, Any], Iterator[Message]]]] = {
    Asked: _asked,
    AskedAgain: lambda row, fact: _reserve(row, fact.lines, may_wait=fact.may_wait),
    Committed: lambda row, _: _commit(row, standing(row)),
    Amended: _amended,
    Extended: _extend,
    Left: _ship,
    CameBack: _take_back,
    Released: _release,
}
