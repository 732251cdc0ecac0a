"""One entry to every rule: what a message or a timer means for an order."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from events.base import Message
from events.exchanges import UndoReplacement
from events.fraud import FraudCheckCompleted, FraudDetected
from events.inventory import InventoryAdjusted, OutOfStock
from events.orders import AmendOrder, CancelOrder, RequestReturn
from events.payments import PaymentFailed, PaymentProcessed
from events.refunds import ChargebackClosed, ChargebackOpened, RefundFailed, RefundIssued
from events.returns import ReturnInitiated, ReturnReceived
from events.shipping import (
    DeliveryFailed,
    ShipmentBookingFailed,
    ShipmentCancelled,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
)
from events.vocabulary import LOST
from streams.orders import (
    amending,
    cancelling,
    differences,
    exchanging,
    flags,
    fraud,
    payment,
    receiving,
    returning,
    shipping,
    stock,
    undoing,
)
from streams.orders.amendments import Refusal
from streams.orders.facts import Fact, MoneyTaken, Obeyed
from streams.orders.recovery import with_recovery
from streams.orders.rows import BEFORE_DISPATCH, Order
from streams.orders.rules import OrderRules
from streams.orders.unsending import with_unsent

Facts = tuple[Fact, ...]
Rule = Callable[[Order, Any, int, OrderRules], Facts]

_order_id: Final = attrgetter("order_id")


def _adjusted(order: Order, event: InventoryAdjusted, at_ms: int, rules: OrderRules) -> Facts:
    """Stock's answer is the order's, or that of an exchange or the amendment under way.

    A line that is held after all needs no substitute any more.
    """
    if order.returns and (told := exchanging.stock_told(order, event, at_ms, rules)):
        return told
    pending = order.pending
    if pending is None:
        return stock.adjusted(order, event, at_ms, rules)
    line = order.line_number(event.reservation_id)
    if line in pending.added:
        return amending.stock_told(order, pending, line, event, at_ms, rules)
    facts = stock.adjusted(order, event, at_ms, rules)
    if facts and line == pending.replaces and event.reservation_status == "CONFIRMED":
        return (*amending.not_needed(order, at_ms), *facts)
    return facts


def _out_of_stock(order: Order, event: OutOfStock, at_ms: int, rules: OrderRules) -> Facts:
    if order.returns and (told := exchanging.stock_told(order, event, at_ms, rules)):
        return told
    pending = order.pending
    if pending is not None and amending.is_of_pending(order, event):
        return amending.given_up(order, pending, at_ms, rules, Refusal.SHORT)
    return stock.out_of_stock(order, event, at_ms, rules)


def _processed(order: Order, event: PaymentProcessed, at_ms: int, rules: OrderRules) -> Facts:
    """Money that was taken says that every line is held: none needs a substitute any more.

    That of an exchange is no amendment's.
    """
    exchanged = differences.processed(order, event, at_ms, rules)
    if exchanged is not None:
        return exchanged
    facts = payment.processed(order, event, at_ms, rules)
    taken = any(isinstance(fact, MoneyTaken) for fact in facts)
    if taken and order.pending is not None and order.pending.replaces:
        return (*amending.not_needed(order, at_ms), *facts)
    return facts


def _payment_failed(order: Order, event: PaymentFailed, at_ms: int, rules: OrderRules) -> Facts:
    exchanged = differences.failed(order, event, at_ms, rules)
    if exchanged is not None:
        return exchanged
    if order.captured_minor is not None:
        return amending.increase_unpaid(order, event, at_ms, rules)
    return payment.failed(order, event, at_ms, rules)


def _unsending(rule: Rule) -> Rule:
    """The same rule, and what it means for parcels that were cancelled."""

    def judged(order: Order, event: Any, at_ms: int, rules: OrderRules) -> Facts:
        return with_unsent(order, rule(order, event, at_ms, rules), at_ms)

    return judged


def _returned(order: Order, event: ReturnReceived, at_ms: int, _rules: OrderRules) -> Facts:
    taken = receiving.received(order, event, at_ms)
    return (*taken, *shipping.returned(order, event, at_ms, taken=bool(taken)))


def _disputed(order: Order, event: ChargebackOpened, at_ms: int, rules: OrderRules) -> Facts:
    flagged = flags.disputed(order, event, at_ms, rules)
    return (*flagged, *exchanging.disputed(order, at_ms, rules)) if flagged else ()


def _delivery_failed(order: Order, event: DeliveryFailed, at_ms: int, rules: OrderRules) -> Facts:
    told = shipping.attempt_failed(order, event, at_ms, rules)
    is_lost = event.reason_code == LOST and order.exchange is not None
    return (*told, *undoing.lost(order, event, at_ms)) if told and is_lost else told


def _refunded(order: Order, event: RefundIssued, at_ms: int, rules: OrderRules) -> Facts:
    """Money that went back after all takes the flag of its failure down."""
    facts = payment.refunded(order, event, at_ms, rules)
    if not facts:
        return ()
    given = receiving.refund_issued(order, event, at_ms)
    return (*flags.lowered(order, flags.REFUND_FAILED, at_ms, "REFUND_MADE"), *given, *facts)


def _refund_failed(order: Order, event: RefundFailed, at_ms: int, _rules: OrderRules) -> Facts:
    given = receiving.refund_failed(order, event, at_ms)
    if not event.amount_minor:
        return given  # Nothing was to go back.
    why = f"REFUND_FAILED_{event.failure_reason.upper()}"
    return (*given, *flags.flagged(order, flags.REFUND_FAILED, at_ms, why))


_RULES: Final[dict[type[Message], Rule]] = {
    AmendOrder: amending.amend,
    CancelOrder: cancelling.cancel,
    RequestReturn: returning.request,
    UndoReplacement: undoing.undone,
    InventoryAdjusted: _adjusted,
    OutOfStock: _out_of_stock,
    PaymentProcessed: _processed,
    PaymentFailed: _payment_failed,
    FraudDetected: fraud.detected,
    FraudCheckCompleted: fraud.checked,
    RefundIssued: _refunded,
    RefundFailed: _refund_failed,
    ChargebackOpened: _disputed,
    ChargebackClosed: _unsending(flags.dispute_over),
    ReturnInitiated: receiving.advised,
    ShipmentCreated: shipping.created,
    ShipmentDispatched: _unsending(shipping.dispatched),
    ShipmentDelivered: _unsending(shipping.delivered),
    DeliveryFailed: _delivery_failed,
    ReturnReceived: _returned,
    ShipmentCancelled: _unsending(shipping.shipment_cancelled),
    ShipmentBookingFailed: shipping.booking_failed,
}


def decide(order: Order, message: Message, at_ms: int, rules: OrderRules) -> Facts:
    """Say what a message means for an order that has been placed; for PlaceOrder see `place`.

    No facts: it is a repeat, or nothing that this order minds.
    """
    return _whole(order, _RULES[type(message)](order, message, at_ms, rules), at_ms, rules)


def once(order: Order, message: Message, event_id: str, facts: Facts) -> Facts:
    """Leave out what an amendment or a return means that was asked for before.

    Its own effect does not always tell it: what it brought may have been undone meanwhile, for
    want of money or because nobody used the label. Every other message is known by its effect.
    """
    if not facts or not isinstance(message, AmendOrder | RequestReturn):
        return facts
    return () if event_id in order.obeyed else (*facts, Obeyed(event_id))


def backorder_over(order: Order, due_ms: int, now_ms: int, rules: OrderRules) -> Facts:
    """Wait no longer for lines whose stock did not come in time (G-11)."""
    if order.backorder_due_ms != due_ms or order.status not in BEFORE_DISPATCH:
        return ()
    return _whole(order, stock.waited_long_enough(order, now_ms), now_ms, rules)


def amendment_over(order: Order, due_ms: int, now_ms: int, rules: OrderRules) -> Facts:
    """Refuse an amendment that stock does not answer."""
    facts = amending.unanswered(order, due_ms, now_ms, rules)
    return _whole(order, facts, now_ms, rules)


def review_over(order: Order, due_ms: int, now_ms: int, rules: OrderRules) -> Facts:
    """Cancel an order that nobody reviewed in time (G-24)."""
    if order.review_due_ms != due_ms or order.status not in BEFORE_DISPATCH:
        return ()
    return _whole(order, cancelling.ended_by_shop(now_ms, "FRAUD_DETECTED", rules), now_ms, rules)


def _whole(order: Order, facts: Facts, at_ms: int, rules: OrderRules) -> Facts:
    """Add what facts bring about for lines that cannot be had, and for an amendment under way."""
    if not facts:
        return facts
    facts = with_recovery(order, facts, at_ms, rules)
    return facts if order.pending is None else amending.without_pending(order, facts, at_ms)


def order_id_of(message: Message) -> str:
    """Name the order a message is about."""
    if isinstance(message, OutOfStock):
        return message.triggered_by_order_id or ""
    return str(_order_id(message))
