"""The other workers of the application: what this one does not hold, one of them does."""

import asyncio
import json
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from engine.bind import LaneApp

FORWARDED = "X-Flowmart-Forwarded"
"""On requests between workers: answer from what you have, ask nobody."""
ASK_TIMEOUT_S = 2.0


class Peers:
    """Asks the others the same question, with the rights of whoever asked."""

    def __init__(self, app: LaneApp) -> None:
        self._app = app

    def workers(self) -> set[str]:
        """Addresses of all workers, as the group's last assignment knows them."""
        return set(self._app.assignor.external_topics_metadata())

    async def ask(self, request: web.Request) -> web.Response | None:
        """What another worker answers; None when none has it, or when this is a peer's question.

        The path goes as it came, so that odd keys stay what they are.
        """
        if FORWARDED in request.headers:
            return None
        answers = await self._answers(request)
        return web.json_response(text=answers[0]) if answers else None

    async def each(self, request: web.Request) -> list[Any]:
        """What each other worker that answers says, decoded."""
        return [json.loads(text) for text in await self._answers(request)]

    async def _answers(self, request: web.Request) -> list[str]:
        headers = {FORWARDED: "1"}
        if "Authorization" in request.headers:
            headers["Authorization"] = request.headers["Authorization"]
        others = self.workers() - {str(self._app.conf.canonical_url)}
        path = request.rel_url.raw_path_qs
        answers = await asyncio.gather(*(_ask(url.rstrip("/") + path, headers) for url in others))
        return [answer for answer in answers if answer is not None]


async def _ask(url: str, headers: dict[str, str]) -> str | None:
    timeout = aiohttp.ClientTimeout(total=ASK_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(URL(url, encoded=True)) as response,
        ):
            if response.status != HTTPStatus.OK:
                return None
            return await response.text()
    except (aiohttp.ClientError, TimeoutError):
        return None
