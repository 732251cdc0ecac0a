"""Requests that read rows."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from aiohttp import web

from events.upcast import dig
from gateway.accepted import Accepted
from gateway.answers import Answer, Answers
from gateway.filters import wanted_of
from gateway.guard import PRINCIPAL, entitled
from gateway.measures import Measures
from gateway.pages import ROWS_MAX, Page, cursor_of, page_of
from gateway.refusals import Refusal, not_found
from gateway.route import USERS, Listing, Look
from gateway.rows import public
from gateway.ticking import ticks_ms
from gateway.tokens import Principal
from gateway.workers import NoWorker, Workers
from settings.gateway import GatewayRules
from tables import inventory, orders, payments
from tables.pairs import pairs_prefix, second_of_dated

_NO_KEYS: Final = ("", ".", "..")
"""As parts of a path they would name something else than a row."""
_KEY_MAX: Final = 4_000
"""Quoted: longer than every key, shorter than what a worker reads of a request's first line."""
_SEEN: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "orders": orders.seen_in,
    "payments": lambda row: {"paymentStatus": payments.status_in(row)},
    "stock": inventory.aggregated,
}
"""By table: what a row means in the contract's words, beside its own fields."""
_AT_ONCE_MAX: Final = 10
"""Rows of a page that are asked for at the same time: a few pages of a hundred, all at once, would
make workers look slow, and then they are asked no more by anybody."""
_ENDED: Final = frozenset({"failed", "refunded"})
"""Of the four states that customers see, those that nothing follows."""


class Reads:
    """Answers from the workers' table views, through the cache."""

    def __init__(
        self, workers: Workers, types: dict[str, Any], rules: GatewayRules, measures: Measures
    ) -> None:
        self._workers = workers
        self._types = types
        self._rules = rules
        self._measures = measures
        self._answers = Answers(rules.answers_bytes_max)
        self.accepted = Accepted(rules)

    def evict(self, subjects: tuple[str, ...]) -> None:
        """Forget answers about these ids."""
        self._answers.evict(subjects)

    async def row(self, table: str, key: str, *, whole: bool = False) -> Any:
        """One row as a worker shows it, masked unless `whole`; None when there is none.

        Raises:
            Refusal: no worker answers (503).
        """
        quoted = quote(key, safe="")
        if key in _NO_KEYS or len(quoted) > _KEY_MAX:
            return None
        try:
            status, body = await self._workers.get(f"/tables/{table}/{quoted}", whole=whole)
        except NoWorker as none:
            raise _unavailable(none) from None
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status != HTTPStatus.OK:
            raise Refusal(HTTPStatus.BAD_GATEWAY, "UPSTREAM", f"a worker answered {status}")
        return body["value"]

    async def seen(self, table: str, key: str, owner: str, principal: Principal) -> Any:
        """A row as the caller may see it: a customer's own whole, any to staff with masks.

        None when there is none, or it is another's. Nothing whole is asked for before its owner
        is known.

        Raises:
            Refusal: no worker answers (503).
        """
        row = await self.row(table, key)
        if principal.staff:
            return row
        if dig(row, owner) != principal.subject:
            return None
        return await self.row(table, key, whole=True) if self._workers.show_whole else row

    def look(self, look: Look) -> Any:
        """The handler of a route that reads one row."""

        async def handle(request: web.Request) -> web.Response:
            principal: Principal = request[PRINCIPAL]
            entitled(principal, f"{look.resource}:read", None, mfa=False)
            if look.by_user and not principal.staff:
                _same(request.match_info["id"], principal)
            object_id = request.match_info["id"]
            everyones = principal.staff or look.owner is None
            key = (look.path, object_id, *(() if everyones else (principal.subject,)))
            found = await self._cached(key, lambda: self._fresh(look, object_id, principal))
            if found.status == HTTPStatus.NOT_FOUND:
                return self._awaited(request, f"{object_id} among the {look.resource}")
            return _validated(request, found)

        return handle

    def _awaited(self, request: web.Request, what: str) -> web.Response:
        """The 202 that who asks was answered by the command that makes it.

        Raises:
            Refusal: there was none lately (404).
        """
        body = self.accepted.told(request.path, request[PRINCIPAL].subject, ticks_ms())
        if body is None:
            raise not_found(what)
        headers = {"Retry-After": "1", "Cache-Control": "no-store"}
        return web.Response(
            status=HTTPStatus.ACCEPTED, body=body, headers=headers, content_type="application/json"
        )

    def listing(self, listing: Listing) -> Any:
        """The handler of a route that reads a page of rows."""

        async def handle(request: web.Request) -> web.Response:
            principal: Principal = request[PRINCIPAL]
            entitled(principal, f"{listing.resource}:read", None, mfa=False)
            prefix = _prefix(request, listing, principal)
            page = page_of(request, listing, self._rules)
            own = (principal.subject,) if listing.by_user and not principal.staff else ()
            key = (listing.path, prefix, *map(str, page), *own)
            found = await self._cached(key, lambda: self._leafed(listing, prefix, page, principal))
            return _validated(request, found)

        return handle

    async def _cached(self, key: tuple[str, ...], fresh: Callable[[], Awaitable[Answer]]) -> Answer:
        found = self._answers.get(key, ticks_ms())
        self._measures.cache("miss" if found is None else "hit")
        if found is None:
            with self._answers.asked() as overtaken:
                found = await fresh()
            if found.until_ms > ticks_ms() and overtaken.isdisjoint(found.subjects):
                self._answers.put(key, found)
        return found

    async def _leafed(
        self, listing: Listing, prefix: str, page: Page, principal: Principal
    ) -> Answer:
        whole = listing.by_user and not (principal.staff or listing.rows_of)
        wanted = wanted_of(listing.filters, page.asked)
        rows, more = await self._rows(listing, prefix, page, whole=whole)
        found = rows if listing.rows_of else [row for row in rows if wanted(row["value"])]
        shown, last = page.told(found, rows, more=more)
        if listing.rows_of:
            behind = await self._behind(listing, shown, principal)
            shown = [row for row in behind if wanted(row["value"])]
        table = listing.rows_of or listing.table
        items = [self._public(table, row["value"], principal) for row in shown]
        told = {"items": items, "page": page.number, "limit": page.limit, "more": bool(last)}
        if last:
            told["next"] = cursor_of(last)
        until_ms = ticks_ms() + listing.ttl_ms(self._rules)
        subjects = frozenset(str(row["key"]) for row in rows)
        return Answer(HTTPStatus.OK, json.dumps(told).encode(), until_ms, subjects)

    async def _fresh(self, look: Look, object_id: str, principal: Principal) -> Answer:
        key = object_id if look.key_of is None else look.key_of(object_id)
        if look.index:
            key = str(await self.row(look.index, object_id) or "")
        if look.owner is None:
            row = await self.row(look.table, key)
        else:
            row = await self.seen(look.table, key, look.owner, principal)
        subjects = frozenset({object_id, key})
        if row is None:
            until_ms = ticks_ms() + self._rules.absent_ttl_ms
            return Answer(HTTPStatus.NOT_FOUND, b"", until_ms, subjects)
        ttl_ms = look.ttl_ms(self._rules)
        if look.table == "payments" and payments.status_in(row) in _ENDED:
            ttl_ms = self._rules.payment_ended_ttl_ms
        return self.told(look.table, row, principal, ticks_ms() + ttl_ms, subjects)

    def told(
        self, table: str, row: dict[str, Any], principal: Principal, until_ms: int = 0,
        subjects: frozenset[str] = frozenset(),
    ) -> Answer:  # fmt: skip
        """The answer that shows a row. Its tag is that of the row as it is seen."""
        shown = self._public(table, row, principal)
        version = str(shown.get("version", ""))
        return Answer(HTTPStatus.OK, json.dumps(shown).encode(), until_ms, subjects, version)

    def _public(self, table: str, row: Any, principal: Principal) -> dict[str, Any]:
        shown: dict[str, Any] = public(row, self._types[table], staff=principal.staff)
        return shown | _SEEN[table](row) if table in _SEEN else shown

    async def _rows(
        self, listing: Listing, prefix: str, page: Page, *, whole: bool
    ) -> tuple[list[dict[str, Any]], bool]:
        """The rows to look at, in the order of their keys, and whether there are more."""
        # Who leaves some out looks at more; of an index a page is read, and may then show less.
        most = ROWS_MAX if page.asked and not listing.rows_of else page.end
        query = urlencode({"limit": most, "prefix": prefix, "after": page.after})
        try:
            parts = await self._workers.everywhere(f"/tables/{listing.table}/?{query}", whole=whole)
        except NoWorker as none:
            raise _unavailable(none) from None
        rows = [row for part in parts for row in part["rows"]]
        rows.sort(key=lambda row: str(row["key"]))
        return rows[:most], len(rows) > most or any(part["more"] for part in parts)

    async def _behind(
        self, listing: Listing, keys: list[dict[str, Any]], principal: Principal
    ) -> list[dict[str, Any]]:
        """The rows that an index's keys end with; one that is gone is left out."""
        places = asyncio.Semaphore(_AT_ONCE_MAX)

        async def seen(name: str) -> Any:
            async with places:
                return await self.seen(listing.rows_of, name, listing.owner, principal)

        rows = await asyncio.gather(*[seen(second_of_dated(str(one["key"]))) for one in keys])
        return [{"value": row} for row in rows if row is not None]


def _prefix(request: web.Request, listing: Listing, principal: Principal) -> str:
    if not listing.by_user:
        return ""
    named = next((request.query[name] for name in USERS if request.query.get(name)), None)
    user = request.match_info.get("id") or named or principal.subject
    if not principal.staff:
        _same(user, principal)
    return pairs_prefix(user)


def _validated(request: web.Request, answer: Answer) -> web.Response:
    """The answer; 304 to who has it already."""
    headers = {"ETag": f'"{answer.tag}"', "Cache-Control": "private, no-cache"}
    had = {tag.value for tag in request.if_none_match or ()}
    if had & {"*", answer.tag}:
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return web.Response(body=answer.body, headers=headers, content_type="application/json")


def _same(user: str, principal: Principal) -> None:
    if user != principal.subject:
        raise not_found(f"customer {user}")


def _unavailable(none: NoWorker) -> Refusal:
    return Refusal(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "NO_WORKER",
        "no worker answers just now: try again",
        headers={"Retry-After": str(none.retry_after_s)},
    )
