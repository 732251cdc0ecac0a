"""SMS over HTTP: a provider that takes `POST {url}` with JSON, a bearer token and a key.

It answers 2xx with `{"id": ...}`, or 4xx with `{"code": ...}`. The header `Idempotency-Key` has
it send one SMS for all tries.
"""

from typing import Final

from providers.http import JsonApi
from providers.notifications import Code, Outgoing, Refusal, Taken

CALLS_MAX: Final = 50
_REFUSED_FROM: Final = 400
_NUMBER: Final = frozenset(
    {"invalid_number", "unreachable_number", "blocked_number", "unsubscribed"}
)
"""Codes that say that the number takes no SMS, now or ever (G-35)."""


class HttpSms:
    """Sends SMS."""

    def __init__(
        self, url: str, token: str, sender: str, *, name: str = "sms", timeout_s: float = 5.0
    ) -> None:
        self._url = url
        self._sender = sender
        self._name = name
        self._api = JsonApi(name, token, timeout_s)

    @property
    def name(self) -> str:
        """As events name it."""
        return self._name

    @property
    def calls_max(self) -> int:
        """How many messages it takes at once."""
        return CALLS_MAX

    @property
    def is_outside(self) -> bool:
        """Messages leave the house."""
        return True

    async def send(self, message: Outgoing) -> Taken | Refusal:
        """Send an SMS; the text is cut to size already."""
        body = {"from": self._sender, "to": message.to[0], "text": message.text}
        status, answer = await self._api.post(self._url, body, {"Idempotency-Key": message.key})
        if status < _REFUSED_FROM:
            return Taken(str(answer.get("id", "")))
        why = str(answer.get("code", ""))
        code = Code.NUMBER_DISABLED if why in _NUMBER else Code.REFUSED
        return Refusal(code, f"HTTP {status} {why}".strip())

    async def close(self) -> None:
        """Close the session."""
        await self._api.close()
