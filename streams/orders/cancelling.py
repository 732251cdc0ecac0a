"""How an order ends before dispatch, and who may end it (G-9)."""

from typing import Final, get_args

from events.orders import CancelOrder
from events.vocabulary import CancellationReason
from streams.orders.facts import Cancelled, Fact, Noted
from streams.orders.rows import BEFORE_DISPATCH, DISPATCHED, Order
from streams.orders.rules import OrderRules

_REASONS: Final = frozenset(get_args(CancellationReason))


def cancel(order: Order, command: CancelOrder, at_ms: int, rules: OrderRules) -> tuple[Fact, ...]:
    """Cancel for the customer whose order it is, or for the shop; twice is once.

    A customer's reason is always CUSTOMER_REQUEST; the shop may give any of the contract's.
    After dispatch only a return helps, which the history says; whoever asks, an order that has
    ended stays as it is.
    """
    if order.status not in BEFORE_DISPATCH and order.status not in DISPATCHED:
        return ()
    by_system = command.user_id in rules.system_users
    if not by_system and command.user_id != order.user_id:
        return noted(order, at_ms, "CANCEL_REFUSED_FOREIGN")
    if order.status in DISPATCHED:
        return noted(order, at_ms, "CANCEL_REFUSED_DISPATCHED")
    note = command.cancellation_note or command.cancellation_reason
    if not by_system:
        return (Cancelled(at_ms, "CUSTOMER_REQUEST", rules.refund_days_customer, note),)
    known = command.cancellation_reason in _REASONS
    return ended_by_shop(at_ms, command.cancellation_reason if known else "OTHER", rules, note)


def ended_by_shop(
    at_ms: int, reason: str, rules: OrderRules, note: str | None = None
) -> tuple[Fact, ...]:
    """Cancel for a reason of the shop's own."""
    return (Cancelled(at_ms, reason, rules.refund_days_system, note),)


def too_late(order: Order, at_ms: int, what: str) -> tuple[Fact, ...]:
    """Say in the history what came after dispatch; an order that has ended is past minding."""
    return noted(order, at_ms, f"{what}_TOO_LATE") if order.status in DISPATCHED else ()


def noted(order: Order, at_ms: int, reason: str) -> tuple[Fact, ...]:
    """Put something into the history that changes nothing; a second time, nothing at all."""
    if any(step.reason == reason for step in order.history):
        return ()
    return (Noted(at_ms, reason),)
