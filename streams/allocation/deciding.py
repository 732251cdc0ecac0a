"""What a message means for an order's claims on stock. Repeats mean nothing."""

from collections.abc import Callable
from typing import Any, Final

from events.base import Message
from events.fraud import FraudCheckCompleted, FraudDetected
from events.inventory import InventoryAdjusted, OutOfStock
from events.orders import OrderAmended, OrderCancelled, OrderConfirmed
from events.payment_ids import payment_id_of
from events.payments import PaymentFailed, PaymentProcessed
from events.returns import ReturnReceived
from events.shipping import ShipmentCancelled, ShipmentDispatched
from streams.allocation import amending, shipping, stock
from streams.allocation.facts import (
    Asked,
    Began,
    Committed,
    Extended,
    Fact,
    PaidOtherwise,
    Released,
    ReviewClosed,
    ReviewOpened,
)
from streams.allocation.rows import Allocation, Line, LineState, Status
from streams.allocation.rules import AllocationRules
from streams.moments import ms_of

Facts = tuple[Fact, ...]
Rule = Callable[[Allocation | None, Any, int, AllocationRules], Facts]

_GRAVE: Final = frozenset({"high", "critical"})
_HOLDING: Final = frozenset({LineState.ASKED, LineState.HELD})


def decide(
    row: Allocation | None,
    message: Message,
    at_ms: int,
    rules: AllocationRules,
    *,
    channel: str = "",
) -> Facts:
    """Say what a message means for an order's lines; row is None for an order unheard of.

    `channel` is where an order was sold, as the envelope of OrderConfirmed has it.
    """
    if isinstance(message, OrderConfirmed):
        return _confirmed(row, message, at_ms, rules, channel)
    return _RULES[type(message)](row, message, at_ms, rules)


def order_id_of(message: Message) -> str:
    """Name the order a message is about."""
    name = "triggered_by_order_id" if isinstance(message, OutOfStock) else "order_id"
    return str(getattr(message, name))


def forgotten(row: Allocation, due_ms: int) -> bool:
    """Whether the row's time has come and the order was never confirmed."""
    return row.early_due_ms == due_ms


def _confirmed(
    row: Allocation | None,
    event: OrderConfirmed,
    at_ms: int,
    rules: AllocationRules,
    channel: str,
) -> Facts:
    """Ask for each line, once, unless the order has been cancelled already."""
    if row is not None and (row.lines or row.status is Status.RELEASED):
        return ()
    in_review = row is not None and row.in_review
    expires_at_ms = at_ms + (rules.hold_max_ms if in_review else rules.hold_ms)
    payment, is_free = event.payment, event.exchange_for is not None
    named = (payment and payment.payment_id) or payment_id_of(event.order_id)
    return (
        Asked(
            event.order_id,
            at_ms,
            "" if is_free else named,
            tuple(
                [
                    Line(item.product_id, item.quantity, at_ms, expires_at_ms)
                    for item in event.order_items
                ]
            ),
            event.shipping_address.country,
            event.shipping_address.state or "",
            event.order_total_minor,
            event.currency,
            channel,
            event.estimated_delivery_date,
            is_free=is_free,
        ),
    )


def _cancelled(
    row: Allocation | None, event: OrderCancelled, at_ms: int, rules: AllocationRules
) -> Facts:
    """Let every line go, lapsed ones too, so that none can be held again."""
    if row is not None and row.status is Status.RELEASED:
        return ()
    return (*_begun(row, event.order_id, at_ms, rules), Released(event.cancellation_reason))


def _amended(
    row: Allocation | None, event: OrderAmended, at_ms: int, rules: AllocationRules
) -> Facts:
    """Take the order's lines over as they are now; a waiting line that went may free others.

    Money may have come first: what it paid is the new price.
    """
    if row is None or row.status is Status.RELEASED:
        return ()
    facts = (*amending.redirected(row, event), *amending.amended(row, event, at_ms, rules))
    if not facts or row.status is not Status.ASKED:
        return facts
    if row.unmatched_minor and row.unmatched_minor == event.new_order_total_minor:
        return (*facts, Committed(row.payment_id))
    return stock.and_ask_again(row, facts, at_ms, rules)


def _processed(
    row: Allocation | None, event: PaymentProcessed, at_ms: int, rules: AllocationRules
) -> Facts:
    """Make the holds permanent, once the order's whole price was captured.

    Of an order that is not confirmed yet, the price is unknown and the payment believed. Another
    sum may be the price after an amendment that is still on its way.
    """
    if event.status != "confirmed" or (row is not None and row.status is not Status.ASKED):
        return ()
    if row is not None and row.lines and not _pays(event, row):
        return _paid_otherwise(row, event)
    return (*_begun(row, event.order_id or "", at_ms, rules), Committed(event.payment_id))


def _failed(
    row: Allocation | None, event: PaymentFailed, _at_ms: int, rules: AllocationRules
) -> Facts:
    """Have the holds outlast the next attempt (K2)."""
    if row is None or not event.retryable or event.next_retry_at is None:
        return ()
    return _extended(row, ms_of(event.next_retry_at) + rules.retry_grace_ms, rules)


def _checked(
    row: Allocation | None, event: FraudCheckCompleted, at_ms: int, rules: AllocationRules
) -> Facts:
    """Wait for a review, or go on after it. A refusal ends in OrderCancelled."""
    if event.decision == "MANUAL_REVIEW":
        return _review(row, event, at_ms, rules)
    if event.decision != "APPROVED" or row is None or event.payment_id not in row.in_review:
        return ()
    closed = (ReviewClosed(event.payment_id),)
    if row.status is not Status.ASKED:
        return closed
    return stock.and_ask_again(row, closed, at_ms, rules)


def _detected(
    row: Allocation | None, event: FraudDetected, at_ms: int, rules: AllocationRules
) -> Facts:
    """Wait for a review from severity high on, as Orders does (G-25)."""
    if event.severity not in _GRAVE:
        return ()
    return _review(row, event, at_ms, rules)


def _begun(row: Allocation | None, order_id: str, at_ms: int, rules: AllocationRules) -> Facts:
    return () if row is not None else (Began(order_id, at_ms, at_ms + rules.early_ms),)


def _pays(event: PaymentProcessed, row: Allocation) -> bool:
    prices = (row.total_minor, *row.earlier_totals_minor)
    return event.amount_minor in prices and event.currency == row.currency


def _paid_otherwise(row: Allocation, event: PaymentProcessed) -> Facts:
    own = event.payment_id == row.payment_id and event.currency == row.currency
    new = event.amount_minor != row.unmatched_minor
    return (PaidOtherwise(event.amount_minor),) if own and new else ()


def _review(
    row: Allocation | None,
    event: FraudCheckCompleted | FraudDetected,
    at_ms: int,
    rules: AllocationRules,
) -> Facts:
    """Keep the stock while a person looks, but not beyond half an hour (G-24)."""
    opened = ReviewOpened(event.payment_id)
    if row is None:
        return (*_begun(row, event.order_id or "", at_ms, rules), opened)
    if event.payment_id in row.in_review:
        return ()
    return (opened, *_extended(row, at_ms + rules.hold_max_ms, rules))


def _extended(row: Allocation, until_ms: int, rules: AllocationRules) -> Facts:
    """Extend what is held, never to less and never past `hold_max_ms` from when it was asked."""
    if row.status is not Status.ASKED:
        return ()
    return tuple(
        [
            Extended(number, until)
            for number, line in enumerate(row.lines, 1)
            if line.state in _HOLDING
            and (until := min(until_ms, line.asked_at_ms + rules.hold_max_ms)) > line.expires_at_ms
        ]
    )


_RULES: Final[dict[type[Message], Rule]] = {
    OrderAmended: _amended,
    OrderCancelled: _cancelled,
    PaymentProcessed: _processed,
    PaymentFailed: _failed,
    FraudCheckCompleted: _checked,
    FraudDetected: _detected,
    InventoryAdjusted: stock.adjusted,
    OutOfStock: stock.out_of_stock,
    ShipmentDispatched: shipping.dispatched,
    ReturnReceived: shipping.returned,
    ShipmentCancelled: shipping.cancelled,
}
