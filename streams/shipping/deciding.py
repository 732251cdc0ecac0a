"""One entry to every rule: what a message or a timer means for a shipment."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from events.base import Message
from events.carriers import CarrierBooked, CarrierBookingFailed, ClaimSettled
from events.fraud import FraudCheckCompleted, FraudDetected
from events.orders import OrderAmended, OrderCancelled
from events.refunds import ChargebackClosed, ChargebackOpened
from events.returns import ConfirmReturnReceived, CreateReturnLabel
from events.shipping import CancelShipment, ShipmentRouteUpdated, UpdateShipmentStatus
from streams.shipping import booking, cancelling, claims, deliveries, returns, tracking
from streams.shipping.facts import Facts, Polled
from streams.shipping.rows import Shipment
from streams.shipping.rules import ShippingRules

Rule = Callable[[Shipment, Any, int, ShippingRules], Facts]
TimerRule = Callable[[Shipment, int, int, ShippingRules], Facts]

_RULES: Final[dict[type[Message], Rule]] = {
    UpdateShipmentStatus: tracking.scanned,
    ShipmentRouteUpdated: tracking.rerouted,
    CancelShipment: cancelling.cancel,
    CreateReturnLabel: returns.label_asked,
    ConfirmReturnReceived: returns.received,
    CarrierBooked: booking.booked,
    CarrierBookingFailed: booking.failed,
    ClaimSettled: claims.settled,
    OrderCancelled: cancelling.order_cancelled,
    OrderAmended: cancelling.amended,
    FraudDetected: cancelling.suspected,
    FraudCheckCompleted: cancelling.checked,
    ChargebackOpened: cancelling.disputed,
    ChargebackClosed: cancelling.dispute_over,
}


def decide(shipment: Shipment, message: Message, at_ms: int, rules: ShippingRules) -> Facts:
    """Say what a message means for a shipment; of most messages of its order, nothing."""
    rule = _RULES.get(type(message))
    return () if rule is None else rule(shipment, message, at_ms, rules)


TIMERS: Final[Mapping[str, TimerRule]] = {
    "booking": partial(booking.due, purpose="outbound"),
    "label_booking": partial(booking.due, purpose="return"),
    "redelivery": deliveries.redelivery_due,
    "lost": deliveries.lost,
    "poll": tracking.poll_due,
    "claim": claims.claim_due,
    "label": returns.label_due,
}
"""By kind: (shipment, due_ms, now_ms, rules) to facts. A timer that is stale leads to nothing."""


def repeated(facts: Facts) -> list[tuple[str, int]]:
    """Give the timers that facts leave running though the row tells nothing of it: kind, due."""
    return [("poll", fact.next_ms) for fact in facts if isinstance(fact, Polled) and fact.next_ms]


def due_times(shipment: Shipment | None) -> dict[str, int]:
    """Give when each timer of a shipment is due first, by kind; what does not run is left out."""
    if shipment is None:
        return {}
    found = {
        "booking": shipment.booking.due_ms if shipment.booking else 0,
        "redelivery": shipment.next_ms,
        "lost": shipment.lost_due_ms,
        "poll": shipment.poll_due_ms,
    }
    if shipment.claim is not None:
        found["claim"] = shipment.claim.due_ms
    back = shipment.returning
    if back is not None:
        found["label_booking"] = back.booking.due_ms if back.booking else 0
        found["label"] = back.label_due_ms
    return {kind: due_ms for kind, due_ms in found.items() if due_ms}
