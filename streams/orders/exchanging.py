"""Exchanges: what goes out instead is held at once, and sent once it may be (G-33).

That is once what came back is sound; for what the shop did wrong, as soon as there is a label for
the way back. A line is exchanged once, unit for unit; goods that cost more are paid before they are
sent. Whatever keeps that from happening makes the exchange a refund: nothing is paid back twice.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec.structs import replace

from events.exchange_ids import hold_id_of, replacement_id_of
from events.inventory import InventoryAdjusted, OutOfStock
from events.orders import RequestReturn
from events.types import OrderItem
from streams.orders.back import Back, BackLine, Pay, Swap
from streams.orders.exchange_facts import (
    DifferenceAsked,
    ExchangeEnded,
    LabelAsked,
    Replaced,
    ReplacementStopped,
    SwapHeld,
)
from streams.orders.facts import Fact
from streams.orders.flags import CHARGED_BACK, DISPUTED
from streams.orders.naming import named
from streams.orders.pricing import discount_of, kept_name, net
from streams.orders.rows import Order
from streams.orders.rules import OrderRules

Facts = tuple[Fact, ...]
Instead = dict[int, OrderItem | None]
"""By line, what is wanted instead; None: the same again."""

_LETTING_GO = frozenset({"EXPIRED", "CANCELLED"})


class Unmet(StrEnum):
    """Why an exchange becomes a refund, in order of precedence; the history tells it."""

    REPLACEMENT = "REPLACEMENT"
    """The goods replace others already."""
    ONCE = "ONCE"
    """One of the lines was exchanged before, or is being exchanged."""
    DISPUTED = "DISPUTED"
    """A bank claims the money, or has it."""
    PAID_BACK = "PAID_BACK"
    """All the money went back meanwhile."""
    UNLIKE = "UNLIKE"
    """What is wanted instead is not as many units, or has another price than its sender saw."""
    UNPAID = "UNPAID"
    """It costs more, and nobody says how that is paid, or it was not."""
    SHORT = "SHORT"
    """Stock has not all of it."""
    NO_ANSWER = "NO_ANSWER"
    """Stock did not answer in time."""
    INSPECTION = "INSPECTION"
    """Not all of it came back, or not in the state in which it is taken back."""
    LABEL = "LABEL"
    """It came back with a label that promised a refund."""


def wanted_instead(
    order: Order, command: RequestReturn, lines: frozenset[int], rules: OrderRules
) -> Instead | Unmet:
    """Say what is wanted in the place of each line, or why the price goes back."""
    if order.exchange is not None:
        return Unmet.REPLACEMENT
    if lines & {swap.line for back in order.returns for swap in back.swaps}:
        return Unmet.ONCE
    if is_disputed(order):
        return Unmet.DISPUTED
    if command.exchange_items is None:
        return dict.fromkeys(lines)
    return _paired(order, command, command.exchange_items, rules)


def swapping(
    order: Order, back: Back, number: int, wanted: Instead, rules: OrderRules, pay: Pay | None
) -> Back:
    """The same return as an exchange, the order's return of that number, counted from 1."""
    swaps = tuple([_swap(order, one, wanted[one.line], rules) for one in back.lines])
    extra_minor = sum([max(0, swap.differs_minor) for swap in swaps])
    return replace(
        back,
        swaps=swaps,
        replacement=replacement_id_of(order.order_id, number),
        pay=pay if extra_minor else None,
        extra_minor=extra_minor,
    )


def is_dearer(order: Order, lines: Iterable[BackLine], wanted: Instead, rules: OrderRules) -> bool:
    """Whether something of what is wanted costs more than what comes back."""
    return any(_swap(order, one, wanted[one.line], rules).differs_minor > 0 for one in lines)


def stock_told(
    order: Order, event: InventoryAdjusted | OutOfStock, at_ms: int, rules: OrderRules
) -> Facts:
    """Count what stock holds; with the last of it, or where it is short, a label is asked for."""
    position, number = _hold_of(order, event.reservation_id)
    if number == 0 or not order.returns[position].waits_for_stock:
        return ()
    back = order.returns[position]
    if isinstance(event, OutOfStock) or event.reservation_status in _LETTING_GO:
        return ended(position, back, Unmet.SHORT, at_ms, rules)
    if event.reservation_status != "CONFIRMED" or number in back.held:
        return ()
    held = replace(back, held=tuple(sorted((*back.held, number))))
    if held.waits_for_stock:
        return (SwapHeld(position, held),)
    if held.waits and held.pay is not None:
        charged = replace(held, due_ms=at_ms + rules.exchange_pay_ms)
        charged = replace(charged, pay=replace(held.pay, token=None))
        return (DifferenceAsked(at_ms, position, charged, held.pay),)
    return (LabelAsked(position, replace(held, due_ms=at_ms + rules.return_label_ms)),)


def ended(position: int, back: Back, why: Unmet, at_ms: int, rules: OrderRules) -> Facts:
    """Make an exchange a return for its price; the label that it still waits for is asked for."""
    plain = without_exchange(back)
    reason = f"EXCHANGE_REFUSED_{why}"
    if not back.waits or back.return_id:
        return (ExchangeEnded(at_ms, position, back, plain, reason),)
    plain = replace(plain, due_ms=at_ms + rules.return_label_ms)
    return (
        ExchangeEnded(at_ms, position, back, plain, reason),
        LabelAsked(position, plain),
    )


def without_exchange(back: Back) -> Back:
    """The same return, for its price."""
    return replace(back, swaps=(), held=(), replacement="", pay=None, extra_minor=0, paid_minor=0)


def is_open(back: Back) -> bool:
    """Whether goods are held, or asked for, that are not on their way yet."""
    return bool(back.swaps) and not back.replaced


def may_replace(order: Order, back: Back) -> bool:
    """Whether what is held for a return may go out, as far as money and stock are concerned."""
    ready = is_open(back) and not back.waits
    return ready and not is_disputed(order) and not is_paid_back(order)


def is_paid_back(order: Order) -> bool:
    """Whether no price goes back any more: all the money did, or the bank has it."""
    return order.refund_status == "refunded" or CHARGED_BACK in order.flags


def at_once(order: Order, position: int, back: Back, at_ms: int, rules: OrderRules) -> Facts:
    """Have a replacement sent before anything came back, where the shop is to blame."""
    if back.reason not in rules.exchange_at_once or not may_replace(order, back):
        return ()
    return (Replaced(at_ms, position, replace(back, replaced=True)),)


def is_disputed(order: Order) -> bool:
    """Whether a bank claims the money, or has it."""
    return not {DISPUTED, CHARGED_BACK}.isdisjoint(order.flags)


def disputed(order: Order, at_ms: int, rules: OrderRules) -> Facts:
    """Give up every exchange of an order whose money the bank claims, as far as none has left."""
    facts: list[Fact] = []
    for position, back in enumerate(order.returns):
        if is_open(back):
            facts += ended(position, back, Unmet.DISPUTED, at_ms, rules)
        elif back.replaced:
            facts.append(ReplacementStopped(at_ms, back.replacement))
    return tuple(facts)


def holds_of(back: Back) -> Iterator[tuple[str, Swap]]:
    """The reservations of what goes out instead."""
    for number, swap in enumerate(back.swaps, 1):
        yield hold_id_of(back.replacement, number), swap


def _paired(
    order: Order, command: RequestReturn, others: tuple[OrderItem, ...], rules: OrderRules
) -> Instead | Unmet:
    """Each item's counterpart is the one in the same place."""
    if len(others) != len(command.items):
        return Unmet.UNLIKE
    found: Instead = {}
    for item, other in zip(command.items, others, strict=True):
        is_ours = rules.costs(other.product_id, order.currency, other.unit_price_minor)
        like = item.quantity == other.quantity and is_ours
        for number, _ in named(order, item):
            if not like or found.setdefault(number, other) is not other:
                return Unmet.UNLIKE
    return found


def _swap(order: Order, back: BackLine, other: OrderItem | None, rules: OrderRules) -> Swap:
    line = order.lines[back.line - 1]
    if other is not None:
        name = kept_name(other.product_name)
        differs = _differs_minor(order, back, other, rules)
        return Swap(back.line, back.units, other.product_id, other.sku, name, differs)
    return Swap(back.line, back.units, line.product_id, line.sku, line.product_name)


def _differs_minor(order: Order, back: BackLine, other: OrderItem, rules: OrderRules) -> int:
    """What a line's units cost beyond what comes back did, the order's discount taken off."""
    line = order.lines[back.line - 1]
    percent = discount_of(order, rules.discounts_percent)
    price_minor = rules.price_minor(other.product_id, order.currency, other.unit_price_minor)
    now = net(back.units * price_minor, percent)
    differs = now - line.total_minor * back.units // line.quantity
    return differs if abs(differs) > rules.exchange_waived_minor else 0


def _hold_of(order: Order, reservation_id: str | None) -> tuple[int, int]:
    """Which swap of which return a reservation is for; 0 for the swap: for none."""
    replacement, _, number = (reservation_id or "").rpartition(":x")
    for position, back in enumerate(order.returns):
        if back.replacement and back.replacement == replacement and number.isdecimal():
            return position, int(number)
    return 0, 0
