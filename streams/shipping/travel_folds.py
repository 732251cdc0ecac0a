"""How facts change the row of a shipment on its way. No rule stands here."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from streams.shipping import facts as f
from streams.shipping.history import ASKED_AGAIN, stepped, with_scan
from streams.shipping.rows import Shipment, Status


def _dispatched(shipment: Shipment, fact: f.Dispatched) -> Shipment:
    return stepped(
        shipment,
        fact.at_ms,
        "DISPATCHED",
        Status.DISPATCHED,
        dispatched_at_ms=fact.at_ms,
        eta_ms=fact.eta_ms,
        lost_due_ms=fact.lost_due_ms,
        poll_due_ms=fact.poll_due_ms,
        late=fact.late,
        ready_at_ms=0,
        booking=None,
        scans=with_scan(shipment.scans, fact.scan),
        scanned_at_ms=fact.scanned_at_ms,
    )


def _travelled(shipment: Shipment, fact: f.Travelled) -> Shipment:
    return stepped(
        shipment,
        fact.at_ms,
        fact.scan.status.upper(),
        Status.IN_TRANSIT,
        scans=with_scan(shipment.scans, fact.scan),
        scanned_at_ms=fact.scanned_at_ms,
        lost_due_ms=fact.lost_due_ms,
        next_ms=0,
    )


def _scanned(shipment: Shipment, fact: f.Scanned) -> Shipment:
    scans = with_scan(shipment.scans, fact.scan)
    return replace(shipment, version=shipment.version + 1, scans=scans)


def _delivered(shipment: Shipment, fact: f.Delivered) -> Shipment:
    return stepped(
        shipment,
        fact.at_ms,
        "DELIVERED",
        Status.DELIVERED,
        delivered_at_ms=fact.at_ms,
        scans=with_scan(shipment.scans, fact.scan),
        proof=fact.proof,
        next_ms=0,
        lost_due_ms=0,
        poll_due_ms=0,
    )


def _attempt_failed(shipment: Shipment, fact: f.AttemptFailed) -> Shipment:
    return stepped(
        shipment,
        fact.at_ms,
        fact.code,
        Status.DELIVERY_FAILED,
        attempts=fact.attempts,
        failure=fact.code,
        next_ms=fact.next_ms,
        lost_due_ms=0,
        poll_due_ms=shipment.poll_due_ms if fact.next_ms else 0,
        scans=with_scan(shipment.scans, fact.scan),
        scanned_at_ms=fact.scanned_at_ms,
    )


def _resumed(shipment: Shipment, fact: f.Resumed) -> Shipment:
    return stepped(
        shipment,
        fact.at_ms,
        "NEXT_ATTEMPT",
        Status.IN_TRANSIT,
        next_ms=0,
        lost_due_ms=fact.lost_due_ms,
    )


def _rerouted(shipment: Shipment, fact: f.Rerouted) -> Shipment:
    changes: dict[str, Any] = {}
    if fact.destination is not None:
        changes["destination"] = fact.destination
    if fact.next_ms is not None:
        changes |= {"next_ms": fact.next_ms, "failure": "ADDRESS_FIXED"}
    return stepped(
        shipment,
        fact.at_ms,
        fact.reason,
        route_version=fact.route_version,
        eta_ms=fact.eta_ms,
        **changes,
    )


def _sent_back(shipment: Shipment, fact: f.SentBack) -> Shipment:
    return stepped(
        shipment,
        fact.at_ms,
        "RETURN_TO_SENDER",
        Status.RETURNING,
        returning=fact.returning,
        next_ms=0,
        lost_due_ms=0,
        poll_due_ms=0,
    )


def _still_awaited(shipment: Shipment, fact: f.StillAwaited) -> Shipment:
    return stepped(shipment, fact.at_ms, ASKED_AGAIN, lost_due_ms=fact.lost_due_ms)


def _polled(shipment: Shipment, _: f.Polled) -> Shipment:
    return shipment


FOLDS: Final[dict[type, Callable[[Shipment, Any], Shipment]]] = {
    f.Dispatched: _dispatched,
    f.Travelled: _travelled,
    f.Scanned: _scanned,
    f.Delivered: _delivered,
    f.AttemptFailed: _attempt_failed,
    f.Resumed: _resumed,
    f.StillAwaited: _still_awaited,
    f.SentBack: _sent_back,
    f.Rerouted: _rerouted,
    f.Polled: _polled,
}
