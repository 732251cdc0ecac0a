"""The effects of one lane: a queue each, and how far each has come."""

import asyncio
from collections.abc import Callable, Iterator

from engine.batches import Completion
from engine.effect_queue import EffectQueue
from engine.effects import effect_calls
from engine.policy import Policy
from engine.processor import Processor
from engine.records import Chunk


class LaneEffects:
    """Gives each effect the records that are new to it; outcomes go to `done`."""

    def __init__(
        self,
        processor: Processor,
        policy: Policy,
        done: Callable[[Completion], None],
        ended: Callable[[asyncio.Task[None]], None],
    ) -> None:
        self._processor = processor
        calls = effect_calls(processor.topology, processor.partition)
        self._queues = {
            topic: [
                (call.mark, EffectQueue(call, policy, done, processor.marks.settled(call.mark)))
                for call in found
            ]
            for topic, found in calls.items()
        }
        self._ends: dict[str, int] = {}
        """By marker: the end of the last chunk that was queued."""
        for queue in self.queues():
            queue.task.add_done_callback(ended)

    def queues(self) -> Iterator[EffectQueue]:
        """Every effect's queue."""
        return (queue for found in self._queues.values() for _, queue in found)

    def put(self, chunk: Chunk) -> None:
        """Queue a chunk with the effects that read its topic and have not had it."""
        for mark, queue in self._queues.get(chunk.topic, ()):
            start = self._ends.get(mark, self._processor.mark(mark) or 0)
            if chunk.end > start:
                self._ends[mark] = chunk.end
                queue.put(chunk, start)

    def marks_of(self, topic: str) -> list[str]:
        """The names of the markers of the effects that read a topic."""
        return [mark for mark, _ in self._queues.get(topic, ())]

    def backlog(self) -> int:
        """Chunks and calls that wait."""
        return sum(queue.backlog() for queue in self.queues())

    def full_topics(self) -> list[str]:
        """Topics whose effects cannot take more for now."""
        return [t for t, found in self._queues.items() if any(q.is_full() for _, q in found)]

    def cancel(self) -> None:
        """Stop; calls under way run again after the next opening."""
        for queue in self.queues():
            queue.cancel()
