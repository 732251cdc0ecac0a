"""One effect in one lane: a bound on its calls, and which of them need not run again."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine.batches import Completion
from engine.effects import EffectCall
from engine.policy import Policy
from engine.records import Chunk
from engine.specs import Delivery


@dataclass(slots=True)
class _Place:
    """A record's place in the queue, or the end of a chunk."""

    end: int
    """The marker once everything up to here is done."""
    call: bool = True
    done: bool = False
    settled: bool = False
    """Its outcome is written while calls before it are still under way."""


class EffectQueue:
    """Hands outcomes over as they come, so that one slow call holds up no other.

    The marker passes only what is done without a gap. What is done beyond it is remembered in
    the store, record by record, and does not run again. At most `effect_records_max` calls are
    between the marker and the newest call.
    """

    def __init__(
        self,
        call: EffectCall,
        policy: Policy,
        done: Callable[[Completion], None],
        settled: Iterable[int] = (),
    ) -> None:
        self._call = call
        self._done = done
        self._policy = policy
        self._settled = set(settled)
        self._intake: deque[tuple[Chunk, int]] = deque()
        self._places: deque[_Place] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(call.spec.in_flight_max)
        self._room = asyncio.Semaphore(policy.effect_records_max)
        self._fed = asyncio.Event()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self._run())

    def put(self, chunk: Chunk, start: int) -> None:
        """Queue a chunk's records at or after start. Stop when `is_full` says so."""
        self._intake.append((chunk, start))
        self._fed.set()

    def is_full(self) -> bool:
        """Whether the source should be paused until calls have ended."""
        return len(self._intake) >= self._policy.effect_chunks_max

    async def _run(self) -> None:
        """Begin calls until cancelled, or until one fails in a way that ends the worker."""
        feeder = asyncio.create_task(self._feed())
        try:
            await asyncio.wait({feeder, self._failure}, return_when=asyncio.FIRST_COMPLETED)
            for ended in (feeder, self._failure):
                if ended.done():
                    ended.result()
        finally:
            feeder.cancel()

    async def _feed(self) -> None:
        while True:
            while self._intake:
                chunk, start = self._intake[0]
                for record in chunk.records:
                    delivery = self._call.wanted(record) if record.offset >= start else None
                    if delivery is not None:
                        await self._room.acquire()
                        self._begin(delivery)
                self._places.append(_Place(chunk.end, call=False, done=True))
                self._hand_over(Completion(self._call.mark, None), None)
                self._intake.popleft()
            self._fed.clear()
            await self._fed.wait()

    def _begin(self, delivery: Delivery) -> None:
        """Start a record's call, unless its outcome was written before a crash."""
        place = _Place(delivery.record.offset + 1)
        self._places.append(place)
        if delivery.record.offset in self._settled:
            self._settled.discard(delivery.record.offset)
            place.done = place.settled = True
            return
        task = asyncio.create_task(self._make(delivery, place))
        self._calls.add(task)
        task.add_done_callback(self._ended)

    async def _make(self, delivery: Delivery, place: _Place) -> None:
        async with self._slots:
            done = await self._call.run(delivery)
        place.done = True
        self._hand_over(done, place)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        if task.cancelled():
            return
        failure = task.exception()  # Asked of each: asyncio complains of those that nobody asked.
        if failure is not None and not self._failure.done():
            self._failure.set_exception(failure)

    def _hand_over(self, done: Completion, place: _Place | None) -> None:
        """Give the lane an outcome with the marker as far as it goes now."""
        done.end, passed = None, []
        while self._places and self._places[0].done:
            head = self._places.popleft()
            done.end = head.end
            if head.call:
                self._room.release()
            if head.settled:
                passed.append(head.end - 1)
        done.passed = tuple(passed)
        if place is not None and (done.end is None or place.end > done.end):
            place.settled = True
            done.settled = place.end - 1
        if done.end is not None or place is not None:
            self._done(done)

    def backlog(self) -> int:
        """Chunks and calls whose outcome is not handed over."""
        return len(self._places) + len(self._intake)

    def cancel(self) -> None:
        """Stop; calls under way run again after the next opening."""
        for task in (self.task, *self._calls):
            task.cancel()
