"""A record without what tells who somebody is, for operators who look for what is wrong with it."""

import json
from typing import Any, Final

from engine.masking import MASKED, mask_text

PERSONAL: Final = frozenset(
    {
        "line1", "street", "addressLine1", "line2", "addressLine2", "city",
        "postalCode", "zip", "zipCode",
        "email", "phone", "deviceTokens", "profile",
        "token", "paymentMethodId", "paypalEmail", "paypalPayerId", "resetToken",
        "ipAddress", "deviceId", "geo", "cardFingerprint", "securityContext",
        "photoUrl", "signedBy", "signatureUrl", "gpsCoordinates",
        "recipientName", "giftMessage", "templateData",
        "cancellationNote", "note", "rationale", "reasonDetails",
    }
)  # fmt: skip
"""Fields of the wire that say who somebody is, where they are, how they pay, or what they wrote."""
_PEOPLE: Final = frozenset({"customer", "recipient"})
"""What is called `name` in these is a person's, elsewhere a product's or a plan's."""


def masked(text: str) -> str:
    """A record's value without personal data; as it came, where there is none."""
    try:
        told = json.loads(text)
        left = _left(told)
    except (ValueError, RecursionError):
        return mask_text(text)
    return mask_text(text if left == told else json.dumps(left, ensure_ascii=False))


def _left(value: Any, inside: str = "") -> Any:
    if isinstance(value, list):
        return [_left(one, inside) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: MASKED if each and _is_personal(name, inside) else _left(each, name)
        for name, each in value.items()
    }


def _is_personal(name: str, inside: str) -> bool:
    return name in PERSONAL or (name == "name" and inside in _PEOPLE)
