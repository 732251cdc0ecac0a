"""The carriers' gateway: calls carriers and tells what they answered. An effect: it keeps nothing.

In: BookCarrier, VoidLabel, TrackParcel, FileClaim of shipping.commands. Out: CarrierBooked or
CarrierBookingFailed for the first; UpdateShipmentStatus, once a scan, for TrackParcel; ClaimSettled
for the last. Every call carries an idempotency key that a repeat shares, so running again after a
crash makes no second label. One command is one call: tries, waits and other carriers are
Shipping's (G-28). A carrier that counts as down is not called, and the answer says so at once, so
that another is asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from agents.wiring import cause_of, published
from engine.specs import Delivery, Effect, EffectSpec, Published
from events.base import Message
from events.carriers import (
    BookCarrier,
    CarrierBooked,
    CarrierBookingFailed,
    ClaimSettled,
    FileClaim,
    TrackParcel,
    VoidLabel,
)
from events.shipping import UpdateShipmentStatus
from events.shipping_parts import ProofOfDelivery
from events.types import Place
from providers.carriers import (
    CarrierError,
    CarrierProvider,
    CarrierScan,
    ClaimRequest,
    Label,
    LabelRequest,
    Whereabouts,
)
from providers.health import Clock, Health, HealthRules, ticks_ms
from streams.moments import moment_of, ms_of
from topics import SHIPPING_COMMANDS, SHIPPING_EVENTS

AGENT: Final = "carriers"
DOWN: Final = "carrier_down"
NO_ANSWER: Final = "no_answer"
UNKNOWN: Final = "unknown_carrier"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CarrierCallRules:
    """Bounds of calls to carriers. Times are milliseconds."""

    call_ms: int = 10_000
    """How long one call may take. Shipping waits longer for the answer."""
    health: HealthRules = field(default_factory=HealthRules)


def carriers_effect(
    carriers: Mapping[str, CarrierProvider],
    rules: CarrierCallRules | None = None,
    *,
    clock: Clock = ticks_ms,
) -> EffectSpec:
    """The gateway to carriers, by their names in events."""
    rules = rules or CarrierCallRules()
    desk = _Desk({name: _Line(one, rules, clock) for name, one in carriers.items()})
    effects: dict[str, Effect] = {
        "BookCarrier": desk.book,
        "VoidLabel": desk.void,
        "TrackParcel": desk.track,
        "FileClaim": desk.claim,
    }
    return EffectSpec(
        name=AGENT,
        help="Books, voids, tracks and claims parcels with the carriers.",
        topic=SHIPPING_COMMANDS,
        effects=effects,
        by="shipmentId",
        outputs=(SHIPPING_COMMANDS, SHIPPING_EVENTS),
        timeout_s=2 * rules.call_ms / 1000,
    )


class _CarrierDown(CarrierError):
    """The carrier counts as down, so it was not called.

    Operator: look at its status page; a probe finds out by itself when it is back.
    """


class _Line:
    """Calls one carrier within a time, and knows its health."""

    def __init__(self, carrier: CarrierProvider, rules: CarrierCallRules, clock: Clock) -> None:
        self._carrier = carrier
        self._rules = rules
        self._health = Health(carrier.name, rules.health)
        self._clock = clock

    async def call(self, make: Callable[[CarrierProvider], Awaitable[T]]) -> T:
        """Make one call.

        Raises:
            CarrierError: no answer; a repeat under the same key is harmless.
        """
        if not self._health.allows(self._clock()):
            raise _CarrierDown(f"{self._carrier.name} counts as down")
        try:
            async with asyncio.timeout(self._rules.call_ms / 1000):
                answer = await make(self._carrier)
        except TimeoutError:
            late = CarrierError(f"{self._carrier.name}: no answer in time")
            self._health.failed(self._clock(), late)
            raise late from None
        except CarrierError as error:
            self._health.failed(self._clock(), error)
            raise
        self._health.answered(self._clock())
        return answer


class _Desk:
    """One handler a command."""

    def __init__(self, lines: Mapping[str, _Line]) -> None:
        self._lines = lines

    async def book(self, delivery: Delivery) -> list[Published]:
        """Ask for a label."""
        command: BookCarrier = delivery.value.data
        outcome = await self._booked(command)
        return published(AGENT, cause_of(delivery), (outcome,))

    async def void(self, delivery: Delivery) -> list[Published]:
        """Give a label back; what fails costs the shop a label, so it goes to the dead letters.

        Raises:
            CarrierError: the carrier did not answer.
        """
        command: VoidLabel = delivery.value.data
        line = self._lines.get(command.carrier)
        if line is not None:
            number, key = command.tracking_number, command.idempotency_key
            await line.call(lambda carrier: carrier.void(number, key))
        return []

    async def track(self, delivery: Delivery) -> list[Published]:
        """Ask where a parcel is; a carrier that does not answer is asked again another time."""
        command: TrackParcel = delivery.value.data
        line = self._lines.get(command.carrier)
        request = Whereabouts(
            command.tracking_number,
            command.address.country,
            command.address.city,
            ms_of(command.booked_at),
            delivery.record.timestamp,
        )
        scans: Sequence[CarrierScan] = ()
        if line is not None:
            try:
                scans = await line.call(lambda carrier: carrier.track(request))
            except CarrierError:
                return []
        known = {(ms_of(scan.at), scan.status) for scan in command.known}
        updates = [
            _update(command, scan) for scan in scans if (scan.at_ms, scan.status) not in known
        ]
        return published(AGENT, cause_of(delivery), updates)

    async def claim(self, delivery: Delivery) -> list[Published]:
        """Ask for what a lost parcel was worth; a carrier that does not answer is asked again."""
        command: FileClaim = delivery.value.data
        line = self._lines.get(command.carrier)
        if line is None:
            return []
        request = ClaimRequest(
            command.idempotency_key, command.tracking_number, command.amount_minor, command.currency
        )
        try:
            answer = await line.call(lambda carrier: carrier.claim(request))
        except CarrierError:
            return []
        settled = ClaimSettled(
            shipment_id=command.shipment_id,
            order_id=command.order_id,
            carrier=command.carrier,
            tracking_number=command.tracking_number,
            accepted=answer.amount_minor > 0,
            amount_minor=answer.amount_minor,
            currency=command.currency,
        )
        return published(AGENT, cause_of(delivery), (settled,))

    async def _booked(self, command: BookCarrier) -> Message:
        line = self._lines.get(command.carrier)
        if line is None:
            return _failed(command, UNKNOWN, retryable=False)
        request = _request(command)
        try:
            answer = await line.call(lambda carrier: carrier.book(request))
        except _CarrierDown:
            return _failed(command, DOWN, retryable=False)
        except CarrierError:
            return _failed(command, NO_ANSWER, retryable=True)
        if not isinstance(answer, Label):
            return _failed(command, answer.code, retryable=answer.retryable)
        return CarrierBooked(
            shipment_id=command.shipment_id,
            order_id=command.order_id,
            carrier=command.carrier,
            purpose=command.purpose,
            tracking_number=answer.tracking_number,
            label_url=answer.url,
            idempotency_key=command.idempotency_key,
        )


def _request(command: BookCarrier) -> LabelRequest:
    return LabelRequest(
        command.idempotency_key,
        command.shipment_id,
        command.address.country,
        command.address.postal_code or "",
        command.shipping_method,
        sum([round(package.weight_kg * 1000) for package in command.packages]),
        len(command.packages),
        is_return=command.purpose == "return",
    )


def _failed(command: BookCarrier, code: str, *, retryable: bool) -> CarrierBookingFailed:
    return CarrierBookingFailed(
        shipment_id=command.shipment_id,
        order_id=command.order_id,
        carrier=command.carrier,
        purpose=command.purpose,
        failure_code=code,
        retryable=retryable,
        idempotency_key=command.idempotency_key,
    )


def _update(command: TrackParcel, scan: CarrierScan) -> UpdateShipmentStatus:
    proof = None
    if scan.photo_url or scan.signed_by:
        proof = ProofOfDelivery(photo_url=scan.photo_url, signed_by=scan.signed_by)
    return UpdateShipmentStatus(
        shipment_id=command.shipment_id,
        status=scan.status,
        updated_at=moment_of(scan.at_ms),
        location=Place(city=scan.city, country=scan.country),
        reason_code=scan.reason_code,
        proof_of_delivery=proof,
        carrier=command.carrier,
        tracking_number=command.tracking_number,
    )
