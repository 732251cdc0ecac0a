"""`/tables/`: what tables there are, their rows, one row wherever it lives."""

from http import HTTPStatus
from typing import Any

from aiohttp import web

from engine.bind import LaneApp
from engine.specs import TableSpec
from engine.views import committed_row, committed_rows
from web.access import sees_personal
from web.peers import FORWARDED, Peers
from web.problems import problem

LIMIT_DEFAULT = 20
LIMIT_MAX = 1000


class TableViews:
    """Handlers over one worker's lanes."""

    def __init__(self, app: LaneApp, peers: Peers) -> None:
        self._app = app
        self._peers = peers

    def routes(self) -> list[web.RouteDef]:
        """All routes of the tables."""
        return [
            web.get("/tables", self.index),
            web.get("/tables/", self.index),
            web.get("/tables/{table}", self.rows),
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
        """Rows of the partitions held here, in the order of their keys, behind `after`.

        `workers=all`: those of all workers together.
        """
        spec = self._spec(request)
        if isinstance(spec, web.Response):
            return spec
        limit = number_in(request.query.get("limit", str(LIMIT_DEFAULT)), 1, LIMIT_MAX)
        if limit is None:
            return problem(HTTPStatus.BAD_REQUEST, f"limit: expected 1 to {LIMIT_MAX}")
        prefix, masked = request.query.get("prefix", ""), not sees_personal(request)
        after = request.query.get("after", "")
        first = after and after + "\0"  # The least key that is greater.
        found: list[tuple[str, Any]] = []
        for lane in self._app.lanes.open_lanes().values():
            rows = committed_rows(
                lane.processor, spec, prefix=prefix, first=first, limit=limit + 1, masked=masked
            )
            found.extend(rows)
        found.sort(key=lambda item: item[0])
        shown = [{"key": key, "value": row} for key, row in found[:limit]]
        here = {"table": spec.name, "rows": shown, "more": len(found) > limit, **self._here()}
        if request.query.get("workers") == "all" and FORWARDED not in request.headers:
            return await self._everywhere(request, here, limit)
        return web.json_response(here)

    async def _everywhere(
        self, request: web.Request, here: dict[str, Any], limit: int
    ) -> web.Response:
        """One page of all workers' rows; none where some partition's are not known."""
        told = [here, *[page for _, page in await self._peers.each(request) if page is not None]]
        held = sorted({partition for page in told for partition in page["partitions"]})
        if len(held) < here["partitions_total"]:
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE, "a worker that has some of the rows does not answer"
            )
        found = sorted({row["key"]: row for page in told for row in page["rows"]}.items())
        more = len(found) > limit or any(page["more"] for page in told)
        rows = [row for _, row in found[:limit]]
        return web.json_response({**here, "rows": rows, "more": more, "partitions": held})

    async def row(self, request: web.Request) -> web.Response:
        """One row, from this worker or from the one that holds it."""
        spec = self._spec(request)
        if isinstance(spec, web.Response):
            return spec
        key, masked = request.match_info["key"], not sees_personal(request)
        for partition, lane in self._app.lanes.open_lanes().items():
            row = committed_row(lane.processor, spec, key, masked=masked)
            if row is not None:
                return web.json_response(
                    {"table": spec.name, "key": key, "partition": partition, "value": row}
                )
        elsewhere = await self._peers.ask(request)
        return elsewhere or self._peers.nothing(f"table {spec.name} has no row {key}")

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
            "workers": sorted(self._peers.workers()),
        }


def number_in(text: str, least: int, most: int) -> int | None:
    """A number within the bounds, or None."""
    if not text.isdecimal() or len(text) > len(str(most)):
        return None
    return int(text) if least <= int(text) <= most else None
