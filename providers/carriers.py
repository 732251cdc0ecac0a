"""Carriers behind one protocol: what is asked, what is answered, and how calls fail.

Webhooks are not here: their signatures are checked where they arrive, at the API gateway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from events.errors import FlowMartError


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """Take a parcel."""

    key: str
    """Idempotency key: the carrier makes one label for it, however often it is asked."""
    reference: str
    """The shipment's id."""
    country: str
    postal_code: str
    method: str
    weight_g: int
    packages: int
    is_return: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """The carrier takes it."""

    tracking_number: str
    url: str


@dataclass(frozen=True, slots=True)
class NoLabel:
    """The carrier does not take it."""

    code: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Ask where a parcel is."""

    tracking_number: str
    country: str
    city: str
    booked_at_ms: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """Pay for a parcel that was lost."""

    key: str
    """Idempotency key: the carrier pays once for it, however often it is asked."""
    tracking_number: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """What the carrier pays; 0: nothing, it is not to blame."""

    amount_minor: int


@dataclass(frozen=True, slots=True)
class CarrierScan:
    """One thing a carrier knows of a parcel, in the words of UpdateShipmentStatus."""

    at_ms: int
    status: str
    city: str
    country: str
    reason_code: str | None = None
    photo_url: str | None = None
    signed_by: str | None = None


class CarrierError(FlowMartError):
    """A carrier did not answer as it should.

    Operator: look at the carrier's status page; bookings are tried again by themselves.
    """


class CarrierProvider(Protocol):
    """One carrier. Every call may be repeated with its key and then answers the same.

    Raises, from every call:
        CarrierError: no answer; whether it got through is not known, so ask under the same key.
    """

    @property
    def name(self) -> str:
        """As events name it."""

    async def book(self, request: LabelRequest) -> Label | NoLabel:
        """Take a parcel, or issue the label of a return."""

    async def void(self, tracking_number: str, key: str) -> None:
        """Forget a parcel that will not come; one that is unknown is forgotten already."""

    async def track(self, request: Whereabouts) -> Sequence[CarrierScan]:
        """Tell everything that is known of a parcel until now, oldest first."""

    async def claim(self, request: ClaimRequest) -> ClaimAnswer:
        """Pay for a parcel that was lost, or refuse to."""
