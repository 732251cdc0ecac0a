"""Slows the worker under test down in one place: `FAULTS_SLOW=commit:0:1.0` or `call:0.5`."""

import asyncio
import functools
from typing import Any

from engine.producer import LaneProducer
from faults import bank


def install(told: str) -> None:
    """Slow transactions of one partition, or every call to the outside, by seconds."""
    what, *figures = told.split(":")
    if what == "commit":
        _slow_commits(int(figures[0]), float(figures[1]))
    else:
        bank.SLOW_EVERY, bank.SLOW_S = 1, float(figures[0])


def _slow_commits(slow: int, seconds: float) -> None:
    commit = LaneProducer.commit

    @functools.wraps(commit)
    async def slowed(self: LaneProducer, batch: Any, changelog: str, partition: int) -> int | None:
        if partition == slow:
            await asyncio.sleep(seconds)
        return await commit(self, batch, changelog, partition)

    LaneProducer.commit = slowed  # type: ignore[method-assign]  # the point of it
