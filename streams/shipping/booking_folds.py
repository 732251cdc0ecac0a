"""How facts change the row of a shipment that is still at home. No rule stands here."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from streams.shipping import facts as f
from streams.shipping.history import BOOKED, RELABEL_FAILED, return_of, stepped
from streams.shipping.rows import Shipment, Status
from streams.shipping.strayed import STEP


def _searching(shipment: Shipment, fact: f.Asked | f.TryFailed) -> dict[str, Any]:
    """The changes that another stage of a search makes."""
    if fact.purpose == "outbound":
        return {"booking": fact.booking}
    return {"returning": replace(return_of(shipment), booking=fact.booking)}


def _asked(shipment: Shipment, fact: f.Asked) -> Shipment:
    return replace(shipment, version=shipment.version + 1, **_searching(shipment, fact))


def _try_failed(shipment: Shipment, fact: f.TryFailed) -> Shipment:
    reason = f"{fact.purpose.upper()}_BOOKING_TRY_FAILED"
    return stepped(shipment, fact.at_ms, reason, **_searching(shipment, fact))


def _booked(shipment: Shipment, fact: f.Booked) -> Shipment:
    return stepped(
        shipment,
        fact.at_ms,
        BOOKED,
        Status.CREATED,
        carrier=fact.carrier,
        tracking_number=fact.tracking_number,
        label_url=fact.label_url,
        booked_at_ms=fact.at_ms,
        eta_ms=fact.eta_ms,
        poll_due_ms=fact.poll_due_ms,
        booking=replace(shipment.booking, due_ms=0, asked=False) if shipment.booking else None,
    )


def _given_up(shipment: Shipment, fact: f.BookingGivenUp) -> Shipment:
    if fact.has_label:
        return stepped(shipment, fact.at_ms, RELABEL_FAILED)
    booking = replace(shipment.booking, due_ms=0, asked=False) if shipment.booking else None
    return stepped(shipment, fact.at_ms, "BOOKING_FAILED", Status.BOOKING_FAILED, booking=booking)


def _label_spare(shipment: Shipment, fact: f.LabelSpare) -> Shipment:
    return stepped(shipment, fact.at_ms, "LABEL_SPARE")


def _ready(shipment: Shipment, fact: f.Ready) -> Shipment:
    return stepped(shipment, fact.at_ms, "DISPATCH_BLOCKED", ready_at_ms=fact.at_ms)


def _suspected(shipment: Shipment, fact: f.Suspected) -> Shipment:
    reason = "BLOCKED" if len(fact.suspected) > len(shipment.suspected) else "UNBLOCKED"
    return stepped(shipment, fact.at_ms, reason, suspected=fact.suspected)


def _disputed(shipment: Shipment, fact: f.Disputed) -> Shipment:
    reason = "DISPUTED" if len(fact.disputes) > len(shipment.disputes) else "DISPUTE_OVER"
    return stepped(shipment, fact.at_ms, reason, disputes=fact.disputes)


def _readdressed(shipment: Shipment, fact: f.Readdressed) -> Shipment:
    return stepped(shipment, fact.at_ms, "ADDRESS_CHANGED", destination=fact.destination)


def _cancelled(shipment: Shipment, fact: f.Cancelled) -> Shipment:
    return stepped(
        shipment,
        fact.at_ms,
        fact.reason,
        Status.CANCELLED,
        booking=None,
        poll_due_ms=0,
        ready_at_ms=0,
    )


def _strayed(shipment: Shipment, fact: f.Strayed) -> Shipment:
    return stepped(shipment, fact.at_ms, STEP)


FOLDS: Final[dict[type, Callable[[Shipment, Any], Shipment]]] = {
    f.Asked: _asked,
    f.TryFailed: _try_failed,
    f.Booked: _booked,
    f.BookingGivenUp: _given_up,
    f.LabelSpare: _label_spare,
    f.Ready: _ready,
    f.Cancelled: _cancelled,
    f.Strayed: _strayed,
    f.Suspected: _suspected,
    f.Disputed: _disputed,
    f.Readdressed: _readdressed,
}
