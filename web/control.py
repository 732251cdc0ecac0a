"""The control room: one page that shows how the shop does now, over all workers."""

import time
from collections.abc import Iterator
from heapq import nlargest
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web

from engine.bind import LaneApp
from engine.metrics import EngineCollector
from engine.specs import TableSpec
from engine.windows import split_key, window_key
from tables.pulse import ALERTS, CURRENT_FIGURES, FIGURES, RAISED
from web.here import named, rows_here
from web.peers import FORWARDED, Peers

ROOM: Final = Path(__file__).parent / "room"
RUNBOOKS: Final = Path(__file__).parents[1] / "docs" / "runbooks"
PATH: Final = "/room/"
STATE: Final = "/room/state"
ROWS_MAX: Final = 10_000
"""Of each table and lane in one look."""
RAISED_MAX: Final = 50
"""Alerts of services that the page shows: the critical ones first, and of each the newest."""
WINDOWS_MS: Final = 3_600_000
"""How far back the charts go."""
CHARTED: Final = {
    "orders.confirmed_per_minute": "",
    "orders.confirm_ms": "p99",
    "payments.confirmed_per_minute": "",
    "payments.failed_per_minute": "",
    "payments.latency_ms": "p99",
}
"""Figures that charts show, and of which group; empty: of all."""
_FILES: Final = {
    "": (ROOM / "index.html", "text/html"),
    "tables.html": (ROOM / "tables.html", "text/html"),
    "tables.js": (ROOM / "tables.js", "text/javascript"),
    "room.js": (ROOM / "room.js", "text/javascript"),
    "room.css": (ROOM / "room.css", "text/css"),
    "uPlot.js": (ROOM / "uPlot.iife.min.js", "text/javascript"),
    "uPlot.css": (ROOM / "uPlot.min.css", "text/css"),
    **{f"runbooks/{page.name}": (page, "text/plain") for page in RUNBOOKS.glob("*.md")},
}
PAGES: Final = frozenset(PATH + name for name in _FILES) | {"/", "/room"}
"""Open to everybody: they hold no data. What they show, they ask for with the reader's token."""
_SAFE: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


SILENT: Final = "does not answer"
STRANGE: Final = "speaks as another version does"


class WorkerState(msgspec.Struct):
    """How one worker does."""

    url: str
    partitions: list[int]
    records: int
    transactions: int
    dead_letters: int
    lag: int
    recovery_left: int
    waits_s: float = 0.0
    """How long Kafka has owed it an answer: its figures are at least as old."""


class Alert(msgspec.Struct):
    """What the page shows of an open alert."""

    rule: str
    severity: str
    summary: str
    raised_at_ms: int
    runbook: str = ""
    subject: str = ""
    """Which provider or carrier, where there are several; `all` where it is of everything."""
    value: float | None = None
    threshold: float | None = None
    unit: str = ""


class Raised(msgspec.Struct):
    """What the page shows of an alert that a service raised by itself."""

    rule: str
    severity: str
    subject: str
    value: float
    unit: str
    runbook: str
    raised_at_ms: int


class Part(msgspec.Struct):
    """What one worker tells of itself and of its partitions; more fields are left out."""

    worker: WorkerState
    figures: list[tuple[str, str, float]]
    windows: list[tuple[int, str, str, float]]
    alerts: list[Alert]
    raised: list[Raised] = []
    raised_total: int = 0
    """As many were raised and not resolved, those that are not shown included."""


class ControlRoom:
    """Handlers over one worker's lanes, and over its peers'."""

    def __init__(self, app: LaneApp, peers: Peers, engine: EngineCollector) -> None:
        self._app = app
        self._peers = peers
        self._engine = engine

    def routes(self) -> list[web.RouteDef]:
        """The page, its parts, and what it shows."""
        return [
            web.get("/", self.home),
            web.get("/room", self.home),
            web.get(STATE, self.state),
            web.get(PATH + "{name:.*}", self.page),
        ]

    async def home(self, _request: web.Request) -> web.StreamResponse:
        """Send a browser to the page."""
        raise web.HTTPFound(PATH)

    async def page(self, request: web.Request) -> web.FileResponse:
        """A file of the page; 304 to who has it already."""
        found = _FILES.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        path, kind = found
        return web.FileResponse(path, headers={**_SAFE, "Content-Type": f"{kind}; charset=utf-8"})

    async def state(self, request: web.Request) -> web.Response:
        """What this worker and its peers know: figures, alerts, and how they work.

        Each figure and each alert lives in one partition, so over all workers each comes once.
        """
        here = self._here()
        if FORWARDED in request.headers:
            return web.json_response(here)
        told = [(here["worker"]["url"], here), *await self._peers.each(request)]
        read = [(url, answer, _read(answer)) for url, answer in told]
        parts = [part for _, _, part in read if part is not None]
        state = {
            "at_ms": time.time_ns() // 1_000_000,
            "partitions_total": self._app.lanes.topology.partitions,
            "workers": [part.worker for part in parts],
            "unheard": [
                {"url": url, "why": SILENT if answer is None else STRANGE}
                for url, answer, part in read
                if part is None
            ],
            "figures": [row for part in parts for row in part.figures],
            "windows": [row for part in parts for row in part.windows],
            "alerts": [row for part in parts for row in part.alerts],
            "raised": nlargest(
                RAISED_MAX,
                (row for part in parts for row in part.raised),
                key=lambda row: (row.severity == "critical", row.raised_at_ms),
            ),
            "raised_total": sum(part.raised_total for part in parts),
        }
        answer = web.json_response(body=msgspec.json.encode(state))
        answer.enable_compression()  # Once a second, to wherever its reader is.
        return answer

    def _here(self) -> dict[str, Any]:
        lanes, stats = self._app.lanes, self._app.lanes.stats
        raised = self._raised()
        return {
            "worker": {
                "url": str(self._app.conf.canonical_url),
                "partitions": sorted(lanes.open_lanes()),
                "records": stats.records.total(),
                "transactions": stats.commits,
                "dead_letters": stats.dead.total(),
                "lag": sum(self._engine.lag.values()),
                "recovery_left": sum(lanes.remaining.values()),
                "waits_s": lanes.waits_s(),
            },
            "figures": [[*named(key), row["value"]] for key, row in self._rows(CURRENT_FIGURES)],
            "windows": list(self._windows()),
            "alerts": [row for _, row in self._rows(ALERTS)],
            "raised": raised[:RAISED_MAX],
            "raised_total": len(raised),
        }

    def _raised(self) -> list[dict[str, Any]]:
        """What nobody has seen to yet, what is most urgent first."""
        rows = [row for _, row in self._rows(RAISED) if not row["resolved_at_ms"]]
        rows.sort(key=lambda row: (row["severity"] != "critical", -row["raised_at_ms"]))
        return rows

    def _windows(self) -> Iterator[list[Any]]:
        """[start, figure, group, value] of the windows that charts show."""
        since = window_key(time.time_ns() // 1_000_000 - WINDOWS_MS)
        for key, row in self._rows(FIGURES, since):
            figure, group = named(split_key(key)[1])
            if CHARTED.get(figure) in ("", group):
                yield [row["start_ms"], figure, group, row["value"]]

    def _rows(self, table: TableSpec[Any], first: str = "") -> Iterator[tuple[str, Any]]:
        return rows_here(self._app, table, first=first, limit=ROWS_MAX)


def _read(told: Any) -> Part | None:
    """What a worker told; None where it told nothing, or nothing that this version reads."""
    try:
        return msgspec.convert(told, Part)
    except msgspec.ValidationError:
        return None
