"""SMS over HTTP: a provider that takes `POST {url}` with JSON, a bearer token and a key.

It answers 2xx with `{"id": ...}`, or 4xx with `{"code": ...}`. The header `Idempotency-Key` has
it send one SMS for all tries.
"""

from typing import Final

from providers.http import HttpMessenger
from providers.notifications import Code, Outgoing, Refusal, Taken

CALLS_MAX: Final = 50
_REFUSED_FROM: Final = 400
_NUMBER: Final = frozenset(
    {"invalid_number", "unreachable_number", "blocked_number", "unsubscribed"}
)
"""Codes that say that the number takes no SMS, now or ever (G-35)."""


class HttpSms(HttpMessenger):
    """Sends SMS."""

    def __init__(self, url: str, token: str, sender: str) -> None:
        self._sender = sender
        super().__init__(url, token, "sms", CALLS_MAX)

    async def send(self, message: Outgoing) -> Taken | Refusal:
        """Send an SMS; the text is cut to size already."""
        body = {"from": self._sender, "to": message.to[0], "text": message.text}
        status, answer = await self.post(body, {"Idempotency-Key": message.key})
        if status < _REFUSED_FROM:
            return Taken(str(answer.get("id", "")))
        why = str(answer.get("code", ""))
        code = Code.NUMBER_DISABLED if why in _NUMBER else Code.REFUSED
        return Refusal(code, f"HTTP {status} {why}".strip())
