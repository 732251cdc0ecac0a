"""`/tables/`: what tables there are, their rows, one row wherever it lives."""

import asyncio
from http import HTTPStatus
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from engine.bind import LaneApp
from engine.specs import TableSpec
from engine.views import committed_row, committed_rows
from web.problems import problem

LIMIT_DEFAULT = 20
LIMIT_MAX = 1000
FORWARDED = "X-Flowmart-Forwarded"
"""On requests between workers: answer from what you have, ask nobody."""
ASK_TIMEOUT_S = 2.0


class TableViews:
    """Handlers over one worker's lanes."""

    def __init__(self, app: LaneApp, token: str | None) -> None:
        self._app = app
        self._token = token

    def routes(self) -> list[web.RouteDef]:
        """All routes of the tables."""
        return [
            web.get("/tables/", self.index),
            web.get("/tables/{table}/", self.rows),
            web.get("/tables/{table}/{key:.+}", self.row),
        ]

    async def index(self, _request: web.Request) -> web.Response:
        """Every table with its key and what it is for, and the partitions held here."""
        tables = [
            {"name": t.name, "key": t.key, "help": t.help, "hidden": t.hidden,
             "rows": f"/tables/{t.name}/"}
            for t in self._app.lanes.topology.tables.values()
        ]  # fmt: skip
        return web.json_response({"tables": tables, **self._here()})

    async def rows(self, request: web.Request) -> web.Response:
        """Rows of the partitions that this worker holds, in the order of their keys."""
        spec = self._spec(request)
        if isinstance(spec, web.Response):
            return spec
        limit = _limit(request.query.get("limit", str(LIMIT_DEFAULT)))
        if limit is None:
            return problem(HTTPStatus.BAD_REQUEST, f"limit: expected 1 to {LIMIT_MAX}")
        prefix = request.query.get("prefix", "")
        found: list[tuple[str, Any]] = []
        for lane in self._app.lanes.open_lanes().values():
            found.extend(committed_rows(lane.processor, spec, prefix=prefix, limit=limit + 1))
        found.sort(key=lambda item: item[0])
        rows = [{"key": key, "value": row} for key, row in found[:limit]]
        return web.json_response(
            {"table": spec.name, "rows": rows, "more": len(found) > limit, **self._here()}
        )

    async def row(self, request: web.Request) -> web.Response:
        """One row, from this worker or from the one that holds it."""
        spec = self._spec(request)
        if isinstance(spec, web.Response):
            return spec
        key = request.match_info["key"]
        for partition, lane in self._app.lanes.open_lanes().items():
            row = committed_row(lane.processor, spec, key)
            if row is not None:
                return web.json_response(
                    {"table": spec.name, "key": key, "partition": partition, "value": row}
                )
        if FORWARDED not in request.headers:
            elsewhere = await self._ask_others(request.rel_url.raw_path)
            if elsewhere is not None:
                return elsewhere
        return problem(HTTPStatus.NOT_FOUND, f"table {spec.name} has no row {key}")

    def _spec(self, request: web.Request) -> TableSpec[Any] | web.Response:
        name = request.match_info["table"]
        spec = self._app.lanes.topology.tables.get(name)
        if spec is not None:
            return spec
        known = ", ".join(sorted(self._app.lanes.topology.tables))
        return problem(HTTPStatus.NOT_FOUND, f"no table is called {name}; there are: {known}")

    def _here(self) -> dict[str, Any]:
        return {
            "partitions": sorted(self._app.lanes.open_lanes()),
            "partitions_total": self._app.lanes.topology.partitions,
            "workers": sorted(self._workers()),
        }

    def _workers(self) -> set[str]:
        """Addresses of all workers, as the group's last assignment knows them."""
        return set(self._app.assignor.external_topics_metadata())

    async def _ask_others(self, path: str) -> web.Response | None:
        """What another worker has; the path as it came, so that odd keys stay what they are."""
        others = self._workers() - {str(self._app.conf.canonical_url)}
        answers = await asyncio.gather(*(self._ask(url, path) for url in others))
        return next((answer for answer in answers if answer is not None), None)

    async def _ask(self, url: str, path: str) -> web.Response | None:
        headers = {FORWARDED: "1"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        timeout = aiohttp.ClientTimeout(total=ASK_TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
                session.get(URL(url.rstrip("/") + path, encoded=True)) as response,
            ):
                if response.status != HTTPStatus.OK:
                    return None
                return web.json_response(text=await response.text())
        except (aiohttp.ClientError, TimeoutError):
            return None


def _limit(text: str) -> int | None:
    """A number within the bounds, or None."""
    if not text.isdecimal() or len(text) > len(str(LIMIT_MAX)):
        return None
    return int(text) if 1 <= int(text) <= LIMIT_MAX else None
