"""What a provider's code means: the contract's failure reason, and whether to try again (G-16)."""

from typing import Final

from events.vocabulary import PaymentFailureReason
from streams.payments.states import TEXT_CHARS_MAX, Failure

NEVER_RETRIED: Final = frozenset(
    {"expired_card", "invalid_payment_method", "fraud_suspected", "rate_limited"}
)
"""Reasons that another attempt cannot mend (domain §3)."""

REASONS: Final[dict[str, PaymentFailureReason]] = {
    "insufficient_funds": "insufficient_funds",
    "card_declined": "card_declined",
    "generic_decline": "card_declined",
    "do_not_honor": "card_declined",
    "card_velocity_exceeded": "card_declined",
    "currency_not_supported": "card_declined",
    "expired_card": "expired_card",
    "lost_card": "fraud_suspected",
    "stolen_card": "fraud_suspected",
    "pickup_card": "fraud_suspected",
    "restricted_card": "fraud_suspected",
    "fraudulent": "fraud_suspected",
    "merchant_blacklist": "fraud_suspected",
    "incorrect_number": "invalid_payment_method",
    "invalid_number": "invalid_payment_method",
    "incorrect_cvc": "invalid_payment_method",
    "invalid_cvc": "invalid_payment_method",
    "invalid_expiry_month": "invalid_payment_method",
    "invalid_expiry_year": "invalid_payment_method",
    "card_not_supported": "invalid_payment_method",
    "invalid_account": "invalid_payment_method",
    "invalid_payment_method": "invalid_payment_method",
    "resource_missing": "invalid_payment_method",
    "amount_too_small": "invalid_payment_method",
    "authentication_required": "authentication_required",
    "rate_limited": "rate_limited",
    "rate_limit": "rate_limited",
    "network_error": "network_error",
    "processing_error": "network_error",
    "provider_unavailable": "network_error",
    "outcome_unknown": "network_error",
    "never_charged": "network_error",
    "charge_expired": "other",
    "unknown_charge": "other",
    "already_captured": "other",
    "already_voided": "other",
    "amount_too_large": "other",
    "refund_refused": "other",
    "evidence_refused": "other",
}
"""By the provider's code; any other code is `other`, which may be tried again."""

ALREADY_CAPTURED: Final = "already_captured"
"""The refusal of a capture or void by which the provider says: the money is in."""
GONE: Final = frozenset({"already_voided", "charge_expired", "unknown_charge"})
"""Refusals of a void by which it says: nothing is held."""


def failure_of(code: str | None, message: str | None, charge_id: str, provider: str) -> Failure:
    """Say what a provider's refusal of a charge means."""
    reason = REASONS.get(code or "", "other")
    return Failure(
        reason=reason,
        code=code or "unspecified",
        retryable=reason not in NEVER_RETRIED,
        message=message[:TEXT_CHARS_MAX] if message else None,
        charge_id=charge_id,
        provider=provider,
    )


def unknown_outcome(code: str, message: str | None = None, provider: str = "") -> Failure:
    """Say that nobody knows whether a charge went through: only its key may be used again."""
    return Failure(
        reason="network_error",
        code=code,
        retryable=True,
        message=message[:TEXT_CHARS_MAX] if message else None,
        provider=provider,
        unknown=True,
    )


def fraud_failure(*, too_many: bool = False) -> Failure:
    """Say why Fraud's refusal ends a payment."""
    if too_many:
        return Failure("rate_limited", "rate_limited", retryable=False)
    return Failure("fraud_suspected", "fraud_declined", retryable=False)


REVIEW_EXPIRED: Final = Failure("fraud_suspected", "review_expired", retryable=False)
SESSION_EXPIRED: Final = Failure("other", "session_expired", retryable=False)
AUTHORIZATION_EXPIRED: Final = Failure("other", "authorization_expired", retryable=False)
AUTHORIZATION_GONE: Final = Failure("other", "authorization_gone", retryable=True)
AMOUNT_DIFFERS: Final = Failure("other", "amount_differs", retryable=False)
