"""What stock's answers mean for an order's claims: lines that are held, lapse, or wait."""

from events.inventory import InventoryAdjusted, OutOfStock
from streams.allocation.evolution import fold
from streams.allocation.facts import AskedAgain, Fact, Filled, LineChanged
from streams.allocation.rows import Allocation, LineState, Status, is_open
from streams.allocation.rules import AllocationRules
from streams.moments import ms_of

Facts = tuple[Fact, ...]


def adjusted(
    row: Allocation | None, event: InventoryAdjusted, at_ms: int, rules: AllocationRules
) -> Facts:
    """Take down which lines lapse, and which get at last what they waited for.

    Of a line that an amendment took away stock may not have heard yet.
    """
    if row is None or row.status is not Status.ASKED:
        return ()
    number = row.line_number(event.reservation_id)
    if number == 0 or row.lines[number - 1].state is LineState.GONE:
        return ()
    if event.reason == "reservation_expired":
        return _lapsed(row, number, at_ms, rules)
    if event.reservation_status == "CONFIRMED":
        return _held(row, number, event, at_ms, rules)
    return ()


def out_of_stock(
    row: Allocation | None, event: OutOfStock, _at_ms: int, _rules: AllocationRules
) -> Facts:
    """Take down which lines wait for a restock; where none may wait, the order will end."""
    if row is None or row.status is not Status.ASKED or event.backorder_allowed is False:
        return ()
    if event.reservation_id is not None and row.line_number(event.reservation_id) == 0:
        return ()
    return tuple(
        [
            LineChanged(number, LineState.WAITING)
            for number, line in enumerate(row.lines, 1)
            if line.product_id == event.product_id and line.state is LineState.ASKED
        ]
    )


def _lapsed(row: Allocation, number: int, at_ms: int, rules: AllocationRules) -> Facts:
    if row.lines[number - 1].state is LineState.LAPSED:
        return ()
    return and_ask_again(row, (LineChanged(number, LineState.LAPSED),), at_ms, rules)


def _held(
    row: Allocation, number: int, event: InventoryAdjusted, at_ms: int, rules: AllocationRules
) -> Facts:
    """Most orders have a product once: there, being held is what asking led to."""
    line = row.lines[number - 1]
    if line.state is LineState.HELD:
        return ()
    if line.state is LineState.ASKED:
        shared = sum([other.product_id == line.product_id for other in row.lines]) > 1
        return (LineChanged(number, LineState.HELD),) if shared else ()
    until = event.reservation_expires_at
    expires_at_ms = at_ms + rules.hold_ms if until is None else ms_of(until)
    return and_ask_again(row, (Filled(number, at_ms, expires_at_ms),), at_ms, rules)


def and_ask_again(row: Allocation, facts: Facts, at_ms: int, rules: AllocationRules) -> Facts:
    """Ask for lapsed lines anew, when the facts leave nothing open in an order that detoured.

    After a review a line does not wait for a restock: its order ends instead (G-24).
    """
    after = fold(row, facts)
    if is_open(after) or not (after.reviewed or after.waited):
        return facts
    lapsed = [n for n, line in enumerate(after.lines, 1) if line.state is LineState.LAPSED]
    if not lapsed:
        return facts
    again = AskedAgain(tuple(lapsed), at_ms, at_ms + rules.hold_ms, not after.reviewed)
    return (*facts, again)
