"""What shipping's news means for an order: under way, at the door, back again (G-14, G-31)."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from events.returns import ReturnReceived
from events.shipping import (
    ORDER_AMENDED,
    DeliveryFailed,
    ShipmentBookingFailed,
    ShipmentCancelled,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
)
from events.types import ShippedItem
from events.vocabulary import LOST
from streams.orders import strayed
from streams.orders.cancelling import noted
from streams.orders.facts import Fact, HeldFrom, Moved, ParcelMoved, ReviewClosed
from streams.orders.rows import (
    PARCELS_MAX,
    Order,
    Parcel,
    ParcelState,
    Status,
)
from streams.orders.rules import OrderRules

Facts = tuple[Fact, ...]

_GONE: Final = frozenset({ParcelState.LOST, ParcelState.UNSENT})
_ON_THE_WAY: Final = frozenset({Status.SHIPPED, Status.DELIVERED})
_RANK: Final = {state: rank for rank, state in enumerate(ParcelState)}


def created(order: Order, event: ShipmentCreated, at_ms: int, _rules: OrderRules) -> Facts:
    """Take a booked parcel down; a paid order is being processed from now on."""
    units = sum([item.quantity for box in event.packages for item in box.items or ()])
    moved = _moved(
        order, event.shipment_id, ParcelState.CREATED, at_ms, units, _lines(order, event)
    )
    if not moved:
        return ()
    if order.status is Status.PAID:
        return (*moved, Moved(at_ms, Status.PROCESSING, "SHIPMENT_CREATED"))
    if order.status is Status.ON_HOLD and order.captured_minor is not None:
        return (*moved, HeldFrom(at_ms, Status.PROCESSING))
    return moved


def dispatched(order: Order, event: ShipmentDispatched, at_ms: int, _rules: OrderRules) -> Facts:
    """Say shipped at the first parcel. What left the house cannot be held or cancelled."""
    moved = _moved(order, event.shipment_id, ParcelState.DISPATCHED, at_ms)
    if moved and order.status is Status.CANCELLED:
        return (*moved, *strayed.left(moved[0].parcel, at_ms))
    return (*moved, *_shipped(order, at_ms)) if moved else ()


def delivered(order: Order, event: ShipmentDelivered, at_ms: int, rules: OrderRules) -> Facts:
    """Say delivered once every unit has arrived. What was cancelled is to come back."""
    moved = _moved(order, event.shipment_id, ParcelState.DELIVERED, at_ms)
    if not moved:
        return ()
    if order.status is Status.CANCELLED:
        return (*moved, *strayed.arrived(order, moved[0].parcel, at_ms, rules))
    shipped = _shipped(order, at_ms)
    return (*moved, *shipped, *_arrived(order, moved, shipped, at_ms))


def attempt_failed(order: Order, event: DeliveryFailed, at_ms: int, _rules: OrderRules) -> Facts:
    """Put a failed attempt into the history; the state stays, unless the parcel is lost.

    Of an order that was cancelled, only that is worth knowing.
    """
    if order.status is Status.CANCELLED and event.reason_code == LOST:
        return _moved(order, event.shipment_id, ParcelState.LOST, at_ms)
    if order.status not in _ON_THE_WAY:
        return ()
    why = f"DELIVERY_FAILED_{event.reason_code}_{event.attempt_number or 1}"
    told = noted(order, at_ms, why)
    if event.reason_code != LOST:
        return told
    moved = _moved(order, event.shipment_id, ParcelState.LOST, at_ms)
    return (*told, *moved, *over(order, moved, at_ms)) if moved else ()


def returned(order: Order, event: ReturnReceived, at_ms: int, *, taken: bool) -> Facts:
    """Say returned once every unit has come back; fewer only count (G-32).

    Where all money went back before the goods, the order is refunded at once (G-17). Of a parcel
    of which something is back already, what another label brought counts once it is taken down.
    """
    units = _came_back(order, event)
    moved = _moved(order, event.shipment_id, ParcelState.RETURNED, at_ms, units)
    if taken and not moved:
        moved = _more_back(order, event.shipment_id, units)
    return (*moved, *over(order, moved, at_ms)) if order.status in _ON_THE_WAY else moved


def _came_back(order: Order, event: ReturnReceived) -> int:
    """Units that were in the parcel; whatever else came with them ends nothing."""
    parcel = next((one for one in order.parcels if one.shipment_id == event.shipment_id), None)
    told = parcel.lines if parcel is not None else ()
    inside = dict(told or [(number, line.quantity) for number, line in order.standing])
    left = inside.copy()
    for item in event.items:
        units, names = item.quantity, {item.product_id, item.sku} - {None}
        for number, most in left.items():
            line = order.lines[number - 1]
            taken = min(units, most) if names & {line.product_id, line.sku} else 0
            units, left[number] = units - taken, most - taken
    return sum(inside.values()) - sum(left.values())


def _more_back(order: Order, shipment_id: str, units: int) -> tuple[ParcelMoved, ...]:
    """Never more than was in it, where somebody said how much that was."""
    parcel = next((one for one in order.parcels if one.shipment_id == shipment_id), None)
    if parcel is None or parcel.state is not ParcelState.RETURNED:
        return ()
    back = parcel.units_back + units
    most = min(back, parcel.units) if parcel.units else back
    return (ParcelMoved(replace(parcel, units_back=max(most, parcel.units_back))),)


def over(order: Order, moved: Facts, at_ms: int) -> Facts:
    """Say returned once every unit is back or gone, else delivered with the last that stayed.

    Goods that are lost end their order as those do that come back: nothing more will happen to
    them, and their price goes back (G-30).
    """
    if not moved:
        return ()
    after = [parcel for parcel in _after(order, moved) if parcel.state is not ParcelState.CANCELLED]
    gone = sum([_units_gone(parcel) for parcel in after])
    all_lost = all(parcel.state in _GONE for parcel in after)
    unsaid = all_lost and not all(parcel.units for parcel in after)
    if gone < _units(order) and not unsaid:
        return _arrived(order, moved, (), at_ms)
    why = "LOST" if all_lost else "RETURNED"
    return _ended(order, Moved(at_ms, Status.RETURNED, why))


def _ended(order: Order, last: Moved) -> Facts:
    """Say refunded at once where all money went back before the goods were there (G-17)."""
    paid_back = order.refund_status == "refunded"
    return (last, Moved(last.at_ms, Status.REFUNDED, "REFUNDED")) if paid_back else (last,)


def _units_gone(parcel: Parcel) -> int:
    return parcel.units if parcel.state in _GONE else parcel.units_back


def shipment_cancelled(
    order: Order, event: ShipmentCancelled, at_ms: int, _rules: OrderRules
) -> Facts:
    """Forget a parcel that will not come: while nothing has left, another may take its place.

    One that an amendment came before holds nothing of the order any more.
    """
    moved = _moved(order, event.shipment_id, ParcelState.CANCELLED, at_ms)
    if not moved:
        return ()
    told = () if event.reason == ORDER_AMENDED else _units_by_line(order, event.items or ())
    where = event.warehouse_id or ""
    parcel = replace(moved[0].parcel, units=0, lines=told, warehouse_id=where)
    return (replace(moved[0], parcel=parcel),)


def booking_failed(
    order: Order, _event: ShipmentBookingFailed, at_ms: int, _rules: OrderRules
) -> Facts:
    """Put into the history that a person has to find a carrier."""
    return noted(order, at_ms, "SHIPMENT_BOOKING_FAILED")


def _lines(order: Order, event: ShipmentCreated) -> tuple[tuple[int, int], ...]:
    """Which units of which line are in a parcel, as far as its packages tell."""
    return _units_by_line(order, [item for box in event.packages for item in box.items or ()])


def _units_by_line(order: Order, items: Iterable[ShippedItem]) -> tuple[tuple[int, int], ...]:
    units: dict[int, int] = {}
    for item in items:
        number = order.line_number(item.item_id)
        units[number] = units.get(number, 0) + item.quantity
    units.pop(0, None)
    return tuple(units.items())


def _moved(
    order: Order,
    shipment_id: str,
    state: ParcelState,
    at_ms: int,
    units: int = 0,
    lines: tuple[tuple[int, int], ...] = (),
) -> tuple[ParcelMoved, ...]:
    """A parcel's new state; none where it is known already, or further on."""
    known = {parcel.shipment_id: parcel for parcel in order.parcels}
    parcel = known.get(shipment_id)
    if parcel is None and len(known) >= PARCELS_MAX:
        return ()
    if parcel is not None and _RANK[parcel.state] >= _RANK[state]:
        return ()
    parcel = parcel or Parcel(shipment_id, state)
    back = units if state is ParcelState.RETURNED else parcel.units_back
    held = units if state is ParcelState.CREATED else parcel.units
    moved = replace(parcel, state=state, units=held, units_back=back, lines=lines or parcel.lines)
    if state is ParcelState.DELIVERED:
        moved = replace(moved, delivered_at_ms=at_ms)
    if state is ParcelState.LOST:
        moved = replace(moved, lost=True)
    return (ParcelMoved(moved),)


def _shipped(order: Order, at_ms: int) -> Facts:
    """The steps from where the order is to shipped, each in the contract's table."""
    shipped = Moved(at_ms, Status.SHIPPED, "SHIPPED")
    if order.status is Status.PROCESSING:
        return (shipped,)
    processing = Moved(at_ms, Status.PROCESSING, "SHIPMENT_CREATED")
    if order.status is Status.PAID:
        return (processing, shipped)
    if order.status is Status.ON_HOLD and order.captured_minor is not None:
        closed = [ReviewClosed(at_ms, payment_id) for payment_id in order.in_review]
        left = Moved(at_ms, Status.PROCESSING, "DISPATCHED_ON_HOLD")
        return (*closed, left, shipped)
    return ()


def _arrived(order: Order, moved: Facts, shipped: Facts, at_ms: int) -> Facts:
    """Delivered, when nothing is missing or on its way and something stayed with the customer."""
    if not shipped and order.status is not Status.SHIPPED:
        return ()
    parcels = [p for p in _after(order, moved) if p.state is not ParcelState.CANCELLED]
    ended = {*_GONE, ParcelState.DELIVERED, ParcelState.RETURNED}
    if any(parcel.state not in ended for parcel in parcels):
        return ()
    known = all(parcel.units for parcel in parcels)
    if known and sum([parcel.units for parcel in parcels]) < _units(order):
        return ()
    return _ended(order, Moved(at_ms, Status.DELIVERED, "DELIVERED"))


def _after(order: Order, moved: Facts) -> list[Parcel]:
    parcels = {parcel.shipment_id: parcel for parcel in order.parcels}
    for fact in moved:
        if isinstance(fact, ParcelMoved):
            parcels[fact.parcel.shipment_id] = fact.parcel
    return list(parcels.values())


def _units(order: Order) -> int:
    return sum([line.quantity for line in order.lines])
