"""What a partition does with records: pure of Kafka, driven by a lane or by the test driver.

A processor applies chunks to the tables of one partition and gathers what the next commit
writes. Nothing it does is visible to anybody until `take` is written and `committed` called.
"""

from collections.abc import Callable
from typing import Any

from engine.batches import Batch, Completion
from engine.context import LaneContext
from engine.dead_letters import dead_letter, kinds_of, tell_buried
from engine.errors import Gap, ends_the_worker
from engine.marks import Marks
from engine.outbox import Outbox
from engine.plans import IDLE, Plans
from engine.records import Chunk, Record
from engine.specs import Delivery
from engine.stats import Stats
from engine.store import Item, Store
from engine.tables import JournalEntry, LaneTable
from engine.timers import TIMERS_A_TICK_MAX, Ticks, Timers
from engine.topology import TIMERS, BoundTopic, Topology


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
        bytes_max: int = 4_000_000,
    ) -> None:
        self._bytes_max = bytes_max
        self.topology, self.partition, self.store, self.stats = topology, partition, store, stats
        self.pending_records = 0
        self.outbox = Outbox(topology, partition)
        self._journal: list[JournalEntry] = []
        self.tables: dict[str, LaneTable[Any]] = {
            spec.name: LaneTable(spec, store, self._journal, rows_max)
            for spec in topology.tables.values()
        }
        self._contexts = {
            a.name: LaneContext(a.name, partition, topology.app_id, self.tables, self)
            for a in topology.agents
        }
        agents = {a.name: a for a in topology.agents}
        self.timers = Timers(self.tables[TIMERS.name], agents, self._contexts, self._journal)
        topics, contexts = topology.topics, self._contexts
        self._plans = {name: Plans(topic, contexts) for name, topic in topics.items()}
        self._since: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        """What was taken in since the last commit, for `_redo`."""
        self.taken: list[LaneTable[Any]] = []
        """Tables with rows in the batch that is being written."""
        self._careful = False
        self._ticks = Ticks(topology.agents, self._contexts, self._journal)
        self.marks = Marks(store)

    # -- markers

    def mark(self, name: str) -> int | None:
        """The next position to apply of a source; None: unread."""
        return self.marks.get(name)

    def committed_mark(self, name: str) -> int | None:
        """The marker as of the last commit."""
        return self.marks.committed(name)

    def forgive(self, name: str, position: int) -> None:
        """Take up a source at a position beyond its marker: the broker kept nothing before."""
        self._since.append((self.forgive, (name, position)))
        self.marks.move(name, position)

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
        self._since.append((self.apply, (chunk,)))
        self._apply_records(topic, records)
        self.marks.move(chunk.topic, chunk.end)
        self.pending_records += len(records)
        self.stats.count_records(topic.public, len(records))

    def _apply_records(self, topic: BoundTopic, records: list[Record]) -> None:
        journal, outbox, plans = self._journal, self.outbox, self._plans[topic.name]
        codec, partition, partitions = topic.spec.codec, self.partition, self.topology.partitions
        route, decode, unplaced = codec.route, codec.decode, self.stats.unplaced
        careful = self._careful
        for record in records:
            written, agent = len(outbox.outputs), ""
            try:
                name = route(record)
                if name is not None and plans[name] is IDLE:
                    self.stats.ignored += 1
                    continue
                name, value = decode(record, name)
                plan, delivery = plans[name], Delivery(record, name, value)
                places = plan.places(codec, value, partitions, unplaced) if plan.fields else ()
                for agent, handler, context, field in plan.steps:  # noqa: B007 - told when it raises
                    if field < 0 or places[field][0] == partition:
                        handler(context, delivery)
                        if careful:
                            for table, key, _, _ in journal:
                                table.check(key)
                if places:
                    agent = ""  # None of them is to blame for a record that cannot be forwarded.
                    self.stats.rekeyed += outbox.forward(record, places, plan.targets)
            except Exception as exc:  # noqa: BLE001 - whatever it is, its neighbours go on
                self._bury(topic, record, agent, exc, written)
            if journal:
                journal.clear()

    def _bury(
        self, topic: BoundTopic, record: Record, agent: str, exc: Exception, written: int
    ) -> None:
        """Undo what the record did and put it among the dead letters."""
        if ends_the_worker(exc):
            raise exc
        self._undo(written)
        self._put_aside(record, topic.public, agent, exc)

    def _undo(self, written: int) -> None:
        """Take back the journal's rows and every output after the first `written`."""
        for table, key, before, was_dirty in reversed(self._journal):
            table.undo(key, before, was_dirty=was_dirty)
        self._journal.clear()
        self.outbox.cut(written)

    def _put_aside(self, record: Record, topic: str, agent: str, exc: Exception) -> None:
        self.outbox.add(dead_letter(record, topic, agent, exc))
        tell_buried(self.stats.dead_told, record, topic, agent, exc)

    # -- time

    def tick(self, now_ms: int) -> bool:
        """Fire what is due at now_ms, in order of due time; True when more is due.

        Call it with nothing pending: what it does is one commit of its own. It fires no more
        once its outputs have `bytes_max` bytes.
        """
        assert not self._since, "a tick is a commit of its own"
        due = self.timers.due(now_ms)
        fired = self._fire(self.timers.fire, due, now_ms)
        if fired and self._fire(self._ticks.fire, self._ticks.due(now_ms), now_ms):
            return len(due) == TIMERS_A_TICK_MAX
        return True

    def _fire(self, fire: Callable[[str, int, Stats], bool], due: list[str], now_ms: int) -> bool:
        """Call each in turn, undoing what fails; False when there was no room for all."""
        for name in due:
            if self.outbox.size_bytes >= self._bytes_max:
                return False
            written = len(self.outbox.outputs)
            if not fire(name, now_ms, self.stats):
                self._undo(written)
            self._journal.clear()
        return True

    # -- effects

    def complete(self, done: Completion) -> None:
        """Take in the outcome of effects and move their marker."""
        self._since.append((self.complete, (done,)))
        for output in done.outputs:
            self.outbox.add(output)
        for dead in done.dead:
            self._put_aside(*dead)
        if done.end is not None:
            self.marks.move(done.mark, done.end)
        if done.settled is not None:
            self.marks.settle(done.mark, done.settled)
        for offset in done.passed:
            self.marks.unsettle(done.mark, offset)
        self.pending_records += done.records

    # -- commit

    def has_changes(self) -> bool:
        """Whether a commit would write anything."""
        return bool(
            self.outbox.outputs
            or self.marks.changed()
            or any(t.dirty for t in self.tables.values())
        )

    def take(self) -> Batch:
        """Everything since the last commit. Nothing may be applied before `committed`."""
        try:
            rows = self._rows()
        except Exception:
            if not self._since:
                raise  # A tick's handler wrote the row: no record can be buried for it.
            self._redo()
            rows = self._rows()
        rows.extend(self.marks.changes())
        outputs = self.outbox.taken()
        self.stats.dead.update(kinds_of(outputs))
        batch = Batch(outputs, rows, self.pending_records)
        self.pending_records = 0
        return batch

    def _rows(self) -> list[Item]:
        self.taken = [table for table in self.tables.values() if table.dirty]
        return [item for table in self.taken for item in table.changes()]

    def _redo(self) -> None:
        """Do again what was done since the last commit, looking at every row a record writes.

        A row is encoded once a commit, long after the record that is to blame for it. When
        one cannot be encoded or is too large, this finds the record and buries it alone.
        """
        since, self._since = self._since, []
        stats, self.stats = self.stats, Stats(dead_told=self.stats.dead_told)
        self._forget()
        self._careful = True
        try:
            for again, arguments in since:
                again(*arguments)
        finally:
            self._careful, self.stats = False, stats

    def _forget(self) -> None:
        for table in self.tables.values():
            table.forget()
        self.outbox.taken()
        self.marks.forget()
        self.pending_records = 0

    def committed(self) -> None:
        """The batch is durable."""
        self.marks.written()
        self._since.clear()
        for table in self.taken:
            table.committed()
