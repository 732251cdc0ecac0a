"""A lane: everything a worker does for one partition, in one order, one transaction at a time."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from engine.batches import Batch, Completion
from engine.errors import CommitFailed
from engine.lane_effects import LaneEffects
from engine.policy import Policy
from engine.processor import Processor
from engine.records import Chunk
from engine.recovery import position_item

LOG = logging.getLogger(__name__)


class Writer(Protocol):
    """What a lane needs of a producer."""

    async def commit(self, batch: Batch, changelog: str, partition: int) -> int | None:
        """Write a batch in one transaction; returns the changelog position behind its rows."""

    async def stop(self) -> None:
        """Give up the connection, within a bound."""


class Lane:
    """Feeds one processor and commits what it gathers.

    Nothing is acknowledged before its transaction is committed. Whatever goes wrong between
    two commits ends the worker (`crash`), which replays from the markers.
    """

    def __init__(
        self,
        processor: Processor,
        producer: Writer,
        policy: Policy,
        crash: Callable[[BaseException], Awaitable[None]],
    ) -> None:
        self.processor = processor
        self.partition = processor.partition
        self._producer = producer
        self._policy = policy
        self._crash = crash
        self._changelog = processor.topology.changelog
        self._inbox: deque[Chunk | Completion | None] = deque()
        """None: whatever lay in the topics when the lane was opened is before it."""
        self._behind_until = time.monotonic() + policy.catch_up_s
        self._wake = asyncio.Event()
        self._tick_ms: int | None = None
        self._last_commit = 0.0
        self._commit_began = 0.0
        self._committing: asyncio.Future[None] | None = None
        self._closed = False
        self._effects = LaneEffects(processor, policy, self._completed, self._effect_ended)
        self._task = asyncio.create_task(self._run())

    # -- feeding

    def put(self, chunk: Chunk) -> None:
        """Queue a chunk.

        Whoever reads asks `has_room` before it fetches more: a reader that waited here for one
        lane would keep all others waiting.
        """
        if self._closed:
            self.processor.stats.dropped_chunks += 1
            return
        self._inbox.append(chunk)
        self._wake.set()
        self._effects.put(chunk)

    def has_room(self) -> bool:
        """Whether the lane takes more chunks."""
        return len(self._inbox) < self._policy.inbox_chunks_max

    def tick(self, now_ms: int) -> None:
        """Have the timers due at now_ms fired, in a transaction of their own.

        A lane that was just opened catches up first, for `Policy.catch_up_s` at most: what was
        written while nobody had the partition came before the timers that nobody fired.
        """
        if time.monotonic() < self._behind_until:
            return
        self._tick_ms = now_ms
        self._wake.set()

    def caught_up(self) -> None:
        """Have ticks wait no longer than for what is queued: nothing older is left to read."""
        if not self._closed:
            self._inbox.append(None)
            self._wake.set()

    def position(self, topic: str) -> int | None:
        """Where reading goes on, as of the last commit; None: from the beginning."""
        marks = [self.processor.committed_mark(name) for name in self._marks_of(topic)]
        known = [mark for mark in marks if mark is not None]
        return min(known) if len(known) == len(marks) else None

    def forgive(self, topic: str, position: int) -> int | None:
        """The broker kept nothing before position: take the topic up there.

        Returns where it stood, or None when no record is passed over.
        """
        marks = [(name, self.processor.mark(name)) for name in self._marks_of(topic)]
        behind = [(name, mark) for name, mark in marks if mark is not None and mark < position]
        for name, _ in behind:
            self.processor.forgive(name, position)
        return min((mark for _, mark in behind), default=None)

    def _marks_of(self, topic: str) -> list[str]:
        return [topic, *self._effects.marks_of(topic)]

    def backlog(self) -> int:
        """Chunks and effects that wait."""
        return len(self._inbox) + self._effects.backlog()

    def full_topics(self) -> list[str]:
        """Topics whose effects cannot take more for now."""
        return self._effects.full_topics()

    def _effect_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failure = asyncio.ensure_future(self._crash(failure))

    def _completed(self, done: Completion) -> None:
        self._inbox.append(done)
        self._wake.set()

    # -- the loop

    async def _run(self) -> None:
        try:
            while True:
                await self._turn()
        except asyncio.CancelledError:
            if self._closed:
                raise
            # A client library gave up a future of its own: nobody asked the lane to end.
            await self._crash(CommitFailed(f"partition {self.partition}: the producer gave up"))
        except BaseException as exc:  # noqa: BLE001 - whatever it is, nothing may go on after it
            await self._crash(exc)

    async def _turn(self) -> None:
        processor, policy = self.processor, self._policy
        for _ in range(len(self._inbox)):  # Under load more comes meanwhile, without end.
            if not self._inbox or self._is_full():
                break
            self._apply(self._inbox.popleft())
            if self._inbox:
                await asyncio.sleep(0)
        if self._tick_ms is not None:
            await self._run_tick()
        if not processor.has_changes():
            await self._sleep(None)
            return
        since = time.monotonic() - self._last_commit
        linger = (
            policy.bulk_linger_s
            if processor.pending_records > policy.bulk_records
            else policy.linger_s
        )
        if self._is_full() or since >= linger:
            await self.commit()
        else:
            await self._sleep(linger - since)

    def _apply(self, item: Chunk | Completion | None) -> None:
        if item is None:
            self._behind_until = 0.0
        elif isinstance(item, Chunk):
            self._timed(self.processor.apply, item, item.topic, f"[{item.start}, {item.end})")
        else:
            self.processor.complete(item)

    def _timed(self, do: Callable[[Any], Any], about: Any, what: str, where: str) -> Any:
        """Do it, watched; what took long is told of when it is over, too, and counted."""
        stats = self.processor.stats
        stats.busy_since = started = time.monotonic()
        try:
            return do(about)
        finally:
            stats.busy_since = 0.0
            if (took_s := time.monotonic() - started) > self._policy.slow_s:
                LOG.warning("partition %s: %s %s took %.1f s", self.partition, what, where, took_s)
                stats.count_slow(what)

    async def _run_tick(self) -> None:
        """Fire timers in a transaction of their own, apart from what is pending."""
        now_ms, self._tick_ms = self._tick_ms, None
        assert now_ms is not None
        if self.processor.has_changes():
            await self.commit()
        if self._timed(self.processor.tick, now_ms, "tick", f"at {now_ms}"):
            self._tick_ms = now_ms  # More is due than one transaction should hold.
        if self.processor.has_changes():
            await self.commit()
        else:
            await asyncio.sleep(0)  # Thousands of timers that fail leave nothing to wait for.

    def _is_full(self) -> bool:
        processor, policy = self.processor, self._policy
        return (
            processor.pending_records >= policy.records_max
            or processor.outbox.size_bytes >= policy.bytes_max
        )

    async def _sleep(self, seconds: float | None) -> None:
        self._wake.clear()
        if self._inbox or self._tick_ms is not None:
            return
        timer = None
        if seconds is not None:
            timer = asyncio.get_running_loop().call_later(seconds, self._wake.set)
        await self._wake.wait()
        if timer is not None:
            timer.cancel()

    # -- commit

    async def commit(self) -> None:
        """Make everything since the last commit durable and visible."""
        self._committing = asyncio.get_running_loop().create_future()
        self._commit_began = time.monotonic()
        try:
            await self._commit()
        finally:
            self._committing.set_result(None)
            self._committing = None
            self._last_commit = time.monotonic()

    def waits_s(self) -> float:
        """How long the commit that is under way has taken so far; 0: none is."""
        return 0.0 if self._committing is None else time.monotonic() - self._commit_began

    async def _commit(self) -> None:
        processor = self.processor
        batch: Batch = processor.take()
        position = await self._write(batch)
        if position is not None:
            batch.rows.append(position_item(position, time.time()))
        processor.store.write(batch.rows)
        processor.committed()
        stats = processor.stats
        stats.commits += 1
        stats.rows += len(batch.rows)
        stats.outputs += len(batch.outputs)
        stats.transaction_s.observe(self.waits_s())

    async def _write(self, batch: Batch) -> int | None:
        """Write the transaction, within a bound.

        Raises:
            CommitFailed: the broker took longer.
        """
        bound_s = self._policy.commit_wait_s
        try:
            async with asyncio.timeout(bound_s):
                return await self._producer.commit(batch, self._changelog, self.partition)
        except TimeoutError:
            raise CommitFailed(
                f"partition {self.partition}: the broker did not finish a transaction"
                f" in {bound_s:g} s"
            ) from None

    # -- the end

    async def close(self) -> None:
        """Let a commit under way end, within a bound, and drop the rest; it is read again."""
        self._closed = True
        self._effects.cancel()
        self.processor.stats.dropped_chunks += len(self._inbox)
        self._inbox.clear()
        if self._committing is not None:
            await asyncio.wait([self._committing], timeout=self._policy.close_wait_s)
        self._task.cancel()
        await self._producer.stop()

    async def drain(self) -> None:
        """Return once what is queued is applied and committed, within `Policy.close_wait_s`."""
        end = time.monotonic() + self._policy.close_wait_s
        while time.monotonic() < end and not self._task.done():
            if not self._inbox and self._committing is None and not self.processor.has_changes():
                return
            await asyncio.sleep(0.005)
