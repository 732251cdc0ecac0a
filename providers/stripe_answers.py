"""Stripe's answers in our words: an outcome, a certain refusal, or something to ask about again."""

from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import stripe

from providers.payments import (
    Accepted,
    Charged,
    Code,
    Done,
    OutcomeUnknown,
    ProviderError,
    ProviderUnreachable,
    Refused,
)

CARD_CODES: Final[dict[str, Code]] = {
    "insufficient_funds": Code.INSUFFICIENT_FUNDS,
    "expired_card": Code.EXPIRED_CARD,
    "lost_card": Code.LOST_CARD,
    "stolen_card": Code.STOLEN_CARD,
    "pickup_card": Code.STOLEN_CARD,
    "restricted_card": Code.STOLEN_CARD,
    "fraudulent": Code.FRAUDULENT,
    "merchant_blacklist": Code.FRAUDULENT,
    "authentication_required": Code.AUTHENTICATION_REQUIRED,
    "incorrect_number": Code.INVALID_NUMBER,
    "invalid_number": Code.INVALID_NUMBER,
    "incorrect_cvc": Code.INVALID_PAYMENT_METHOD,
    "invalid_cvc": Code.INVALID_PAYMENT_METHOD,
    "invalid_expiry_month": Code.INVALID_PAYMENT_METHOD,
    "invalid_expiry_year": Code.INVALID_PAYMENT_METHOD,
    "invalid_account": Code.INVALID_PAYMENT_METHOD,
    "card_not_supported": Code.CARD_NOT_SUPPORTED,
    "currency_not_supported": Code.CURRENCY_NOT_SUPPORTED,
    "processing_error": Code.PROCESSING_ERROR,
}
"""By decline code, else by code; any other decline is `card_declined`."""

REQUEST_CODES: Final[dict[str, Code]] = {
    "payment_method_unactivated": Code.INVALID_PAYMENT_METHOD,
    "payment_method_invalid_parameter": Code.INVALID_PAYMENT_METHOD,
    "charge_already_captured": Code.ALREADY_CAPTURED,
    "charge_expired_for_capture": Code.CHARGE_EXPIRED,
    "amount_too_large": Code.AMOUNT_TOO_LARGE,
    "amount_too_small": Code.AMOUNT_TOO_SMALL,
    "charge_already_refunded": Code.REFUND_REFUSED,
    "charge_disputed": Code.REFUND_REFUSED,
    "refund_disputed_payment": Code.REFUND_REFUSED,
    "balance_insufficient": Code.REFUND_REFUSED,
}
"""Of requests that Stripe understood and will not do."""

_STATES: Final = {"succeeded": Code.ALREADY_CAPTURED, "canceled": Code.CHARGE_EXPIRED}
"""What an intent's state says of a capture or void that it does not take."""
_CAPTURED: Final = "succeeded"
_HELD: Final = "requires_capture"
_FAILED_REFUND: Final = frozenset({"failed", "canceled"})


def outcome_of(intent: Any) -> Charged | Refused | None:
    """What an intent's state says of its charge; None when it was never confirmed.

    Raises:
        OutcomeUnknown: Stripe itself does not know yet.
    """
    if intent.status in (_CAPTURED, _HELD):
        return Charged(intent.id, intent.amount)
    if intent.status == "processing":
        raise OutcomeUnknown(f"stripe: {intent.id} is being processed")
    if intent.status == "requires_action":
        return Refused(Code.AUTHENTICATION_REQUIRED, "The bank asks the customer.", intent.id)
    if intent.status == "canceled":
        return Refused(Code.CHARGE_EXPIRED, "The intent was cancelled.", intent.id)
    error = intent.last_payment_error
    return None if error is None else _remembered(error.to_dict(), intent.id)


def refund_outcome_of(refund: Any, charge_id: str) -> Done | Accepted | Refused:
    """What a refund's state says."""
    if refund.status == "succeeded":
        return Done(refund.amount)
    if refund.status in _FAILED_REFUND:
        why = refund.to_dict().get("failure_reason") or ""
        return Refused(Code.REFUND_REFUSED, why, charge_id)
    return Accepted()


def refusal_of(
    error: stripe.StripeError, charge_id: str, *, of_void: bool = False
) -> Refused | None:
    """A certain refusal, or None when the outcome is not certain."""
    message = error.user_message or ""
    if isinstance(error, stripe.CardError):
        return Refused(_card_code(_body(error)), message, charge_id)
    if isinstance(error, stripe.InvalidRequestError):
        return Refused(_request_code(error, charge_id, of_void=of_void), message, charge_id)
    return None


def failure_of(error: stripe.StripeError) -> ProviderError:
    """What a call without a certain answer is: never sent, or perhaps done."""
    text = f"stripe: {type(error).__name__}: HTTP {error.http_status}"
    unsent = (stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError)
    if isinstance(error, unsent) or isinstance(error.__cause__, aiohttp.ClientConnectorError):
        return ProviderUnreachable(text)
    return OutcomeUnknown(text)


def _body(error: stripe.StripeError) -> dict[str, Any]:
    body: Any = error.json_body
    found = body.get("error") if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}


def _remembered(error: Mapping[str, Any], charge_id: str) -> Refused:
    """The refusal that an intent remembers."""
    return Refused(_card_code(error), error.get("message") or "", charge_id)


def _card_code(error: Mapping[str, Any]) -> Code:
    for word in (error.get("decline_code"), error.get("code")):
        if word in CARD_CODES:
            return CARD_CODES[word]
    return Code.CARD_DECLINED


def _request_code(error: stripe.InvalidRequestError, charge_id: str, *, of_void: bool) -> Code:
    body = _body(error)
    if error.code == "resource_missing":
        return Code.UNKNOWN_CHARGE if charge_id else Code.INVALID_PAYMENT_METHOD
    if error.code == "payment_intent_unexpected_state":
        intent = body.get("payment_intent")
        status = intent.get("status", "") if isinstance(intent, dict) else ""
        if of_void and status == "canceled":
            return Code.ALREADY_VOIDED
        return _STATES.get(status, Code.CHARGE_EXPIRED)
    return REQUEST_CODES.get(
        error.code or "", Code.REFUND_REFUSED if charge_id else Code.CARD_DECLINED
    )
