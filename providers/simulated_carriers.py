"""Carriers that are functions: the postal code decides what happens to a parcel.

They keep nothing, so they answer a repeat as they answered the first call, on any worker and
after any crash: tracking numbers derive from the idempotency key and carry the script, and
scans derive from the tracking number and the time of booking.

| postal code ends in | what happens |
|---|---|
| `-unbookable` | every booking is refused for good |
| `-busy` | every booking fails and may be repeated |
| `-down` | every call fails |
| `-unavailable` | nobody is at home, once; then delivered |
| `-never` | nobody is at home, ever |
| `-noaddress` | the address is not found |
| `-damaged`, `-refused` | the parcel is damaged, or refused |
| `-lost` | dispatched, and never seen again |
| `-unscanned` | booked, and never seen at all |
| any other, or none | delivered, but for the shares of failures |
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from providers.carriers import (
    CarrierError,
    CarrierProvider,
    CarrierScan,
    ClaimAnswer,
    ClaimRequest,
    Label,
    LabelRequest,
    NoLabel,
    Whereabouts,
)

CARRIERS: Final = ("FedEx", "UPS", "USPS", "DHL", "Royal Mail")
_PREFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {"FedEx": "FX", "UPS": "1Z", "USPS": "94", "DHL": "JD", "Royal Mail": "RM"}
)
_FINE: Final = "f"
_LOST: Final = frozenset("lx")
_SCRIPTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "-unavailable": "u",
        "-never": "v",
        "-noaddress": "n",
        "-damaged": "d",
        "-refused": "r",
        "-lost": "l",
        "-unscanned": "x",
    }
)
_FAILURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "u": "CUSTOMER_UNAVAILABLE",
        "v": "CUSTOMER_UNAVAILABLE",
        "n": "ADDRESS_NOT_FOUND",
        "d": "DAMAGED_IN_TRANSIT",
        "r": "REFUSED",
    }
)
_PHOTOS: Final = "https://carriers.example.com/photos"
_LABELS: Final = "https://carriers.example.com/labels"


@dataclass(frozen=True, slots=True)
class CarrierTimes:
    """When things happen to a simulated parcel, in milliseconds from its booking."""

    shipped_ms: int = 2 * 3_600_000
    in_transit_ms: int = 12 * 3_600_000
    out_ms: int = 40 * 3_600_000
    delivered_ms: int = 46 * 3_600_000
    again_ms: int = 5 * 24 * 3_600_000
    """Between two attempts: longer than any weekend."""
    attempts_max: int = 3
    unavailable_share: float = 0.0
    """The share of parcels that meet nobody at the first attempt."""


class SimulatedCarrier:
    """One carrier."""

    def __init__(
        self, name: str, times: CarrierTimes | None = None, *, latency_ms: int = 0
    ) -> None:
        self.name = name
        self._times = times or CarrierTimes()
        self._latency_ms = latency_ms

    async def book(self, request: LabelRequest) -> Label | NoLabel:
        """Make one label a key."""
        await self._wait()
        code = request.postal_code
        if code.endswith("-down"):
            raise CarrierError(f"{self.name} does not answer")
        if code.endswith("-unbookable"):
            return NoLabel("destination_not_served")
        if code.endswith("-busy"):
            return NoLabel("capacity", retryable=True)
        number = self._number(request)
        return Label(number, f"{_LABELS}/{number}.pdf")

    async def void(self, tracking_number: str, key: str) -> None:  # noqa: ARG002 - the protocol's shape
        """Nothing is kept, so there is nothing to forget."""
        await self._wait()

    async def track(self, request: Whereabouts) -> Sequence[CarrierScan]:
        """Everything that has happened by now."""
        await self._wait()
        script = request.tracking_number[-1]
        return [
            _scan(request, after_ms, status, reason)
            for after_ms, status, reason in _story(script, self._times)
            if request.booked_at_ms + after_ms <= request.now_ms
        ]

    async def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Pay in full for what it lost, and for nothing else."""
        await self._wait()
        lost = request.tracking_number[-1] in _LOST
        return ClaimAnswer(request.amount_minor if lost else 0)

    async def _wait(self) -> None:
        if self._latency_ms:
            await asyncio.sleep(self._latency_ms / 1000)

    def _number(self, request: LabelRequest) -> str:
        told = hashlib.sha256(f"{self.name} {request.key}".encode())
        share = int.from_bytes(told.digest()[:4]) / 2**32
        scripts = (code for end, code in _SCRIPTS.items() if request.postal_code.endswith(end))
        script = next(scripts, "u" if share < self._times.unavailable_share else _FINE)
        return f"{_PREFIXES[self.name]}{told.hexdigest()[:16].upper()}{script}"


def simulated_carriers(
    times: CarrierTimes | None = None, *, latency_ms: int = 0
) -> dict[str, CarrierProvider]:
    """All five, by name."""
    return {name: SimulatedCarrier(name, times, latency_ms=latency_ms) for name in CARRIERS}


def _story(script: str, times: CarrierTimes) -> list[tuple[int, str, str | None]]:
    """What happens, oldest first: how long after booking, status, reason."""
    if script == "x":
        return []
    story: list[tuple[int, str, str | None]] = [(times.shipped_ms, "shipped", None)]
    if script == "l":
        return story
    story += [(times.in_transit_ms, "in_transit", None), (times.out_ms, "out_for_delivery", None)]
    failures = {_FINE: 0, "u": 1, "v": times.attempts_max}.get(script, 1)
    story += [
        (times.delivered_ms + n * times.again_ms, "delivery_failed", _FAILURES[script])
        for n in range(failures)
    ]
    if script in {_FINE, "u"}:
        story.append((times.delivered_ms + failures * times.again_ms, "delivered", None))
    return story


def _scan(request: Whereabouts, after_ms: int, status: str, reason: str | None) -> CarrierScan:
    arrived = status == "delivered"
    return CarrierScan(
        request.booked_at_ms + after_ms,
        status,
        request.city,
        request.country,
        reason,
        f"{_PHOTOS}/{request.tracking_number}.jpg" if arrived else None,
    )
