"""What adapters over HTTP share: one session, a bound on time, and errors told apart."""

from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from providers.notifications import ChannelError

_AGAIN: Final = frozenset({401, 403, 408, 429})
"""No fault of the message: our credentials, the provider's pace. So is all from 500 on."""
_TROUBLE_FROM: Final = 500


class JsonApi:
    """Posts JSON to one provider."""

    def __init__(self, name: str, token: str, timeout_s: float) -> None:
        self._name = name
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        url: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str],
        *,
        judged: int | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Post, and give the status with the answer's object; empty where there is none.

        The status `judged` is never an error here: the caller knows more of it.

        Raises:
            ChannelError: no answer, too many requests, a fault of the server, or credentials that
                do not hold: once they do, the message can go.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)
        try:
            async with self._session.post(url, json=body, headers=headers) as response:
                answer = await self._object(response)
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ChannelError(f"{self._name}: {type(error).__name__}: {error}") from error
        if status != judged and (status in _AGAIN or status >= _TROUBLE_FROM):
            raise ChannelError(f"{self._name}: HTTP {status}")
        return status, answer

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
        self._session = None

    async def _object(self, response: aiohttp.ClientResponse) -> dict[str, Any]:
        try:
            found = await response.json(content_type=None)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class HttpMessenger:
    """A messenger that posts JSON to one address."""

    def __init__(self, url: str, token: str, name: str, timeout_s: float, calls_max: int) -> None:
        self._url = url
        self._name = name
        self._calls_max = calls_max
        self._api = JsonApi(name, token, timeout_s)

    @property
    def name(self) -> str:
        """As events name it."""
        return self._name

    @property
    def calls_max(self) -> int:
        """How many messages it takes at once."""
        return self._calls_max

    @property
    def is_outside(self) -> bool:
        """Messages leave the house."""
        return True

    async def close(self) -> None:
        """Close the session."""
        await self._api.close()
