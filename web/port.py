"""A port that refuses in one form only, also what no handler ever sees.

aiohttp answers by itself, in plain text, what it cannot read (a line or a header too long, no
HTTP at all) and an expectation it does not know (417).
"""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from engine.errors import EngineError
from web.problems import problem, server_log

Refuse = Callable[[HTTPStatus, str], web.Response]
"""From a status and what to do about it to an answer."""

IDLE_S_MAX: Final = 75.0
"""How long a connection may take for the head of a request, however slowly that comes, and for the
next one: longer than the proxies that keep connections to it, of which most give up after 60."""
_PLAIN: Final = frozenset({"text/plain", "text/html"})
_ALWAYS: Final = {"Server": "flowmart", "X-Content-Type-Options": "nosniff"}
"""Nobody learns whose versions answer; and no browser takes for a page what a customer wrote."""
_WHY: Final = {
    HTTPStatus.BAD_REQUEST: (
        "this cannot be read as HTTP: its first line or a header is malformed or takes more than"
        " 8190 bytes"
    ),
    HTTPStatus.EXPECTATION_FAILED: "the only expectation that is met is Expect: 100-continue",
}


class CannotListen(EngineError):
    """The port is in use, or its address is not this machine's. Operator: choose another."""


class Port(web.AppRunner):
    """Runs a site whose every refusal is made by `refuse`; handlers' own pass as they are."""

    def __init__(
        self, site: web.Application, refuse: Refuse = problem, *, timeout_s: float,
        **options: Any,
    ) -> None:  # fmt: skip
        spoken = {"access_log": None, "logger": server_log(), "keepalive_timeout": IDLE_S_MAX}
        self._spoken = spoken | options
        self._refuse = refuse
        super().__init__(site, shutdown_timeout=timeout_s)

    async def listen(self, host: str, port: int, named_by: str) -> None:
        """Be reached there from now on; `named_by` are the settings that say where.

        Raises:
            CannotListen: it cannot.
        """
        await self.setup()
        try:
            await web.TCPSite(self, host, port).start()
        except (OSError, UnicodeError) as exc:
            await self.cleanup()
            raise CannotListen(
                f"cannot listen on {host}:{port} ({_reason(exc)}): choose another with {named_by}"
            ) from exc

    @property
    def server(self) -> Any:
        """What makes a handler of a connection."""
        made = super().server
        if made is None:
            return None
        loop = asyncio.get_running_loop()
        return partial(_Connection, made, self._refuse, loop=loop, **self._spoken)


def _reason(exc: Exception) -> str:
    """In the system's words; where its number is none of the system's, in the error's own."""
    number = getattr(exc, "errno", None) or 0
    return os.strerror(number) if number > 0 else getattr(exc, "strerror", None) or str(exc)


class _Connection(web.RequestHandler):
    """One connection."""

    __slots__ = ("_refuse",)

    def __init__(self, manager: Any, refuse: Refuse, **options: Any) -> None:
        super().__init__(manager, **options)
        self._refuse = refuse

    async def finish_response(
        self, request: Any, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer; aiohttp's own in our form."""
        if resp.status >= HTTPStatus.BAD_REQUEST and resp.content_type in _PLAIN:
            resp = self._told(resp)
        for name, value in _ALWAYS.items():
            resp.headers.setdefault(name, value)
        return await super().finish_response(request, resp, start_time)

    def _told(self, theirs: web.StreamResponse) -> web.Response:
        status = HTTPStatus(theirs.status)
        ours = self._refuse(status, _WHY.get(status, status.phrase))
        if theirs.keep_alive is False:
            ours.force_close()
        return ours
