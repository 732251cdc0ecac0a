"""One effect in one lane: a bound on its calls, and the order of their outcomes."""

import asyncio
from collections import deque
from collections.abc import Callable

from engine.batches import Completion
from engine.effects import EffectCall
from engine.policy import Policy
from engine.records import Chunk
from engine.specs import Delivery


class EffectQueue:
    """One effect in one lane: calls under way, their outcomes handed over in order."""

    def __init__(
        self, call: EffectCall, policy: Policy, done: Callable[[Completion], None]
    ) -> None:
        self._call = call
        self._done = done
        self._policy = policy
        self._intake: deque[tuple[Chunk, int]] = deque()
        self._waiting: deque[asyncio.Task[Completion] | int] = deque()
        self._slots = asyncio.Semaphore(call.spec.in_flight_max)
        self._room = asyncio.Semaphore(policy.effect_records_max)
        self._fed, self._wake = asyncio.Event(), asyncio.Event()
        self.tasks = [asyncio.create_task(self._feed()), asyncio.create_task(self._deliver())]

    def put(self, chunk: Chunk, start: int) -> None:
        """Queue a chunk's records at or after start. Stop when `is_full` says so."""
        self._intake.append((chunk, start))
        self._fed.set()

    def is_full(self) -> bool:
        """Whether the source should be paused until calls have ended."""
        return len(self._intake) >= self._policy.effect_chunks_max

    async def _feed(self) -> None:
        while True:
            while self._intake:
                chunk, start = self._intake[0]
                for record in chunk.records:
                    delivery = self._call.wanted(record) if record.offset >= start else None
                    if delivery is not None:
                        await self._room.acquire()
                        self._append(asyncio.create_task(self._run(delivery)))
                self._append(chunk.end)
                self._intake.popleft()
            self._fed.clear()
            await self._fed.wait()

    def _append(self, item: asyncio.Task[Completion] | int) -> None:
        self._waiting.append(item)
        self._wake.set()

    async def _run(self, delivery: Delivery) -> Completion:
        async with self._slots:
            return await self._call.run(delivery)

    async def _deliver(self) -> None:
        while True:
            while self._waiting:
                head = self._waiting[0]
                if isinstance(head, int):
                    done = Completion(self._call.mark, head)
                else:
                    done = await head
                    self._room.release()
                self._waiting.popleft()
                self._done(done)
            self._wake.clear()
            await self._wake.wait()

    def backlog(self) -> int:
        """Chunks and calls whose outcome is not handed over."""
        return len(self._waiting) + len(self._intake)

    def cancel(self) -> None:
        """Stop; calls under way run again after the next opening."""
        for task in (*self.tasks, *(t for t in self._waiting if not isinstance(t, int))):
            task.cancel()
