"""What travels from the queue to a channel's sender: a message with an address, for one try."""

from typing import Any, Final

import msgspec

from streams.notifications.rows import Notification

NAME: Final = "Dispatch"


class Dispatch(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One try. `key` is the same for every try of a message: a provider that knows it drops one."""

    notification_id: str
    user_id: str
    template_id: str
    to: tuple[str, ...]
    key: str
    attempt: int
    asked_ms: int
    cause_id: str
    correlation_id: str
    template_data: dict[str, Any] = {}
    priority: str = "NORMAL"
    locale: str = ""


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Dispatch).decode


def dispatch(row: Notification, locale: str) -> bytes:
    """The try that a row has begun, as bytes."""
    return _encode(
        Dispatch(
            row.notification_id,
            row.user_id,
            row.template_id,
            row.to,
            row.idempotency_key,
            row.attempts,
            row.asked_ms,
            row.cause_id,
            row.correlation_id,
            row.template_data,
            row.priority,
            locale,
        )
    )


def dispatch_of(raw: bytes) -> Dispatch:
    """Read one back."""
    return _decode(raw)
