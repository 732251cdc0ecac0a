"""What an amendment would make of an order's lines, and why it may not (G-8, G-10).

A line's number names its stock, so numbers are never used again: units that are added to a
product become a line of their own, and a line that is taken away stays with no units. Units
are taken from the newest lines of their product.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from events.order_parts import Amendment
from events.orders import AmendOrder
from streams.orders.exchanging import is_disputed, is_paid_back
from streams.orders.pricing import discount_of, kept_name, net
from streams.orders.rows import (
    BEFORE_DISPATCH,
    LINES_EVER_MAX,
    Line,
    Order,
    ParcelState,
    Status,
)
from streams.orders.rules import OrderRules

Lines = tuple[Line, ...]

ADDRESS: Final = "ADDRESS_CHANGE"


class Refusal(StrEnum):
    """Why an amendment does not happen, in order of precedence; the history tells it."""

    FOREIGN = "FOREIGN"
    """The order is somebody else's."""
    CLOSED = "CLOSED"
    """The order has ended, or has left the house."""
    TOO_MANY = "TOO_MANY"
    UNDER_WAY = "UNDER_WAY"
    """Another amendment waits for its stock."""
    INVALID = "INVALID"
    """It asks for nothing, or for what its type does not cover."""
    ITEMS_CLOSED = "ITEMS_CLOSED"
    """A shipment is booked: only the address may change."""
    SUBSCRIBED = "SUBSCRIBED"
    """A renewal paid for what is in it: whoever wants other goods changes the subscription."""
    DISPUTED = "DISPUTED"
    """A bank claims the money, or has it: nothing of the order is sent."""
    PAID_BACK = "PAID_BACK"
    """All the money went back: nothing more is charged for the order."""
    CONFLICT = "CONFLICT"
    """The order is not what the sender believes."""
    PRICE = "PRICE"
    """The sender saw another price."""
    EMPTY = "EMPTY"
    """No line would be left: that is a cancellation."""
    LIMITS = "LIMITS"
    """More units, lines or money than an order may have."""
    ADDRESS = "ADDRESS"
    """The goods cannot go there."""
    SHORT = "SHORT"
    """Stock has less than what is added."""
    NO_ANSWER = "NO_ANSWER"
    """Stock did not answer in time."""
    NOT_NEEDED = "NOT_NEEDED"
    """Of a substitute: what it was to replace came after all."""


def standing_refusals(order: Order, command: AmendOrder, rules: OrderRules) -> Iterator[Refusal]:
    """Say what speaks against any amendment of that type by that sender, the gravest first."""
    moves = command.amendment_type == ADDRESS
    if command.user_id not in {order.user_id, *rules.system_users}:
        yield Refusal.FOREIGN
    if order.status not in (BEFORE_DISPATCH | {Status.SHIPPED} if moves else BEFORE_DISPATCH):
        yield Refusal.CLOSED
    if order.amendments >= rules.amendments_max:
        yield Refusal.TOO_MANY
    if order.pending is not None:
        yield Refusal.UNDER_WAY
    if not _is_valid(command):
        yield Refusal.INVALID
    if not moves and are_items_closed(order):
        yield Refusal.ITEMS_CLOSED
    if not moves and order.subscription_id is not None:
        yield Refusal.SUBSCRIBED
    if not moves:
        yield from money_refusals(order)
    if command.expected_version not in {None, order.version}:
        yield Refusal.CONFLICT


def money_refusals(order: Order) -> Iterator[Refusal]:
    """Say why nobody would pay for other goods."""
    if is_disputed(order):
        yield Refusal.DISPUTED
    if is_paid_back(order):
        yield Refusal.PAID_BACK


def are_items_closed(order: Order) -> bool:
    """Whether a shipment was created that still is to go, or the order is under way.

    What replaces other goods is as many as they were (G-33).
    """
    if order.exchange is not None:
        return True
    if order.status not in BEFORE_DISPATCH or order.status is Status.PROCESSING:
        return True
    return any(parcel.state is not ParcelState.CANCELLED for parcel in order.parcels)


def changed(order: Order, amendments: tuple[Amendment, ...], rules: OrderRules) -> Lines | Refusal:
    """Give all lines of the order as the amendments want them, or the gravest refusal."""
    lines = list(order.lines)
    percent = discount_of(order, rules.discounts_percent)
    found: list[Refusal] = []
    for wanted in amendments:
        found += _refusals(order, wanted, rules)
        if not found:
            _change(lines, _at_our_price(order, wanted, rules), percent)
            found += _mispriced(lines, wanted, rules)
    standing = [line for line in lines if line.quantity]
    if not standing:
        found.append(Refusal.EMPTY)
    total_minor = sum([line.total_minor for line in standing])
    # Limits may be lower by now than when the order was placed: it may be less, though not more.
    total_minor_max = max(rules.total_minor_max, order.total_minor)
    if total_minor > total_minor_max or len(standing) > max(rules.lines_max, len(order.standing)):
        found.append(Refusal.LIMITS)
    if len(lines) > LINES_EVER_MAX:
        found.append(Refusal.LIMITS)
    return min(found, key=[*Refusal].index) if found else tuple(lines)


def units_of(order: Order, product_id: str) -> int:
    """How many units of a product are ordered."""
    return sum([line.quantity for line in order.lines if line.product_id == product_id])


def _is_valid(command: AmendOrder) -> bool:
    wanted = command.amendments or ()
    if command.amendment_type == ADDRESS:
        return command.new_address is not None and not wanted
    once = len({one.product_id for one in wanted}) == len(wanted)
    kinds = {"ITEM_ADDED": _is_added, "ITEM_REMOVED": _is_removed}
    fits = kinds.get(command.amendment_type, lambda _: True)
    return bool(wanted) and once and command.new_address is None and all(map(fits, wanted))


def _is_added(wanted: Amendment) -> bool:
    return wanted.previous_quantity == 0 < wanted.new_quantity


def _is_removed(wanted: Amendment) -> bool:
    return wanted.new_quantity == 0


def _refusals(order: Order, wanted: Amendment, rules: OrderRules) -> Iterator[Refusal]:
    if wanted.previous_quantity != units_of(order, wanted.product_id):
        yield Refusal.CONFLICT
    known = [line for _, line in order.standing if line.product_id == wanted.product_id]
    told_minor = wanted.unit_price_minor
    if known:
        is_ours = rules.agree(known[-1].unit_price_minor, told_minor)
    else:
        is_ours = rules.costs(wanted.product_id, order.currency, told_minor)
    if not is_ours:
        yield Refusal.PRICE
    if wanted.new_quantity > max(rules.quantity_max, wanted.previous_quantity):
        yield Refusal.LIMITS


def _at_our_price(order: Order, wanted: Amendment, rules: OrderRules) -> Amendment:
    """The same at the catalogue's price: a cent of each of many units is no rounding."""
    told_minor = wanted.unit_price_minor
    price_minor = rules.price_minor(wanted.product_id, order.currency, told_minor)
    return wanted.model_copy(update={"unit_price_minor": price_minor})


def _change(lines: list[Line], wanted: Amendment, percent: int) -> None:
    known = [n for n, line in enumerate(lines) if line.product_id == wanted.product_id]
    more = wanted.new_quantity - sum([lines[n].quantity for n in known])
    if more > 0:
        lines.append(_added(lines, known, wanted, more, percent))
    for n in reversed(known):
        less = min(max(0, -more), lines[n].quantity)
        if less:
            lines[n] = _cut(lines[n], lines[n].quantity - less)
            more += less


def _added(
    lines: list[Line], known: list[int], wanted: Amendment, units: int, percent: int
) -> Line:
    standing = [lines[n] for n in known if lines[n].quantity]
    if standing:
        line = standing[-1]
        total_minor = net(units * line.unit_price_minor, percent)
        return replace(line, quantity=units, total_minor=total_minor)
    price = wanted.unit_price_minor
    return Line(
        wanted.product_id,
        units,
        price,
        net(units * price, percent),
        kept_name(wanted.product_name),
        wanted.sku,
    )


def _cut(line: Line, units: int) -> Line:
    """What is left of a line costs its share of what the line cost, rounded half up."""
    total_minor = (2 * line.total_minor * units + line.quantity) // (2 * line.quantity)
    return replace(line, quantity=units, total_minor=total_minor)


def _mispriced(lines: list[Line], wanted: Amendment, rules: OrderRules) -> Iterator[Refusal]:
    """Where the sender names the new price of the product, it must be ours (G-10)."""
    if wanted.new_line_total_minor is None:
        return
    ours = sum([line.total_minor for line in lines if line.product_id == wanted.product_id])
    if not rules.agree(ours, wanted.new_line_total_minor):
        yield Refusal.PRICE
