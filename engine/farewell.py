"""How a client takes its leave of brokers that may be gone."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

LOG = logging.getLogger(__name__)

_leaving: set[asyncio.Task[Any]] = set()
"""Farewells under way. Asyncio itself does not hold on to a task."""


def begin(stop: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Have a client stop by itself, whoever is cancelled meanwhile.

    One that is cut short would leave its tasks and connections there for good.
    """
    leaving = asyncio.create_task(stop)
    _leaving.add(leaving)
    leaving.add_done_callback(_left)
    return leaving


async def farewell(stop: Coroutine[Any, Any, Any], wait_s: float) -> None:
    """The same, and wait for it so long; whether it fails is nobody's concern."""
    await asyncio.wait([begin(stop)], timeout=wait_s)


def _left(leaving: asyncio.Task[Any]) -> None:
    _leaving.discard(leaving)
    if not leaving.cancelled() and (failure := leaving.exception()) is not None:
        LOG.info("a client ended without farewell: %r", failure)
