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
from streams.moments import ms_of
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
    untouched,
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
    instead_of: tuple[str, ...] = ()
    """Causes for which it was off the sale before: no more goes back than was not made for them."""
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
        delivered_at_ms=ms_of(event.delivered_at),
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
    label_minor = 0 if undelivered else fee
    agreed = AgreedReturn(event.return_id, label_minor, undelivered, event.shipment_id)
    return Moved(with_return(sale, agreed))


def returned(
    _payment: Payment, sale: Sale, event: ReturnReceived, _at_ms: int, rules: PaymentRules
) -> Moved:
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
    another label. It goes back now where that refund was not approved, or refused. One that the
    provider failed for good is a person's to pay.
    """
    worth = _worth(sale, told, rules, unused=agreed.unused)
    parcel = parcel_of(sale, agreed.shipment_id)
    if worth.sale == sale or (parcel is not None and parcel.lost):
        worth = Worth(_worth(untouched(sale), told, rules, unused=agreed.unused).amount_minor, sale)
        others = [one.return_id for one in sale.returns if one.shipment_id == agreed.shipment_id]
        causes = (_cause_of_loss(agreed.shipment_id), *others)
        back = back._replace(instead_of=tuple([one for one in causes if one != back.cause]))
    amount = back.amount_minor + worth.amount_minor
    if worth.amount_minor > 0:
        why: RefundRefusal = "already_refunded" if amount > 0 else "amount_exceeds_payment"
        back = back._replace(why_nothing=why)
    return Moved(worth.sale, back=back._replace(amount_minor=amount))


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


def asked_first(payments: Mapping[str, Payment], back: Back) -> dict[str, Payment]:
    """An order's payments, that which took the money first."""
    return dict(sorted(payments.items(), key=lambda one: one[0] != back.first))


def give_back(
    payments: Mapping[str, Payment], back: Back, at_ms: int, rules: PaymentRules
) -> Iterator[tuple[str, Facts]]:
    """Say what each payment of the order gives back, the first as much as it can.

    Where nothing is left, the last that has not ended says so.
    """
    left = back.amount_minor
    if back.instead_of:
        left = min(left, _unmade_minor(payments, back.instead_of))
    whole = min(left, sum(_share_minor(payments, back.cause)))
    answers = [own_id for own_id, one in payments.items() if one.status not in TERMINAL][-1:]
    if left <= 0 and not any(_refunds(payments, (back.cause,))):
        yield from [(own_id, _nothing(payments[own_id], own_id, back)) for own_id in answers]
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


def _nothing(payment: Payment, payment_id: str, back: Back) -> Facts:
    """Say why nothing goes back for goods, where somebody waits to hear of it."""
    if back.why_nothing is None:
        return ()
    refund_id = refund_id_of(payment_id, back.cause)
    return (rf.RefundRefused(refund_id, 0, payment.session.currency, back.why_nothing),)


def _unmade_minor(payments: Mapping[str, Payment], causes: tuple[str, ...]) -> int:
    """What of the newest refunds for these causes was not made, and no person makes.

    Those before them do not count: the newest stand for what of them was not made.
    """
    found = tuple(_refunds(payments, causes))
    newest_ms = max([refund.asked_at_ms for _, refund in found], default=0)
    return sum(
        [
            refund.amount_minor
            for payment, refund in found
            if refund.asked_at_ms == newest_ms
            and refund.state in _NOT_MADE
            and not is_for_a_person(payment, refund.refund_id)
        ]
    )


def _refunds(
    payments: Mapping[str, Payment], causes: tuple[str, ...]
) -> Iterator[tuple[Payment, Refund]]:
    """The refunds of an order's payments for any of these causes."""
    for payment_id, payment in payments.items():
        for cause in causes:
            refund = find(payment.refunds, refund_id_of(payment_id, cause))
            if refund is not None:
                yield payment, refund


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
