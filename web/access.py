"""Who may read a worker's port: everybody its health, holders of the token the rest."""

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from web.problems import problem

OPEN_PATHS = frozenset({"/health", "/ready"})

Middleware = Callable[[web.Request, Any], Awaitable[web.StreamResponse]]


def access(token: str | None) -> Middleware:
    """Let a request through when it shows the token.

    Without a token (settings allow that only in dev and on loopback) requests from this
    machine pass, if they name it by a loopback name: a web page elsewhere that points its
    own name at 127.0.0.1 does not get in.
    """

    @web.middleware
    async def check(request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path in OPEN_PATHS or _may_read(request, token):
            response: web.StreamResponse = await handler(request)
            return response
        answer = problem(
            HTTPStatus.UNAUTHORIZED,
            "show the token of FLOWMART_VIEW_TOKEN: Authorization: Bearer <token>",
        )
        answer.headers["WWW-Authenticate"] = 'Bearer realm="flowmart"'
        return answer

    return check


def _may_read(request: web.Request, token: str | None) -> bool:
    if token is None:
        return _is_local(request.remote or "") and _is_local(request.url.host or "")
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(shown.encode(), token.encode())


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
