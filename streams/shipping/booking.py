"""How a carrier is found: three tries each, two carriers, then a person (G-28)."""

from msgspec.structs import replace

from events.carriers import CarrierBooked, CarrierBookingFailed, Purpose
from events.ids import derived_id
from streams.shipping.calendar import eta_ms
from streams.shipping.facts import (
    Asked,
    Booked,
    BookingGivenUp,
    Facts,
    LabelSpare,
    TryFailed,
)
from streams.shipping.return_facts import ReturnGivenUp, ReturnLabelled
from streams.shipping.rows import Booking, Shipment, Status
from streams.shipping.rules import ShippingRules


def key_of(shipment_id: str, purpose: Purpose, booking: Booking) -> str:
    """The idempotency key of a search's tries at one carrier: it makes one label for all."""
    return derived_id(shipment_id, purpose, str(booking.round), booking.carrier)


def search(
    carriers: tuple[str, ...], at_ms: int, purpose: Purpose, rules: ShippingRules, number: int = 1
) -> Facts:
    """Begin a search; nobody to ask, and it is over already."""
    if carriers:
        return (Asked(purpose, _asking(Booking(carriers, round=number), at_ms, rules)),)
    return (_given_up(Booking(()), at_ms, purpose),)


def booked(shipment: Shipment, event: CarrierBooked, at_ms: int, rules: ShippingRules) -> Facts:
    """Take the label that was asked for; one that comes too late is given back.

    So is one of an earlier search: it leads to an address that the parcel goes to no longer.
    """
    if event.purpose == "return":
        return _return_booked(shipment, event, at_ms, rules)
    if event.tracking_number == shipment.tracking_number:
        return ()
    asked = shipment.booking is not None and shipment.booking.asked
    wanted = asked or shipment.status in {Status.PENDING, Status.BOOKING_FAILED}
    if wanted and not _is_of_earlier(shipment, event):
        return (
            *_spare(shipment, at_ms),
            Booked(
                at_ms,
                event.carrier,
                event.tracking_number,
                event.label_url,
                eta_ms(at_ms, shipment.method, rules),
                at_ms + rules.poll_ms,
            ),
        )
    return (LabelSpare(at_ms, event.carrier, event.tracking_number),)


def failed(
    shipment: Shipment, event: CarrierBookingFailed, at_ms: int, rules: ShippingRules
) -> Facts:
    """Try again later, or elsewhere, or give up; an answer to an earlier try says nothing."""
    booking = booking_of(shipment, event.purpose)
    if booking is None or not booking.asked:
        return ()
    if key_of(shipment.shipment_id, event.purpose, booking) != event.idempotency_key:
        return ()
    facts = _failed(booking, event.purpose, at_ms, rules, retryable=event.retryable)
    return kept(shipment, facts)


def due(
    shipment: Shipment, due_ms: int, now_ms: int, rules: ShippingRules, purpose: Purpose
) -> Facts:
    """Ask again, or take silence for a failure."""
    booking = booking_of(shipment, purpose)
    if booking is None or booking.due_ms != due_ms:
        return ()
    if booking.asked:
        return kept(shipment, _failed(booking, purpose, now_ms, rules, retryable=True))
    return (Asked(purpose, _asking(booking, now_ms, rules)),)


def booking_of(shipment: Shipment, purpose: Purpose) -> Booking | None:
    """The search that is under way for that purpose, or was the last."""
    if purpose == "outbound":
        return shipment.booking
    return None if shipment.returning is None else shipment.returning.booking


def kept(shipment: Shipment, facts: Facts) -> Facts:
    """Leave a shipment that has a label already as it is when no other is to be had."""
    if shipment.status is not Status.CREATED:
        return facts
    return tuple(
        [
            replace(fact, has_label=True) if isinstance(fact, BookingGivenUp) else fact
            for fact in facts
        ]
    )


def _is_of_earlier(shipment: Shipment, event: CarrierBooked) -> bool:
    """Whether a label was asked for in a search before the last."""
    rounds = range(1, shipment.booking.round) if shipment.booking else ()
    searches = [Booking((event.carrier,), round=number) for number in rounds]
    keys = [key_of(shipment.shipment_id, "outbound", one) for one in searches]
    return event.idempotency_key in keys


def _spare(shipment: Shipment, at_ms: int) -> Facts:
    """The label that a new one replaces."""
    if not shipment.tracking_number:
        return ()
    return (LabelSpare(at_ms, shipment.carrier, shipment.tracking_number),)


def _asking(booking: Booking, at_ms: int, rules: ShippingRules) -> Booking:
    """The search once its present carrier is asked."""
    return replace(
        booking,
        tries=booking.tries + 1,
        tries_all=booking.tries_all + 1,
        begun_at_ms=booking.begun_at_ms or at_ms,
        due_ms=at_ms + round(rules.booking_answer_s * 1000),
        asked=True,
    )


def _failed(
    booking: Booking, purpose: Purpose, at_ms: int, rules: ShippingRules, *, retryable: bool
) -> Facts:
    if retryable and booking.tries < rules.booking_tries_max:
        waits = rules.booking_waits_ms
        due_ms = booking.begun_at_ms + waits[min(booking.tries, len(waits) - 1)]
        waiting = replace(booking, due_ms=due_ms, asked=False)
        failure = TryFailed(at_ms, purpose, waiting)
        if due_ms > at_ms:
            return (failure,)
        return (failure, Asked(purpose, _asking(waiting, at_ms, rules)))
    ended = replace(booking, due_ms=0, asked=False)
    failure = TryFailed(at_ms, purpose, ended)
    following = booking.position + 1
    if following >= min(len(booking.carriers), rules.booking_carriers_max):
        return (failure, _given_up(ended, at_ms, purpose))
    other = replace(ended, position=following, tries=0, begun_at_ms=0)
    return (failure, Asked(purpose, _asking(other, at_ms, rules)))


def _given_up(booking: Booking, at_ms: int, purpose: Purpose) -> BookingGivenUp | ReturnGivenUp:
    if purpose == "return":
        return ReturnGivenUp(at_ms, booking.tries_all)
    tried = booking.carriers[: booking.position + 1]
    return BookingGivenUp(at_ms, booking.tries_all, tried)


def _return_booked(
    shipment: Shipment, event: CarrierBooked, at_ms: int, rules: ShippingRules
) -> Facts:
    returning = shipment.returning
    if returning is not None and returning.tracking_number == event.tracking_number:
        return ()
    if returning is None or returning.booking is None:
        return (LabelSpare(at_ms, event.carrier, event.tracking_number),)
    return (
        ReturnLabelled(
            at_ms,
            event.carrier,
            event.tracking_number,
            event.label_url,
            at_ms + rules.label_ms,
        ),
    )
