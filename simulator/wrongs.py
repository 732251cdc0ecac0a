"""What is wrong with an order that has ended: the contract's rules, worked out anew."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from simulator.afterwards import Dispute, Return
from simulator.dossier import Dossier
from simulator.ends import (
    SHORT,
    Asked,
    End,
    back_due_minor,
    is_exchanged,
    left_of,
    paid_due_minor,
    sent_of,
)
from simulator.plans import Plan, Risk

ATTEMPTS_MAX: Final = 3
_REVIEWED: Final = frozenset({Risk.DOUBTFUL, Risk.GRAVE})
_FEE_BASIS_POINTS: Final = 290
_FEE_FIXED_MINOR: Final = 30


def wrongs(plan: Plan, order: Dossier, end: End, asked: Asked) -> Iterator[str]:
    """Say what is wrong with an order that has ended, in words without its name."""
    left = left_of(plan, order)
    yield from _opening_wrongs(plan, order)
    yield from _repeat_wrongs(order)
    yield from _fraud_wrongs(plan, order, end)
    yield from _gate_wrongs(left, order)
    yield from _gone_wrongs(plan, order)
    yield from [f"short of stock without need: {each}" for each in order.unduly_short]
    if any(hold.lapsed_early for hold in order.holds.values()):
        yield "a hold expired before its time"
    if end is End.PAID:
        yield from _paid_wrongs(plan, order, asked)
        yield from _held_wrongs(left, order)
        yield from _parcel_wrongs(left, order)
    elif end is End.CANCELLED:
        yield from _cancelled_wrongs(plan, order)
    elif end is End.FAILED and (order.charges or order.holds or order.initiated):
        yield "refused, and yet something was charged or held"


def _opening_wrongs(plan: Plan, order: Dossier) -> Iterator[str]:
    if len(order.confirmed) + len(order.failed) != 1:
        yield f"confirmed {len(order.confirmed)} times and refused {len(order.failed)} times"
        return
    if plan.refusal is not None:
        reason = order.failed[0] if order.failed else None
        if reason != plan.refusal.reason:
            yield f"{plan.refusal.flaw} must be {plan.refusal.reason}, got {reason}"
        return
    if order.failed:
        yield f"refused with {order.failed[0]} though nothing is wrong with it"
        return
    due = (plan.total_minor, plan.currency)
    if order.confirmed[0] != due:
        yield f"confirmed over {order.confirmed[0]}, expected {due}"
    if order.initiated != [due]:
        yield f"payment sessions {order.initiated}, expected one over {due}"


def _repeat_wrongs(order: Dossier) -> Iterator[str]:
    for count, what in (
        (len(order.processed), "PaymentProcessed"),
        (len(order.completed), "PaymentComplete"),
        (len(order.cancelled), "OrderCancelled"),
        (sum(bool(charge.captures) for charge in order.charges.values()), "charges captured"),
    ):
        if count > 1:
            yield f"{count} {what}"
    for charge in order.charges.values():
        if len(charge.captures) > charge.captures_asked or len(set(charge.captures)) > 1:
            yield f"captured {charge.captures}, asked {charge.captures_asked} times"
    if any(hold.committed > 1 for hold in order.holds.values()):
        yield "a line was committed more than once"
    if sum(not failure.retryable for failure in order.attempts_failed) > 1:
        yield "failed for good more than once"
    if len(order.attempts_failed) > ATTEMPTS_MAX:
        yield f"{len(order.attempts_failed)} failed attempts, at most {ATTEMPTS_MAX}"


def _fraud_wrongs(plan: Plan, order: Dossier, end: End) -> Iterator[str]:
    decided = order.decisions
    if end is End.FAILED or (not decided and end is End.CANCELLED):
        return
    first = {Risk.ORDINARY: "APPROVED", Risk.STOLEN: "DECLINED"}.get(plan.risk, "MANUAL_REVIEW")
    if decided[:1] != [first]:
        yield f"{plan.risk} and decided {decided}, expected {first} at first"
    if len(decided) > (2 if plan.risk in _REVIEWED else 1):
        yield f"decided {decided}"
    if "APPROVED" in decided and plan.risk in _REVIEWED and plan.verdict != "APPROVED":
        yield f"approved, but the reviewer said {plan.verdict}"
    if order.found and plan.risk is Risk.ORDINARY:
        yield f"taken for fraud of severity {order.found[0]}"


def _gate_wrongs(plan: Plan, order: Dossier) -> Iterator[str]:
    """The money is asked for once Fraud approved and every line is held, never before (ADR-004)."""
    asked_ms = order.capture_asked_at_ms
    if not asked_ms:
        return
    if not 0 < order.approved_at_ms <= asked_ms:
        yield "the money was asked for before Fraud approved"
    if sum(0 < hold.held_at_ms <= asked_ms for hold in order.holds.values()) < len(plan.products):
        yield "the money was asked for before every line was held"


def _gone_wrongs(plan: Plan, order: Dossier) -> Iterator[str]:
    """The shop takes a line away for the want of goods alone, and never the last one."""
    short = {product for product, _ in order.short}
    for number, why in order.lines_gone.items():
        hold = order.holds.get(f"{order.order_id}:{number}")
        missed = hold is not None and hold.expired > 0
        if not (plan.lines[number - 1].product.product_id in short if why == SHORT else missed):
            yield f"line {number} was cancelled with {why}, which nothing explains"
    if order.lines_gone and not left_of(plan, order).units:
        yield "every line was cancelled, and the order was not"


def _paid_wrongs(plan: Plan, order: Dossier, asked: Asked) -> Iterator[str]:
    due = paid_due_minor(plan, order)
    if asked is Asked.MUST and not order.is_dispatched:
        yield "paid though it was to be cancelled"
    if not plan.card.pays:
        yield f"paid with {plan.card.token}, which never pays"
    if plan.risk is Risk.STOLEN or order.decisions[-1:] != ["APPROVED"]:
        yield f"paid though {plan.risk} and decided {order.decisions}"
    if order.processed != [(due, plan.currency)]:
        yield f"PaymentProcessed {order.processed}, expected {due} {plan.currency}"
    if order.captured_minor != due:
        yield f"captured {order.captured_minor}, expected {due}"
    yield from _afterwards_wrongs(plan, order)
    if order.completed != [(due, fee_minor(due), due - fee_minor(due))]:
        yield f"PaymentComplete {order.completed}, expected {due} less {fee_minor(due)}"
    failed = sum(not failure.is_silence for failure in order.attempts_failed)
    if plan.card.refusals is not None and failed != plan.card.refusals:
        yield f"{failed} failed attempts with {plan.card.token}"
    if any(not c.captures and not c.voided for c in order.charges.values()):
        yield "a second charge was never let go"


def _afterwards_wrongs(plan: Plan, order: Dossier) -> Iterator[str]:
    """Goods, money and claims, as the customer meant it and no further."""
    after, due, left = plan.afterwards, back_due_minor(plan, order), left_of(plan, order)
    if (order.refunded_minor, sum(order.refunds.values())) != (due, due):
        yield f"{order.refunded_minor} refunded, {order.refunds} told, expected {due}"
    if order.refunds_failed:
        yield f"refunds failed with {order.refunds_failed}"
    yield from _exchange_wrongs(plan, order)
    came = Counter[tuple[str, str]]()
    for piece in order.came_back:
        came[piece.product_id, piece.condition] += piece.quantity
    expected = Counter[tuple[str, str]]()
    if isinstance(after, Return):
        for line in left.lines:
            expected[line.product.product_id, after.condition] += line.quantity
    if came != expected:
        yield f"{dict(came)} came back, expected {dict(expected)}"
    claims, ends = [], []
    if isinstance(after, Dispute):
        claims = [left.total_minor]
        ends = [("lost" if after.lost else "won", left.total_minor)]
    if (order.disputed, order.judged) != (claims, ends):
        yield f"disputes {order.disputed} ended {order.judged}, expected {claims} and {ends}"


def _exchange_wrongs(plan: Plan, order: Dossier) -> Iterator[str]:
    """What came back sound is replaced, unit for unit, for nothing, unless stock is short."""
    after = plan.afterwards
    wanted = isinstance(after, Return) and after.exchange and after.is_refunded
    if order.replacements and not wanted:
        yield f"{len(order.replacements)} orders replace what nobody may exchange"
    if is_exchanged(plan, order) and any(True for _ in order.unreplaced):
        yield "not exchanged, which nothing explains"
    for return_id, other in order.replacements.items():
        due = Counter[str]()
        for piece in order.came_back:
            due[piece.product_id] += piece.quantity * (piece.return_id == return_id)
        if not other.cancelled and +due != other.arrived:
            yield f"replaced by {dict(other.arrived)}, expected {dict(+due)}"
        if other.confirmed != [(0, plan.currency)] or other.initiated or other.charges:
            yield f"its replacement costs {other.confirmed} {other.initiated}"


def _held_wrongs(plan: Plan, order: Dossier) -> Iterator[str]:
    asked = [(line.product.product_id, line.quantity) for line in plan.lines if line.quantity]
    held = [(hold.product_id, hold.held) for hold in order.holds.values() if hold.held]
    if sorted(asked) != sorted(held):
        yield f"holds {held}, expected {asked}"


def _parcel_wrongs(plan: Plan, order: Dossier) -> Iterator[str]:
    due: Counter[str] = Counter()
    for line in plan.lines:
        due[line.product.product_id] += line.quantity
    sent = sent_of(plan, order)
    if sent != due:
        yield f"sent {dict(sent)}, expected {dict(due)}"
    for name, parcel in order.parcels.items():
        steps = (parcel.created, parcel.dispatched, parcel.delivered)
        if steps != (1, plan.sent, plan.sent):
            yield f"{name} was created, dispatched and delivered {steps} times"


def _cancelled_wrongs(plan: Plan, order: Dossier) -> Iterator[str]:
    reason = order.cancelled[0]
    if reason not in set(_reasons(plan, order)):
        yield f"cancelled with {reason}, which nothing explains"
    parcels = [one for one in order.parcels.values() if not order.is_stray(one)]
    if any(parcel.dispatched for parcel in parcels):
        yield "cancelled, and yet a parcel left"
    if any(parcel.created and not parcel.cancelled for parcel in parcels):
        yield "cancelled, and yet a parcel is booked"
    if order.completed and not order.processed:
        yield "complete without having been paid"
    if sum(order.refunds.values()) != order.refunded_minor:
        yield f"{order.refunded_minor} refunded, but {order.refunds} told"
    due = paid_due_minor(plan, order)
    if order.processed and order.processed != [(due, plan.currency)]:
        yield f"PaymentProcessed {order.processed}, expected {due}"


def _reasons(plan: Plan, order: Dossier) -> Iterator[str]:
    """Every reason for which this order may have been cancelled."""
    if plan.cancel is not None:
        yield "OTHER" if plan.cancel.user_id == "system" else "CUSTOMER_REQUEST"
    failures = order.attempts_failed
    final = any(not failure.retryable for failure in failures) or len(failures) >= ATTEMPTS_MAX
    if final and (not plan.card.pays or any(failure.is_silence for failure in failures)):
        yield "PAYMENT_FAILED"
    if {*left_of(plan, order).products} <= {product for product, _ in order.short}:
        yield SHORT
    if any(hold.expired for hold in order.holds.values()):
        yield "RESERVATION_EXPIRED"
    if plan.risk is Risk.STOLEN or (plan.risk in _REVIEWED and "APPROVED" not in order.decisions):
        yield "FRAUD_DETECTED"


def fee_minor(amount_minor: int) -> int:
    """2.9 % and 0.30, cut to minor units, never more than the amount (domain §3)."""
    return min(amount_minor, amount_minor * _FEE_BASIS_POINTS // 10_000 + _FEE_FIXED_MINOR)
