"""Push in the shape of Firebase Cloud Messaging (HTTP v1): one request a device.

A push waits a day for its device, and a later one about the same order takes its place (G-36).
A device that the provider does not know any more is told as dead.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from providers.http import HttpMessenger
from providers.notifications import ChannelError, Code, Outgoing, Refusal, Taken

CALLS_MAX: Final = 100
_NOT_FOUND: Final = 404
_REFUSED_FROM: Final = 400
_UNREGISTERED: Final = "UNREGISTERED"
"""FCM's word for a device that has the app no more."""


class FcmPush(HttpMessenger):
    """Sends pushes to every device of a customer."""

    def __init__(self, url: str, token: str, *, name: str = "fcm", timeout_s: float = 5.0) -> None:
        """`url` is `https://fcm.googleapis.com/v1/projects/<project>/messages:send`."""
        super().__init__(url, token, name, timeout_s, CALLS_MAX)

    async def send(self, message: Outgoing) -> Taken | Refusal:
        """Push to every device; one that takes it is enough, and nobody gets it twice.

        Raises:
            ChannelError: none took it, and some may yet.
        """
        answers = await asyncio.gather(
            *(self._push(message, device) for device in message.to), return_exceptions=True
        )
        told = list(zip(message.to, answers, strict=True))
        dead = tuple([device for device, answer in told if answer == _NOT_FOUND])
        statuses = [answer for answer in answers if isinstance(answer, int)]
        if any(status < _REFUSED_FROM for status in statuses):
            return Taken(dead=dead)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        if len(dead) == len(message.to):
            return Refusal(Code.DEAD_TOKEN, "No device has the app any more.", dead)
        refused = max(status for status in statuses if status != _NOT_FOUND)
        return Refusal(Code.REFUSED, f"HTTP {refused}", dead)

    async def _push(self, message: Outgoing, device: str) -> int:
        """The status for one device; 404 means that it is gone, and nothing else."""
        status, answer = await self._api.post(self._url, push_of(message, device), {})
        if status == _NOT_FOUND and not _is_unregistered(answer):
            raise ChannelError(f"{self.name}: HTTP {status}: nothing is at FLOWMART_PUSH_URL")
        return status


def _is_unregistered(answer: Mapping[str, Any]) -> bool:
    """Whether the provider knows the device no more, and not the address that was asked."""
    error = answer.get("error")
    details = error.get("details") if isinstance(error, dict) else None
    told = details if isinstance(details, list) else []
    return any(isinstance(one, dict) and one.get("errorCode") == _UNREGISTERED for one in told)


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
