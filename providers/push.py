"""Push in the shape of Firebase Cloud Messaging (HTTP v1): one request a device.

A push waits a day for its device, and a later one about the same order takes its place (G-36).
A device that the provider does not know any more is told as dead.
"""

import asyncio
from typing import Any, Final

from providers.http import HttpMessenger
from providers.notifications import Code, Outgoing, Refusal, Taken

CALLS_MAX: Final = 100
_NOT_FOUND: Final = 404
_REFUSED_FROM: Final = 400


class FcmPush(HttpMessenger):
    """Sends pushes to every device of a customer."""

    def __init__(self, url: str, token: str, *, name: str = "fcm", timeout_s: float = 5.0) -> None:
        """`url` is `https://fcm.googleapis.com/v1/projects/<project>/messages:send`."""
        super().__init__(url, token, name, timeout_s, CALLS_MAX)

    async def send(self, message: Outgoing) -> Taken | Refusal:
        """Push to every device; one that takes it is enough."""
        answers = await asyncio.gather(*(self._push(message, device) for device in message.to))
        dead = tuple(
            [d for d, status in zip(message.to, answers, strict=True) if status == _NOT_FOUND]
        )
        if any(status < _REFUSED_FROM for status in answers):
            return Taken(dead=dead)
        if len(dead) == len(message.to):
            return Refusal(Code.DEAD_TOKEN, "No device has the app any more.", dead)
        return Refusal(Code.REFUSED, f"HTTP {max(answers)}", dead)

    async def _push(self, message: Outgoing, device: str) -> int:
        status, _ = await self._api.post(self._url, push_of(message, device), {})
        return status


def push_of(message: Outgoing, device: str) -> dict[str, Any]:
    """The request for one device."""
    android: dict[str, Any] = {
        "ttl": f"{message.ttl_s}s",
        "priority": "HIGH" if message.urgent else "NORMAL",
    }
    apns: dict[str, str] = {"apns-priority": "10" if message.urgent else "5"}
    if message.collapse_key:
        android["collapse_key"] = message.collapse_key
        apns["apns-collapse-id"] = message.collapse_key[:64]
    return {
        "message": {
            "token": device,
            "notification": {"title": message.subject, "body": message.text},
            "android": android,
            "apns": {"headers": apns},
            "data": {"key": message.key},
        }
    }
