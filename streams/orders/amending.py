"""AmendOrder: units are held before they are ordered, and what is short refuses all (G-8).

Money follows from OrderAmended: Payment charges or gives back the difference.
"""

from msgspec.structs import replace

from events.inventory import InventoryAdjusted, OutOfStock
from events.orders import AmendOrder
from events.payments import PaymentFailed
from streams.addresses import kept_address
from streams.orders import uncollected
from streams.orders.amendments import (
    ADDRESS,
    Lines,
    Refusal,
    are_items_closed,
    changed,
    money_refusals,
    standing_refusals,
)
from streams.orders.cancelling import ended_by_shop, noted
from streams.orders.checks import address_refusals
from streams.orders.evolution import fold
from streams.orders.facts import (
    Amended,
    AmendmentAsked,
    AmendmentEnded,
    AmendmentHeld,
    Cancelled,
    Fact,
    Moved,
)
from streams.orders.recovery import lines_cancelled
from streams.orders.rows import BEFORE_DISPATCH, Order, Pending, Status
from streams.orders.rules import OrderRules
from streams.orders.stock import amended
from streams.orders.substituting import substitute_asked, substitutes_of

Facts = tuple[Fact, ...]


def amend(order: Order, command: AmendOrder, at_ms: int, rules: OrderRules) -> Facts:
    """Amend an order, or ask stock for what is added first; asking for what is so is nothing."""
    if command.user_id == order.user_id and _is_so(order, command):
        return ()
    refusal = next(standing_refusals(order, command, rules), None)
    if refusal is not None:
        return _refused(order, at_ms, refusal)
    if command.amendment_type == ADDRESS:
        return _moved(order, command, at_ms, rules)
    lines = changed(order, command.amendments or (), rules)
    if isinstance(lines, Refusal):
        return _refused(order, at_ms, lines)
    kind = command.amendment_type
    added = tuple(range(len(order.lines) + 1, len(lines) + 1))
    if not added:
        return _amended(order, kind, lines, at_ms)
    due_ms = at_ms + rules.amendment_wait_ms
    return (AmendmentAsked(at_ms, Pending(kind, lines, added, added, due_ms)),)


def stock_held(order: Order, pending: Pending, line: int, at_ms: int) -> Facts:
    """Count a line that stock holds; with the last, amend what may still be amended.

    What the shop sends instead goes on whatever became of the money.
    """
    held = AmendmentHeld(line)
    if pending.missing != (line,):
        return (held,)
    if are_items_closed(order):
        return (held, ended(pending, at_ms, Refusal.ITEMS_CLOSED))
    unpaid = None if pending.replaces else next(money_refusals(order), None)
    if unpaid is not None:
        return (held, ended(pending, at_ms, unpaid))
    return (held, *_amended(order, pending.kind, pending.lines, at_ms))


def stock_told(
    order: Order,
    pending: Pending,
    line: int,
    event: InventoryAdjusted,
    at_ms: int,
    rules: OrderRules,
) -> Facts:
    """Say what stock's answer means for the amendment that asked for a line."""
    if event.reason == "order_reserved" and event.reservation_status == "CONFIRMED":
        return stock_held(order, pending, line, at_ms) if line in pending.missing else ()
    lost = event.reservation_status in {"EXPIRED", "CANCELLED"}
    return given_up(order, pending, at_ms, rules, Refusal.SHORT) if lost else ()


def given_up(
    order: Order, pending: Pending, at_ms: int, rules: OrderRules, refusal: Refusal
) -> Facts:
    """Give an amendment up; for a substitute the next is tried, or the line is cancelled."""
    over = ended(pending, at_ms, refusal)
    number = pending.replaces
    if not number:
        return (over,)
    after, names = fold(order, (over,)), pending.substitutes
    if names and substitutes_of(after, number, rules):
        return (over, *substitute_asked(after, number, names, at_ms, rules))
    return (over, *lines_cancelled(after, (number,), at_ms, rules))


def not_needed(order: Order, at_ms: int) -> Facts:
    """Let a substitute go whose product came after all."""
    assert order.pending is not None, "nothing was asked for"
    return (ended(order.pending, at_ms, Refusal.NOT_NEEDED),)


def is_of_pending(order: Order, event: OutOfStock) -> bool:
    """Whether it is the amendment's line that ran short."""
    pending = order.pending
    return pending is not None and order.line_number(event.reservation_id) in pending.missing


def ended(pending: Pending, at_ms: int, refusal: Refusal | str) -> AmendmentEnded:
    """Give an amendment up, with all that was asked for it."""
    let_go = tuple([(number, pending.lines[number - 1]) for number in pending.added])
    return AmendmentEnded(at_ms, f"AMEND_REFUSED_{refusal}", let_go)


def without_pending(order: Order, facts: Facts, at_ms: int) -> Facts:
    """Give up, before anything else, an amendment whose order ends or leaves the house."""
    if order.pending is None or not any(map(_is_too_late, facts)):
        return facts
    if any(isinstance(fact, AmendmentEnded) for fact in facts):
        return facts
    return (ended(order.pending, at_ms, Refusal.CLOSED), *facts)


def unanswered(order: Order, due_ms: int, now_ms: int, rules: OrderRules) -> Facts:
    """Refuse an amendment that stock does not answer: the timer's rule."""
    if order.pending is None or order.pending.due_ms != due_ms:
        return ()
    return given_up(order, order.pending, now_ms, rules, Refusal.NO_ANSWER)


def increase_unpaid(order: Order, event: PaymentFailed, at_ms: int, rules: OrderRules) -> Facts:
    """Take back what amendments brought and nobody paid, once no further attempt follows.

    What has a shipment already is for people to collect, who are told. An amendment under way is
    given up, and an order of which nothing else is left ends.
    """
    attempt = event.attempt_number or 1
    mine = event.payment_id == order.payment_id
    if mine or not order.unpaid or order.status is Status.CANCELLED:
        return ()
    if event.retryable and attempt < (event.max_attempts or rules.payment_attempts_max):
        return noted(order, at_ms, f"AMENDMENT_ATTEMPT_{attempt}_FAILED")
    if order.status not in BEFORE_DISPATCH or are_items_closed(order):
        return noted(order, at_ms, uncollected.REASON)
    lines = tuple(
        [
            replace(line, quantity=0, total_minor=0) if number in order.unpaid else line
            for number, line in enumerate(order.lines, 1)
        ]
    )
    if not any(line.quantity for line in lines):
        return ended_by_shop(at_ms, "PAYMENT_FAILED", rules)
    over = () if order.pending is None else (ended(order.pending, at_ms, Refusal.CONFLICT),)
    return (*over, Amended(at_ms, "QUANTITY_CHANGE", order.lines, lines, counts=False))


def _is_so(order: Order, command: AmendOrder) -> bool:
    """Whether all that is asked for holds already, or is being asked of stock."""
    if command.amendment_type == ADDRESS:
        return command.new_address is not None and (
            kept_address(command.new_address) == order.shipping_address
        )
    lines = order.lines if order.pending is None else order.pending.lines
    wanted = command.amendments or ()
    return bool(wanted) and all(
        sum([line.quantity for line in lines if line.product_id == one.product_id])
        == one.new_quantity
        for one in wanted
    )


def _is_too_late(fact: Fact) -> bool:
    left = isinstance(fact, Moved) and fact.to not in BEFORE_DISPATCH
    return left or isinstance(fact, Cancelled)


def _refused(order: Order, at_ms: int, refusal: Refusal) -> Facts:
    return noted(order, at_ms, f"AMEND_REFUSED_{refusal}")


def _moved(order: Order, command: AmendOrder, at_ms: int, rules: OrderRules) -> Facts:
    address = command.new_address
    assert address is not None, "a valid change of address has one"
    if any(address_refusals(address, order.shipping_method, rules)):
        return _refused(order, at_ms, Refusal.ADDRESS)
    lines, old, new = order.lines, order.shipping_address, kept_address(address)
    return (Amended(at_ms, ADDRESS, lines, lines, old, new),)


def _amended(order: Order, kind: str, lines: Lines, at_ms: int) -> Facts:
    own = order.pending is None or not order.pending.replaces
    return amended(order, Amended(at_ms, kind, order.lines, lines, counts=own))
