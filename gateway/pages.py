"""Which page of a list is asked for (G-4): by its number, or from where the last one ended.

Numbers reach the first thousand rows, and rows that come meanwhile move them on; so does `offset`,
by which GetUserNotifications says how many rows to pass over. A cursor, the `next` of the page
before, goes on behind that page's last row, however many there are.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from aiohttp import web

from gateway.filters import Asked
from gateway.refusals import bad_request
from gateway.route import USERS, Listing
from settings.gateway import GatewayRules

ROWS_MAX: Final = 1_000
"""A worker shows no more of a table at once."""
_CURSOR_MAX: Final = 2_000
_WAYS: Final = ("page", "offset", "cursor")
_FURTHER: Final = "; further on by `next` as cursor"


class Page(NamedTuple):
    """So many rows behind a key and those that are passed over."""

    skip: int
    limit: int
    after: str
    """The key of the last row that was seen; empty at the start."""
    asked: Asked = ()
    """What rows must be like."""

    @property
    def number(self) -> int:
        """Which page it is, counted from 1."""
        return self.skip // self.limit + 1

    @property
    def end(self) -> int:
        """Rows up to its last."""
        return self.skip + self.limit

    def told(
        self, found: list[dict[str, Any]], rows: Sequence[dict[str, Any]], *, more: bool
    ) -> "Told":
        """This page of what was found in rows; `more` says that there are further ones."""
        shown = found[self.skip : self.end]
        if len(found) > self.end:
            return Told(shown, str(shown[-1]["key"]))
        return Told(shown, str(rows[-1]["key"]) if rows and more else "")


class Told(NamedTuple):
    """The rows of a page, and the key behind which the next one begins; empty at the end."""

    rows: list[dict[str, Any]]
    last: str


def page_of(request: web.Request, listing: Listing, rules: GatewayRules) -> Page:
    """The page that a request asks for.

    Raises:
        Refusal: a number is out of its bounds, the cursor is not one, something is said twice, or
            the list knows nothing of what is asked: who does not hear so takes all rows for those
            they wanted.
    """
    unknown = sorted(set(request.query) - listing.queries)
    if unknown:
        known = ", ".join(sorted(listing.queries))
        raise bad_request(f"{unknown[0]}: this list does not know it; expected {known}")
    _refuse_twice(request)
    limit = _number(request, "limit", rules.page_size, 1, rules.page_size_max)
    asked = tuple(
        [
            (name, told)
            for name, one in sorted(listing.filters.items())
            if (told := one.read(name, request.query.get(name)))
        ]
    )
    cursor = request.query.get("cursor")
    if cursor is not None:
        return Page(0, limit, _key_in(cursor), asked)
    if "offset" in request.query:
        skip = _number(request, "offset", 0, 0, ROWS_MAX - limit, _FURTHER)
    else:
        skip = limit * (_number(request, "page", 1, 1, ROWS_MAX // limit, _FURTHER) - 1)
    return Page(skip, limit, "", asked)


def _refuse_twice(request: web.Request) -> None:
    for names in (_WAYS, USERS):
        sent = [name for name in names if name in request.query]
        if len(sent) > 1:
            raise bad_request(f"{' and '.join(sent)}: send one of them")
    for name in request.query:
        if len(request.query.getall(name)) > 1:
            raise bad_request(f"{name}: send it once")


def cursor_of(key: str) -> str:
    """A key as callers carry it; what is in it is nobody's business."""
    return base64.urlsafe_b64encode(key.encode()).decode()


def _key_in(cursor: str) -> str:
    try:
        if len(cursor) <= _CURSOR_MAX:
            return base64.b64decode(cursor.encode(), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        pass
    raise bad_request("cursor: expected the `next` of the page before")


def _number(
    request: web.Request, name: str, default: int, least: int, most: int, hint: str = ""
) -> int:
    text = request.query.get(name, str(default))
    if not (text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise bad_request(f"{name}: {text}; expected {least} to {most}{hint}")
    return int(text)
