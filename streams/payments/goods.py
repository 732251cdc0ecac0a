"""What happens to the goods, and what of their price goes back for it (G-31, G-32).

Each function gives the sale as it is afterwards, what else follows, and what is to go back.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from events.exchanges import RefundGoods
from events.returns import ReturnInitiated, ReturnReceived
from events.shipping import DeliveryFailed, ShipmentDelivered, ShipmentDispatched
from events.shipping_parts import ReturnedItem
from events.vocabulary import RefundRefusal
from streams.payments import refund_facts as rf
from streams.payments.disputes import proof_arrived
from streams.payments.refund import Refund, RefundState, find, refund_id_of
from streams.payments.refund_requests import SYSTEM, begin, giveable_minor
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
    with_parcel,
    with_return,
)
from streams.payments.states import TERMINAL, Payment, Status, is_for_a_person
from streams.payments.steps import Facts
from streams.reservations import line_of

_UNDELIVERED: Final = "delivery_failed"
_LOST: Final = "LOST"
_NOT_MADE: Final = frozenset({RefundState.CANCELLED, RefundState.FAILED})


class Back(NamedTuple):
    """Money that goes back for goods: once a cause, from as many payments as it takes."""

    cause: str
    amount_minor: int
    reason: str
    return_id: str = ""
    first: str = ""
    """The payment that gives first, where it is not the order's own."""
    instead_of: str = ""
    """A cause whose refunds, where they were not made, go back with this one."""
    why_nothing: RefundRefusal | None = None
    """Why nothing goes back for goods that were taken back: somebody waits to hear of it."""


class Moved(NamedTuple):
    """What follows from goods that moved."""

    sale: Sale
    facts: Facts = ()
    back: Back | None = None


def dispatched(
    _payment: Payment, sale: Sale, event: ShipmentDispatched, _at_ms: int, _rules: PaymentRules
) -> Moved:
    """Keep what a parcel holds, in case it is lost, and by what it is followed."""
    units = [
        SentUnits(item.product_id, item.sku, item.quantity, line_of(item.item_id, event.order_id))
        for box in event.packages or ()
        for item in box.items or ()
    ]
    parcel = SentParcel(
        event.shipment_id,
        event.carrier,
        event.tracking_number,
        tuple(units[:PARCEL_LINES_MAX]),
    )
    return Moved(with_parcel(sale, parcel))


def delivered(
    payment: Payment, sale: Sale, event: ShipmentDelivered, _at_ms: int, _rules: PaymentRules
) -> Moved:
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
    return Moved(after, proof_arrived(payment, after))


def delivery_failed(
    _payment: Payment, sale: Sale, event: DeliveryFailed, _at_ms: int, _rules: PaymentRules
) -> Moved:
    """Give back the price of what was in a parcel that is lost; other failures cost nothing yet."""
    parcel = parcel_of(sale, event.shipment_id)
    if event.reason_code != _LOST or parcel is None or parcel.delivered_at_ms or parcel.lost:
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
    _payment: Payment, sale: Sale, event: ReturnInitiated, _at_ms: int, _rules: PaymentRules
) -> Moved:
    """Keep what the customer was told about a return: its fee is part of the estimate."""
    worth = sum([(item.price_per_unit_minor or 0) * item.quantity for item in event.items])
    fee = max(0, worth - event.refund_estimate.amount_minor)
    undelivered = event.reason == _UNDELIVERED
    agreed = AgreedReturn(event.return_id, 0 if undelivered else fee, undelivered)
    return Moved(with_return(sale, agreed))


def returned(
    _payment: Payment, sale: Sale, event: ReturnReceived, _at_ms: int, rules: PaymentRules
) -> Moved:
    """Give back the price of what came back, as it was inspected, less the label's fee (G-32).

    Of a parcel that was lost and is found the loss took the price off the sale. Where it comes back
    undelivered, and nobody approved that refund, or it was refused, it is owed now. One that the
    provider failed for good is a person's to pay.

    An exchange leaves the sale as it is: other goods go out for those that came back. Where they
    do not in the end, Orders asks for the price with RefundGoods (G-33).
    """
    if event.resolution == "exchange":
        return Moved(sale)
    agreed = agreed_return(sale, event.return_id)
    is_unused = agreed is not None and agreed.unused
    parcel = parcel_of(sale, event.shipment_id)
    was_lost = parcel is not None and parcel.lost
    worth = Worth(0, sale) if was_lost else _worth(sale, event, rules, unused=is_unused)
    amount = worth.amount_minor - (0 if agreed is None else agreed.fee_minor)
    loss = _cause_of_loss(event.shipment_id) if is_unused else ""
    cause, why = event.return_id, _used_up(worth, amount)
    if was_lost and not is_unused and any(item.is_taken_back for item in event.items):
        why = "already_refunded"
    back = Back(cause, amount, "RETURN", cause, instead_of=loss, why_nothing=why)
    return Moved(worth.sale, back=back)


def unreplaced(
    payment: Payment, sale: Sale, command: RefundGoods, _at_ms: int, rules: PaymentRules
) -> Moved:
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
    worth = _worth(sale, command, rules, unused=False)
    amount, return_id = worth.amount_minor - command.fee_minor, command.return_id or ""
    why = _used_up(worth, amount)
    back = Back(command.cause, amount, command.reason, return_id, why_nothing=why)
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


def _used_up(worth: Worth, amount_minor: int) -> RefundRefusal | None:
    """Say that the way back cost as much as what came back."""
    return "amount_exceeds_payment" if worth.amount_minor > 0 >= amount_minor else None


def _refundable_minor(
    item: ReturnedItem, worth_minor: int, rules: PaymentRules, *, unused: bool
) -> int:
    """What of the price goes back: all for new, less for used, nothing for spoilt (G-32)."""
    if not item.is_taken_back:
        return 0
    if item.condition == "refurbished" and not unused:
        return worth_minor - worth_minor * rules.refurbished_percent // 100
    return worth_minor


def asked_first(payments: Mapping[str, Payment], back: Back) -> dict[str, Payment]:
    """An order's payments, that which took the money first."""
    return dict(sorted(payments.items(), key=lambda one: one[0] != back.first))


def give_back(
    payments: Mapping[str, Payment], back: Back, at_ms: int, rules: PaymentRules
) -> Iterator[tuple[str, Facts]]:
    """Say what each payment of the order gives back, the first as much as it can.

    Where nothing is left, the last that has not ended says so.
    """
    left = back.amount_minor + sum(_unmade_minor(payments, back.instead_of))
    whole = min(left, sum(_share_minor(payments, back.cause)))
    answers = [own_id for own_id, one in payments.items() if one.status not in TERMINAL][-1:]
    if left <= 0 and back.why_nothing is not None:
        for own_id in answers:
            yield own_id, _nothing(payments[own_id], own_id, back.cause, back.why_nothing)
    for payment_id, payment in payments.items():
        refund_id = refund_id_of(payment_id, back.cause)
        known = find(payment.refunds, refund_id)
        if known is not None:
            left -= known.amount_minor
            continue
        if left <= 0:
            return
        refund = Refund(
            refund_id,
            min(left, _giveable_minor(payment)),
            RefundState.PENDING,
            at_ms,
            reason=back.reason,
            return_id=back.return_id,
            requested_by=SYSTEM,
        )
        if refund.amount_minor > 0 or payment_id in answers:
            yield payment_id, _given_back(payment, refund, (whole, left), at_ms, rules)
        left -= max(0, refund.amount_minor)


def _share_minor(payments: Mapping[str, Payment], cause: str) -> Iterator[int]:
    """What each payment gives back for a cause, or may at most."""
    for payment_id, payment in payments.items():
        known = find(payment.refunds, refund_id_of(payment_id, cause))
        yield max(0, _giveable_minor(payment)) if known is None else known.amount_minor


def _nothing(payment: Payment, payment_id: str, cause: str, why: RefundRefusal) -> Facts:
    """Say why nothing goes back for a cause, unless it was said what does."""
    refund_id = refund_id_of(payment_id, cause)
    if find(payment.refunds, refund_id) is not None:
        return ()
    return (rf.RefundRefused(refund_id, 0, payment.session.currency, why),)


def _unmade_minor(payments: Mapping[str, Payment], cause: str) -> Iterator[int]:
    """Amounts of the refunds for a cause that were not made, and that no person makes."""
    for payment_id, payment in payments.items() if cause else ():
        refund = find(payment.refunds, refund_id_of(payment_id, cause))
        if refund is None or is_for_a_person(payment, refund.refund_id):
            continue
        if refund.state in _NOT_MADE:
            yield refund.amount_minor


def _giveable_minor(payment: Payment) -> int:
    """What may go back; nothing once a dispute was lost, whatever it left (G-18)."""
    return 0 if payment.status is Status.CHARGED_BACK else giveable_minor(payment)


def _given_back(
    payment: Payment, refund: Refund, wanted: tuple[int, int], at_ms: int, rules: PaymentRules
) -> Facts:
    """Begin a refund that goods are the cause of, unless nothing is left.

    `wanted` is what goes back for them in all, and what of it payments before did not give.
    Nobody would ask for it again, so it is not refused while a dispute or a case is open: it
    waits for their end.
    """
    (whole_minor, wanted_minor), currency = wanted, payment.session.currency
    if refund.amount_minor > 0:
        return begin(payment, refund, at_ms, rules, whole_minor=whole_minor)
    why: RefundRefusal = "already_refunded" if payment.captured_minor else "not_captured"
    return (rf.RefundRefused(refund.refund_id, wanted_minor, currency, why),)
