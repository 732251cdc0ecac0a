"""How facts change what comes back, and claims on what does not. No rule stands here."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from streams.shipping import facts as f
from streams.shipping import return_facts as rf
from streams.shipping.history import return_of, stepped
from streams.shipping.rows import LAPSED_MAX, Shipment, Status


def _return_asked(shipment: Shipment, fact: rf.ReturnAsked) -> Shipment:
    return stepped(
        shipment,
        fact.at_ms,
        "RETURN_ASKED",
        returning=fact.returning,
        exchanged=fact.returning.reshipping,
        asked_back=True,
    )


def _return_labelled(shipment: Shipment, fact: rf.ReturnLabelled) -> Shipment:
    returning = replace(
        return_of(shipment),
        booking=None,
        carrier=fact.carrier,
        tracking_number=fact.tracking_number,
        label_url=fact.label_url,
        label_due_ms=fact.due_ms,
    )
    return stepped(
        shipment, fact.at_ms, "RETURN_LABEL_ISSUED", Status.RETURN_INITIATED, returning=returning
    )


def _return_given_up(shipment: Shipment, fact: rf.ReturnGivenUp) -> Shipment:
    return stepped(shipment, fact.at_ms, "RETURN_LABEL_FAILED", returning=None)


def _return_lapsed(shipment: Shipment, fact: rf.ReturnLapsed) -> Shipment:
    before = shipment.lapsed_before
    if shipment.lapsed is not None:
        before = (*before, shipment.lapsed)[-LAPSED_MAX:]
    return stepped(
        shipment,
        fact.at_ms,
        "RETURN_LAPSED",
        Status.DELIVERED,
        returning=None,
        lapsed=return_of(shipment),
        lapsed_before=before,
    )


def _return_taken_up(shipment: Shipment, fact: rf.ReturnTakenUp) -> Shipment:
    """What is back in part is back all the same."""
    is_back = shipment.status is Status.RETURNED
    return stepped(
        shipment,
        fact.at_ms,
        "RETURN_TAKEN_UP",
        shipment.status if is_back else Status.RETURN_INITIATED,
        returning=fact.returning,
        lapsed=None,
        lapsed_before=fact.left[-LAPSED_MAX:],
    )


def _returned(shipment: Shipment, fact: rf.Returned) -> Shipment:
    returning = replace(return_of(shipment), label_due_ms=0)
    return stepped(shipment, fact.at_ms, "RETURN_RECEIVED", Status.RETURNED, returning=returning)


def _claim_filed(shipment: Shipment, fact: f.ClaimFiled) -> Shipment:
    if fact.claim.asks > 1:
        return replace(shipment, version=shipment.version + 1, claim=fact.claim)
    return stepped(shipment, fact.at_ms, "CLAIM_FILED", claim=fact.claim)


def _claim_ended(shipment: Shipment, fact: f.ClaimEnded) -> Shipment:
    assert shipment.claim is not None, "what ends was filed"
    claim = replace(shipment.claim, due_ms=0, outcome=fact.outcome, paid_minor=fact.paid_minor)
    return stepped(shipment, fact.at_ms, f"CLAIM_{fact.outcome}", claim=claim)


FOLDS: Final[dict[type, Callable[[Shipment, Any], Shipment]]] = {
    rf.ReturnAsked: _return_asked,
    rf.ReturnLabelled: _return_labelled,
    rf.ReturnGivenUp: _return_given_up,
    rf.ReturnLapsed: _return_lapsed,
    rf.ReturnTakenUp: _return_taken_up,
    rf.Returned: _returned,
    f.ClaimFiled: _claim_filed,
    f.ClaimEnded: _claim_ended,
}
