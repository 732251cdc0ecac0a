"""News of a payment whose session is not open yet: kept small, and forgotten after a while."""

from msgspec.structs import replace

from events.fraud import FraudCheckCompleted
from events.inventory import InventoryAdjusted
from events.orders import OrderAmended, OrderCancelled
from streams.payments.early_news import Early, EarlyAmendment, EarlyLine
from streams.payments.holds import is_held, line_of
from streams.payments.rules import PaymentRules


def early_stock(
    early: Early | None, event: InventoryAdjusted, at_ms: int, rules: PaymentRules
) -> Early | None:
    """Remember a held line, or forget one that is held no longer. Other news need not be kept.

    An amendment's claims name no payment: its session was opened long before.
    """
    line = line_of(event)
    if event.payment_id is None:
        return early
    known = _known(early, at_ms, rules)
    held = tuple(other for other in known.held if other != line)
    if line and is_held(event) and not event.committed:
        held = (*held, line)[: rules.lines_max]
    elif held == known.held:
        return early
    lines = event.lines_total or known.lines
    return replace(known, held=held, lines=lines)


def early_decision(
    early: Early | None, event: FraudCheckCompleted, at_ms: int, rules: PaymentRules
) -> Early:
    """Remember fraud's newest decision."""
    known = _known(early, at_ms, rules)
    return replace(known, decision=event.decision, too_many=event.is_too_many)


def early_amendment(
    early: Early | None, event: OrderAmended, at_ms: int, rules: PaymentRules
) -> Early:
    """Remember what the order costs by now, and of what (G-8)."""
    amended = EarlyAmendment(
        event.new_order_total_minor,
        event.currency,
        tuple(
            [
                EarlyLine(
                    line.number, line.product_id, line.sku, line.quantity, line.total_price_minor
                )
                for line in event.lines or ()
            ]
        ),
        event.cancellation_reason,
    )
    return replace(_known(early, at_ms, rules), amended=amended)


def early_cancel(
    early: Early | None, event: OrderCancelled, at_ms: int, rules: PaymentRules
) -> Early:
    """Remember that the order was cancelled, so that its session ends as it opens.

    Other news is of no use then, and is forgotten.
    """
    if early is not None and early.cancel_reason:
        return early
    return Early(at_ms + rules.early_cancel_ms, cancel_reason=event.cancellation_reason)


def _known(early: Early | None, at_ms: int, rules: PaymentRules) -> Early:
    return early if early is not None else Early(at_ms + rules.early_ms)
