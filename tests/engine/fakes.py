"""What stands in for the broker's clients: writers and a log that tests hold in their hands."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError

from engine.batches import Batch
from engine.lane import Lane
from engine.lanes import Lanes
from engine.policy import Policy
from engine.processor import Processor
from engine.records import Record
from engine.stats import Stats
from engine.store import MemoryStore, Store
from engine.topology import Topology


class FakeWriter:
    """A transactional producer: what it committed, a gate to hold it, an error to raise."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.begun = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: BaseException | None = None
        self.stopped = False

    async def start(self, topics: Iterable[str]) -> None:
        """Ready at once."""

    async def commit(self, batch: Batch, changelog: str, partition: int) -> int | None:
        self.begun += 1
        await asyncio.sleep(0)
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        self.batches.append(Batch(list(batch.outputs), list(batch.rows), batch.records))
        return len(self.batches) if batch.rows else None

    async def stop(self) -> None:
        self.stopped = True

    @property
    def records(self) -> list[int]:
        """Records of each transaction."""
        return [batch.records for batch in self.batches]


async def until(so: Callable[[], Any]) -> None:
    """Let everybody do what they can until it is so, for a minute at most."""
    async with asyncio.timeout(60):
        while not so():  # noqa: ASYNC110 - what a lane does sets no event
            await asyncio.sleep(0.001)


class Bench:
    """One lane over a memory store and a fake writer."""

    def __init__(
        self,
        topology: Topology,
        policy: Policy,
        store: Store | None = None,
        *,
        behind: bool = False,
    ) -> None:
        self.writer = FakeWriter()
        self.store = store or MemoryStore()
        self.crashes: list[BaseException] = []
        self.processor = Processor(
            topology, 0, self.store, Stats(), rows_max=policy.rows_max, bytes_max=policy.bytes_max
        )
        held = policy if behind else replace(policy, catch_up_s=0.0)
        self.lane = Lane(self.processor, self.writer, held, self.crash)

    async def crash(self, exc: BaseException) -> None:
        self.crashes.append(exc)

    async def settle(self, seconds: float = 0.0) -> None:
        """Let the lane do what it can."""
        await asyncio.sleep(seconds)
        for _ in range(200):
            await asyncio.sleep(0)


class InMemoryLanes(Lanes):
    """Lanes whose stores and writers are in memory; everything else is the engine's own."""

    def __init__(self, topology: Topology, policy: Policy, crash: Any) -> None:
        super().__init__(topology, policy, Path("unused"), dict, crash)
        self.kept: dict[int, MemoryStore] = {}
        self.writers: list[FakeWriter] = []
        self.opening_gate = asyncio.Event()
        self.opening_gate.set()
        self.openings = 0
        self.openings_at_once = 0

    async def _keep_stores(self, wanted: Iterable[int]) -> None:
        self._stores = {p: self.kept.setdefault(p, MemoryStore()) for p in wanted}

    async def _start_producers(self, partitions: list[int]) -> Any:
        made = [FakeWriter() for _ in partitions]
        self.writers += made
        return made

    async def _recover(self, partitions: list[int]) -> None:
        self.openings += 1
        self.openings_at_once += 1
        assert self.openings_at_once == 1
        try:
            await self.opening_gate.wait()
        finally:
            self.openings_at_once -= 1


@dataclass
class _State:
    position: int


@dataclass
class FakeKafka:
    """aiokafka's consumer of one group member, over logs of plain records.

    A fetch takes what lies at the positions when it is called and delivers it when the gate
    opens, whatever was sought meanwhile: as records that are on their way to a thread do.
    """

    logs: dict[TopicPartition, list[Record]]
    fetch_max: int = 100
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    paused: set[TopicPartition] = field(default_factory=set)
    begins: dict[TopicPartition, int] = field(default_factory=dict)
    fetches: int = 0

    def __post_init__(self) -> None:
        self.gate.set()
        self._states = {tp: _State(0) for tp in self.logs}
        self._subscription = self
        self.subscription = self
        self.assigned = set(self.logs)

    def state_value(self, tp: TopicPartition) -> _State:
        return self._states[tp]

    @property
    def assignment(self) -> Any:
        # Both `kafka.assignment()` and `subscription.assignment.state_value(tp)` are asked for.
        return _Assignment(self)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        if tp not in self.assigned:
            raise IllegalStateError(f"No current assignment for partition {tp}")
        self._states[tp].position = offset

    def pause(self, *tps: TopicPartition) -> None:
        self.paused |= set(tps)

    def resume(self, *tps: TopicPartition) -> None:
        self.paused -= set(tps)

    async def getmany(
        self, *wanted: TopicPartition, timeout_ms: int
    ) -> dict[TopicPartition, list[Record]]:
        self.fetches += 1
        taken = {}
        for tp in (set(wanted) or self.assigned) - self.paused:
            at = self._states[tp].position
            if records := self.logs[tp][at : at + self.fetch_max]:
                taken[tp] = records
        await asyncio.sleep(0 if taken else timeout_ms / 1000)
        await self.gate.wait()
        for tp, records in taken.items():
            self._states[tp].position = records[-1].offset + 1
        return taken

    async def beginning_offsets(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        await asyncio.sleep(0)
        return {tp: self.begins.get(tp, 0) for tp in tps}

    async def end_offsets(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        await asyncio.sleep(0)
        return {tp: len(self.logs[tp]) for tp in tps}


class _Assignment:
    def __init__(self, kafka: FakeKafka) -> None:
        self._kafka = kafka

    def __call__(self) -> set[TopicPartition]:
        return set(self._kafka.assigned)

    def state_value(self, tp: TopicPartition) -> _State:
        return self._kafka.state_value(tp)
