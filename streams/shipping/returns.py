"""Goods on their way back: labels, parcels nobody took, receipt and inspection (G-32, G-33)."""

from collections.abc import Iterable, Iterator
from typing import Final, get_args

from msgspec.structs import replace

from events.ids import derived_id
from events.returns import ConfirmReturnReceived, CreateReturnLabel
from events.shipping_parts import ReturnedItem as Inspected
from events.types import ShippedItem
from events.vocabulary import UNDELIVERED, ReturnReason
from streams.shipping import booking
from streams.shipping.evolution import fold
from streams.shipping.facts import Facts, Noted
from streams.shipping.return_facts import (
    ReturnAsked,
    Returned,
    ReturnedItem,
    ReturnLapsed,
    ReturnTakenUp,
)
from streams.shipping.rows import Item, Return, Shipment, Status
from streams.shipping.rules import ShippingRules

WRONG_ITEM: Final = "wrong_item"
_CANCELLED: Final = "CANCEL_TOO_LATE_ORDER_CANCELLED"
"""The step that its order's cancellation leaves in a parcel that had left."""
_REASONS: Final = frozenset(get_args(ReturnReason))


def label_asked(
    shipment: Shipment, command: CreateReturnLabel, at_ms: int, rules: ShippingRules
) -> Facts:
    """Look for a carrier that takes goods back; the history tells every refusal.

    Refused, in order of precedence: what was not delivered (or is on its way back already),
    what was delivered too long ago, and what was never in the shipment. What Orders granted it
    was asked for in time, however long stock, a payment or the way here took since.
    """
    if shipment.status is not Status.DELIVERED or shipment.returning is not None:
        repeat = shipment.returning is not None
        return () if repeat else (Noted(at_ms, "RETURN_REFUSED_NOT_DELIVERED"),)
    if not (command.granted or _is_in_time(shipment, at_ms, rules)):
        return (Noted(at_ms, "RETURN_REFUSED_OUTSIDE_WINDOW"),)
    items = tuple(_chosen(shipment.items, command.items))
    if not items:
        return (Noted(at_ms, "RETURN_REFUSED_UNKNOWN_ITEMS"),)
    asked = ReturnAsked(at_ms, _return_of(shipment, command, items, rules))
    carriers = tuple(dict.fromkeys((shipment.carrier, rules.return_carrier)))
    number = fold(shipment, (asked,)).version
    return (asked, *booking.search(carriers, at_ms, "return", rules, number))


def sent_back(shipment: Shipment) -> Return:
    """What returns to its sender: everything, on the label it went out with."""
    items = shipment.items
    return Return(
        _return_id(shipment),
        UNDELIVERED,
        "carrier_pickup",
        items,
        _estimate_minor(shipment, items),
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        label_url=shipment.label_url,
    )


def received(
    shipment: Shipment, command: ConfirmReturnReceived, at_ms: int, rules: ShippingRules
) -> Facts:
    """Take down what came back and whether it is refunded.

    So it is where its label lapsed, whether or not others were asked for, issued or used since:
    each brings back its own part of the parcel, once, in any order.
    """
    returning = shipment.returning
    unused = _unused(shipment)
    other = next((one for one in unused if one.return_id == command.return_id), None)
    if other is not None:
        found = tuple(_inspected(other, command, rules))
        left = tuple([one for one in (*unused, *_open(shipment)) if one is not other])
        return (ReturnTakenUp(at_ms, other, left), Returned(at_ms, command.warehouse_id, found))
    if returning is None or shipment.status is Status.DELIVERED:
        return (Noted(at_ms, "RECEIPT_REFUSED_NO_RETURN"),)
    if returning.return_id != command.return_id:
        return (Noted(at_ms, "RECEIPT_REFUSED_OTHER_RETURN"),)
    if shipment.status is Status.RETURNED:
        return ()
    return (Returned(at_ms, command.warehouse_id, tuple(_inspected(returning, command, rules))),)


def _unused(shipment: Shipment) -> tuple[Return, ...]:
    """Returns that have another's place, and whose labels have brought nothing yet."""
    newest = () if shipment.lapsed is None else (shipment.lapsed,)
    return (*shipment.lapsed_before, *newest)


def _open(shipment: Shipment) -> tuple[Return, ...]:
    """The return whose label is at the customer's."""
    returning = shipment.returning
    if returning is None or shipment.status is not Status.RETURN_INITIATED:
        return ()
    return (returning,)


def label_due(shipment: Shipment, due_ms: int, now_ms: int, _rules: ShippingRules) -> Facts:
    """Let a return lapse whose label nobody used (G-32)."""
    returning = shipment.returning
    if returning is None or returning.label_due_ms != due_ms:
        return ()
    return (ReturnLapsed(now_ms),)


def _is_in_time(shipment: Shipment, at_ms: int, rules: ShippingRules) -> bool:
    """What was asked for before and got no label, or one that lapsed, has two labels' time more."""
    more_ms = 2 * rules.label_ms if shipment.asked_back else 0
    return at_ms <= shipment.delivered_at_ms + rules.return_window_ms + more_ms


def _return_id(shipment: Shipment) -> str:
    """Of its own each time: a return that lapsed may be followed by another."""
    told = derived_id(shipment.shipment_id, "return", str(shipment.version))
    return f"ret_{told.replace('-', '')}"


def _return_of(
    shipment: Shipment, command: CreateReturnLabel, items: tuple[Item, ...], rules: ShippingRules
) -> Return:
    """Begin a return.

    For what was to be exchanged once, goods may have gone out already: whatever is asked for
    later, Orders says what it is worth (G-33).
    """
    told = command.reason or "other"
    reason = told if told in _REASONS else "other"
    fee_minor = 0 if reason in rules.seller_pays else rules.return_fee_minor
    return Return(
        _return_id(shipment),
        reason,
        command.return_method or "drop_off",
        items,
        max(0, _estimate_minor(shipment, items) - fee_minor),
        reshipping=bool(command.reshipping) or shipment.exchanged,
        details=command.reason_details or (None if told == reason else told),
    )


def _estimate_minor(shipment: Shipment, items: Iterable[Item]) -> int:
    """What items cost; nothing once their order was cancelled, for its money went back (G-9)."""
    if any(step.reason == _CANCELLED for step in shipment.history):
        return 0
    return sum([(item.unit_minor or 0) * item.quantity for item in items])


def _chosen(shipped: tuple[Item, ...], wanted: tuple[ShippedItem, ...] | None) -> Iterator[Item]:
    """What of a shipment is meant, never more than was in it; nothing said means all.

    Of two lines of one product the one that is named comes first: their prices may differ.
    """
    if wanted is None:
        yield from shipped
        return
    left = list(shipped)
    for line in wanted:
        names = {line.item_id, line.product_id, line.sku} - {None}
        meant = [n for n in _named_first(left, line.item_id) if _names(left[n]) & names]
        yield from _parted(left, meant, line.quantity)


def _parted(left: list[Item], positions: Iterable[int], units: int) -> Iterator[Item]:
    """Take units out of items that are left, of those at these positions."""
    for position in positions:
        item = left[position]
        taken = min(units, item.quantity)
        if taken:
            left[position] = replace(item, quantity=item.quantity - taken)
            units -= taken
            yield replace(item, quantity=taken)


def _named_first(items: list[Item], item_id: str | None) -> list[int]:
    """The positions of items, those of the order's line of that name before the others."""
    return sorted(range(len(items)), key=lambda position: items[position].item_id != item_id)


def _names(item: Item) -> set[str | None]:
    return {item.item_id, item.product_id, item.sku} - {None}


def _inspected(
    returning: Return, command: ConfirmReturnReceived, rules: ShippingRules
) -> Iterator[ReturnedItem]:
    """Each line as inspected. What was not announced came back too, but is not refunded.

    More of a product than was announced is of that product, for stock knows no SKUs. Of wrong goods
    whatever comes back stands for what was ordered, which is still where they were taken from.
    """
    left, others = list(returning.items), []
    for line in command.items:
        names = {line.sku, line.product_id}
        same = [n for n in _named_first(left, line.item_id) if _names(left[n]) & names]
        product_id = line.product_id or next((left[n].product_id for n in same), None)
        found = list(_parted(left, same, line.quantity))
        yield from [_back(line, item, returning, rules) for item in found]
        others.append((line, product_id, line.quantity - sum([item.quantity for item in found])))
    wrong = range(len(left)) if returning.reason == WRONG_ITEM else ()
    for line, product_id, units in others:
        found = list(_parted(left, wrong, units))
        yield from [_back(line, item, returning, rules) for item in found]
        more = units - sum([item.quantity for item in found])
        if more:
            yield ReturnedItem(line.sku, product_id, more, line.condition, refundable=False)


def _back(line: Inspected, item: Item, returning: Return, rules: ShippingRules) -> ReturnedItem:
    """Units of an item, in the condition of the line that they came in."""
    refundable = _refundable(line.condition, returning.reason, rules)
    return ReturnedItem(
        line.sku, item.product_id, item.quantity, line.condition, refundable, item.item_id
    )


def _refundable(condition: str, reason: str, rules: ShippingRules) -> bool:
    """Damage is refunded when it was ours: defective, damaged in transit, never delivered."""
    ours = reason in rules.warehouse_finds_damage or reason == UNDELIVERED
    return condition != "damaged" or ours
