"""How an order's row changes by a fact.

`evolve` folds and judges nothing: whether a fact may happen is decided before. Every fact
counts the version up by one; all but the holding of single lines and the moves of single
parcels also make a step of the history.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from streams.orders.back_folds import BACK_FOLDS
from streams.orders.facts import (
    AllHeld,
    Amended,
    AmendmentAsked,
    AmendmentEnded,
    AmendmentHeld,
    Cancelled,
    Fact,
    Flagged,
    HeldFrom,
    LineHeld,
    LineLost,
    MoneyAdded,
    MoneyTaken,
    Moved,
    Noted,
    Obeyed,
    ParcelMoved,
    Placed,
    Refunded,
    Rejected,
    ReviewClosed,
    ReviewOpened,
    Strayed,
    Unsent,
    WentShort,
    WentUnavailable,
)
from streams.orders.rows import OBEYED_MAX, STUCK, Order, Repaid, Status
from streams.orders.steps import step


def evolve(order: Order | None, fact: Fact) -> Order:
    """Give the row as it is after the fact. Only Placed and Rejected begin one."""
    if isinstance(fact, Placed | Rejected):
        return fact.order
    assert order is not None, "an order begins with Placed or Rejected"
    return _FOLDS[type(fact)](order, fact)


def _with_line(order: Order, line: int) -> dict[str, Any]:
    """The changes that holding one more line makes."""
    if line in order.held:
        return {}
    changes: dict[str, Any] = {"held": tuple(sorted((*order.held, line)))}
    if line in order.unavailable:
        changes["unavailable"] = tuple([n for n in order.unavailable if n != line])
    if line in order.short:
        changes["short"] = tuple([n for n in order.short if n != line])
        if not changes["short"]:
            changes["backorder_due_ms"] = 0
    return changes


def _line_held(order: Order, fact: LineHeld) -> Order:
    return replace(order, version=order.version + 1, **_with_line(order, fact.line))


def _all_held(order: Order, fact: AllHeld) -> Order:
    changes = _with_line(order, fact.line)
    return step(order, fact.at_ms, "STOCK_HELD", patience_ms=0, **changes)


def _line_lost(order: Order, fact: LineLost) -> Order:
    held = tuple([n for n in order.held if n != fact.line])
    return step(order, fact.at_ms, fact.reason, held=held)


def _went_short(order: Order, fact: WentShort) -> Order:
    return step(
        order,
        fact.at_ms,
        "OUT_OF_STOCK",
        short=tuple(sorted({*order.short, *fact.lines})),
        backorder_due_ms=fact.due_ms,
        patience_ms=fact.due_ms,
    )


def _went_unavailable(order: Order, fact: WentUnavailable) -> Order:
    short = tuple([n for n in order.short if n not in fact.lines])
    return step(
        order,
        fact.at_ms,
        "UNAVAILABLE",
        short=short,
        backorder_due_ms=order.backorder_due_ms if short else 0,
        unavailable=tuple(sorted({*order.unavailable, *fact.lines})),
    )


def _moving(order: Order) -> tuple[str, ...]:
    """The flags of an order that stands still no longer."""
    return tuple([flag for flag in order.flags if flag != STUCK]) if order.flags else ()


def _moved(order: Order, fact: Moved) -> Order:
    held_from = order.status if fact.to is Status.ON_HOLD else None
    flags = _moving(order) if fact.to is Status.REFUNDED else order.flags
    return step(order, fact.at_ms, fact.reason, status=fact.to, held_from=held_from, flags=flags)


def _money_taken(order: Order, fact: MoneyTaken) -> Order:
    return step(
        order,
        fact.at_ms,
        "PAYMENT_CAPTURED",
        captured_minor=fact.amount_minor,
        tax_minor=fact.tax_minor,
        patience_ms=0,
        payment_id=fact.payment_id,
        short=(),
        unavailable=(),
        backorder_due_ms=0,
        unpaid=order.unpaid if fact.amount_minor < order.total_minor else (),
    )


def _money_added(order: Order, fact: MoneyAdded) -> Order:
    return step(
        order,
        fact.at_ms,
        "AMENDMENT_PAID",
        captured_minor=(order.captured_minor or 0) + fact.amount_minor,
        further_payments=(*order.further_payments, fact.payment_id),
        unpaid=fact.unpaid,
    )


def _amendment_asked(order: Order, fact: AmendmentAsked) -> Order:
    """The numbers of its lines are taken from now on, whatever comes of it."""
    added = [fact.pending.lines[number - 1] for number in fact.pending.added]
    taken = tuple([replace(line, quantity=0, total_minor=0) for line in added])
    return step(
        order, fact.at_ms, "AMENDMENT_ASKED", pending=fact.pending, lines=order.lines + taken
    )


def _amendment_held(order: Order, fact: AmendmentHeld) -> Order:
    pending = order.pending
    assert pending is not None, f"{fact} is of no amendment"
    missing = tuple([number for number in pending.missing if number != fact.line])
    return replace(order, version=order.version + 1, pending=replace(pending, missing=missing))


def _amendment_ended(order: Order, fact: AmendmentEnded) -> Order:
    return step(order, fact.at_ms, fact.reason, pending=None)


def _amended(order: Order, fact: Amended) -> Order:
    added = () if order.pending is None else order.pending.added
    standing = {number for number, line in enumerate(fact.lines, 1) if line.quantity}
    dear = {number for number in added if fact.lines[number - 1].total_minor}
    short = tuple([number for number in order.short if number in standing])
    total_minor = sum([line.total_minor for line in fact.lines])
    earlier = order.earlier_totals_minor
    if total_minor != order.total_minor:
        earlier = (*earlier, order.total_minor)
    return step(
        order,
        fact.at_ms,
        f"AMENDED_{fact.kind}" if not fact.why else f"LINE_CANCELLED_{fact.why}",
        lines=fact.lines,
        total_minor=total_minor,
        earlier_totals_minor=earlier,
        held=tuple(sorted(standing & {*order.held, *added})),
        short=short,
        unavailable=tuple([number for number in order.unavailable if number in standing]),
        backorder_due_ms=order.backorder_due_ms if short else 0,
        unpaid=tuple(sorted(standing & {*order.unpaid, *dear})),
        pending=None,
        amendments=order.amendments + fact.counts,
        shipping_address=fact.moved_to or order.shipping_address,
    )


def _obeyed(order: Order, fact: Obeyed) -> Order:
    return replace(order, obeyed=(*order.obeyed, fact.event_id)[-OBEYED_MAX:])


def _review_opened(order: Order, fact: ReviewOpened) -> Order:
    in_review = (*order.in_review, fact.payment_id)
    return step(order, fact.at_ms, fact.reason, in_review=in_review, review_due_ms=fact.due_ms)


def _review_closed(order: Order, fact: ReviewClosed) -> Order:
    left = tuple([one for one in order.in_review if one != fact.payment_id])
    due_ms = order.review_due_ms if left else 0
    return step(order, fact.at_ms, "REVIEW_APPROVED", in_review=left, review_due_ms=due_ms)


def _cancelled(order: Order, fact: Cancelled) -> Order:
    return step(
        order,
        fact.at_ms,
        fact.reason,
        status=Status.CANCELLED,
        cancellation_reason=fact.reason,
        held=(),
        short=(),
        unavailable=(),
        backorder_due_ms=0,
        in_review=(),
        review_due_ms=0,
        held_from=None,
        pending=None,
        flags=_moving(order),
    )


def _refunded(order: Order, fact: Refunded) -> Order:
    others = [one for one in order.refunds if one.payment_id != fact.payment_id]
    refunds = (*others, Repaid(fact.payment_id, fact.total_minor))
    status = fact.status
    return step(order, fact.at_ms, "REFUND_ISSUED", refunds=refunds, refund_status=status)


def _held_from(order: Order, fact: HeldFrom) -> Order:
    return step(order, fact.at_ms, "SHIPMENT_CREATED", held_from=fact.to)


def _parcel_moved(order: Order, fact: ParcelMoved) -> Order:
    """The history tells what it makes of the order; the parcel itself tells the rest."""
    name = fact.parcel.shipment_id
    known = any(parcel.shipment_id == name for parcel in order.parcels)
    if known:
        parcels = tuple([fact.parcel if p.shipment_id == name else p for p in order.parcels])
    else:
        parcels = (*order.parcels, fact.parcel)
    return replace(order, version=order.version + 1, parcels=parcels)


def _flagged(order: Order, fact: Flagged) -> Order:
    claims = order.claims if fact.claims is None else fact.claims
    return step(order, fact.at_ms, fact.reason, flags=fact.flags, claims=claims)


def _unsent(order: Order, fact: Unsent) -> Order:
    return step(order, fact.at_ms, "NOT_SENT")


def _strayed(order: Order, fact: Strayed) -> Order:
    return step(order, fact.at_ms, "DISPATCHED_AFTER_CANCEL")


def _noted(order: Order, fact: Noted) -> Order:
    return step(order, fact.at_ms, fact.reason)


_FOLDS: Final[dict[type, Callable[[Order, Any], Order]]] = {
    LineHeld: _line_held,
    AllHeld: _all_held,
    LineLost: _line_lost,
    WentShort: _went_short,
    WentUnavailable: _went_unavailable,
    Moved: _moved,
    MoneyTaken: _money_taken,
    ReviewOpened: _review_opened,
    ReviewClosed: _review_closed,
    Cancelled: _cancelled,
    Refunded: _refunded,
    HeldFrom: _held_from,
    ParcelMoved: _parcel_moved,
    AmendmentAsked: _amendment_asked,
    AmendmentHeld: _amendment_held,
    AmendmentEnded: _amendment_ended,
    Amended: _amended,
    Obeyed: _obeyed,
    MoneyAdded: _money_added,
    **BACK_FOLDS,
    Unsent: _unsent,
    Strayed: _strayed,
    Flagged: _flagged,
    Noted: _noted,
}


def fold(order: Order | None, facts: tuple[Fact, ...]) -> Order:
    """Give the row as it is after all of them; it begins with one."""
    for fact in facts:
        order = evolve(order, fact)
    assert order is not None, "folding needs a fact"
    return order
