"""One partition of the simulated shop: the engine's own processor over a store in memory.

What was applied and is not committed is lost in a crash. Calls to the outside are made at once
and answered later, in any order: a crash in between means that they are made again, under the
same keys, unless their outcome was committed ahead of the marker.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, NamedTuple

from engine.batches import Completion
from engine.effects import EffectCall, effect_calls
from engine.processor import Processor
from engine.records import Chunk, Output, Record
from engine.specs import Delivery
from engine.stats import Stats
from engine.store import Item, MemoryStore
from engine.timers import split_timer_key
from engine.topology import TIMERS, Topology

NEVER: Final = 1 << 62
ANSWER_MS_MAX: Final = 4_000
"""The slowest answer of the outside."""


class Change(NamedTuple):
    """A row that a commit replaced."""

    table: str
    key: str
    row: Any
    """None: it was removed."""


class Applied(NamedTuple):
    """Something a lane took in, so that it can take it in again: see `replay`."""

    kind: str
    """chunk, tick, outcome, or crash: ticks are counted anew from there."""
    given: Any


@dataclass(slots=True)
class _Place:
    offset: int
    due_ms: int = 0
    outcome: Completion | None = None
    """None: nothing was called, or its outcome is handed over."""
    settled: bool = False


@dataclass(slots=True)
class Calls:
    """One effect's calls in one lane."""

    call: EffectCall
    position: int
    settled: set[int]
    places: deque[_Place] = field(default_factory=deque)

    def due_ms(self) -> int:
        """When the next outcome is there."""
        return min((p.due_ms for p in self.places if p.outcome is not None), default=NEVER)

    def unread(self, log: list[Record]) -> Iterator[tuple[Record, Delivery]]:
        """Take up every new record; those that are calls to make are handed out."""
        for record in log[self.position :]:
            self.position = record.offset + 1
            done = record.offset in self.settled
            wanted = None if done else self.call.wanted(record)
            if wanted is None:
                self.places.append(_Place(record.offset, settled=done))
            else:
                yield record, wanted

    def answered(self, record: Record, outcome: Completion, due_ms: int) -> None:
        """A call was made; its outcome arrives later."""
        self.places.append(_Place(record.offset, due_ms, outcome))

    def outcomes(self, now_ms: int) -> Iterator[Completion]:
        """What has arrived, with the marker as far as it goes."""
        for place in tuple(self.places):
            if place.outcome is not None and place.due_ms <= now_ms:
                yield self._hand_over(place)
        if self.places and self.places[0].outcome is None:
            end, passed = self._pass()
            yield Completion(self.call.mark, end, passed=passed)

    def _hand_over(self, place: _Place) -> Completion:
        outcome, place.outcome = place.outcome, None
        assert outcome is not None
        end, passed = self._pass()
        outcome.end, outcome.passed = end, passed
        if end is None or place.offset >= end:
            place.settled = True
            outcome.settled = place.offset
        return outcome

    def _pass(self) -> tuple[int | None, tuple[int, ...]]:
        end, passed = None, []
        while self.places and self.places[0].outcome is None:
            place = self.places.popleft()
            end = place.offset + 1
            if place.settled:
                passed.append(place.offset)
        return end, tuple(passed)


class Lane:
    """One partition."""

    def __init__(self, topology: Topology, partition: int, stats: Stats) -> None:
        self.topology = topology
        self.partition = partition
        self.stats = stats
        self.store = MemoryStore()
        self.applied: list[Applied] = []
        """Everything that is committed, in its order."""
        self.ticked_ms = 0
        self.is_at_rest = False
        """Nothing has changed in the last tick, or since."""
        self.outputs: list[Output] = []
        """Everything that was published, in its order."""
        self.changelog: list[list[Item]] = []
        self.open()

    def open(self) -> None:
        """Begin anew from the store, as after a crash."""
        self.processor = Processor(self.topology, self.partition, self.store, self.stats)
        self.uncommitted: list[Applied] = []
        self.timers = self.processor.tables[TIMERS.name]
        self.calls: dict[str, list[Calls]] = {}
        for name, found in effect_calls(self.topology, self.partition).items():
            self.calls[name] = [
                Calls(
                    call,
                    self.processor.committed_mark(call.mark) or 0,
                    set(self.processor.marks.settled(call.mark)),
                )
                for call in found
            ]
        self.due_ms = self._due_ms()
        self.answers_ms = NEVER
        """When the outside's next answer is there."""

    def crash(self, *, disk_lost: bool) -> None:
        """Lose what is not committed; a lost disk is rebuilt from the changelog."""
        if disk_lost:
            self.store = MemoryStore()
            for items in self.changelog:
                self.store.write(items)
        self.open()
        self.applied.append(Applied("crash", None))

    # -- taking in

    def position(self, name: str) -> int:
        """The next offset to read."""
        return self.processor.mark(name) or 0

    def apply(self, name: str, records: list[Record]) -> None:
        """Apply records that follow each other."""
        start, end = records[0].offset, records[-1].offset + 1
        chunk = Chunk(name, self.partition, start, end, records)
        self.uncommitted.append(Applied("chunk", chunk))
        self.processor.apply(chunk)

    def complete(self, outcome: Completion) -> None:
        """Take in the outcome of a call."""
        self.uncommitted.append(Applied("outcome", outcome))
        self.processor.complete(outcome)

    def tick(self, now_ms: int) -> bool:
        """Fire what is due; True when more is. Call it with nothing uncommitted."""
        assert not self.uncommitted, "a tick is a commit of its own"
        self.uncommitted.append(Applied("tick", now_ms))
        return self.processor.tick(now_ms)

    # -- commit

    def commit(self) -> tuple[list[Change], list[Output]]:
        """Make all that was applied durable; rows that it replaces, and what it publishes."""
        self.applied.extend(self.uncommitted)
        self.uncommitted = []
        if not self.processor.has_changes():
            self.processor.committed()  # What changed nothing is over all the same.
            return [], []
        self.is_at_rest = False
        batch = self.processor.take()
        changes = [
            Change(table.spec.name, key, table.get(key))
            for table in self.processor.taken
            for key in sorted(table.dirty)
        ]
        timers_change = bool(self.timers.dirty)
        self.store.write(batch.rows)
        self.changelog.append(batch.rows)
        self.processor.committed()
        if timers_change:
            self.due_ms = self._due_ms()
        self.outputs.extend(batch.outputs)
        return changes, batch.outputs

    def _due_ms(self) -> int:
        for key, _ in self.timers.scan(limit=1):
            return split_timer_key(key)[1].due_ms
        return NEVER

    def note_answers(self) -> None:
        """Know anew when the outside's next answer is there."""
        self.answers_ms = min(
            (calls.due_ms() for found in self.calls.values() for calls in found), default=NEVER
        )


def answer_ms(chance: Random) -> int:
    """How long the outside takes: mostly not long."""
    return chance.choice((0, 0, 5, 20, 200, chance.randint(0, ANSWER_MS_MAX)))
