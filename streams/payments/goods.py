"""What happens to the goods, and what of their price goes back for it (G-31, G-32).

Each function gives the sale as it is afterwards, what else follows, and what is to go back.
"""

from collections import Counter
from typing import NamedTuple

from msgspec.structs import replace

from events.exchanges import RefundGoods
from events.returns import ReturnInitiated, ReturnReceived
from events.shipping import DeliveryFailed, ShipmentDelivered, ShipmentDispatched
from events.shipping_parts import ReturnedItem
from events.vocabulary import LOST, UNDELIVERED, RefundRefusal
from streams.moments import ms_of
from streams.payments.giving_back import Back
from streams.payments.refund import find, refund_id_of
from streams.payments.rules import PaymentRules
from streams.payments.sales import (
    PARCEL_LINES_MAX,
    AgreedReturn,
    Sale,
    SentParcel,
    SentUnits,
    Worth,
    agreed_return,
    parcel_of,
    taken_off,
    untouched,
    with_parcel,
    with_return,
)
from streams.payments.states import Payment
from streams.reservations import line_of


class Moved(NamedTuple):
    """What follows from goods that moved."""

    sale: Sale
    back: Back | None = None
    arrived: bool = False
    """True: there is a new proof of delivery, which is evidence in a dispute (G-18)."""


def dispatched(
    _payment: Payment, sale: Sale, event: ShipmentDispatched, _rules: PaymentRules
) -> Moved:
    """Keep what a parcel holds, in case it is lost, and by what it is followed."""
    inside = Counter[tuple[str | None, str | None, int]]()
    for item in [item for box in event.packages or () for item in box.items or ()]:
        number = line_of(item.item_id, event.order_id)
        inside[item.product_id, item.sku, number] += item.quantity
    units = [SentUnits(name, sku, many, line) for (name, sku, line), many in inside.items()]
    parcel = SentParcel(
        event.shipment_id,
        event.carrier,
        event.tracking_number,
        tuple(units[:PARCEL_LINES_MAX]),
    )
    return Moved(with_parcel(sale, parcel))


def delivered(
    _payment: Payment, sale: Sale, event: ShipmentDelivered, _rules: PaymentRules
) -> Moved:
    """Keep the proof of delivery."""
    proof = event.proof_of_delivery
    known = parcel_of(sale, event.shipment_id) or SentParcel(
        event.shipment_id, event.carrier, event.tracking_number
    )
    arrived = replace(
        known,
        delivered_at_ms=ms_of(event.delivered_at),
        proof_url=str(proof.photo_url or proof.signature_url or ""),
        signed_by=proof.signed_by or "",
    )
    return Moved(with_parcel(sale, arrived), arrived=True)


def delivery_failed(
    _payment: Payment, sale: Sale, event: DeliveryFailed, _rules: PaymentRules
) -> Moved:
    """Give back the price of what was in a parcel that is lost; other failures cost nothing yet."""
    parcel = parcel_of(sale, event.shipment_id)
    if event.reason_code != LOST or parcel is None or parcel.delivered_at_ms or parcel.lost:
        return Moved(sale)
    amount, after = 0, with_parcel(sale, replace(parcel, lost=bool(parcel.units)))
    for units in parcel.units:
        names = (units.product_id, units.sku)
        worth = taken_off(after, names, units.quantity, units.line)
        amount, after = amount + worth.amount_minor, worth.sale
    return Moved(after, back=Back(_cause_of_loss(event.shipment_id), amount, "LOST"))


def _cause_of_loss(shipment_id: str) -> str:
    return f"lost:{shipment_id}"


def return_agreed(
    _payment: Payment, sale: Sale, event: ReturnInitiated, _rules: PaymentRules
) -> Moved:
    """Keep what the customer was told about a return: its fee is part of the estimate."""
    worth = sum([(item.price_per_unit_minor or 0) * item.quantity for item in event.items])
    fee = max(0, worth - event.refund_estimate.amount_minor)
    undelivered = event.reason == UNDELIVERED
    label_minor = 0 if undelivered else fee
    agreed = AgreedReturn(event.return_id, label_minor, undelivered, event.shipment_id)
    return Moved(with_return(sale, agreed))


def returned(_payment: Payment, sale: Sale, event: ReturnReceived, rules: PaymentRules) -> Moved:
    """Give back the price of what came back, as it was inspected, less the label's fee (G-32).

    An exchange leaves the sale as it is: other goods go out for those that came back. Where they
    do not in the end, Orders asks for the price with RefundGoods (G-33).
    """
    if event.resolution == "exchange":
        return Moved(sale)
    agreed = agreed_return(sale, event.return_id) or AgreedReturn(event.return_id, 0, unused=False)
    agreed = replace(agreed, shipment_id=event.shipment_id)
    back = Back(event.return_id, -agreed.fee_minor, "RETURN", event.return_id)
    return _came_back(sale, event, agreed, back, rules)


def unreplaced(payment: Payment, sale: Sale, command: RefundGoods, rules: PaymentRules) -> Moved:
    """Give back the price of goods that an exchange did not replace, once a cause (G-33).

    What an exchange differs by leaves the sale as it is, and comes from the payment that took it.
    """
    if command.amount_minor is not None:
        difference = Back(
            command.cause, command.amount_minor, command.reason, first=command.payment_id
        )
        return Moved(sale, back=difference)
    if find(payment.refunds, refund_id_of(command.payment_id, command.cause)) is not None:
        return Moved(sale)
    return_id = command.return_id or ""
    agreed = agreed_return(sale, return_id) or AgreedReturn(return_id, 0, unused=False)
    back = Back(command.cause, -command.fee_minor, command.reason, return_id)
    return _came_back(sale, command, agreed, back, rules)


def _came_back(
    sale: Sale,
    told: ReturnReceived | RefundGoods,
    agreed: AgreedReturn,
    back: Back,
    rules: PaymentRules,
) -> Moved:
    """Take goods off the sale, and give back their price less what their way back costs.

    What is off it already was to go back for another cause: its parcel was lost, or it came with
    another label. It goes back for this one where that refund waits for approval still, was not
    approved, or refused. One that the provider failed for good is a person's to pay.
    """
    whole_minor = _worth(untouched(sale), told, rules, unused=agreed.unused).amount_minor
    parcel = parcel_of(sale, agreed.shipment_id)
    is_new = parcel is None or not parcel.lost
    worth = _worth(sale, told, rules, unused=agreed.unused) if is_new else Worth(0, sale)
    again_minor = max(0, whole_minor - worth.amount_minor)
    amount = back.amount_minor + worth.amount_minor + again_minor
    others = [one.return_id for one in sale.returns if one.shipment_id == agreed.shipment_id]
    causes = (_cause_of_loss(agreed.shipment_id), *others)
    back = back._replace(
        amount_minor=amount,
        again_minor=max(0, min(again_minor, amount)),
        instead_of=tuple([one for one in causes if one != back.cause]),
    )
    if worth.amount_minor + again_minor > 0:
        why: RefundRefusal = "already_refunded" if amount > 0 else "amount_exceeds_payment"
        back = back._replace(why_nothing=why)
    return Moved(worth.sale, back=back)


def _worth(
    sale: Sale, told: ReturnReceived | RefundGoods, rules: PaymentRules, *, unused: bool
) -> Worth:
    """What of the price of items goes back, and the sale without them."""
    amount, after = 0, sale
    for item in told.items:
        number = line_of(item.item_id, told.order_id)
        worth = taken_off(after, (item.product_id, item.sku), item.quantity, number)
        amount += _refundable_minor(item, worth.amount_minor, rules, unused=unused)
        after = worth.sale
    return Worth(amount, after)


def _refundable_minor(
    item: ReturnedItem, worth_minor: int, rules: PaymentRules, *, unused: bool
) -> int:
    """What of the price goes back: all for new, less for used, nothing for spoilt (G-32)."""
    if not item.is_taken_back:
        return 0
    if item.condition == "refurbished" and not unused:
        return worth_minor - worth_minor * rules.refurbished_percent // 100
    return worth_minor
