"""Who may read a worker's port: everybody its health, holders of a token the rest.

Two tokens, two rights: the view token shows tables with personal data masked, the personal token
shows them whole.
"""

import hmac
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from settings import is_loopback
from web.control import PAGES
from web.problems import problem

OPEN_PATHS = frozenset({"/health", "/ready"}) | PAGES
SIGNED_PATHS = "/webhooks/"
"""What lies below is signed by its sender, and checks that itself."""
_SHOW = "show the token of FLOWMART_VIEW_TOKEN: Authorization: Bearer <token>"
_BY_NAME = (
    "without FLOWMART_VIEW_TOKEN only this machine may read, by a name such as 127.0.0.1 or"
    " localhost"
)
_SEES_PERSONAL = web.RequestKey("sees_personal", bool)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What readers show. None: nobody has that right by a token."""

    view: str | None = None
    personal: str | None = None


def access(tokens: Tokens) -> Middleware:
    """Let a request through when it shows a token.

    Without a view token (settings allow that only in dev and on loopback) requests from this
    machine pass, if they name it by a loopback name: a web page elsewhere that points its
    own name at 127.0.0.1 does not get in. They see personal data masked all the same.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[_SEES_PERSONAL] = _shows(request, tokens.personal)
        is_open = request.path in OPEN_PATHS or request.path.startswith(SIGNED_PATHS)
        if is_open or _may_read(request, tokens):
            return await handler(request)
        answer = problem(HTTPStatus.UNAUTHORIZED, _BY_NAME if tokens.view is None else _SHOW)
        answer.headers["WWW-Authenticate"] = 'Bearer realm="flowmart"'
        return answer

    return check


def sees_personal(request: web.Request) -> bool:
    """Whether the reader has the right to see personal data."""
    return request[_SEES_PERSONAL]


def _may_read(request: web.Request, tokens: Tokens) -> bool:
    if sees_personal(request):
        return True
    if tokens.view is None:
        return is_loopback(request.remote or "") and is_loopback(request.url.host or "")
    return _shows(request, tokens.view)


def _shows(request: web.Request, token: str | None) -> bool:
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if not token or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(shown.encode(errors="surrogateescape"), token.encode())
