"""What customers were told: a customer's history, one notification, and the letters themselves.

Letters are written anew from their template when somebody looks at one: the history keeps what is
in them, so that the outbox needs no copy. Addresses and numbers are masked unless the reader has
the right to personal data.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import nlargest
from http import HTTPStatus
from typing import Any, Final, Protocol

from aiohttp import web

from engine.bind import LaneApp
from engine.masking import MASKED, mask_text
from engine.processor import Processor
from engine.views import committed_row, committed_rows
from events.errors import FlowMartError
from events.moments import format_ms
from tables.notifications import (
    LETTERS,
    NOTIFICATION_IDS,
    NOTIFICATIONS,
    PREFERENCES,
    READABLE,
    is_unread,
)
from tables.pairs import pairs_prefix
from web.access import sees_personal
from web.peers import FORWARDED, Peers
from web.problems import problem
from web.tables import number_in

LIMIT_DEFAULT: Final = 20
LIMIT_MAX: Final = 100
OFFSET_MAX: Final = 10_000
"""As far back as a history is read: some 50 ms, in which nothing else of the worker moves. Of
customers that is all; the shop's own people are told of whatever happens."""
_PROVIDERS: Final = frozenset({"EMAIL", "SMS", "PUSH"})

Row = dict[str, Any]


class Written(Protocol):
    """A letter in words."""

    @property
    def subject(self) -> str:
        """Its subject."""

    @property
    def text(self) -> str:
        """Its text."""

    @property
    def html(self) -> str:
        """Its HTML; empty where it has none."""


Write = Callable[[str, str, str, Mapping[str, Any]], Written]
"""(channel, template, language, data). Raises FlowMartError where it cannot be written."""


class NotificationViews:
    """Handlers over one worker's lanes."""

    def __init__(self, app: LaneApp, write: Write) -> None:
        self._app = app
        self._peers = Peers(app)
        self._write = write

    def routes(self) -> list[web.RouteDef]:
        """All routes of notifications."""
        return [
            web.get("/users/{user}/notifications", self.history),
            web.get("/notifications/{id}", self.details),
            web.get("/outbox/", self.outbox),
            web.get("/outbox/{id}", self.letter),
        ]

    async def history(self, request: web.Request) -> web.Response:
        """GetUserNotifications: newest first; `status=unread` leaves out what was read (G-38)."""
        limit, offset = _page(request)
        status = request.query.get("status", "all")
        if limit is None or offset is None or status not in {"all", "unread"}:
            return problem(
                HTTPStatus.BAD_REQUEST,
                f"expected limit 1 to {LIMIT_MAX}, offset 0 to {OFFSET_MAX}, status all or unread",
            )
        rows = self._history(request.match_info["user"])
        wanted = [row for row in rows if status == "all" or is_unread(row)]
        if not rows and (elsewhere := await self._elsewhere(request)) is not None:
            return elsewhere
        shown = [self._shown(request, row) for row in wanted[offset : offset + limit]]
        more = len(wanted) > offset + limit
        return web.json_response(
            {"userId": request.match_info["user"], "notifications": shown, "more": more,
             "unread": sum(map(is_unread, rows))}
        )  # fmt: skip

    async def details(self, request: web.Request) -> web.Response:
        """GetNotificationDetails."""
        found = self._find(request.match_info["id"])
        if found is None:
            return await self._asked_elsewhere(request)
        return web.json_response(self._shown(request, found[1]))

    async def outbox(self, request: web.Request) -> web.Response:
        """Letters that providers accepted, newest first: of a customer, or of this worker."""
        limit, _ = _page(request)
        if limit is None:
            return problem(HTTPStatus.BAD_REQUEST, f"limit: expected 1 to {LIMIT_MAX}")
        customer = request.query.get("customer")
        rows: Iterable[Row] = self._newest(limit) if customer is None else self._of(customer)
        shown = [self._shown(request, row) for row in list(rows)[:limit]]
        if not shown and (elsewhere := await self._elsewhere(request)) is not None:
            return elsewhere
        return web.json_response({"letters": shown, "partitions": sorted(self._lanes())})

    async def letter(self, request: web.Request) -> web.Response:
        """One letter in words."""
        found = self._find(request.match_info["id"])
        if found is None:
            return await self._asked_elsewhere(request)
        processor, row = found
        words = self._words(processor, row)
        if words is None:
            return problem(
                HTTPStatus.GONE, "what this letter said was erased, or it cannot be written"
            )
        seen = str if sees_personal(request) else mask_text
        return web.json_response(
            {**self._shown(request, row), "subject": seen(words.subject),
             "text": seen(words.text), "html": seen(words.html)}
        )  # fmt: skip

    # -- rows

    def _lanes(self) -> dict[int, Processor]:
        return {p: lane.processor for p, lane in self._app.lanes.open_lanes().items()}

    def _history(self, user_id: str) -> list[Row]:
        """A customer's rows, newest first."""
        prefix = pairs_prefix(user_id)
        return [
            row
            for processor in self._lanes().values()
            for _, row in committed_rows(
                processor, NOTIFICATIONS, prefix=prefix, limit=OFFSET_MAX, masked=False
            )
        ]

    def _of(self, user_id: str) -> list[Row]:
        return [row for row in self._history(user_id) if _is_letter(row)]

    def _newest(self, limit: int) -> Iterator[Row]:
        """The newest letters of this worker's partitions."""
        kept = [
            (at_ms, key, processor)
            for processor in self._lanes().values()
            for _, (at_ms, key) in committed_rows(processor, LETTERS, limit=OFFSET_MAX)
        ]
        for _, key, processor in nlargest(limit, kept, key=lambda one: one[:2]):
            row = committed_row(processor, NOTIFICATIONS, key, masked=False)
            if row is not None:
                yield row

    def _find(self, notification_id: str) -> tuple[Processor, Row] | None:
        for processor in self._lanes().values():
            key = committed_row(processor, NOTIFICATION_IDS, notification_id)
            row = key and committed_row(processor, NOTIFICATIONS, key, masked=False)
            if row:
                return processor, row
        return None

    async def _elsewhere(self, request: web.Request) -> web.Response | None:
        """What another worker answers; a worker that asks us is told that nothing is here."""
        if FORWARDED in request.headers:
            return self._peers.nothing("nothing of that customer is here")
        return await self._peers.ask(request)

    async def _asked_elsewhere(self, request: web.Request) -> web.Response:
        answer = await self._peers.ask(request)
        missing = f"there is no notification {request.match_info['id']}"
        return answer or self._peers.nothing(missing)

    # -- words

    def _words(self, processor: Processor, row: Row) -> Written | None:
        likes = committed_row(processor, PREFERENCES, row["user_id"]) or {}
        facts = row.get("template_data", {})
        try:
            return self._write(row["channel"], row["template_id"], likes.get("locale", ""), facts)
        except FlowMartError:
            return None

    def _shown(self, request: web.Request, row: Row) -> Row:
        """A row as people read it."""
        to = row.get("to", [])
        if not sees_personal(request):
            to = [_masked(row["channel"], one) for one in to]
        return {
            "notificationId": row["notification_id"],
            "userId": row["user_id"],
            "channel": row["channel"],
            "templateId": row["template_id"],
            "priority": row["priority"],
            "status": row["status"],
            "unread": is_unread(row),
            "to": to,
            "provider": row.get("provider", ""),
            "attempts": row.get("attempts", 0),
            "reason": row.get("reason", ""),
            "queuedAt": _moment(row["queued_at_ms"]),
            "sentAt": _moment(row.get("sent_at_ms", 0)),
            "readAt": _moment(row.get("read_at_ms", 0)),
        }


def _masked(channel: str, address: str) -> str:
    """An address of which only its kind is told; an in-app one is the customer's id."""
    if channel == "IN_APP":
        return address
    masked = mask_text(address)
    return MASKED if masked == address else masked


def _is_letter(row: Row) -> bool:
    """Whether a provider accepted it."""
    return row["status"] in READABLE and row["channel"] in _PROVIDERS


def _page(request: web.Request) -> tuple[int | None, int | None]:
    limit = number_in(request.query.get("limit", str(LIMIT_DEFAULT)), 1, LIMIT_MAX)
    return limit, number_in(request.query.get("offset", "0"), 0, OFFSET_MAX)


def _moment(at_ms: int) -> str | None:
    return format_ms(at_ms) if at_ms else None
