"""Pace: so many calls a second, evenly, first come first served."""

import asyncio
from collections.abc import Awaitable, Callable


class Pace:
    """Gives turns. After a rest, a tenth of a second's turns may be taken at once, at least one."""

    def __init__(
        self,
        per_s: float,
        clock: Callable[[], int],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._every_ms = 1000 / per_s
        self._burst_ms = max(self._every_ms, 100.0)
        self._clock = clock
        self._sleep = sleep
        self._next_ms = 0.0

    def skip(self) -> None:
        """Take a turn at once, ahead of whoever waits: those who come later wait for it."""
        self._next_ms = max(self._next_ms, self._clock() - self._burst_ms) + self._every_ms

    async def turn(self) -> None:
        """Wait for one's turn."""
        now_ms = self._clock()
        at_ms = max(self._next_ms, now_ms - self._burst_ms + self._every_ms)
        self._next_ms = at_ms + self._every_ms
        if at_ms > now_ms:
            await self._sleep((at_ms - now_ms) / 1000)
