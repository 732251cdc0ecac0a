"""How an order ends, and what it must have cost: the contract's rules, worked out anew."""

from collections import Counter
from enum import StrEnum
from typing import Final

from simulator.afterwards import Dispute, Return, back_minor
from simulator.dossier import EXCHANGE, Dossier
from simulator.plans import Plan

SHORT: Final = "OUT_OF_STOCK"


class Asked(StrEnum):
    """Whether somebody who may asked to cancel the order."""

    NO = "no"
    MAY = "may"
    """One of the requests was buried for coming too early; another may have got through."""
    MUST = "must"


class End(StrEnum):
    """Where an order stands once nothing more can come."""

    OPEN = "open"
    PAID = "paid"
    CANCELLED = "cancelled"
    FAILED = "failed"


def end_of(plan: Plan, order: Dossier | None, asked: Asked) -> End:
    """The order's end, or OPEN while anything must still follow.

    A cancelled order is open until its money is back, its stock free and what left meanwhile has
    arrived; a paid one until every line is committed and at the customer's door (or booked, see
    `Plan.sent`), and, where somebody asked to cancel it, until that is done or it was too late; and
    until what its customer asks for afterwards is done.
    """
    if order is None:
        return End.OPEN
    left = left_of(plan, order)
    if order.failed:
        return End.FAILED
    if order.cancelled:
        done = order.money_is_settled and order.stock_is_free and _told_refund(order)
        done = done and all(one.delivered for one in order.parcels.values() if one.dispatched)
        return End.CANCELLED if done else End.OPEN
    if (
        order.completed
        and (asked is not Asked.MUST or order.is_dispatched)
        and _is_committed(left, order)
        and sent_of(plan, order).total() >= left.units
        and _is_done_with(plan, order)
    ):
        return End.PAID
    return End.OPEN


def sent_of(plan: Plan, order: Dossier) -> Counter[str]:
    """Units that went as far as they must, by product."""
    return order.arrived if plan.sent else order.booked


def left_of(plan: Plan, order: Dossier) -> Plan:
    """The plan without the lines that the shop could not send."""
    return plan.without(order.lines_gone)


def paid_due_minor(plan: Plan, order: Dossier) -> int:
    """What must have been charged: what was short never is, what was missed later goes back."""
    return plan.without([n for n, why in order.lines_gone.items() if why == SHORT]).total_minor


def back_due_minor(plan: Plan, order: Dossier) -> int:
    """What must have gone back of a paid order: for lines missed, and for what came afterwards."""
    left = left_of(plan, order)
    missed = paid_due_minor(plan, order) - left.total_minor
    prices = {line.product.product_id: line.product.price_minor for line in plan.lines}
    return missed + back_minor(plan.afterwards, left.total_minor, prices, order.unreplaced)


def _is_done_with(plan: Plan, order: Dossier) -> bool:
    """Whether what happens afterwards is over."""
    after = plan.afterwards
    if isinstance(after, Dispute):
        return bool(order.judged)
    if (
        isinstance(after, Return)
        and sum(p.quantity for p in order.came_back) < left_of(plan, order).units
    ):
        return False
    if not all(other.cancelled or _has_come(other) for other in order.replacements.values()):
        return False
    if any(hold.held for name, hold in order.holds.items() if EXCHANGE in name):
        return False
    if is_exchanged(plan, order) and any(True for _ in order.unreplaced):
        return False
    due = back_due_minor(plan, order)
    return order.refunded_minor >= due and sum(order.refunds.values()) >= due


def is_exchanged(plan: Plan, order: Dossier) -> bool:
    """Whether what came back must lead to other goods: it is sound, and stock is there."""
    after = plan.afterwards
    wanted = isinstance(after, Return) and after.exchange and after.is_refunded
    cancelled = any(other.cancelled for other in order.replacements.values())
    return wanted and not order.exchange_short and not cancelled


def _has_come(other: Dossier) -> bool:
    """Whether all that a replacement holds is at the door."""
    held = sum(hold.held for hold in other.holds.values())
    return 0 < held <= other.arrived.total()


def _told_refund(order: Dossier) -> bool:
    return sum(order.refunds.values()) >= order.refunded_minor


def _is_committed(plan: Plan, order: Dossier) -> bool:
    return sum(hold.committed > 0 for hold in order.holds.values()) >= len(plan.products)
