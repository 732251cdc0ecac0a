"""What the payment's fate means for its order."""

from typing import Final

from events.payment_ids import order_of_payment
from events.payments import PaymentFailed, PaymentProcessed
from events.refunds import RefundIssued
from streams.orders.cancelling import ended_by_shop, noted
from streams.orders.facts import Fact, MoneyAdded, MoneyTaken, Moved, Refunded
from streams.orders.rows import Order, Status
from streams.orders.rules import OrderRules
from streams.orders.stock import restocked

_REFUNDABLE: Final = frozenset({Status.DELIVERED, Status.RETURNED})
_UNPAID: Final = frozenset({Status.CONFIRMED, Status.BACKORDERED, Status.ON_HOLD})


def processed(
    order: Order, event: PaymentProcessed, at_ms: int, _rules: OrderRules
) -> tuple[Fact, ...]:
    """Take down a captured payment, and move an order on that waits for nothing else.

    Money is captured only when every line is held (K1), so it also ends a backorder whose
    last line's event is still on its way. An order on hold stays there and comes back as
    paid. A payment of another amount pays nothing: Payment gives it back. One of an amount that
    the order had before an amendment was under way meanwhile: the difference follows.
    """
    if event.status != "confirmed":
        return ()
    if order.captured_minor is not None:
        return _further(order, event, at_ms)
    prices = (order.total_minor, *order.earlier_totals_minor)
    if event.amount_minor not in prices or event.currency != order.currency:
        return noted(order, at_ms, "PAYMENT_DIFFERS")
    tax_minor = event.tax_amount_minor or 0
    taken = MoneyTaken(at_ms, event.payment_id, event.amount_minor, tax_minor)
    paid = Moved(at_ms, Status.PAID, "PAID")
    if order.status is Status.CONFIRMED:
        return (taken, paid)
    if order.status is Status.BACKORDERED:
        back = restocked(order, at_ms)
        return (taken, *back) if order.review_due_ms else (taken, *back, paid)
    return (taken,)


def _further(order: Order, event: PaymentProcessed, at_ms: int) -> tuple[Fact, ...]:
    """Take down the difference of an amendment: another payment, of no more than is owed.

    What an earlier amendment gives back may still be on its way, so that nothing seems owed: a
    payment that is named after the order may be all that its price ever rose by.
    """
    if event.payment_id in {order.payment_id, *order.further_payments}:
        return ()
    room = order.owed_minor
    if order_of_payment(event.payment_id) == order.order_id:
        least_minor = min(order.earlier_totals_minor, default=order.total_minor)
        room = max(room, order.total_minor - least_minor)
    if room <= 0:
        return ()
    if not 0 < event.amount_minor <= room or event.currency != order.currency:
        return noted(order, at_ms, "PAYMENT_DIFFERS")
    left = _still_unpaid(order, event.amount_minor)
    return (MoneyAdded(at_ms, event.payment_id, event.amount_minor, left),)


def _still_unpaid(order: Order, amount_minor: int) -> tuple[int, ...]:
    """Lines whose price is yet to come: the newest, for several differences may be under way."""
    short_minor, left = order.owed_minor - amount_minor, list[int]()
    for number in reversed(order.unpaid):
        if short_minor > 0:
            left.append(number)
            short_minor -= order.lines[number - 1].total_minor
    return tuple(reversed(left))


def failed(order: Order, event: PaymentFailed, at_ms: int, rules: OrderRules) -> tuple[Fact, ...]:
    """Cancel when no further attempt follows; an attempt that will be repeated is noted.

    Another payment that names the order may fail as it likes: the order's own goes on.
    """
    if order.status not in _UNPAID or event.payment_id != order.payment_id:
        return ()
    attempt = event.attempt_number or 1
    if event.retryable and attempt < (event.max_attempts or rules.payment_attempts_max):
        return noted(order, at_ms, f"PAYMENT_ATTEMPT_{attempt}_FAILED")
    return ended_by_shop(at_ms, "PAYMENT_FAILED", rules)


def refunded(order: Order, event: RefundIssued, at_ms: int, _rules: OrderRules) -> tuple[Fact, ...]:
    """Take down how much of a payment went back; a repeat or an older figure changes nothing.

    Once everything of all payments went back, an order that is delivered or returned is refunded
    (G-17).
    """
    before = [one.amount_minor for one in order.refunds if one.payment_id == event.payment_id]
    before_minor = sum(before)
    if event.total_refunded_minor <= before_minor:
        return ()
    total_minor = order.refunded_minor - before_minor + event.total_refunded_minor
    whole = event.payment_status == "refunded" and total_minor >= (order.captured_minor or 0)
    status = "refunded" if whole else "partially_refunded"
    given = Refunded(at_ms, event.payment_id, event.total_refunded_minor, status)
    if whole and order.status in _REFUNDABLE:
        return (given, Moved(at_ms, Status.REFUNDED, "REFUNDED"))
    return (given,)
