"""Topics, lanes and time: one seeded run of the shop.

Records keep their order within a partition, as on Kafka, and nowhere else: a source may stand
still while others go on. Time passes a little with every step, and leaps to whatever is due next
when there is nothing to read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any, Final, Protocol

import events
from engine.partitioning import partition_of
from engine.records import Output, Record
from engine.specs import AgentSpec, EffectSpec
from engine.stats import Stats
from engine.topology import Topology
from events.base import Message
from simulation.lane import NEVER, Change, Lane, answer_ms
from simulation.logs import Logs
from simulation.temper import Temper
from topics import topic_of

STEPS_MAX: Final = 200_000
"""Steps of a run before it is taken for an endless loop between agents."""
DISK_LOST: Final = 0.2
"""The share of crashes that take the store with them."""


class Witness(Protocol):
    """Who sees everything that is committed."""

    def committed(self, lane: Lane, changes: list[Change], records: list[Record], /) -> None:
        """Rows that changed and records that appeared, in one transaction."""

    def sent(self, record: Record) -> None:
        """Somebody outside wrote a record."""

    def quiet(self) -> None:
        """There is nothing left to read, and time is about to leap."""


@dataclass(slots=True)
class World:
    """The shop's broker, machines and clock."""

    chance: Random
    temper: Temper
    now_ms: int
    topology: Topology = field(init=False)
    logs: Logs = field(init=False)
    lanes: list[Lane] = field(init=False)
    witnesses: list[Witness] = field(default_factory=list)
    stats: Stats = field(default_factory=Stats)
    steps: int = 0
    _agenda: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _tie: int = 0

    def open(
        self, agents: Iterable[AgentSpec], effects: Iterable[EffectSpec], partitions: int
    ) -> None:
        """Begin with these agents, on empty topics."""
        self.topology = Topology(
            agents, effects, app_id="simulation", env="dev", partitions=partitions
        )
        self.logs = Logs(self.chance, self.temper, self.topology)
        self.lanes = [Lane(self.topology, p, self.stats) for p in range(partitions)]
        for lane in self.lanes:
            lane.ticked_ms = self.now_ms

    # -- what people do

    def later(self, after_ms: int, act: Callable[[], None]) -> None:
        """Do something when its time has come."""
        self._tie += 1
        heappush(self._agenda, (self.now_ms + after_ms, self._tie, act))

    def reads(self, name: str) -> bool:
        """Whether any agent handles messages of that name."""
        return any(topic.readers.get(name) for topic in self.topology.topics.values())

    def send(self, message: Message, event_id: str, *, place: int | None = None) -> None:
        """Write a message from outside; `place` is the partition that its producer chose."""
        value = events.encode(
            message, event_id=event_id, timestamp=self.now_ms, correlation_id=event_id
        )
        spec, key = topic_of(type(message)), events.key_of(message)
        if place is None:
            place = partition_of(spec.stem(key).encode(), self.topology.partitions_of(spec))
        headers = tuple(events.headers(message, event_id))
        name = self.topology.real_name(spec)
        record = self.logs.append(Output(name, place, key.encode(), value, headers), self.now_ms)
        for witness in self.witnesses:
            witness.sent(record)

    # -- running

    async def run(self, until_ms: int) -> None:
        """Let the shop live until then.

        Raises:
            RuntimeError: agents feed each other without end.
        """
        while self.now_ms < until_ms:
            await self._step(until_ms)

    async def drain(self) -> None:
        """Go on until nothing is under way: nobody begins anything any more."""
        self._agenda.clear()
        while self.is_busy():
            await self._step(NEVER)

    async def _step(self, until_ms: int) -> None:
        self.steps += 1
        if self.steps > STEPS_MAX:
            raise RuntimeError(f"still busy after {STEPS_MAX} steps: do agents feed each other?")
        self._happen()
        ready = [source for source, at_ms in self.logs.unread.items() if at_ms <= self.now_ms]
        if ready:
            await self._read(*ready[int(self.chance.random() * len(ready))])
        elif not self._settle():
            self._leap(until_ms)

    def _happen(self) -> None:
        """Do what is due: people, timers, answers; sometimes a machine dies."""
        while self._agenda and self._agenda[0][0] <= self.now_ms:
            heappop(self._agenda)[2]()
        for lane in self.lanes:
            if self._tick_ms(lane) <= self.now_ms:
                self._tick(lane)
            if lane.answers_ms <= self.now_ms:
                self._hear(lane)
        if self.chance.random() < self.temper.crash:
            self._crash(self.lanes[int(self.chance.random() * len(self.lanes))])

    def _hear(self, lane: Lane) -> None:
        """Take in the answers that have arrived."""
        for found in lane.calls.values():
            for calls in found:
                for outcome in calls.outcomes(self.now_ms):
                    lane.complete(outcome)
        lane.note_answers()
        self._commit(lane)

    async def _read(self, partition: int, topic: str) -> None:
        lane, log = self.lanes[partition], self.logs.parts[topic][partition]
        start = lane.position(topic)
        many = 1 + int(self.chance.random() * self.temper.chunk_max)
        records = log[start : start + many]
        if start + many >= len(log):
            del self.logs.unread[partition, topic]
        if records:
            lane.apply(topic, records)
        for calls in lane.calls.get(topic, ()):
            await self._call(lane, calls, log)
        self.now_ms += int(self.chance.random() * 20)
        if self.chance.random() < self.temper.commit:
            self._commit(lane)

    async def _call(self, lane: Lane, calls: Any, log: list[Record]) -> None:
        for record, delivery in calls.unread(log):
            outcome = await calls.call.run(delivery)
            due_ms = self.now_ms + answer_ms(self.chance)
            calls.answered(record, outcome, due_ms)
            lane.answers_ms = min(lane.answers_ms, due_ms)

    def _tick_ms(self, lane: Lane) -> int:
        """When a lane ticks next."""
        every_ms = self.temper.rest_ms if lane.is_at_rest else self.temper.tick_ms
        return min(lane.due_ms, lane.ticked_ms + every_ms)

    def _tick(self, lane: Lane) -> None:
        self._commit(lane)
        lane.ticked_ms, lane.is_at_rest = self.now_ms, True
        while lane.tick(self.now_ms):
            self._commit(lane)
        self._commit(lane)

    def _settle(self) -> bool:
        """Commit what is not committed; whether there was anything."""
        found = [lane for lane in self.lanes if lane.uncommitted]
        for lane in found:
            self._commit(lane)
        return bool(found)

    def _commit(self, lane: Lane) -> None:
        if not lane.uncommitted:
            return
        changes, outputs = lane.commit()
        if not changes and not outputs:
            return
        records = [self.logs.append(output, self.now_ms) for output in outputs]
        for witness in self.witnesses:
            witness.committed(lane, changes, records)

    def _crash(self, lane: Lane) -> None:
        lane.crash(disk_lost=self.chance.random() < DISK_LOST)
        for topic in self.topology.topics:
            behind = [lane.position(topic)]
            behind += [calls.position for calls in lane.calls.get(topic, ())]
            log = self.logs.parts.get(topic)
            if log is not None and min(behind) < len(log[lane.partition]):
                self.logs.wait(lane.partition, topic, self.now_ms)

    def _leap(self, until_ms: int) -> None:
        """Go to the next moment at which anything happens."""
        answers_ms = min(lane.answers_ms for lane in self.lanes)
        times = [until_ms, answers_ms, *map(self._tick_ms, self.lanes)]
        if self._agenda:
            times.append(self._agenda[0][0])
        if self.logs.unread:
            times += self.logs.unread.values()
        elif answers_ms == NEVER:
            for witness in self.witnesses:
                witness.quiet()
        due_ms = min(times)
        late_ms = self.chance.choice((0, 0, 1, 999))
        self.now_ms = max(self.now_ms + 1, due_ms + late_ms)

    def is_busy(self) -> bool:
        """Whether anything is unread, uncommitted or unanswered, or anybody has plans."""
        return bool(
            self.logs.unread
            or self._agenda
            or any(one.uncommitted or one.answers_ms < NEVER for one in self.lanes)
        )
