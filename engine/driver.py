"""Runs agents in memory under an injected clock: no broker, no loop, no sleeping.

The driver uses the very processor that a lane uses, with one commit a chunk (or a record,
or everything at once: results must not depend on it).
"""

import asyncio
import weakref
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from engine.dead_letters import SUFFIX, DeadLetter, read_dead_letter
from engine.effects import EffectCall, effect_calls
from engine.errors import TopologyError
from engine.partitioning import partition_of
from engine.processor import Processor
from engine.records import Chunk, Header, Output, Record
from engine.specs import AgentSpec, EffectSpec, R, TableSpec, TopicSpec
from engine.stats import Stats
from engine.store import MemoryStore, Store
from engine.timers import split_timer_key
from engine.topology import TIMERS, Topology

ROUNDS_MAX = 10_000
"""Rounds of `run` before it is taken for an endless loop between agents."""


class _Lane:
    def __init__(self, topology: Topology, partition: int, stats: Stats, store: Store) -> None:
        self.store = store
        self.processor = Processor(topology, partition, store, stats)
        self.effects: dict[str, list[EffectCall]] = effect_calls(topology, partition)

    def commit(self) -> list[Output]:
        batch = self.processor.take()
        self.store.write(batch.rows)
        self.processor.committed()
        return batch.outputs


class Driver:
    """In-memory topics and one processor a partition."""

    def __init__(
        self,
        agents: Iterable[AgentSpec],
        effects: Iterable[EffectSpec] = (),
        *,
        partitions: int = 3,
        start_ms: int = 1_750_000_000_000,
        env: str = "dev",
        chunk_max: int = 1000,
    ) -> None:
        self.topology = Topology(
            agents, effects, app_id=f"test-{env}", env=env, partitions=partitions
        )
        self.now_ms = start_ms
        self.chunk_max = chunk_max
        self.stats = Stats()
        self.log: dict[str, list[list[Record]]] = {}
        self._lanes = [
            _Lane(self.topology, p, self.stats, MemoryStore()) for p in range(partitions)
        ]
        self._effect_loop = asyncio.new_event_loop() if self.topology.effects else None
        if self._effect_loop is not None:
            weakref.finalize(self, self._effect_loop.close)

    # -- feeding

    def send(
        self,
        topic: TopicSpec,
        value: bytes | None,
        key: str | None = None,
        *,
        headers: Iterable[Header] = (),
        partition: int | None = None,
    ) -> Record:
        """Append a record now, in its key's partition or the one given.

        Raises:
            TopologyError: no agent reads the topic.
        """
        name = self.topology.real_name(topic)
        if name not in self.topology.topics:
            raise TopologyError(f"no agent reads topic {name}")
        if partition is None:
            stem = topic.stem(key or "").encode()
            partition = partition_of(stem, self.topology.partitions_of(topic))
        raw_key = None if key is None else key.encode()
        return self._append(Output(name, partition, raw_key, value, tuple(headers)))

    def _append(self, output: Output) -> Record:
        parts = self.log.setdefault(
            output.topic, [[] for _ in range(max(self.topology.partitions, output.partition + 1))]
        )
        log = parts[output.partition]
        record = Record(
            topic=output.topic,
            partition=output.partition,
            offset=len(log),
            timestamp=self.now_ms,
            key=output.key,
            value=output.value,
            headers=tuple(output.headers),
        )
        log.append(record)
        return record

    # -- running

    def run(self) -> "Driver":
        """Process until nothing is left to read.

        Raises:
            RuntimeError: agents feed each other without end.
        """
        for _ in range(ROUNDS_MAX):
            moved = [self._step(p, name) for p, name in self._sources()]
            if not any(moved):
                return self
        raise RuntimeError(f"still busy after {ROUNDS_MAX} rounds: do agents feed each other?")

    def advance(self, ms: int, *, step_ms: int | None = None) -> "Driver":
        """Let time pass and tick, once at the end or every step_ms."""
        end = self.now_ms + ms
        while self.now_ms < end:
            self.now_ms = min(end, self.now_ms + (step_ms or ms))
            self.tick()
        return self

    def tick(self) -> "Driver":
        """Tick every partition now, then run until quiet."""
        for lane in self._lanes:
            while lane.processor.tick(self.now_ms):
                self._write(lane)
            self._write(lane)
        return self.run()

    def restart(self) -> "Driver":
        """Throw away everything that is not committed, as kill -9 does, and open again."""
        self._lanes = [
            _Lane(self.topology, p, self.stats, lane.store) for p, lane in enumerate(self._lanes)
        ]
        return self

    def _sources(self) -> list[tuple[int, str]]:
        return [
            (p, name)
            for name in self.topology.topics
            if name in self.log
            for p in range(self.topology.partitions)
        ]

    def _step(self, partition: int, name: str) -> bool:
        lane = self._lanes[partition]
        log = self.log[name][partition]
        start = lane.processor.mark(name) or 0
        records = log[start : start + self.chunk_max]
        if records:
            end = start + len(records)
            lane.processor.apply(Chunk(name, partition, start, end, records))
        moved = bool(records)
        for call in lane.effects.get(name, ()):
            moved = self._run_effect(lane, call, log) or moved
        if moved:
            self._write(lane)
        return moved

    def _run_effect(self, lane: _Lane, call: EffectCall, log: list[Record]) -> bool:
        start = lane.processor.mark(call.mark) or 0
        for record in log[start:]:
            delivery = call.wanted(record)
            if delivery is not None:
                assert self._effect_loop is not None
                lane.processor.complete(self._effect_loop.run_until_complete(call.run(delivery)))
        if start < len(log):
            lane.processor.forgive(call.mark, len(log))
        return start < len(log)

    def _write(self, lane: _Lane) -> None:
        for output in lane.commit():
            self._append(output)

    # -- looking

    def outputs(self, topic: TopicSpec | str) -> list[Record]:
        """Every record of a topic, partition by partition."""
        name = topic if isinstance(topic, str) else self.topology.real_name(topic)
        return [record for part in self.log.get(name, ()) for record in part]

    def dead_letters(self, topic: TopicSpec) -> list[DeadLetter]:
        """The topic's dead letters, oldest first."""
        return [read_dead_letter(r) for r in self.outputs(self.topology.real_name(topic) + SUFFIX)]

    def rows(self, table: TableSpec[R]) -> dict[str, R]:
        """All rows of a table, over all partitions."""
        found: dict[str, Any] = {}
        for lane in self._lanes:
            found.update(lane.processor.tables[table.name].scan())
        return found

    def timers(self) -> dict[str, int]:
        """How many timers are set, by agent and kind."""
        counts: dict[str, int] = defaultdict(int)
        for lane in self._lanes:
            for key, _ in lane.processor.tables[TIMERS.name].scan():
                agent, timer = split_timer_key(key)
                counts[f"{agent}.{timer.kind}"] += 1
        return dict(counts)
