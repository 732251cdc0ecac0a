"""How an order's row of claims changes by a fact: folded, never judged."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from streams.allocation.facts import (
    Amended,
    Asked,
    AskedAgain,
    Began,
    CameBack,
    Committed,
    Extended,
    Fact,
    Filled,
    Left,
    LineChanged,
    PaidOtherwise,
    Redirected,
    Released,
    ReviewClosed,
    ReviewOpened,
)
from streams.allocation.rows import Allocation, Line, LineState, Status


def evolve(row: Allocation | None, fact: Fact) -> Allocation:
    """Give the row as it is after the fact. Only Began and Asked begin one."""
    if isinstance(fact, Began):
        return Allocation(fact.order_id, fact.at_ms, early_due_ms=fact.due_ms)
    if isinstance(fact, Asked):
        return _asked(row, fact)
    assert row is not None, "a row begins with Began or Asked"
    return _FOLDS[type(fact)](row, fact)


def fold(row: Allocation | None, facts: tuple[Fact, ...]) -> Allocation:
    """Give the row as it is after all of them, at least one."""
    for fact in facts:
        row = evolve(row, fact)
    assert row is not None, "folding needs a fact"
    return row


def _asked(row: Allocation | None, fact: Asked) -> Allocation:
    if row is None:
        row = Allocation(fact.order_id, fact.at_ms)
    return replace(
        row,
        status=Status.COMMITTED if fact.is_free else row.status,
        created_at_ms=fact.at_ms,
        payment_id=row.payment_id or fact.payment_id,
        lines=fact.lines,
        country=fact.country,
        state=fact.state,
        total_minor=fact.total_minor,
        currency=fact.currency,
        channel=fact.channel,
        promised_on=fact.promised_on,
        early_due_ms=0,
    )


def _with(row: Allocation, number: int, **changes: object) -> Allocation:
    """Change one line."""
    lines = list(row.lines)
    lines[number - 1] = replace(lines[number - 1], **changes)
    return replace(row, lines=tuple(lines))


def _asked_again(row: Allocation, fact: AskedAgain) -> Allocation:
    lines = [
        Line(line.product_id, line.quantity, fact.at_ms, fact.expires_at_ms)
        if number in fact.lines
        else line
        for number, line in enumerate(row.lines, 1)
    ]
    return replace(row, lines=tuple(lines))


def _extended(row: Allocation, fact: Extended) -> Allocation:
    return _with(row, fact.line, expires_at_ms=fact.expires_at_ms)


def _line_changed(row: Allocation, fact: LineChanged) -> Allocation:
    waits = fact.state is LineState.WAITING
    return replace(_with(row, fact.line, state=fact.state), waited=row.waited or waits)


def _filled(row: Allocation, fact: Filled) -> Allocation:
    return _with(
        row,
        fact.line,
        state=LineState.HELD,
        asked_at_ms=fact.at_ms,
        expires_at_ms=fact.expires_at_ms,
    )


def _review_opened(row: Allocation, fact: ReviewOpened) -> Allocation:
    return replace(row, in_review=(*row.in_review, fact.payment_id), reviewed=True)


def _review_closed(row: Allocation, fact: ReviewClosed) -> Allocation:
    left = [one for one in row.in_review if one != fact.payment_id]
    return replace(row, in_review=tuple(left))


def _committed(row: Allocation, fact: Committed) -> Allocation:
    return replace(row, status=Status.COMMITTED, payment_id=fact.payment_id)


def _paid_otherwise(row: Allocation, fact: PaidOtherwise) -> Allocation:
    return replace(row, unmatched_minor=fact.amount_minor)


def _released(row: Allocation, _fact: Released) -> Allocation:
    return replace(row, status=Status.RELEASED)


def _amended(row: Allocation, fact: Amended) -> Allocation:
    return replace(
        row,
        lines=fact.lines,
        total_minor=fact.total_minor,
        earlier_totals_minor=(*row.earlier_totals_minor, row.total_minor),
    )


def _redirected(row: Allocation, fact: Redirected) -> Allocation:
    return replace(row, country=fact.country, state=fact.state)


def _same(row: Allocation, _fact: Left | CameBack) -> Allocation:
    """Stock keeps what left and what came back: the order's claims stay as they are."""
    return row


_FOLDS: Final[dict[type, Callable[[Allocation, Any], Allocation]]] = {
    AskedAgain: _asked_again,
    Extended: _extended,
    LineChanged: _line_changed,
    Filled: _filled,
    ReviewOpened: _review_opened,
    ReviewClosed: _review_closed,
    Committed: _committed,
    PaidOtherwise: _paid_otherwise,
    Released: _released,
    Amended: _amended,
    Redirected: _redirected,
    Left: _same,
    CameBack: _same,
}
