"""Holds on stock: reserve, commit, extend, expire. Each says what follows.

A reservation is PENDING until every unit is held, then CONFIRMED, and ends FULFILLED,
CANCELLED or EXPIRED. An expired line may be asked for anew under its id (a review that ended
well, a capture that came late): that is a new claim, which begins at PENDING. Commands that
repeat, or come too late to matter, lead to nothing.
"""

from msgspec.structs import replace

from events.holds import CommitStock, ExtendHold, ReserveStock
from streams.inventory.allocation import rank
from streams.inventory.backorders import hold, is_next, order_of, serve_after
from streams.inventory.facts import (
    ALL,
    CommitMissed,
    Committed,
    Decision,
    Ended,
    Extended,
    Fact,
    Refusal,
    Requested,
    Short,
)
from streams.inventory.releases import unknown
from streams.inventory.reorder import expected_restock_ms
from streams.inventory.rows import (
    WORD_CHARS_MAX,
    Line,
    Reservation,
    Stock,
    available_everywhere,
    is_sold,
    line_of,
)
from streams.inventory.rules import InventoryRules
from streams.inventory.takeovers import is_to_be_had, taken_over
from streams.moments import day_number, ms_of


def reserve(
    stock: Stock,
    row: Reservation | None,
    command: ReserveStock,
    at_ms: int,
    rules: InventoryRules,
    *,
    other: Reservation | None = None,
) -> Decision:
    """Hold a line's units until its expiresAt, or have it wait, or turn it away.

    A line waits when the product and the command allow it, the product is still sold, the queue
    has room, and the restock is near enough or not known (G-11). A repeat changes nothing. `other`
    is the reservation that the command takes over: what that one holds, nobody else gets between
    (G-33).
    """
    expires_at_ms = ms_of(command.expires_at)
    if row is not None:
        if row.product_id != command.product_id:
            return Refusal.OTHER_PRODUCT
        if not _may_begin_again(row, expires_at_ms):
            return ()
    line = _line(row, command, at_ms)
    begun = Requested(
        command.reservation_id,
        command.product_id,
        command.order_id,
        line,
        at_ms,
        command.payment_id,
        command.lines_total,
    )
    if other is not None and is_to_be_had(other, line, command.product_id):
        return taken_over(other, begun, at_ms, expires_at_ms, rules)
    held = None
    if is_next(stock, line, at_ms, rules):
        held = hold(stock, line, at_ms, expires_at_ms, rules)
    return (begun, held or _short(stock, line, command, at_ms, rules))


def commit(
    stock: Stock, row: Reservation | None, command: CommitStock, at_ms: int, rules: InventoryRules
) -> Decision:
    """Make a paid line's hold permanent.

    One that has expired, or of which nothing is known, is held again if it can be; if not,
    the commit is missed and nothing revives the line. One that still waits is taken for
    expired: its money is here and its stock is not.
    """
    if row is not None:
        if row.product_id != command.product_id:
            return Refusal.OTHER_PRODUCT
        if row.status == "CONFIRMED":
            return () if row.committed else (Committed(row.reservation_id, at_ms),)
        if row.status == "PENDING":
            missed = (_expired(row, at_ms, rules), CommitMissed(row.reservation_id))
            return serve_after(stock, missed, at_ms, rules)
        if row.status != "EXPIRED" or row.barred:
            return ()
    return _commit_anew(stock, row, command, at_ms, rules)


def extend(row: Reservation | None, command: ExtendHold, rules: InventoryRules) -> Decision:
    """Let a hold last longer, never shorter and never past `hold_max_ms` from its start (K2)."""
    if row is None:
        return ()
    if row.product_id != command.product_id:
        return Refusal.OTHER_PRODUCT
    if row.held_at_ms is None or row.expires_at_ms is None or row.status != "CONFIRMED":
        return ()
    until = min(ms_of(command.expires_at), row.held_at_ms + rules.hold_max_ms)
    return (Extended(row.reservation_id, until),) if until > row.expires_at_ms else ()


def expire(
    stock: Stock, row: Reservation | None, now_ms: int, rules: InventoryRules
) -> tuple[Fact, ...]:
    """End a hold whose time is over, unless a payment committed it, and serve those who wait.

    Its own order's other lines are passed by: there is too little for all of them, and they would
    take the units from each other time and again.
    """
    if row is None or row.status != "CONFIRMED" or row.expires_at_ms is None:
        return ()
    if row.expires_at_ms > now_ms:
        return ()
    ended = (_expired(row, now_ms, rules),)
    return serve_after(stock, ended, now_ms, rules, passing=order_of(row))


def is_over(row: Reservation | None, now_ms: int) -> bool:
    """Whether an ended reservation has been kept long enough."""
    return row is not None and row.purge_at_ms is not None and row.purge_at_ms <= now_ms


def _may_begin_again(row: Reservation, expires_at_ms: int) -> bool:
    """An expired line asked for anew; a late repeat of the first request asks for its old end.

    One whose own end is over, too, is held until the next tick: its order has to hear of it.
    """
    if row.status != "EXPIRED" or row.barred:
        return False
    return expires_at_ms > (row.expires_at_ms or 0)


def _line(row: Reservation | None, command: ReserveStock, at_ms: int) -> Line:
    where = command.destination
    return Line(
        at_ms if row is None else row.ordered_at_ms,
        command.reservation_id,
        command.quantity,
        "" if where is None else where.country,
        "" if where is None else (where.state or "")[:WORD_CHARS_MAX],
        command.warehouse_id or "",
        (command.sales_channel or "")[:WORD_CHARS_MAX],
        0 if command.promised_date is None else day_number(command.promised_date),
    )


def _short(
    stock: Stock, line: Line, command: ReserveStock, at_ms: int, rules: InventoryRules
) -> Short:
    restock_at_ms = expected_restock_ms(stock, at_ms)
    waits = (
        stock.backorder_allowed
        and is_sold(stock)
        and command.backorder is not False
        and len(stock.queue) < rules.backorders_max
        and (restock_at_ms is None or restock_at_ms - at_ms <= rules.backorder_wait_ms)
    )
    return Short(
        line.reservation_id,
        line,
        _missing_where(stock, line, at_ms, rules),
        available_everywhere(stock),
        waits,
        restock_at_ms,
        at_ms + rules.ended_keep_ms,
    )


def _missing_where(stock: Stock, line: Line, at_ms: int, rules: InventoryRules) -> str:
    if available_everywhere(stock) == 0:
        return ALL
    ranked = rank(stock, line, at_ms, rules.sites)
    return ranked[0][-1] if ranked else line.only


def _expired(row: Reservation, at_ms: int, rules: InventoryRules) -> Ended:
    return Ended(
        row.reservation_id,
        "EXPIRED",
        "reservation_expired",
        row.allocations,
        at_ms + rules.ended_keep_ms,
        queued=row.status == "PENDING",
    )


def _again(row: Reservation, units: int, at_ms: int) -> Requested:
    """Begin a new claim like the expired one, of no more units than the order still has of it."""
    return Requested(
        row.reservation_id,
        row.product_id,
        row.order_id,
        replace(line_of(row), quantity=min(units, row.quantity)),
        at_ms,
        row.payment_id,
        row.lines_total,
    )


def _commit_anew(
    stock: Stock, row: Reservation | None, command: CommitStock, at_ms: int, rules: InventoryRules
) -> tuple[Fact, ...]:
    """Hold and commit at once, or say that it cannot be done."""
    begun = unknown(command, command.payment_id, at_ms)
    if row is not None:
        begun = _again(row, command.quantity, at_ms)
    line, held = begun.line, None
    if is_next(stock, line, at_ms, rules):
        held = hold(stock, line, at_ms, at_ms + rules.hold_ms, rules)
    if held is not None:
        return (begun, held, Committed(line.reservation_id, at_ms))
    missed = CommitMissed(line.reservation_id)
    if row is not None:
        return (missed,)
    purge_at_ms = at_ms + rules.ended_keep_ms
    ended = Ended(line.reservation_id, "EXPIRED", "reservation_expired", (), purge_at_ms)
    return (begun, ended, missed)
