"""A shipment in each of its states."""

from streams.shipping.deciding import TIMERS, due_times
from streams.shipping.evolution import fold
from streams.shipping.rows import Shipment, Status
from tests.streams.shipping.samples import (
    RULES,
    after,
    booked,
    cancel,
    created,
    delivered,
    dispatched,
    failure,
    label,
    pending,
    receipt,
    refused,
    scan,
)


def fired(shipment: Shipment, kind: str, at_ms: int | None = None) -> Shipment:
    """The shipment once its timer of that kind has come due."""
    due_ms = due_times(shipment)[kind]
    facts = TIMERS[kind](shipment, due_ms, at_ms or due_ms, RULES)
    return fold(shipment, facts)


def in_transit() -> Shipment:
    return after(dispatched(), scan("in_transit"))


def failed(code: str = "CUSTOMER_UNAVAILABLE") -> Shipment:
    return after(in_transit(), failure(code))


def returning() -> Shipment:
    return fired(failed("REFUSED"), "redelivery")


def labelled() -> Shipment:
    asked = after(delivered(), label())
    return after(asked, booked(asked, "return", tracking_number="94R"))


def unbooked() -> Shipment:
    shipment = pending()
    return after(shipment, refused(shipment, retryable=False), *[])


def given_up() -> Shipment:
    shipment = unbooked()
    return after(shipment, refused(shipment, retryable=False))


STATES = {
    Status.PENDING: pending(),
    Status.BOOKING_FAILED: given_up(),
    Status.CREATED: created(),
    Status.DISPATCHED: dispatched(),
    Status.IN_TRANSIT: in_transit(),
    Status.DELIVERY_FAILED: failed(),
    Status.DELIVERED: delivered(),
    Status.RETURNING: returning(),
    Status.RETURN_INITIATED: labelled(),
    Status.RETURNED: after(labelled(), receipt(labelled(), ("p1", 2, "new"), ("p2", 1, "new"))),
    Status.CANCELLED: after(created(), cancel()),
}
