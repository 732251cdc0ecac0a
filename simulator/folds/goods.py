"""What messages about stock, parcels and returns add to the pages."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from simulator.afterwards import Piece
from simulator.dossier import EXCHANGE, Hold, Parcel
from simulator.folds.fold import Fold
from simulator.heard import Data, Said
from simulator.pages import Pages
from simulator.shelves import EVERYWHERE


def _ms_of(moment: str | None) -> int:
    if moment is None:
        return 0
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def _adjusted(pages: Pages, message: Said, at_ms: int) -> None:
    data = message.data
    pages.shelves.adjusted(data)
    if data.reservation_id is None or data.order_id is None:
        return
    holds = pages.dossier(data.order_id).holds
    hold = holds.setdefault(data.reservation_id, Hold(data.product_id or ""))
    change, where = data.adjusted_quantity or 0, data.warehouse_id or ""
    if where != EVERYWHERE and change:
        hold.units[where] = hold.units.get(where, 0) - change
    hold.status = data.reservation_status or hold.status
    hold.committed += bool(data.committed)
    if data.reason == "reservation_expired":
        hold.expired += 1
        hold.lapsed_early |= bool(change) and at_ms < hold.expires_at_ms
    elif data.reservation_status == "CONFIRMED" and not data.committed:
        hold.held_at_ms = hold.held_at_ms or at_ms
        hold.expires_at_ms = _ms_of(data.reservation_expires_at)


def _out_of_stock(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    if data.triggered_by_order_id is None:
        return
    order, product = pages.dossier(data.triggered_by_order_id), data.product_id or ""
    order.short.append((product, bool(data.backorder_allowed)))
    order.exchange_short |= EXCHANGE in (data.reservation_id or "")
    others_wait = (data.pending_orders or 0) > bool(data.backorder_allowed)
    available = pages.shelves.available(product)
    if not others_wait and available >= (data.requested_quantity or 0):
        order.unduly_short.append(f"{data.requested_quantity} of {product}, {available} available")


def _parcel(pages: Pages, data: Data) -> Parcel:
    parcels = pages.dossier(data.order_id or "").parcels
    return parcels.setdefault(data.shipment_id or "", Parcel())


def _shipment_created(pages: Pages, message: Said, _: int) -> None:
    parcel = _parcel(pages, message.data)
    parcel.created += 1
    for box in message.data.packages or ():
        for ware in box.items or ():
            parcel.units[ware.product_id or ""] += ware.quantity


def _shipment_dispatched(pages: Pages, message: Said, at_ms: int) -> None:
    parcel = _parcel(pages, message.data)
    parcel.dispatched += 1
    parcel.dispatched_at_ms = parcel.dispatched_at_ms or at_ms


def _shipment_delivered(pages: Pages, message: Said, _: int) -> None:
    _parcel(pages, message.data).delivered += 1


def _shipment_cancelled(pages: Pages, message: Said, _: int) -> None:
    _parcel(pages, message.data).cancelled += 1


def _came_back(pages: Pages, message: Said, _: int) -> None:
    data = message.data
    for ware in data.items or ():
        name = ware.product_id or ware.sku or ""
        piece = Piece(data.return_id or "", name, ware.quantity, ware.condition or "")
        pages.dossier(data.order_id or "").came_back.append(piece)


FOLDS: Final[Mapping[str, Fold]] = MappingProxyType(
    {
        "ReturnReceived": _came_back,
        "InventoryAdjusted": _adjusted,
        "OutOfStock": _out_of_stock,
        "ShipmentCreated": _shipment_created,
        "ShipmentDispatched": _shipment_dispatched,
        "ShipmentDelivered": _shipment_delivered,
        "ShipmentCancelled": _shipment_cancelled,
    }
)
