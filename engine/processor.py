"""What a partition does with records: pure of Kafka, driven by a lane or by the test driver.

A processor applies chunks to the tables of one partition and gathers what the next commit
writes. Nothing it does is visible to anybody until `take` is written and `committed` called.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.dead_letters import dead_letter
from engine.errors import BadRecord, EngineError, Gap
from engine.records import Chunk, Output, Record
from engine.specs import AgentSpec, Delivery, R, Table, TableSpec, Timer, TopicSpec
from engine.stats import Stats
from engine.store import HIDDEN, Item, Store
from engine.tables import JournalEntry, LaneTable
from engine.topology import TIMERS, BoundTopic, OutputTopic, Reader, Topology

_MARK = HIDDEN + b"mark\x00"
_DUE_DIGITS = 14
"""Of a due time in ms: good until the year 5138."""
TIMERS_A_TICK_MAX = 1000
"""Timers fired in one transaction; the next tick takes the rest."""


@dataclass(slots=True)
class Batch:
    """What one commit writes."""

    outputs: list[Output]
    rows: list[Item]
    """Changed rows, then markers: the changelog and the store get the same."""
    records: int = 0


@dataclass(slots=True)
class Completion:
    """The outcome of effects, in the order of their records."""

    mark: str
    end: int
    outputs: list[Output] = field(default_factory=list)
    dead: list[tuple[Record, str, str, Exception]] = field(default_factory=list)
    records: int = 0


class LaneContext:
    """What one agent's handlers may do in one lane. See `specs.Context`."""

    __slots__ = ("_agent", "_processor", "app_id", "partition")

    def __init__(self, processor: "Processor", agent: str) -> None:
        self._processor = processor
        self._agent = agent
        self.partition = processor.partition
        self.app_id = processor.topology.app_id

    def table(self, spec: TableSpec[R]) -> Table[R]:
        """One of the application's tables, as this lane sees it."""
        return self._processor.tables[spec.name]

    def publish(
        self, topic: TopicSpec, key: str, value: bytes, headers: Iterable[tuple[str, bytes]]
    ) -> None:
        """Write a record when the batch is committed."""
        self._processor.publish(topic, key, value, headers)

    def set_timer(self, kind: str, key: str, due_ms: int) -> None:
        """Call the agent's handler of that kind at the first tick at or after due_ms."""
        self._processor.timers[timer_key(due_ms, self._agent, kind, key)] = True

    def cancel_timer(self, kind: str, key: str, due_ms: int) -> None:
        """Forget that timer."""
        del self._processor.timers[timer_key(due_ms, self._agent, kind, key)]


class Processor:
    """One partition's tables, markers and pending outputs."""

    def __init__(
        self,
        topology: Topology,
        partition: int,
        store: Store,
        stats: Stats,
        *,
        rows_max: int = 50_000,
    ) -> None:
        self.topology = topology
        self.partition = partition
        self.store = store
        self.stats = stats
        self.pending_records = 0
        self.pending_bytes = 0
        self._journal: list[JournalEntry] = []
        self.tables: dict[str, LaneTable[Any]] = {
            spec.name: LaneTable(spec, store, self._journal, rows_max)
            for spec in topology.tables.values()
        }
        self.timers: LaneTable[bool] = self.tables[TIMERS.name]
        self._contexts = {a.name: LaneContext(self, a.name) for a in topology.agents}
        self._agents = {a.name: a for a in topology.agents}
        self._out: list[Output] = []
        self._moved: set[str] = set()
        self._ticked_ms: dict[str, int] = {}
        self.marks: dict[str, int | None] = {}

    # -- markers

    def mark(self, name: str) -> int | None:
        """The next position to apply of a source (topic, or effect and topic); None: unread."""
        if name not in self.marks:
            raw = self.store.get(_MARK + name.encode())
            self.marks[name] = None if raw is None else int(raw)
        return self.marks[name]

    def forgive(self, name: str, position: int) -> None:
        """Take up a source at a position beyond its marker: the broker kept nothing before."""
        self.marks[name] = position
        self._moved.add(name)

    # -- records

    def apply(self, chunk: Chunk) -> None:
        """Apply a chunk that joins on to the marker; what lies before the marker is skipped.

        Raises:
            Gap: the chunk begins after the marker.
        """
        topic = self.topology.topics[chunk.topic]
        mark = self.mark(chunk.topic)
        if mark is not None and chunk.start > mark:
            raise Gap(
                f"{chunk.topic}-{chunk.partition}: got [{chunk.start}, {chunk.end}),"
                f" but the marker stands at {mark}"
            )
        records = chunk.records
        if mark is not None and chunk.start < mark:
            records = [record for record in records if record.offset >= mark]
            self.stats.skipped += len(chunk.records) - len(records)
        if mark is not None and chunk.end <= mark:
            return
        self._apply_records(topic, records)
        self.marks[chunk.topic] = chunk.end
        self._moved.add(chunk.topic)
        self.pending_records += len(records)
        self.stats.count_records(topic.public, len(records))

    def _apply_records(self, topic: BoundTopic, records: list[Record]) -> None:
        journal, out = self._journal, self._out
        route, readers_of = topic.spec.codec.route, topic.readers_of
        for record in records:
            written = len(out)
            agent = ""
            try:
                name = route(record)
                if name is not None and not readers_of(name):
                    self.stats.ignored += 1
                    continue
                name, value = topic.spec.codec.decode(record, name)
                delivery = Delivery(record, name, value)
                for reader in readers_of(name):
                    agent = reader.agent
                    if reader.handler is not None and self._is_here(topic, reader, delivery):
                        reader.handler(self._contexts[agent], delivery)
                if topic.forwards:
                    self._forward(topic, delivery)
            except Exception as exc:  # noqa: BLE001 - whatever it is, its neighbours go on
                self._bury(topic, record, agent, exc, written)
            if journal:
                journal.clear()

    def _is_here(self, topic: BoundTopic, reader: Reader, delivery: Delivery) -> bool:
        """Whether the record lies where its reader wants it."""
        if topic.in_place or reader.by is None:
            return True
        key = topic.spec.codec.field(delivery.value, reader.by)
        if key is None:
            return False
        return self.topology.place_of(key) == self.partition

    def _forward(self, topic: BoundTopic, delivery: Delivery) -> None:
        """Send the record to each field's partition where it does not lie."""
        spec, record = topic.spec, delivery.record
        for by in {r.by for r in topic.readers_of(delivery.name) if r.by is not None}:
            key = spec.codec.field(delivery.value, by)
            if key is None:
                continue
            place = self.topology.place_of(key)
            if place != self.partition:
                self._out.append(
                    Output(topic.forwards[by], place, key.encode(), record.value, record.headers)
                )
                self.stats.rekeyed += 1

    def _bury(
        self, topic: BoundTopic, record: Record, agent: str, exc: Exception, written: int
    ) -> None:
        """Undo what the record did and put it among the dead letters."""
        if isinstance(exc, EngineError) and not isinstance(exc, BadRecord):
            raise exc
        for table, key, before, was_dirty in reversed(self._journal):
            table.undo(key, before, was_dirty)
        del self._out[written:]
        self._out.append(dead_letter(record, topic.public, agent, exc))
        self.stats.count_dead(topic.public, agent, type(exc).__name__)

    # -- time

    def tick(self, now_ms: int) -> int:
        """Fire what is due at now_ms, in order of due time; returns how many timers fired."""
        fired = 0
        for row_key, _ in self.timers.scan("", f"{now_ms + 1:0{_DUE_DIGITS}d}"):
            due, agent, kind, key = row_key.split("|", 3)
            del self.timers[row_key]
            handler = self._agents[agent].timers.get(kind) if agent in self._agents else None
            if handler is not None:
                handler(self._contexts[agent], Timer(kind, key, int(due)), now_ms)
                self.stats.count_timer(agent, kind)
            fired += 1
            if fired == TIMERS_A_TICK_MAX:
                break
        for spec in self.topology.agents:
            self._tick_agent(spec, now_ms)
        self._journal.clear()
        return fired

    def _tick_agent(self, spec: AgentSpec, now_ms: int) -> None:
        if spec.tick is None:
            return
        if now_ms - self._ticked_ms.get(spec.name, 0) >= spec.tick_every_ms:
            self._ticked_ms[spec.name] = now_ms
            spec.tick(self._contexts[spec.name], now_ms)

    # -- outputs

    def publish(
        self, topic: TopicSpec, key: str, value: bytes, headers: Iterable[tuple[str, bytes]]
    ) -> None:
        """Append an output; its partition is its key's."""
        target: OutputTopic = self.topology.output(topic)
        self._out.append(
            Output(target.name, target.partition_of(key), key.encode(), value, list(headers))
        )
        self.pending_bytes += len(value)

    def complete(self, done: Completion) -> None:
        """Take in the outcome of effects and move their marker."""
        self._out.extend(done.outputs)
        for record, public, agent, exc in done.dead:
            self._out.append(dead_letter(record, public, agent, exc))
            self.stats.count_dead(public, agent, type(exc).__name__)
        self.marks[done.mark] = done.end
        self._moved.add(done.mark)
        self.pending_records += done.records

    def has_changes(self) -> bool:
        """Whether a commit would write anything."""
        return bool(self._out or self._moved or any(t.dirty for t in self.tables.values()))

    def take(self) -> Batch:
        """Everything since the last commit. Nothing may be applied before `committed`."""
        rows: list[Item] = []
        for table in self.tables.values():
            if table.dirty:
                rows.extend(table.changes())
        rows.extend((_MARK + name.encode(), b"%d" % self.marks[name]) for name in self._moved)
        batch = Batch(self._out, rows, self.pending_records)
        self._out = []
        self.pending_records = self.pending_bytes = 0
        return batch

    def committed(self) -> None:
        """The batch is durable."""
        self._moved.clear()
        for table in self.tables.values():
            if table.dirty:
                table.committed()


def timer_key(due_ms: int, agent: str, kind: str, key: str) -> str:
    """Key of a timer's row: byte order is the order of due times."""
    return f"{due_ms:0{_DUE_DIGITS}d}|{agent}|{kind}|{key}"
