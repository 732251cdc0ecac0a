"""What adapters over HTTP share: one session, a bound on time, and errors told apart."""

from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from providers.notifications import ChannelError

_TIMEOUT: Final = aiohttp.ClientTimeout(total=5.0)
_AGAIN: Final = frozenset({401, 403, 408, 429})
"""No fault of the message: our credentials, the provider's pace. So is all from 500 on."""
_TROUBLE_FROM: Final = 500


class HttpMessenger:
    """A messenger that posts JSON to one address."""

    is_outside = True

    def __init__(self, url: str, token: str, name: str, calls_max: int) -> None:
        self.name = name
        self.calls_max = calls_max
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self, body: Mapping[str, Any], headers: Mapping[str, str], *, judged: int | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Post, and give the status with the answer's object; empty where there is none.

        The status `judged` is never an error here: the caller knows more of it.

        Raises:
            ChannelError: no answer, too many requests, a fault of the server, or credentials that
                do not hold: once they do, the message can go.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=_TIMEOUT)
        try:
            async with self._session.post(self._url, json=body, headers=headers) as response:
                answer = await _object(response)
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChannelError(f"{self.name}: {type(error).__name__}: {error}") from error
        if status != judged and (status in _AGAIN or status >= _TROUBLE_FROM):
            raise ChannelError(f"{self.name}: HTTP {status}")
        return status, answer

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
        self._session = None


async def _object(response: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        found = await response.json(content_type=None)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
