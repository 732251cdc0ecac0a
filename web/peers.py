"""The other workers of the application: what this one does not hold, one of them does."""

import asyncio
import json
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from engine.bind import LaneApp
from web.problems import CONTENT_TYPE, problem

FORWARDED = "X-Flowmart-Forwarded"
"""On requests between workers: answer from what you have, ask nobody."""
ASK_TIMEOUT_S = 1.0
"""Less than who asks a worker waits for it."""


class Peers:
    """Asks the others the same question, with the rights of whoever asked."""

    def __init__(self, app: LaneApp) -> None:
        self._app = app

    def workers(self) -> set[str]:
        """Addresses of all workers, as the group's last assignment knows them."""
        return set(self._app.assignor.external_topics_metadata())

    async def ask(self, request: web.Request) -> web.Response | None:
        """What another worker answers; None when none has it, or when this is a peer's question.

        The first that has it is enough: nobody waits for a worker that hangs. The path goes as it
        came, so that odd keys stay what they are.

        Raises:
            HTTPServiceUnavailable: none has it of those who answered, and not all did, or some
                partition is open nowhere, as while the group is rebalanced.
        """
        if FORWARDED in request.headers:
            return None
        questions, missing = list(self._questions(request).values()), False
        looked_in = set(self._app.lanes.open_lanes())
        try:
            for answer in asyncio.as_completed(questions):
                status, text = await answer
                if status == HTTPStatus.OK:
                    return web.json_response(text=text)
                if status == HTTPStatus.GONE:
                    return web.Response(status=status, text=text, content_type=CONTENT_TYPE)
                missing |= status != HTTPStatus.NOT_FOUND
                looked_in |= _partitions_in(text)
        finally:
            for question in questions:
                question.cancel()
        if missing:
            raise web.HTTPServiceUnavailable(reason="a worker that may have it does not answer")
        if len(looked_in) < self._app.lanes.topology.partitions:
            raise web.HTTPServiceUnavailable(reason="no worker has the partition that may have it")
        return None

    def nothing(self, missing: str) -> web.Response:
        """404 with what is missing, and the partitions that were looked in here."""
        looked_in = sorted(self._app.lanes.open_lanes())
        return problem(HTTPStatus.NOT_FOUND, missing, partitions=looked_in)

    async def each(self, request: web.Request) -> list[tuple[str, Any]]:
        """What each other worker says, decoded, by its address; None where that is no answer."""
        questions = self._questions(request)
        answers = await asyncio.gather(*questions.values())
        return [(url, _decoded(*answer)) for url, answer in zip(questions, answers, strict=True)]

    def _questions(self, request: web.Request) -> dict[str, asyncio.Task[tuple[int, str]]]:
        """The same question under way to each other worker, by its address."""
        headers = {FORWARDED: "1"}
        if "Authorization" in request.headers:
            headers["Authorization"] = request.headers["Authorization"]
        others = self.workers() - {str(self._app.conf.canonical_url)}
        path = request.rel_url.raw_path_qs
        return {
            url: asyncio.create_task(_ask(url.rstrip("/") + path, headers))
            for url in sorted(others)
        }


def _partitions_in(text: str) -> set[int]:
    """Where a worker looked that does not have it; nowhere, where it does not say."""
    told = _decoded(HTTPStatus.OK, text)
    return set(told.get("partitions", ())) if isinstance(told, dict) else set()


def _decoded(status: int, text: str) -> Any:
    try:
        return json.loads(text) if status == HTTPStatus.OK else None
    except ValueError:
        return None


async def _ask(url: str, headers: dict[str, str]) -> tuple[int, str]:
    """Status and text; status 0 when there is no answer."""
    timeout = aiohttp.ClientTimeout(total=ASK_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(URL(url, encoded=True)) as response,
        ):
            return response.status, await response.text()
    except (aiohttp.ClientError, TimeoutError, UnicodeError):
        return 0, ""
