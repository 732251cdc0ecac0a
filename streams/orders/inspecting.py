"""What came back of an exchange: replaced when all of it is as it should be, else paid back (G-33).

Payment gives back by itself what a label promised as a refund. The price of what was promised as
an exchange, and that of a replacement, goes back only when Orders asks: by line and unit, so that
no unit is paid back twice.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec.structs import replace

from events.returns import ReturnReceived
from events.shipping import DeliveryFailed
from events.shipping_parts import ReturnedItem
from streams.orders.back import Back, BackMoney, BackState
from streams.orders.exchange_facts import ExchangeEnded, PriceAsked, Replaced, Unreplaced
from streams.orders.exchanging import Unmet, is_disputed, is_open, without_exchange
from streams.orders.facts import Fact
from streams.orders.flags import CHARGED_BACK
from streams.orders.naming import line_of
from streams.orders.rows import Order, ParcelState, Status

Facts = tuple[Fact, ...]

_UNDELIVERED = "delivery_failed"


class Verdict(StrEnum):
    """What follows from an inspection."""

    REPLACED = "REPLACED"
    PAID_BY_PAYMENT = "PAID_BY_PAYMENT"
    """Payment reads the same message and gives the price back."""
    ASKED_BACK = "ASKED_BACK"
    """Orders asks Payment for it."""
    NOTHING = "NOTHING"
    """All the money went back before, or the bank has it."""


def verdict(order: Order, back: Back, event: ReturnReceived) -> Verdict:
    """Say what becomes of goods that came back."""
    if order.exchange is not None:
        return Verdict.ASKED_BACK
    if event.resolution != "exchange":
        return Verdict.PAID_BY_PAYMENT
    if order.refund_status == "refunded" or CHARGED_BACK in order.flags:
        return Verdict.NOTHING
    ready = is_open(back) and not back.waits_for_stock
    if ready and not is_disputed(order) and _is_whole(order, back, event.items):
        return Verdict.REPLACED
    return Verdict.ASKED_BACK


def money_of(order: Order, found: Verdict) -> BackMoney:
    """What becomes of the price of goods that may be paid back."""
    if order.refund_status == "refunded":
        return BackMoney.REFUNDED
    if order.exchange is not None or CHARGED_BACK in order.flags or found is Verdict.REPLACED:
        return BackMoney.NOT_REFUNDED
    return BackMoney.INITIAL


def following(
    order: Order, position: int, back: Back, event: ReturnReceived, found: Verdict, at_ms: int
) -> Facts:
    """Have the replacement sent, or let it go and ask for the price."""
    if found is Verdict.REPLACED:
        return (Replaced(at_ms, position, replace(back, replaced=True)),)
    facts: list[Fact] = []
    if is_open(back):
        reason = f"EXCHANGE_REFUSED_{_why(order, found)}"
        facts.append(ExchangeEnded(at_ms, position, back, without_exchange(back), reason))
    if found is Verdict.ASKED_BACK:
        goods = tuple(_unreplaced(order, back, event.items))
        facts += _asked(order, event.return_id, event.return_id, goods, back.fee_minor, at_ms)
    return tuple(facts)


def lost(order: Order, event: DeliveryFailed, at_ms: int) -> Facts:
    """Ask for the price of a replacement that got lost on its way."""
    parcel = next((p for p in order.parcels if p.shipment_id == event.shipment_id), None)
    if order.exchange is None or parcel is None or parcel.state is not ParcelState.DISPATCHED:
        return ()
    lines = parcel.lines or [(number, line.quantity) for number, line in order.standing]
    goods = [one for n, units in lines for one in _goods(order, n, units, "new")]
    return _asked(order, f"lost:{event.shipment_id}", None, tuple(goods), 0, at_ms)


def is_taken_back(item: ReturnedItem) -> bool:
    """Whether the inspection lets the price of an item go back."""
    return item.condition != "damaged" if item.refundable is None else item.refundable


def _is_whole(order: Order, back: Back, items: Iterable[ReturnedItem]) -> bool:
    """Whether all that was announced came back, and may be taken back."""
    missing = {line.line: line.units for line in back.lines if line.state is BackState.ADVISED}
    for item in items:
        if is_taken_back(item):
            number = line_of(order, back, item)
            missing[number] = missing.get(number, 0) - item.quantity
    return not any(units > 0 for units in missing.values())


def _why(order: Order, found: Verdict) -> Unmet:
    if found is Verdict.PAID_BY_PAYMENT:
        return Unmet.LABEL
    if is_disputed(order):
        return Unmet.DISPUTED
    return Unmet.PAID_BACK if found is Verdict.NOTHING else Unmet.INSPECTION


def _unreplaced(order: Order, back: Back, items: Iterable[ReturnedItem]) -> Iterator[Unreplaced]:
    """What of it is paid back. What never reached the customer comes back as it went out."""
    for item in items:
        if is_taken_back(item):
            condition = "new" if back.reason == _UNDELIVERED else item.condition
            yield from _goods(order, line_of(order, back, item), item.quantity, condition)


def _goods(order: Order, number: int, units: int, condition: str) -> Iterator[Unreplaced]:
    """Units of a line as they were paid for, without those whose price was asked for before."""
    exchange = order.exchange
    ended = exchange is not None and order.status is Status.CANCELLED
    if number == 0 or ended:
        return
    line = order.lines[number - 1]
    product_id = line.product_id
    if exchange is not None:
        units = min(units, exchange.unasked(number, line.quantity))
        product_id = exchange.products[number - 1]
    if units > 0:
        yield Unreplaced(number, product_id, units, condition)


def _asked(
    order: Order,
    cause: str,
    return_id: str | None,
    goods: tuple[Unreplaced, ...],
    fee_minor: int,
    at_ms: int,
) -> Facts:
    if not goods:
        return ()
    payer = order.order_id if order.exchange is None else order.exchange.order_id
    return (PriceAsked(at_ms, payer, cause, return_id, goods, fee_minor),)
