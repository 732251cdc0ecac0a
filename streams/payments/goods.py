"""What happens to the goods, and what of their price goes back for it (G-31, G-32).

Each function gives facts and the sale as it is afterwards.
"""

from typing import Final

from msgspec.structs import replace

from events.returns import ReturnInitiated, ReturnReceived
from events.shipping import DeliveryFailed, ShipmentDelivered, ShipmentDispatched
from events.shipping_parts import ReturnedItem
from events.vocabulary import RefundRefusal
from streams.payments import facts as f
from streams.payments.disputes import proof_arrived
from streams.payments.refund import Refund, RefundState, find
from streams.payments.refund_requests import SYSTEM, begin, is_on_hold, refund_id_of
from streams.payments.rules import PaymentRules
from streams.payments.sales import (
    PARCEL_LINES_MAX,
    AgreedReturn,
    Sale,
    SentParcel,
    SentUnits,
    agreed_return,
    parcel_of,
    taken_off,
    with_parcel,
    with_return,
)
from streams.payments.states import TERMINAL, Payment, available_minor
from streams.payments.steps import Facts

_UNDELIVERED: Final = "delivery_failed"
_LOST: Final = "LOST"

Outcome = tuple[Facts, Sale]


def dispatched(
    _payment: Payment, sale: Sale, event: ShipmentDispatched, _at_ms: int, _rules: PaymentRules
) -> Outcome:
    """Keep what a parcel holds, in case it is lost, and by what it is followed."""
    units = [
        SentUnits(item.product_id, item.sku, item.quantity)
        for box in event.packages or ()
        for item in box.items or ()
    ]
    parcel = SentParcel(
        event.shipment_id,
        event.carrier,
        event.tracking_number,
        tuple(units[:PARCEL_LINES_MAX]),
    )
    return (), with_parcel(sale, parcel)


def delivered(
    payment: Payment, sale: Sale, event: ShipmentDelivered, _at_ms: int, _rules: PaymentRules
) -> Outcome:
    """Keep the proof of delivery: it is evidence in a dispute (G-18)."""
    proof = event.proof_of_delivery
    known = parcel_of(sale, event.shipment_id) or SentParcel(
        event.shipment_id, event.carrier, event.tracking_number
    )
    arrived = replace(
        known,
        delivered_at_ms=round(event.delivered_at.timestamp() * 1000),
        proof_url=str(proof.photo_url or proof.signature_url or ""),
        signed_by=proof.signed_by or "",
    )
    after = with_parcel(sale, arrived)
    return proof_arrived(payment, after), after


def delivery_failed(
    payment: Payment, sale: Sale, event: DeliveryFailed, at_ms: int, rules: PaymentRules
) -> Outcome:
    """Give back the price of what was in a parcel that is lost; other failures cost nothing yet."""
    parcel = parcel_of(sale, event.shipment_id)
    if event.reason_code != _LOST or parcel is None or parcel.delivered_at_ms:
        return (), sale
    amount, after = 0, sale
    for units in parcel.units:
        worth = taken_off(after, (units.product_id, units.sku), units.quantity)
        amount, after = amount + worth.amount_minor, worth.sale
    refund = _refund(f"pay_{event.order_id}", f"lost:{event.shipment_id}", amount, at_ms, "LOST")
    return _given_back(payment, refund, at_ms, rules), after


def return_agreed(
    _payment: Payment, sale: Sale, event: ReturnInitiated, _at_ms: int, _rules: PaymentRules
) -> Outcome:
    """Keep what the customer was told about a return: its fee is part of the estimate."""
    worth = sum([(item.price_per_unit_minor or 0) * item.quantity for item in event.items])
    fee = max(0, worth - event.refund_estimate.amount_minor)
    undelivered = event.reason == _UNDELIVERED
    agreed = AgreedReturn(event.return_id, 0 if undelivered else fee, undelivered)
    return (), with_return(sale, agreed)


def returned(
    payment: Payment, sale: Sale, event: ReturnReceived, at_ms: int, rules: PaymentRules
) -> Outcome:
    """Give back the price of what came back, as it was inspected, less the label's fee (G-32).

    An exchange gives nothing back by itself (G-33): Orders asks for the difference.
    """
    agreed = agreed_return(sale, event.return_id)
    unused = agreed is not None and agreed.unused
    amount, after = 0, sale
    for item in event.items:
        worth = taken_off(after, (item.product_id, item.sku), item.quantity)
        amount += _refundable_minor(item, worth.amount_minor, rules, unused=unused)
        after = worth.sale
    if event.resolution == "exchange":
        return (), after
    amount -= 0 if agreed is None else agreed.fee_minor
    refund = _refund(f"pay_{event.order_id}", event.return_id, amount, at_ms, "RETURN")
    refund = replace(refund, return_id=event.return_id)
    return _given_back(payment, refund, at_ms, rules), after


def _refundable_minor(
    item: ReturnedItem, worth_minor: int, rules: PaymentRules, *, unused: bool
) -> int:
    """What of the price goes back: all for new, less for used, nothing for spoilt (G-32)."""
    refundable = item.condition != "damaged" if item.refundable is None else item.refundable
    if not refundable:
        return 0
    if item.condition == "refurbished" and not unused:
        return worth_minor - worth_minor * rules.refurbished_percent // 100
    return worth_minor


def _refund(payment_id: str, cause: str, amount: int, at_ms: int, reason: str) -> Refund:
    return Refund(
        refund_id_of(payment_id, cause),
        amount,
        RefundState.PENDING,
        at_ms,
        reason=reason,
        requested_by=SYSTEM,
    )


def _given_back(payment: Payment, refund: Refund, at_ms: int, rules: PaymentRules) -> Facts:
    """Begin a refund that goods are the cause of: at most what is left, once a cause."""
    if refund.amount_minor <= 0 or find(payment.refunds, refund.refund_id) is not None:
        return ()
    amount = min(refund.amount_minor, available_minor(payment))
    if amount <= 0 and payment.status in TERMINAL:
        return ()
    currency = payment.session.currency
    if amount <= 0:
        why: RefundRefusal = "already_refunded" if payment.captured_minor else "not_captured"
        return (f.RefundRefused(refund.refund_id, refund.amount_minor, currency, why),)
    if is_on_hold(payment):
        return (f.RefundRefused(refund.refund_id, amount, currency, "fraud_hold"),)
    return begin(payment, replace(refund, amount_minor=amount), at_ms, rules)
