"""What a carrier's scan means (G-30). Repeats mean nothing; what comes late is only kept."""

from collections.abc import Callable
from typing import Final

from events.shipping import ShipmentRouteUpdated, UpdateShipmentStatus
from streams.moments import ms_of
from streams.shipping.calendar import eta_ms
from streams.shipping.deliveries import attempt_failed, awaited
from streams.shipping.evolution import fold
from streams.shipping.facts import (
    Delivered,
    Dispatched,
    Facts,
    Noted,
    Polled,
    Ready,
    Rerouted,
    Resumed,
    Scanned,
    Travelled,
)
from streams.shipping.rows import SCAN_TEXT_CHARS_MAX, UNDER_WAY, Proof, Scan, Shipment, Status
from streams.shipping.rules import ShippingRules
from streams.shipping.strayed import left

FOREIGN: Final = "SCAN_OF_ANOTHER_PARCEL"
TOO_EARLY: Final = "SCAN_TOO_EARLY"
_UNBOOKED: Final = frozenset({Status.PENDING, Status.BOOKING_FAILED})
_TRACKED: Final = frozenset({Status.CREATED, *UNDER_WAY})
"""Where a carrier may know more than we do."""

Rule = Callable[[Shipment, Scan, UpdateShipmentStatus, int, ShippingRules], Facts]


def scanned(
    shipment: Shipment, command: UpdateShipmentStatus, at_ms: int, rules: ShippingRules
) -> Facts:
    """Say what a scan means. A scan from further on implies the ones that are missing.

    One of a parcel that was cancelled is for people: its carrier has it.
    """
    useless = _useless(shipment, command)
    if useless:
        known = any(step.reason == useless for step in shipment.history)
        return () if known else (Noted(at_ms, useless),)
    scan = _scan_of(command, at_ms)
    if any(old.at_ms == scan.at_ms and old.status == scan.status for old in shipment.scans):
        return ()
    rule = _RULES.get(command.status)
    if rule is not None and shipment.status is Status.CANCELLED:
        return (Scanned(scan), *left(shipment, at_ms))
    if rule is None or shipment.status not in _TRACKED:
        return (Scanned(scan),)
    if shipment.status is Status.CREATED:
        return _first(rule, shipment, scan, command, at_ms, rules)
    return rule(shipment, scan, command, at_ms, rules)


def _useless(shipment: Shipment, command: UpdateShipmentStatus) -> str:
    """Why a scan is not for this shipment; empty when it is.

    One that comes before the label is known is not kept: the carrier is asked for it again.
    """
    if _is_of_another(shipment, command):
        return FOREIGN
    return TOO_EARLY if shipment.status in _UNBOOKED else ""


def _first(
    rule: Rule,
    shipment: Shipment,
    scan: Scan,
    command: UpdateShipmentStatus,
    at_ms: int,
    rules: ShippingRules,
) -> Facts:
    """The first scan of a parcel says that it has left, unless nothing may leave.

    Then it is not kept: the carrier is asked for it again once the parcel may leave.
    """
    if not shipment.may_leave:
        return () if shipment.ready_at_ms else (Ready(at_ms),)
    if command.status == "shipped":
        return (dispatched(shipment, scan, at_ms, rules),)
    gone = dispatched(shipment, None, at_ms, rules)
    return (gone, *rule(fold(shipment, (gone,)), scan, command, at_ms, rules))


def dispatched(
    shipment: Shipment, scan: Scan | None, at_ms: int, rules: ShippingRules
) -> Dispatched:
    """The shipment leaves now, and is asked for from now on: it may have been kept for months."""
    return Dispatched(
        at_ms,
        eta_ms(at_ms, shipment.method, rules),
        at_ms + rules.lost_ms,
        at_ms + rules.poll_ms,
        0 < shipment.dispatch_due_ms < at_ms,
        scan,
        0 if scan is None else min(scan.at_ms, at_ms),
    )


def poll_due(shipment: Shipment, due_ms: int, now_ms: int, rules: ShippingRules) -> Facts:
    """Ask the carrier, and again later, until it has been asked long enough.

    One that has told by itself since is not asked. A time before the first question is that of a
    label which another has replaced.
    """
    if not 0 < shipment.poll_due_ms <= due_ms or shipment.status not in _TRACKED:
        return ()
    told_ms = shipment.scanned_at_ms + rules.poll_ms
    if told_ms > now_ms:
        return (Polled(told_ms, asked=False),)
    following = now_ms + rules.poll_ms
    since_ms = max(shipment.booked_at_ms, shipment.dispatched_at_ms)
    over = following > since_ms + rules.poll_for_ms
    return (Polled(0 if over else following),)


def rerouted(
    shipment: Shipment, event: ShipmentRouteUpdated, at_ms: int, _rules: ShippingRules
) -> Facts:
    """Take a new ETA that somebody else announced, unless a newer one is known."""
    if event.route_version <= shipment.route_version or shipment.status not in UNDER_WAY:
        return ()
    return (
        Rerouted(
            at_ms,
            event.route_version,
            event.reason,
            shipment.eta_ms,
            ms_of(event.updated_eta),
            own=False,
            tell=event.customer_notification_required,
        ),
    )


def _shipped(
    _shipment: Shipment,
    scan: Scan,
    _command: UpdateShipmentStatus,
    _at_ms: int,
    _rules: ShippingRules,
) -> Facts:
    return (Scanned(scan),)


def _travelled(
    shipment: Shipment,
    scan: Scan,
    _command: UpdateShipmentStatus,
    at_ms: int,
    rules: ShippingRules,
) -> Facts:
    if scan.at_ms < shipment.scanned_at_ms:
        return (Scanned(scan),)
    return (Travelled(at_ms, scan, min(scan.at_ms, at_ms), at_ms + rules.lost_ms),)


def _delivered(
    _shipment: Shipment,
    scan: Scan,
    command: UpdateShipmentStatus,
    at_ms: int,
    _rules: ShippingRules,
) -> Facts:
    return (Delivered(min(scan.at_ms, at_ms), scan, _proof_of(command)),)


def _failed(
    shipment: Shipment,
    scan: Scan,
    command: UpdateShipmentStatus,
    at_ms: int,
    rules: ShippingRules,
) -> Facts:
    if scan.at_ms < shipment.scanned_at_ms:
        return (Scanned(scan),)
    if shipment.status is not Status.DELIVERY_FAILED:
        return attempt_failed(shipment, scan, command.reason_code, at_ms, rules)
    if awaited(shipment, command.reason_code, min(scan.at_ms, at_ms), rules):
        return (Scanned(scan),)
    again = Resumed(at_ms, at_ms + rules.lost_ms)
    after = fold(shipment, (again,))
    return again, *attempt_failed(after, scan, command.reason_code, at_ms, rules)


def _is_of_another(shipment: Shipment, command: UpdateShipmentStatus) -> bool:
    """Whether it tells of a parcel that this shipment is not: each carrier knows its own only."""
    number = command.tracking_number
    if not shipment.tracking_number or number is None:
        return False
    back = shipment.returning
    if back is not None and number == back.tracking_number:
        return command.carrier not in {None, back.carrier}
    return number != shipment.tracking_number or command.carrier not in {None, shipment.carrier}


def _scan_of(command: UpdateShipmentStatus, at_ms: int) -> Scan:
    where = command.location
    told_at_ms = at_ms if command.updated_at is None else ms_of(command.updated_at)
    if where is None:
        return Scan(told_at_ms, command.status)
    return Scan(
        told_at_ms,
        command.status,
        where.city[:SCAN_TEXT_CHARS_MAX],
        where.country,
        where.state and where.state[:SCAN_TEXT_CHARS_MAX],
        where.facility and where.facility[:SCAN_TEXT_CHARS_MAX],
    )


def _proof_of(command: UpdateShipmentStatus) -> Proof | None:
    proof = command.proof_of_delivery
    if proof is None:
        return None
    spot = proof.gps_coordinates
    return Proof(
        proof.photo_url,
        proof.signed_by,
        proof.signature_url,
        None if spot is None else spot.latitude,
        None if spot is None else spot.longitude,
    )


_RULES: Final[dict[str, Rule]] = {
    "shipped": _shipped,
    "in_transit": _travelled,
    "out_for_delivery": _travelled,
    "delivered": _delivered,
    "delivery_failed": _failed,
}
