"""What is known of an order, and what counts as it goes on.

An order completes when everything of it arrived or came back and something stayed, is returned
when all of it came back or was lost, and is cancelled when Orders says so. Once something has left,
what was in a cancelled parcel and is in no other counts as lost. Each counts on the day of the
record that decided it, so an order that is delivered and later returned counts as both.
Shipping's messages may overtake the order's own: what they say is kept until it is known.
"""

from typing import Final

import msgspec
from msgspec.structs import replace

from events.orders import OrderAmended, OrderCancelled, OrderConfirmed
from events.payments import PaymentComplete
from events.returns import ReturnReceived
from events.shipping import (
    ORDER_AMENDED,
    DeliveryFailed,
    ShipmentCancelled,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
)
from events.vocabulary import LOST
from streams.metrics.counts import FULFILMENT, ORDERS, Count, Counts
from streams.metrics.rules import MetricsRules
from streams.moments import ms_of

PARCELS_MAX: Final = 50
SHARES_MAX: Final = 50

CREATED: Final = 1
CANCELLED_PARCEL: Final = 2
DISPATCHED: Final = 3
DELIVERED: Final = 4
RETURNED_PARCEL: Final = 5
"""States of a parcel, in the order of its life."""

COMPLETED: Final = "completed"
CANCELLED: Final = "cancelled"
RETURNED: Final = "returned"
REPLACEMENT: Final = "replacement"
"""It replaces goods of another order, paid already: no sale, whatever becomes of it."""


class Parcel(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One shipment of an order."""

    state: int
    units: int = 0
    """0: nobody said."""
    units_back: int = 0
    promised_ms: int = 0
    """When it should arrive, as last promised before it left."""
    dispatched_at_ms: int = 0
    lost: bool = False
    """Its carrier lost it, and has not found it since."""


class Share(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What an order spends in a category."""

    category: str
    minor: int


class Journey(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One order as its messages tell it. No personal data."""

    confirmed_at_ms: int = 0
    """0: not heard of yet."""
    paid_at_ms: int = 0
    """When PaymentComplete started the clock of shipping."""
    currency: str = ""
    total_minor: int = 0
    units: int = 0
    shares: tuple[Share, ...] = ()
    parcels: dict[str, Parcel] = {}
    """By shipmentId. Never changed in place."""
    outcome: str = ""


BLANK: Final = Journey()
Told = tuple[Journey, Counts]


def confirmed(journey: Journey, event: OrderConfirmed, at_ms: int, rules: MetricsRules) -> Told:
    """The order is known, once."""
    if journey.confirmed_at_ms:
        return journey, ()
    if event.exchange_for is not None:
        return replace(journey, outcome=REPLACEMENT, paid_at_ms=journey.paid_at_ms or at_ms), ()
    shares: dict[str, int] = {}
    for item in event.order_items:
        category = _category(item.product_id, item.sku, rules)
        shares[category] = shares.get(category, 0) + item.total_price_minor
    after = replace(
        journey,
        confirmed_at_ms=at_ms,
        currency=event.currency,
        total_minor=event.order_total_minor,
        units=sum([item.quantity for item in event.order_items]),
        shares=_bounded(shares),
    )
    return _ended(after, (Count(FULFILMENT, "confirmed"),))


def amended(journey: Journey, event: OrderAmended, _at_ms: int, rules: MetricsRules) -> Told:
    """The order costs something else, and where it tells its lines, is something else."""
    after = replace(journey, total_minor=event.new_order_total_minor)
    if event.lines is not None:
        shares: dict[str, int] = {}
        for line in event.lines:
            if line.quantity:
                category = _category(line.product_id, line.sku, rules)
                shares[category] = shares.get(category, 0) + line.total_price_minor
        units = sum([line.quantity for line in event.lines])
        after = replace(after, units=units, shares=_bounded(shares))
    return _ended(after, ())


def cancelled(journey: Journey, event: OrderCancelled, _at_ms: int, _rules: MetricsRules) -> Told:
    """The order ended before it left."""
    if journey.outcome:
        return journey, ()
    counts = (
        Count(ORDERS, CANCELLED),
        Count(FULFILMENT, f"cancelled|{event.cancellation_reason}"),
    )
    return replace(journey, outcome=CANCELLED), counts


def paid(journey: Journey, _event: PaymentComplete, at_ms: int, _rules: MetricsRules) -> Told:
    """The clock of shipping runs, once."""
    if journey.paid_at_ms:
        return journey, ()
    return replace(journey, paid_at_ms=at_ms), ()


def created(journey: Journey, event: ShipmentCreated, _at_ms: int, _rules: MetricsRules) -> Told:
    """A parcel is booked."""
    units = sum([item.quantity for box in event.packages for item in box.items or ()])
    promised_ms = ms_of(event.estimated_delivery)
    parcel = Parcel(CREATED, units, promised_ms=promised_ms)
    return _moved(journey, event.shipment_id, parcel, (Count(FULFILMENT, "created"),))


def dispatched(
    journey: Journey, event: ShipmentDispatched, at_ms: int, rules: MetricsRules
) -> Told:
    """A parcel left: how long after the payment, and whether in time."""
    before = journey.parcels.get(event.shipment_id) or Parcel(CREATED)
    parcel = replace(
        before,
        state=DISPATCHED,
        promised_ms=ms_of(event.estimated_delivery),
        dispatched_at_ms=at_ms,
    )
    took_ms = _since_paid(journey, at_ms)
    counts: Counts = (Count(FULFILMENT, "dispatched", took_ms),)
    if took_ms <= rules.fulfil_within_ms:
        counts = (*counts, Count(FULFILMENT, "dispatched_in_time"))
    return _moved(journey, event.shipment_id, parcel, counts)


def delivered(journey: Journey, event: ShipmentDelivered, at_ms: int, _rules: MetricsRules) -> Told:
    """A parcel arrived: how long it travelled, and whether it was there by the promised day."""
    before = _seen(journey, event.shipment_id)
    travelled_ms = at_ms - before.dispatched_at_ms if before.dispatched_at_ms else 0
    counts: Counts = (Count(FULFILMENT, "delivered", travelled_ms),)
    arrived_ms = ms_of(event.delivered_at)
    if before.promised_ms and arrived_ms <= before.promised_ms:
        counts = (*counts, Count(FULFILMENT, "delivered_in_time"))
    return _moved(journey, event.shipment_id, replace(before, state=DELIVERED), counts)


def attempt_failed(
    journey: Journey, event: DeliveryFailed, _at_ms: int, _rules: MetricsRules
) -> Told:
    """An attempt to deliver failed; of a parcel that is lost nothing more is expected."""
    counts: Counts = (Count(FULFILMENT, f"attempt_failed|{event.reason_code}"),)
    before = journey.parcels.get(event.shipment_id) or Parcel(CREATED)
    if event.reason_code != LOST or before.state >= DELIVERED:
        return journey, counts
    gone = replace(before, state=RETURNED_PARCEL, units_back=before.units, lost=True)
    return _moved(journey, event.shipment_id, gone, counts)


def parcel_cancelled(
    journey: Journey, event: ShipmentCancelled, _at_ms: int, _rules: MetricsRules
) -> Told:
    """A parcel will not come; one that an amendment came before holds nothing of the order."""
    before = journey.parcels.get(event.shipment_id) or Parcel(CREATED)
    counts = (Count(FULFILMENT, "parcel_cancelled"),)
    told = () if event.reason == ORDER_AMENDED else event.items or ()
    units = sum([item.quantity for item in told])
    gone = replace(before, state=CANCELLED_PARCEL, units=units)
    return _moved(journey, event.shipment_id, gone, counts)


def returned(journey: Journey, event: ReturnReceived, _at_ms: int, _rules: MetricsRules) -> Told:
    """Goods came back, as many as the parcel had; more of it later counts no other parcel."""
    before = _seen(journey, event.shipment_id)
    units = sum([item.quantity for item in event.items])
    if before.state == RETURNED_PARCEL:
        back = max(before.units_back, min(before.units, before.units_back + units))
        return _put(journey, event.shipment_id, replace(before, units_back=back), ())
    back = min(units, before.units) if before.units else units
    parcel = replace(before, state=RETURNED_PARCEL, units_back=back)
    return _moved(journey, event.shipment_id, parcel, (Count(FULFILMENT, "parcel_returned"),))


def _seen(journey: Journey, shipment_id: str) -> Parcel:
    """A parcel as it was; one that was lost is on its way after all."""
    before = journey.parcels.get(shipment_id) or Parcel(CREATED)
    found = replace(before, state=DISPATCHED, units_back=0, lost=False)
    return found if before.lost else before


def _category(product_id: str, sku: str | None, rules: MetricsRules) -> str:
    categories = rules.categories
    found = categories.get(product_id)
    if found is None and sku:
        found = categories.get(sku.partition("-")[0])
    return found or rules.category_else


def _bounded(shares: dict[str, int]) -> tuple[Share, ...]:
    return tuple([Share(*one) for one in list(shares.items())[:SHARES_MAX]])


def _since_paid(journey: Journey, at_ms: int) -> int:
    since_ms = journey.paid_at_ms or journey.confirmed_at_ms or at_ms
    return max(0, at_ms - since_ms)


def _moved(journey: Journey, shipment_id: str, parcel: Parcel, counts: Counts) -> Told:
    """A parcel's new state; nothing where it is known already, or further on."""
    before = journey.parcels.get(shipment_id)
    if before is None and len(journey.parcels) >= PARCELS_MAX:
        return journey, ()
    is_found = before is not None and before.lost and parcel.state >= DELIVERED
    if before is not None and before.state >= parcel.state and not is_found:
        return journey, ()
    return _put(journey, shipment_id, parcel, counts)


def _put(journey: Journey, shipment_id: str, parcel: Parcel, counts: Counts) -> Told:
    return _ended(replace(journey, parcels={**journey.parcels, shipment_id: parcel}), counts)


def _ended(journey: Journey, counts: Counts) -> Told:
    """Count the order's end, where this was it."""
    outcome = _outcome(journey)
    if outcome == journey.outcome:
        return journey, counts
    after = replace(journey, outcome=outcome)
    if outcome == RETURNED:
        return after, (*counts, Count(ORDERS, RETURNED))
    return after, (*counts, *_completion(journey))


def _outcome(journey: Journey) -> str:
    if not journey.confirmed_at_ms or journey.outcome in {CANCELLED, RETURNED}:
        return journey.outcome
    parcels = [p for p in journey.parcels.values() if p.state != CANCELLED_PARCEL]
    if not parcels:
        return journey.outcome
    due = journey.units - _unsent(journey, parcels)
    if sum([parcel.units_back for parcel in parcels]) >= due:
        return RETURNED
    if any(parcel.state < DELIVERED for parcel in parcels):
        return journey.outcome
    told = all(parcel.units for parcel in parcels)
    missing = told and sum([parcel.units for parcel in parcels]) < due
    return journey.outcome if missing else COMPLETED


def _unsent(journey: Journey, parcels: list[Parcel]) -> int:
    """Units of cancelled parcels that are in none of these; another may yet have them at first."""
    left = any(parcel.state >= DISPATCHED for parcel in parcels)
    if not (left and all(parcel.units for parcel in parcels)):
        return 0
    cancelled = [p.units for p in journey.parcels.values() if p.state == CANCELLED_PARCEL]
    others = sum([parcel.units for parcel in parcels])
    return min(sum(cancelled), max(0, journey.units - others))


def _completion(journey: Journey) -> Counts:
    left_ms = max([parcel.dispatched_at_ms for parcel in journey.parcels.values()])
    return (
        Count(ORDERS, f"completed|{journey.currency}", journey.total_minor),
        Count(ORDERS, "fulfilment_ms", _since_paid(journey, left_ms) if left_ms else 0),
        *[
            Count(ORDERS, f"category|{journey.currency}|{share.category}", share.minor)
            for share in journey.shares
        ],
    )
