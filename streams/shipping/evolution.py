"""How a shipment's row changes by a fact: folded, never judged."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec.structs import replace

from streams.shipping import facts as f
from streams.shipping.rows import SCANS_MAX, STEPS_MAX, Return, Scan, Shipment, Status, Step


def evolve(shipment: Shipment | None, fact: f.Fact) -> Shipment:
    """Give the row as it is after the fact. Only Began begins one."""
    if isinstance(fact, f.Began):
        return fact.shipment
    assert shipment is not None, "a shipment begins with Began"
    return _FOLDS[type(fact)](shipment, fact)


def fold(shipment: Shipment | None, facts: Iterable[f.Fact]) -> Shipment:
    """Give the row as it is after all of them, at least one where there is no row."""
    for fact in facts:
        shipment = evolve(shipment, fact)
    assert shipment is not None, "folding needs a fact"
    return shipment


def _step(
    shipment: Shipment, at_ms: int, reason: str, status: Status | None = None, **changes: object
) -> Shipment:
    """Change the row and write a step of its history."""
    status = status or shipment.status
    history = shipment.history
    if len(history) >= STEPS_MAX:
        history = (history[0], *history[2 - STEPS_MAX :])
    return replace(
        shipment,
        version=shipment.version + 1,
        status=status,
        history=(*history, Step(at_ms, status, reason)),
        **changes,
    )


def _with(scans: tuple[Scan, ...], scan: Scan | None) -> tuple[Scan, ...]:
    return scans if scan is None else (*scans, scan)[-SCANS_MAX:]


def _searching(shipment: Shipment, fact: f.Asked | f.TryFailed) -> dict[str, Any]:
    """The changes that another stage of a search makes."""
    if fact.purpose == "outbound":
        return {"booking": fact.booking}
    return {"returning": replace(_return_of(shipment), booking=fact.booking)}


def _asked(shipment: Shipment, fact: f.Asked) -> Shipment:
    return replace(shipment, version=shipment.version + 1, **_searching(shipment, fact))


def _try_failed(shipment: Shipment, fact: f.TryFailed) -> Shipment:
    reason = f"{fact.purpose.upper()}_BOOKING_TRY_FAILED"
    return _step(shipment, fact.at_ms, reason, **_searching(shipment, fact))


def _booked(shipment: Shipment, fact: f.Booked) -> Shipment:
    return _step(
        shipment,
        fact.at_ms,
        "BOOKED",
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
    booking = replace(shipment.booking, due_ms=0, asked=False) if shipment.booking else None
    return _step(shipment, fact.at_ms, "BOOKING_FAILED", Status.BOOKING_FAILED, booking=booking)


def _label_spare(shipment: Shipment, fact: f.LabelSpare) -> Shipment:
    return _step(shipment, fact.at_ms, "LABEL_SPARE")


def _ready(shipment: Shipment, fact: f.Ready) -> Shipment:
    return _step(shipment, fact.at_ms, "DISPATCH_BLOCKED", ready_at_ms=fact.at_ms)


def _dispatched(shipment: Shipment, fact: f.Dispatched) -> Shipment:
    return _step(
        shipment,
        fact.at_ms,
        "DISPATCHED",
        Status.DISPATCHED,
        dispatched_at_ms=fact.at_ms,
        eta_ms=fact.eta_ms,
        lost_due_ms=fact.lost_due_ms,
        late=fact.late,
        ready_at_ms=0,
        booking=None,
        scans=_with(shipment.scans, fact.scan),
        scanned_at_ms=fact.scanned_at_ms,
    )


def _travelled(shipment: Shipment, fact: f.Travelled) -> Shipment:
    return _step(
        shipment,
        fact.at_ms,
        fact.scan.status.upper(),
        Status.IN_TRANSIT,
        scans=_with(shipment.scans, fact.scan),
        scanned_at_ms=fact.scanned_at_ms,
        lost_due_ms=fact.lost_due_ms,
        next_ms=0,
    )


def _scanned(shipment: Shipment, fact: f.Scanned) -> Shipment:
    scans = _with(shipment.scans, fact.scan)
    return replace(shipment, version=shipment.version + 1, scans=scans)


def _delivered(shipment: Shipment, fact: f.Delivered) -> Shipment:
    return _step(
        shipment,
        fact.at_ms,
        "DELIVERED",
        Status.DELIVERED,
        delivered_at_ms=fact.at_ms,
        scans=_with(shipment.scans, fact.scan),
        proof=fact.proof,
        next_ms=0,
        lost_due_ms=0,
        poll_due_ms=0,
    )


def _attempt_failed(shipment: Shipment, fact: f.AttemptFailed) -> Shipment:
    return _step(
        shipment,
        fact.at_ms,
        fact.code,
        Status.DELIVERY_FAILED,
        attempts=fact.attempts,
        failure=fact.code,
        next_ms=fact.next_ms,
        lost_due_ms=0,
        poll_due_ms=shipment.poll_due_ms if fact.next_ms else 0,
        scans=_with(shipment.scans, fact.scan),
        scanned_at_ms=fact.scanned_at_ms,
    )


def _resumed(shipment: Shipment, fact: f.Resumed) -> Shipment:
    return _step(
        shipment,
        fact.at_ms,
        "NEXT_ATTEMPT",
        Status.IN_TRANSIT,
        next_ms=0,
        lost_due_ms=fact.lost_due_ms,
    )


def _sent_back(shipment: Shipment, fact: f.SentBack) -> Shipment:
    return _step(
        shipment,
        fact.at_ms,
        "RETURN_TO_SENDER",
        Status.RETURNING,
        returning=fact.returning,
        next_ms=0,
        lost_due_ms=0,
        poll_due_ms=0,
    )


def _cancelled(shipment: Shipment, fact: f.Cancelled) -> Shipment:
    return _step(
        shipment,
        fact.at_ms,
        fact.reason,
        Status.CANCELLED,
        booking=None,
        poll_due_ms=0,
        ready_at_ms=0,
    )


def _blocked(shipment: Shipment, fact: f.Blocked) -> Shipment:
    return _step(shipment, fact.at_ms, "BLOCKED", blocked=True)


def _unblocked(shipment: Shipment, fact: f.Unblocked) -> Shipment:
    return _step(shipment, fact.at_ms, "UNBLOCKED", blocked=False)


def _readdressed(shipment: Shipment, fact: f.Readdressed) -> Shipment:
    return _step(shipment, fact.at_ms, "ADDRESS_CHANGED", destination=fact.destination)


def _rerouted(shipment: Shipment, fact: f.Rerouted) -> Shipment:
    changes: dict[str, Any] = {}
    if fact.destination is not None:
        changes["destination"] = fact.destination
    if fact.next_ms is not None:
        changes |= {"next_ms": fact.next_ms, "failure": "ADDRESS_FIXED"}
    return _step(
        shipment,
        fact.at_ms,
        fact.reason,
        route_version=fact.route_version,
        eta_ms=fact.eta_ms,
        **changes,
    )


def _polled(shipment: Shipment, _: f.Polled) -> Shipment:
    return shipment


def _return_asked(shipment: Shipment, fact: f.ReturnAsked) -> Shipment:
    exchanged = shipment.exchanged or fact.returning.reshipping
    return _step(
        shipment,
        fact.at_ms,
        "RETURN_ASKED",
        returning=fact.returning,
        exchanged=exchanged,
        asked_back=True,
    )


def _return_labelled(shipment: Shipment, fact: f.ReturnLabelled) -> Shipment:
    returning = replace(
        _return_of(shipment),
        booking=None,
        carrier=fact.carrier,
        tracking_number=fact.tracking_number,
        label_url=fact.label_url,
        label_due_ms=fact.due_ms,
    )
    return _step(
        shipment, fact.at_ms, "RETURN_LABEL_ISSUED", Status.RETURN_INITIATED, returning=returning
    )


def _return_given_up(shipment: Shipment, fact: f.ReturnGivenUp) -> Shipment:
    return _step(shipment, fact.at_ms, "RETURN_LABEL_FAILED", returning=None)


def _return_lapsed(shipment: Shipment, fact: f.ReturnLapsed) -> Shipment:
    lapsed = replace(_return_of(shipment), label_due_ms=0)
    return _step(
        shipment, fact.at_ms, "RETURN_LAPSED", Status.DELIVERED, returning=None, lapsed=lapsed
    )


def _return_taken_up(shipment: Shipment, fact: f.ReturnTakenUp) -> Shipment:
    return _step(
        shipment,
        fact.at_ms,
        "RETURN_TAKEN_UP",
        Status.RETURN_INITIATED,
        returning=shipment.lapsed,
        lapsed=None,
    )


def _returned(shipment: Shipment, fact: f.Returned) -> Shipment:
    returning = replace(_return_of(shipment), label_due_ms=0)
    return _step(shipment, fact.at_ms, "RETURN_RECEIVED", Status.RETURNED, returning=returning)


def _return_of(shipment: Shipment) -> Return:
    assert shipment.returning is not None, "nothing comes back that was not sent back"
    return shipment.returning


def _claim_filed(shipment: Shipment, fact: f.ClaimFiled) -> Shipment:
    if fact.claim.asks > 1:
        return replace(shipment, version=shipment.version + 1, claim=fact.claim)
    return _step(shipment, fact.at_ms, "CLAIM_FILED", claim=fact.claim)


def _claim_ended(shipment: Shipment, fact: f.ClaimEnded) -> Shipment:
    assert shipment.claim is not None, "what ends was filed"
    claim = replace(shipment.claim, due_ms=0, outcome=fact.outcome, paid_minor=fact.paid_minor)
    return _step(shipment, fact.at_ms, f"CLAIM_{fact.outcome}", claim=claim)


def _noted(shipment: Shipment, fact: f.Noted) -> Shipment:
    return _step(shipment, fact.at_ms, fact.reason)


_FOLDS: Final[dict[type, Callable[[Shipment, Any], Shipment]]] = {
    f.Asked: _asked,
    f.TryFailed: _try_failed,
    f.Booked: _booked,
    f.BookingGivenUp: _given_up,
    f.LabelSpare: _label_spare,
    f.Ready: _ready,
    f.Dispatched: _dispatched,
    f.Travelled: _travelled,
    f.Scanned: _scanned,
    f.Delivered: _delivered,
    f.AttemptFailed: _attempt_failed,
    f.Resumed: _resumed,
    f.SentBack: _sent_back,
    f.Cancelled: _cancelled,
    f.Blocked: _blocked,
    f.Unblocked: _unblocked,
    f.Readdressed: _readdressed,
    f.Rerouted: _rerouted,
    f.Polled: _polled,
    f.ReturnAsked: _return_asked,
    f.ReturnLabelled: _return_labelled,
    f.ReturnGivenUp: _return_given_up,
    f.ReturnLapsed: _return_lapsed,
    f.ReturnTakenUp: _return_taken_up,
    f.Returned: _returned,
    f.ClaimFiled: _claim_filed,
    f.ClaimEnded: _claim_ended,
    f.Noted: _noted,
}
