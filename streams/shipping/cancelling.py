"""How a shipment ends before dispatch, is kept from it, or gets another address."""

from typing import Final

from events.fraud import FraudCheckCompleted, FraudDetected
from events.orders import OrderAmended, OrderCancelled
from events.refunds import ChargebackClosed, ChargebackOpened
from events.shipping import ORDER_AMENDED, CancelShipment
from streams.addresses import PostalAddress, kept_address
from streams.shipping import booking
from streams.shipping.calendar import eta_ms, next_attempt_ms
from streams.shipping.carriers import candidates
from streams.shipping.deliveries import ADDRESS
from streams.shipping.evolution import fold
from streams.shipping.facts import (
    Cancelled,
    Disputed,
    Facts,
    Noted,
    Readdressed,
    Rerouted,
    Suspected,
)
from streams.shipping.rows import BEFORE_DISPATCH, CONCERNS_MAX, UNDER_WAY, Shipment, Status
from streams.shipping.rules import ShippingRules
from streams.shipping.strayed import left
from streams.shipping.tracking import dispatched

CHARGEBACK: Final = "CHARGEBACK"
ORDER_CANCELLED: Final = "ORDER_CANCELLED"
FRAUD: Final = "FRAUD_DETECTED"
_ASKED: Final = "CANCEL_SHIPMENT"
_GRAVE: Final = frozenset({"high", "critical"})
_MOVED: Final = "CUSTOMER_ADDRESS_CHANGED"
_REASON_CHARS_MAX: Final = 200


def cancel(shipment: Shipment, command: CancelShipment, at_ms: int, _rules: ShippingRules) -> Facts:
    """End it before dispatch; afterwards the history says that it was asked."""
    return _ended(shipment, at_ms, (command.reason or _ASKED)[:_REASON_CHARS_MAX])


def order_cancelled(
    shipment: Shipment, _event: OrderCancelled, at_ms: int, _rules: ShippingRules
) -> Facts:
    """End it with its order."""
    return _ended(shipment, at_ms, ORDER_CANCELLED)


def disputed(
    shipment: Shipment, event: ChargebackOpened, at_ms: int, _rules: ShippingRules
) -> Facts:
    """Keep it from dispatch while a bank disputes the money (G-18)."""
    disputes = opened(shipment.disputes, event.chargeback_id)
    if shipment.status not in BEFORE_DISPATCH or disputes == shipment.disputes:
        return ()
    return (Disputed(at_ms, disputes),)


def dispute_over(
    shipment: Shipment, event: ChargebackClosed, at_ms: int, rules: ShippingRules
) -> Facts:
    """End it where the money is lost; else let it go, unless something more keeps it (G-18)."""
    if event.outcome == "lost":
        return _ended(shipment, at_ms, CHARGEBACK)
    disputes = closed(shipment.disputes, event.chargeback_id)
    if shipment.status not in BEFORE_DISPATCH or disputes == shipment.disputes:
        return ()
    return _freed(shipment, Disputed(at_ms, disputes), rules)


def opened(concerns: tuple[str, ...], one: str) -> tuple[str, ...]:
    """The chargebacks that are open, or the payments that are suspect, with that one."""
    return concerns if one in concerns else (*concerns, one)[-CONCERNS_MAX:]


def closed(concerns: tuple[str, ...], one: str) -> tuple[str, ...]:
    """Those that are left without that one."""
    return tuple([other for other in concerns if other != one])


def suspected(shipment: Shipment, event: FraudDetected, at_ms: int, _rules: ShippingRules) -> Facts:
    """Keep it from dispatch from severity high on (G-25)."""
    return _blocked(shipment, event.payment_id, at_ms) if event.severity in _GRAVE else ()


def checked(
    shipment: Shipment, event: FraudCheckCompleted, at_ms: int, rules: ShippingRules
) -> Facts:
    """Keep it from dispatch while a person looks; let it go once they approve, end it otherwise.

    An approval is of its payment: while another is suspect, it stays. A refusal ends its order
    too, unless another parcel of it has left. One payment too many in an hour is no suspicion.
    """
    if event.decision == "MANUAL_REVIEW":
        return _blocked(shipment, event.payment_id, at_ms)
    if not shipment.suspected or event.is_too_many:
        return ()
    if event.decision != "APPROVED":
        return _ended(shipment, at_ms, FRAUD)
    left = closed(shipment.suspected, event.payment_id)
    if left == shipment.suspected:
        return ()
    return _freed(shipment, Suspected(at_ms, left), rules)


def _freed(shipment: Shipment, fact: Suspected | Disputed, rules: ShippingRules) -> Facts:
    """Say that one thing less keeps it; where that was the last, it leaves if it was ready."""
    after = fold(shipment, (fact,))
    if after.may_leave and after.status is Status.CREATED and after.ready_at_ms:
        return (fact, dispatched(after, None, fact.at_ms, rules))
    return (fact,)


def amended(shipment: Shipment, event: OrderAmended, at_ms: int, rules: ShippingRules) -> Facts:
    """End what other lines take the place of; send the rest elsewhere, if the address changed.

    A new address needs a new label before dispatch, and another route after it (G-8).
    """
    if event.amendments and event.lines is not None:
        return _ended(shipment, at_ms, ORDER_AMENDED)
    return _readdressed(shipment, event, at_ms, rules)


def _readdressed(
    shipment: Shipment, event: OrderAmended, at_ms: int, rules: ShippingRules
) -> Facts:
    change = event.shipping_address
    if change is None:
        return ()
    destination = kept_address(change.updated)
    if destination == shipment.destination:
        return ()
    if shipment.status in BEFORE_DISPATCH:
        return _relabelled(shipment, destination, at_ms, rules)
    return _redirected(shipment, destination, at_ms, rules)


def _ended(shipment: Shipment, at_ms: int, reason: str) -> Facts:
    if shipment.status in BEFORE_DISPATCH:
        taken = left(shipment, at_ms) if shipment.ready_at_ms else ()
        return (Cancelled(at_ms, reason), *taken)
    too_late = f"CANCEL_TOO_LATE_{reason}"
    known = shipment.status is Status.CANCELLED
    if known or any(step.reason == too_late for step in shipment.history):
        return ()
    return (Noted(at_ms, too_late),)


def _blocked(shipment: Shipment, payment_id: str, at_ms: int) -> Facts:
    suspected = opened(shipment.suspected, payment_id)
    if suspected == shipment.suspected:
        return ()
    if shipment.status in BEFORE_DISPATCH:
        return (Suspected(at_ms, suspected),)
    if shipment.status in UNDER_WAY and shipment.history[-1].reason != "BLOCK_TOO_LATE":
        return (Noted(at_ms, "BLOCK_TOO_LATE"),)
    return ()


def _relabelled(
    shipment: Shipment, destination: PostalAddress, at_ms: int, rules: ShippingRules
) -> Facts:
    """Whoever was asked before is asked anew: a label holds for one address only."""
    moved = Readdressed(at_ms, destination)
    if shipment.status is Status.BOOKING_FAILED:
        return (moved,)
    origin = rules.country_of(shipment.warehouse_id)
    carriers = candidates(origin, destination.country, shipment.method, shipment.packages, rules)
    number = 1 + (shipment.booking.round if shipment.booking else 0)
    search = booking.search(carriers, at_ms, "outbound", rules, number)
    return (moved, *booking.kept(shipment, search))


def _redirected(
    shipment: Shipment, destination: PostalAddress, at_ms: int, rules: ShippingRules
) -> Facts:
    if shipment.status not in UNDER_WAY or shipment.is_lost:
        return ()
    waits = shipment.status is Status.DELIVERY_FAILED and shipment.failure == ADDRESS
    next_ms = next_attempt_ms(at_ms, rules) if waits else None
    later_ms = max(shipment.eta_ms, eta_ms(at_ms, shipment.method, rules))
    return (
        Rerouted(
            at_ms,
            shipment.route_version + 1,
            _MOVED,
            shipment.eta_ms,
            later_ms,
            own=True,
            tell=later_ms - shipment.eta_ms > rules.eta_shift_ms,
            destination=destination,
            next_ms=next_ms,
        ),
    )
