"""What became of what was asked: whoever waits is told by the event itself (G-7)."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.refusals import Refusal

CONFIRMED: Final = "OrderConfirmed"
ENDS: Final = frozenset({CONFIRMED, "OrderFailed"})
"""Events that answer PlaceOrder."""

Outcome = tuple[str, bytes]


class Outcomes:
    """Futures by order id."""

    def __init__(self, evict: Callable[[tuple[str, ...]], None]) -> None:
        self._evict = evict
        self._waiting: dict[str, list[asyncio.Future[Outcome]]] = {}

    def heard(self, name: str, key: str, value: bytes) -> None:
        """An event was committed: wake those who wait for it, forget answers about its subject."""
        self._evict((key,))
        if name not in ENDS:
            return
        for future in self._waiting.pop(key, ()):
            if not future.done():
                future.set_result((name, value))

    @contextmanager
    def expect(self, key: str) -> "Iterator[asyncio.Future[Outcome]]":
        """What is heard of this order while the block runs; enter it before the order is placed."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        try:
            yield future
        finally:
            waiting = self._waiting.get(key, [])
            with suppress(ValueError):
                waiting.remove(future)
            if not waiting:
                self._waiting.pop(key, None)


async def within(future: "asyncio.Future[Outcome]", ms: int) -> Outcome | None:
    """The outcome, or None when it takes longer."""
    try:
        return await asyncio.wait_for(future, ms / 1000)
    except TimeoutError:
        return None


def created(outcome: Outcome, where: str) -> web.Response:
    """201 with what was confirmed."""
    data = json.loads(outcome[1])["data"]
    return web.json_response(data, status=HTTPStatus.CREATED, headers={"Location": where})


def refused(outcome: Outcome, trace: str) -> web.Response:
    """422 with why not: an answer too, which a repeat gets again."""
    data = json.loads(outcome[1])["data"]
    refusal = Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        str(data["rejectionReason"]),
        "the order was refused",
        details=[{"message": str(detail)} for detail in data.get("details") or ()],
    )
    return refusal.response(trace)
