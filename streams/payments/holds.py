"""What stock says about the lines that a payment waits for."""

from typing import Final

from events.inventory import InventoryAdjusted
from streams.payments import facts as f
from streams.payments.evolution import evolve_all
from streams.payments.lines import awaits_claim, is_of_order, lines_committed
from streams.payments.rules import PaymentRules
from streams.payments.states import PAID, TAKEN, Payment, Status
from streams.payments.steps import Facts, with_allotment, with_capture

_WAITING: Final = frozenset({Status.INITIATED, Status.HELD, Status.FAILED, Status.AUTHORIZED})

_LETTING_GO: Final = frozenset({"reservation_expired", "reservation_released", "order_cancelled"})


def line_of(event: InventoryAdjusted) -> str:
    """Name a line: the reservation, without the order's id that all lines of a payment share."""
    return (event.reservation_id or "").removeprefix(f"{event.order_id}:")


def is_held(event: InventoryAdjusted) -> bool:
    """Whether a whole line is held: a line split over warehouses says PENDING but for the last."""
    return event.reason == "order_reserved" and event.reservation_status == "CONFIRMED"


def stock_adjusted(
    payment: Payment, event: InventoryAdjusted, at_ms: int, rules: PaymentRules
) -> Facts:
    """Count held and committed lines; the last held captures, the last committed completes.

    Each reservation counts once. A hold that expired or was released counts no longer, so the
    capture waits until it is held again. What an amendment asks for counts with the amendment.
    """
    line = line_of(event)
    if not line or line in payment.dropped:
        return ()
    if event.committed:
        return _committed(payment, event, line, at_ms, rules)
    if payment.status not in _WAITING and not awaits_claim(payment):
        return ()
    if is_held(event):
        return _held(payment, event, line, at_ms, rules)
    return (f.LineLost(line),) if line in payment.held and _is_lost(event) else ()


def _is_lost(event: InventoryAdjusted) -> bool:
    return event.reservation_status in ("EXPIRED", "CANCELLED") or event.reason in _LETTING_GO


def _counted(payment: Payment, event: InventoryAdjusted) -> Facts:
    """The number of lines, when the session did not tell it."""
    known = payment.lines or payment.dropped or not event.lines_total
    return () if known else (f.LinesCounted(event.lines_total or 0),)


def _held(
    payment: Payment, event: InventoryAdjusted, line: str, at_ms: int, rules: PaymentRules
) -> Facts:
    counted = _counted(payment, event)
    if line in payment.held or len(payment.held) >= (payment.lines or rules.lines_max):
        return counted
    if not is_of_order(payment, line):
        return counted
    facts = (*counted, f.LineHeld(line))
    if payment.status in PAID:
        return with_allotment(payment, facts, at_ms)
    return with_capture(payment, facts, at_ms, rules)


def _committed(
    payment: Payment, event: InventoryAdjusted, line: str, at_ms: int, rules: PaymentRules
) -> Facts:
    if payment.status not in TAKEN or payment.complete or line in payment.committed:
        return ()
    facts: Facts = (*_counted(payment, event), f.LineCommitted(line))
    after = evolve_all(payment, facts)
    done = 0 < after.lines <= lines_committed(after) and not after.cancel_reason
    if done and after.session.order_id is not None:
        fee = rules.fee_minor(after.captured_minor)
        return (*facts, f.Completed(fee, at_ms))
    return facts
