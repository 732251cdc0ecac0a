"""Push in the shape of Firebase Cloud Messaging (HTTP v1): one request a device.

A push waits a day for its device, and a later one about the same order takes its place (G-36).
A device that the provider does not know any more is told as dead; so is one that registered with
another sender, once a push has shown that our credentials are good: without that, all of them
would look so.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from providers.http import HttpMessenger
from providers.notifications import ChannelError, Code, Outgoing, Refusal, Taken

CALLS_MAX: Final = 100
_NOT_FOUND: Final = 404
_FORBIDDEN: Final = 403
_GONE: Final = frozenset({_NOT_FOUND, _FORBIDDEN})
_REFUSED_FROM: Final = 400
_UNREGISTERED: Final = "UNREGISTERED"
"""FCM's word for a device that has the app no more."""
_MISMATCH: Final = "SENDER_ID_MISMATCH"
"""FCM's word for a device that takes pushes from another sender than ours."""


class FcmPush(HttpMessenger):
    """Sends pushes to every device of a customer."""

    def __init__(self, url: str, token: str) -> None:
        """`url` is `https://fcm.googleapis.com/v1/projects/<project>/messages:send`."""
        super().__init__(url, token, "fcm", CALLS_MAX)
        self._proven = False

    async def send(self, message: Outgoing) -> Taken | Refusal:
        """Push to every device; one that takes it is enough, and nobody gets it twice.

        Raises:
            ChannelError: none took it, and some may yet.
        """
        answers = await asyncio.gather(
            *(self._push(message, device) for device in message.to), return_exceptions=True
        )
        statuses = [answer for answer in answers if isinstance(answer, int)]
        taken = any(status < _REFUSED_FROM for status in statuses)
        self._proven = self._proven or taken
        told = zip(message.to, answers, strict=True)
        dead = tuple([device for device, answer in told if answer in _GONE])
        if taken:
            return Taken(dead=dead)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        if _FORBIDDEN in statuses and not self._proven:
            raise ChannelError(f"{self.name}: HTTP 403 {_MISMATCH}: are credentials the app's?")
        if len(dead) == len(message.to):
            return Refusal(Code.DEAD_TOKEN, "No device has the app any more.", dead)
        refused = max(status for status in statuses if status not in _GONE)
        return Refusal(Code.REFUSED, f"HTTP {refused}", dead)

    async def _push(self, message: Outgoing, device: str) -> int:
        """The status for one device; 404 and 403 speak of the device, and of nothing else."""
        body = push_of(message, device)
        status, answer = await self.post(body, {}, judged=_FORBIDDEN)
        if status == _NOT_FOUND and not _says(answer, _UNREGISTERED):
            raise ChannelError(f"{self.name}: HTTP {status}: nothing is at FLOWMART_PUSH_URL")
        if status == _FORBIDDEN and not _says(answer, _MISMATCH):
            raise ChannelError(f"{self.name}: HTTP {status}")
        return status


def _says(answer: Mapping[str, Any], code: str) -> bool:
    """Whether the provider names that error, which is the device's."""
    error = answer.get("error")
    details = error.get("details") if isinstance(error, dict) else None
    told = details if isinstance(details, list) else []
    return any(isinstance(one, dict) and one.get("errorCode") == code for one in told)


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
