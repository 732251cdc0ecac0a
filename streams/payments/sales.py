"""What was sold under a payment, and what became of it: prices, parcels, returns.

Apart from the payment's own row, because that one is written ten times on the happy path. The
lines are those of the session, so their totals have discounts taken off and add up to the
amount; a renewal's bear their share of the tax on top (G-12), which goes back with them. Bounded:
the lines of an order, `PARCELS_MAX` parcels, `RETURNS_MAX` returns.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from events.order_parts import OrderLine
from events.payments import PaymentInitiated
from streams.payments.early_news import EarlyLine

PARCELS_MAX: Final = 50
RETURNS_MAX: Final = 50
PARCEL_LINES_MAX: Final = 50


class SoldLine(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One line of the order."""

    product_id: str
    sku: str | None
    quantity: int
    total_minor: int
    units_back: int = 0
    """Units that were refunded or came back unfit for it: no unit counts twice."""


class SentUnits(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Units of a product in a parcel."""

    product_id: str | None
    sku: str | None
    quantity: int
    line: int = 0
    """The order's, from 1; 0: nobody said."""


class SentParcel(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One parcel on its way to the customer: what it holds, and the proof that it arrived."""

    shipment_id: str
    carrier: str
    tracking_number: str
    units: tuple[SentUnits, ...] = ()
    lost: bool = False
    """True: its carrier lost it, and the price of what is in it was taken off the sale. It may come
    all the same."""
    delivered_at_ms: int = 0
    proof_url: str = ""
    signed_by: str = ""


class AgreedReturn(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A return that Shipping has agreed to."""

    return_id: str
    fee_minor: int
    """What the label costs the customer: the goods' worth less the estimate they were told."""
    unused: bool
    """True: the goods never reached the customer."""
    shipment_id: str = ""
    """What it went out with; empty where it was agreed to before that was kept."""


class OwedBack(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What goes back for goods as soon as a charge is taken that was under way when they came."""

    cause: str
    amount_minor: int
    reason: str
    return_id: str
    payments: tuple[str, ...]
    """The charges, by their payments: of others it is not owed."""


class Sale(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What was sold under one payment."""

    lines: tuple[SoldLine, ...] = ()
    parcels: tuple[SentParcel, ...] = ()
    returns: tuple[AgreedReturn, ...] = ()
    unpaid_minor: int = 0
    """Of the lines' price, what no payment took when goods moved last: the newest lines' (G-8)."""
    owed: tuple[OwedBack, ...] = ()
    """For goods that came back before they were paid; at most `RETURNS_MAX`, the newest."""


NOTHING_SOLD: Final = Sale()


class Worth(NamedTuple):
    """Units taken off a sale: what they cost, and the sale without them."""

    amount_minor: int
    sale: Sale


def sale_of(event: PaymentInitiated) -> Sale | None:
    """The order's lines, or None where the session is not an order's."""
    if not event.items:
        return None
    totals = [item.total_price_minor for item in event.items]
    if event.checkout_type == "recurring":
        totals = _spread(event.amount_minor, totals)
    return Sale(
        tuple(
            [
                SoldLine(item.product_id, item.sku, item.quantity, total)
                for item, total in zip(event.items, totals, strict=True)
            ]
        )
    )


def _spread(amount_minor: int, totals: list[int]) -> list[int]:
    """Give each line its share of an amount, so that together they are exactly that."""
    whole, parts, upto, given = sum(totals), [], 0, 0
    if not whole:
        return totals
    for total in totals:
        upto += total
        parts.append(amount_minor * upto // whole - given)
        given += parts[-1]
    return parts


def amended(sale: Sale, lines: Iterable[OrderLine | EarlyLine], *, recurring: bool = False) -> Sale:
    """Take over what an amendment made of the lines; what came back of each stays told.

    What a renewal paid for no amendment changes, but where it is sent.
    """
    if recurring:
        return sale
    known = dict(enumerate(sale.lines, 1))
    return replace(
        sale,
        lines=tuple(
            [
                SoldLine(
                    line.product_id,
                    line.sku,
                    line.quantity,
                    line.total_price_minor,
                    min(known[line.number].units_back, line.quantity)
                    if line.number in known
                    else 0,
                )
                for line in lines
            ]
        ),
    )


def taken_off(sale: Sale, names: Iterable[str | None], units: int, number: int = 0) -> Worth:
    """Take units of a product off a sale, never more than were sold.

    First of the line of that number, from 1, if it is the product's; then of the others in order.

    A line of n units for which t was paid gives t * k // n for its first k units, so that all of
    them together give exactly t.
    """
    wanted = frozenset(names) - {None}
    amount, lines, left = 0, list(sale.lines), units
    paid = _paid(sale)
    for position in sorted(range(len(lines)), key=lambda one: one + 1 != number):
        line = lines[position]
        if not line.quantity or not wanted & {line.product_id, line.sku}:
            continue
        back = line.units_back + min(left, line.quantity - line.units_back)
        amount += paid[position] * back // line.quantity
        amount -= paid[position] * line.units_back // line.quantity
        left -= back - line.units_back
        lines[position] = replace(line, units_back=back)
    return Worth(amount, replace(sale, lines=tuple(lines)))


def untouched(sale: Sale) -> Sale:
    """The sale as if nothing had come back of it."""
    return replace(sale, lines=tuple([replace(line, units_back=0) for line in sale.lines]))


def _paid(sale: Sale) -> list[int]:
    """What was paid for each line: an amendment's lines are the last, and may not be paid."""
    short, paid = sale.unpaid_minor, [line.total_minor for line in sale.lines]
    for position in range(len(paid) - 1, -1, -1):
        if short <= 0:
            break
        lacking = min(short, paid[position])
        paid[position] -= lacking
        short -= lacking
    return paid


def with_parcel(sale: Sale, parcel: SentParcel) -> Sale:
    """Put a parcel in its place, or behind the others; beyond the bound the oldest is forgotten."""
    others = [known for known in sale.parcels if known.shipment_id != parcel.shipment_id]
    return replace(sale, parcels=(*others, parcel)[-PARCELS_MAX:])


def parcel_of(sale: Sale, shipment_id: str) -> SentParcel | None:
    """The parcel of that shipment, once it was dispatched."""
    return next((p for p in sale.parcels if p.shipment_id == shipment_id), None)


def with_return(sale: Sale, agreed: AgreedReturn) -> Sale:
    """Add a return; beyond the bound the oldest is forgotten."""
    if agreed_return(sale, agreed.return_id) is not None:
        return sale
    return replace(sale, returns=(*sale.returns, agreed)[-RETURNS_MAX:])


def agreed_return(sale: Sale, return_id: str | None) -> AgreedReturn | None:
    """The return of that id, if Shipping agreed to it."""
    return next((known for known in sale.returns if known.return_id == return_id), None)


def delivered(sale: Sale) -> Iterator[SentParcel]:
    """Parcels that are known to have arrived."""
    return (parcel for parcel in sale.parcels if parcel.delivered_at_ms)
