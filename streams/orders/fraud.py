"""What Fraud Detection's findings mean for an order: hold, go on, or end (G-24, G-25)."""

from typing import Final

from events.fraud import FraudCheckCompleted, FraudDetected
from streams.orders.cancelling import ended_by_shop, too_late
from streams.orders.facts import Fact, Moved, ReviewClosed, ReviewOpened
from streams.orders.rows import BEFORE_DISPATCH, HOLDABLE, Order, Status
from streams.orders.rules import OrderRules

_GRAVE: Final = frozenset({"high", "critical"})


def detected(order: Order, event: FraudDetected, at_ms: int, rules: OrderRules) -> tuple[Fact, ...]:
    """Hold the order from severity high on (G-25)."""
    if event.severity not in _GRAVE:
        return ()
    return _review(order, event.payment_id, "FRAUD_SUSPECTED", at_ms, rules)


def checked(
    order: Order, event: FraudCheckCompleted, at_ms: int, rules: OrderRules
) -> tuple[Fact, ...]:
    """Hold for a review, go back to where the order was, or cancel.

    One payment too many in an hour is no suspicion: its PaymentFailed ends what it would have
    paid for, the order or what an amendment added.
    """
    if event.is_too_many:
        return ()
    if event.decision == "MANUAL_REVIEW":
        return _review(order, event.payment_id, "MANUAL_REVIEW", at_ms, rules)
    if event.decision == "APPROVED":
        return _approved(order, event.payment_id, at_ms)
    if order.status in BEFORE_DISPATCH:
        return ended_by_shop(at_ms, "FRAUD_DETECTED", rules)
    return too_late(order, at_ms, "FRAUD_DECLINED")


def _review(
    order: Order, payment_id: str, reason: str, at_ms: int, rules: OrderRules
) -> tuple[Fact, ...]:
    """Open a payment's review, once; an order that waits for stock is held when it has come."""
    if order.status not in BEFORE_DISPATCH:
        return too_late(order, at_ms, reason)
    if payment_id in order.in_review:
        return ()
    until_ms = at_ms + rules.review_ms + rules.review_grace_ms
    opened = ReviewOpened(at_ms, until_ms, reason, payment_id)
    if order.status in HOLDABLE:
        return (opened, Moved(at_ms, Status.ON_HOLD, "ON_HOLD"))
    return (opened,)


def _approved(order: Order, payment_id: str, at_ms: int) -> tuple[Fact, ...]:
    """Close the payment's review; an order goes on once no other payment of it is reviewed."""
    if payment_id not in order.in_review:
        return ()
    closed = ReviewClosed(at_ms, payment_id)
    if order.status is not Status.ON_HOLD or len(order.in_review) > 1:
        return (closed,)
    back = order.held_from or Status.CONFIRMED
    if back is Status.CONFIRMED and order.captured_minor is not None:
        back = Status.PAID
    resumed = Moved(at_ms, back, "RESUMED")
    if order.short and back is Status.CONFIRMED:
        return (closed, resumed, Moved(at_ms, Status.BACKORDERED, "BACKORDERED"))
    return (closed, resumed)
