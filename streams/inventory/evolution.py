"""How a reservation follows from facts. No rule lives here and nothing is refused."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from streams.inventory.facts import (
    Barred,
    CommitMissed,
    Committed,
    Ended,
    Extended,
    Fact,
    Gone,
    Held,
    Requested,
    ReservationFact,
    Shipped,
    Short,
    Shrunk,
)
from streams.inventory.rows import Reservation


def evolve_reservation(row: Reservation | None, fact: ReservationFact) -> Reservation:
    """The reservation after a fact. Only Requested begins one."""
    if isinstance(fact, Requested):
        return _requested(fact)
    assert row is not None, f"{fact} concerns a reservation that never began"
    change = _RESERVATION_BY.get(type(fact))
    return row if change is None else change(row, fact)


def _requested(fact: Requested) -> Reservation:
    line = fact.line
    return Reservation(
        fact.reservation_id,
        fact.product_id,
        fact.order_id,
        line.quantity,
        line.ordered_at_ms,
        fact.at_ms,
        fact.payment_id,
        fact.lines_total,
        line.country,
        line.region,
        line.only,
        line.channel,
        line.promised_day,
    )


def _held(row: Reservation, fact: Held) -> Reservation:
    return Reservation(
        row.reservation_id,
        row.product_id,
        row.order_id,
        row.quantity,
        row.ordered_at_ms,
        row.created_at_ms,
        row.payment_id,
        row.lines_total,
        row.country,
        row.region,
        row.only,
        row.channel,
        row.promised_day,
        status="CONFIRMED",
        allocations=fact.allocations,
        held_at_ms=fact.at_ms,
        expires_at_ms=fact.expires_at_ms,
    )


def _ended(row: Reservation, fact: Ended) -> Reservation:
    """Of a paid claim it stays known what was held: its parcels may be on their way already."""
    kept = fact.allocations if row.committed else ()
    return msgspec.structs.replace(
        row, status=fact.status, allocations=kept, purge_at_ms=fact.purge_at_ms
    )


def _shrunk(row: Reservation, fact: Shrunk) -> Reservation:
    return msgspec.structs.replace(
        row,
        quantity=fact.line.quantity,
        allocations=fact.left,
        parcels=_with_parcel(row, fact.shipment_id),
    )


def _with_parcel(row: Reservation, shipment_id: str) -> tuple[str, ...]:
    return (*row.parcels, shipment_id) if shipment_id else row.parcels


def _committed(row: Reservation, _fact: Committed) -> Reservation:
    return msgspec.structs.replace(row, committed=True, expires_at_ms=None)


def _extended(row: Reservation, fact: Extended) -> Reservation:
    return msgspec.structs.replace(row, expires_at_ms=fact.expires_at_ms)


def _turned_away(row: Reservation, fact: Short) -> Reservation:
    if fact.waits:
        return row
    return msgspec.structs.replace(row, status="CANCELLED", purge_at_ms=fact.purge_at_ms)


def _shipped(row: Reservation, fact: Shipped) -> Reservation:
    if fact.left:
        parcels = _with_parcel(row, fact.shipment_id)
        return msgspec.structs.replace(row, allocations=fact.left, parcels=parcels)
    return msgspec.structs.replace(row, status="FULFILLED", purge_at_ms=fact.purge_at_ms)


def _gone(row: Reservation, fact: Gone) -> Reservation:
    return msgspec.structs.replace(row, allocations=fact.rest)


def _barred(row: Reservation, _fact: Barred | CommitMissed) -> Reservation:
    return msgspec.structs.replace(row, barred=True)


_RESERVATION_BY: Final[Mapping[type[Fact], Callable[[Reservation, Any], Reservation]]] = {
    Held: _held,
    Short: _turned_away,
    Ended: _ended,
    Shrunk: _shrunk,
    Extended: _extended,
    Committed: _committed,
    Shipped: _shipped,
    Barred: _barred,
    Gone: _gone,
    CommitMissed: _barred,
}
