"""What came back of an exchange: replaced, or paid back (G-33).

Payment gives back by itself what a label promised as a refund. The price of what was promised as
an exchange goes back only when Orders asks: by line and unit, so that no unit is paid back twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec.structs import replace

from events.returns import ReturnReceived
from events.shipping_parts import ReturnedItem
from streams.orders.accounts import product_of, unreplaced_since
from streams.orders.back import Back, BackMoney, BackState, with_return, with_units
from streams.orders.differences import less_since
from streams.orders.exchange_facts import (
    DifferenceBack,
    ExchangeEnded,
    PriceAsked,
    Replaced,
    Unreplaced,
)
from streams.orders.exchanging import (
    Unmet,
    is_open,
    is_paid_back,
    may_replace,
    without_exchange,
)
from streams.orders.facts import Fact
from streams.orders.flags import CHARGED_BACK
from streams.orders.naming import line_of
from streams.orders.rows import Order

Facts = tuple[Fact, ...]
Due = Mapping[str, int]
"""Units by product whose price is to be asked back."""


class Verdict(StrEnum):
    """What follows from an inspection."""

    REPLACED = "REPLACED"
    """All of it is as it should be: what is held goes out, and nothing is paid back."""
    PAID_BY_PAYMENT = "PAID_BY_PAYMENT"
    """Payment reads the same message and gives the price back."""
    ASKED_BACK = "ASKED_BACK"
    """Orders asks Payment for the price of what nothing went out for."""
    NOTHING = "NOTHING"
    """All the money went back before, the bank has it, or another order's payment has it."""


class Finding(NamedTuple):
    """An inspection."""

    verdict: Verdict
    due: Due


def verdict(order: Order, back: Back, event: ReturnReceived) -> Verdict:
    """Say what becomes of goods that came back."""
    if order.exchange is not None:
        return Verdict.NOTHING
    if event.resolution != "exchange":
        return Verdict.PAID_BY_PAYMENT
    if is_paid_back(order):
        return Verdict.NOTHING
    ready = may_replace(order, back) and _is_whole(order, back, event.items)
    return Verdict.REPLACED if ready else Verdict.ASKED_BACK


def taken_back(order: Order, back: Back, event: ReturnReceived, found: Verdict) -> Back:
    """The return with what was taken back, where Orders says what that is worth."""
    if order.exchange is not None or found is Verdict.PAID_BY_PAYMENT:
        return back
    sound = [
        (number, item.quantity)
        for item in event.items
        if item.is_taken_back and (number := line_of(order, back, item))
    ]
    replaced = back.replaced or found is Verdict.REPLACED
    return replace(back, given=with_units((), sound), replaced=replaced)


def due_of(order: Order, position: int, back: Back) -> Due:
    """Units whose price is to be asked back once a return is as it is now."""
    if is_paid_back(order):
        return {}
    return unreplaced_since(order, with_return(order.returns, position, back))


def money_of(order: Order, found: Finding, number: int) -> BackMoney:
    """What becomes of the price of a line's units that may be paid back; 0: of no line's.

    Of what costs nothing Payment gives nothing back, and says nothing.
    """
    if order.refund_status == "refunded":
        return BackMoney.REFUNDED
    if not number or not order.lines[number - 1].total_minor:
        return BackMoney.NOT_REFUNDED
    by_payment = found.verdict is Verdict.PAID_BY_PAYMENT and CHARGED_BACK not in order.flags
    is_due = product_of(order, number) in found.due
    return BackMoney.INITIAL if by_payment or is_due else BackMoney.NOT_REFUNDED


def following(
    order: Order, position: int, back: Back, event: ReturnReceived, found: Finding, at_ms: int
) -> Facts:
    """Have the replacement sent, or let go what is held, and ask for what is to be paid back."""
    less = () if is_paid_back(order) else _less(order, position, back, event, at_ms)
    if found.verdict is Verdict.REPLACED:
        return (Replaced(at_ms, position, back), *less)
    facts: list[Fact] = [*less]
    if is_open(back):
        reason = f"EXCHANGE_REFUSED_{_why(found.verdict)}"
        facts.append(ExchangeEnded(at_ms, position, back, without_exchange(back), reason))
    goods = tuple(_unreplaced(order, back, event.items, found.due))
    if goods:
        cause = event.return_id
        facts.append(PriceAsked(at_ms, cause, cause, goods, back.fee_minor))
    return tuple(facts)


def _less(order: Order, position: int, back: Back, event: ReturnReceived, at_ms: int) -> Facts:
    """Give back what goods cost less, of as many units as were exchanged now."""
    minor = less_since(order, position, back)
    if minor <= 0:
        return ()
    return (DifferenceBack(at_ms, order.payment_id, minor, f"less:{event.return_id}"),)


def _is_whole(order: Order, back: Back, items: Iterable[ReturnedItem]) -> bool:
    """Whether all that was announced came back, and may be taken back."""
    missing = {line.line: line.units for line in back.lines if line.state is BackState.ADVISED}
    for item in items:
        if item.is_taken_back:
            number = line_of(order, back, item)
            missing[number] = missing.get(number, 0) - item.quantity
    return not any(units > 0 for units in missing.values())


def _why(found: Verdict) -> Unmet:
    if found is Verdict.PAID_BY_PAYMENT:
        return Unmet.LABEL
    return Unmet.PAID_BACK if found is Verdict.NOTHING else Unmet.INSPECTION


def _unreplaced(
    order: Order, back: Back, items: Iterable[ReturnedItem], due: Due
) -> Iterator[Unreplaced]:
    """What of it is paid back, in the condition in which it came."""
    left = dict(due)
    for item in items:
        number = line_of(order, back, item)
        if number and item.is_taken_back:
            yield from priced(order, Unreplaced(number, item.quantity, item.condition), left)


def priced(order: Order, goods: Unreplaced, left: dict[str, int]) -> Iterator[Unreplaced]:
    """As many of these goods as are left to be paid back; they are left no longer."""
    name = product_of(order, goods.line)
    units = min(goods.units, left.get(name, 0))
    if units:
        left[name] -= units
        yield replace(goods, units=units)
