"""Payment providers behind one protocol: what is asked, what is answered, and how calls fail.

Money is in minor units. A token stands for the customer's card: a card number never appears.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from events.errors import FlowMartError


class Code(StrEnum):
    """Every code that an adapter answers with; it translates its provider's own words."""

    CARD_DECLINED = "card_declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    LOST_CARD = "lost_card"
    STOLEN_CARD = "stolen_card"
    FRAUDULENT = "fraudulent"
    AUTHENTICATION_REQUIRED = "authentication_required"
    INVALID_NUMBER = "invalid_number"
    INVALID_PAYMENT_METHOD = "invalid_payment_method"
    CARD_NOT_SUPPORTED = "card_not_supported"
    CURRENCY_NOT_SUPPORTED = "currency_not_supported"
    RATE_LIMITED = "rate_limited"
    AMOUNT_TOO_SMALL = "amount_too_small"
    """Less than the provider charges at all (Stripe: 0.50 in most currencies)."""
    PROCESSING_ERROR = "processing_error"

    NETWORK_ERROR = "network_error"
    """The provider could not be reached; it says that it never saw the charge."""
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    """It counts as down, so nothing was sent."""
    OUTCOME_UNKNOWN = "outcome_unknown"
    """A call was cut off, and the provider cannot be asked what became of it."""
    NEVER_CHARGED = "never_charged"
    """The provider was only asked, and never saw the charge."""

    CHARGE_EXPIRED = "charge_expired"
    """An authorisation that can be captured no longer."""
    UNKNOWN_CHARGE = "unknown_charge"
    ALREADY_CAPTURED = "already_captured"
    ALREADY_VOIDED = "already_voided"
    AMOUNT_TOO_LARGE = "amount_too_large"
    """More than is authorised to be captured, or than was captured to be refunded."""
    REFUND_REFUSED = "refund_refused"


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """Hold an amount, or take it at once."""

    key: str
    """Idempotency key: the provider makes one charge for it, however often it is asked."""
    payment_id: str
    amount_minor: int
    currency: str
    method: str
    token: str | None
    capture: bool
    """True: take the money at once. False: only hold it."""


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """Take money that is held."""

    key: str
    charge_id: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class VoidRequest:
    """Let held money go."""

    key: str
    charge_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Give money back."""

    key: str
    charge_id: str
    refund_id: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class EvidenceRequest:
    """Put the proof of a delivery before the bank that disputes a charge. Once a dispute."""

    key: str
    charge_id: str
    order_id: str | None
    chargeback_id: str
    carrier: str | None
    tracking_number: str | None
    delivered_at: datetime | None
    proof_url: str | None
    signed_by: str | None


@dataclass(frozen=True, slots=True)
class Charged:
    """The charge went through."""

    charge_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Done:
    """The operation went through."""

    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """A refund is on its way; a webhook, or asking again, tells how it ended."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The evidence was taken."""

    outcome: Literal["", "won", "lost"] = ""
    """How the dispute ended, where that is known at once; else a webhook tells later."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider says no. Asking again under the same key gets the same answer."""

    code: str
    message: str = ""
    charge_id: str = ""
    """Of the charge that failed, where the provider made one."""


class ProviderError(FlowMartError):
    """A payment provider did not answer as it should.

    Operator: look at the provider's status page; payments are tried again by themselves.
    """


class ProviderUnreachable(ProviderError):
    """The call never reached the provider: nothing happened, and it may be made again.

    Operator: look at the network and at the provider's status page.
    """


class OutcomeUnknown(ProviderError):
    """The call was cut off: it may have gone through, so it must be asked about first (G-19).

    Operator: nothing; if it repeats, look at the provider's latency.
    """


class PaymentProvider(Protocol):
    """One payment provider. Every call may be repeated with its key: it is done once.

    A provider may forget keys after a day (Stripe does), refunds never. So a charge of long ago
    is looked for with `find` before it is made again.

    Raises, from every call:
        ProviderUnreachable: nothing happened.
        OutcomeUnknown: nobody knows.
    """

    @property
    def name(self) -> str:
        """As events name it: stripe, paypal, simulated."""

    async def charge(self, request: ChargeRequest) -> Charged | Refused:
        """Hold the money, or take it at once."""

    async def find(self, request: ChargeRequest) -> Charged | Refused | None:
        """Tell what became of the charge with that key; None when there never was one."""

    async def capture(self, request: CaptureRequest) -> Done | Refused:
        """Take money that is held."""

    async def void(self, request: VoidRequest) -> Done | Refused:
        """Let held money go."""

    async def refund(self, request: RefundRequest) -> Done | Accepted | Refused:
        """Give back money that was taken."""

    async def find_refund(self, request: RefundRequest) -> Done | Accepted | Refused | None:
        """Tell what became of the refund with that id; None when there never was one."""

    async def submit_evidence(self, request: EvidenceRequest) -> Taken | Refused:
        """Put evidence before the bank."""

    async def books(self, charge_ids: Sequence[str]) -> Mapping[str, tuple[int, int]] | None:
        """What was captured and what went back of charges it knows; None: it keeps no books."""
