"""The engine with one promise broken at a time, in the worker under test or in a test run.

Each function breaks one thing and nothing else. `FAULTS_MUTANT=no_marker` applies it.
"""

import functools
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from aiokafka import AIOKafkaConsumer

from engine import recovery, seal
from engine.batches import Batch
from engine.consumer import Consumer
from engine.effect_queue import EffectQueue
from engine.lane import Lane
from engine.processor import Processor
from engine.producer import LaneProducer
from engine.store import RocksStore

Write = Callable[[LaneProducer, Batch, str, int], Any]


def _put(owner: object, name: str, broken: object) -> None:
    """Replace what the engine has by that name."""
    assert hasattr(owner, name), f"the engine has no {name}"
    setattr(owner, name, broken)


class _NoLock:
    async def __aenter__(self) -> None:
        """Nobody waits."""

    async def __aexit__(self, *_exc: object) -> None:
        """Nobody waited."""


def _no_marker() -> None:
    _put(Processor, "mark", lambda _self, _name: None)
    _put(Processor, "committed_mark", lambda _self, _name: None)


def _rewrite(parts: Callable[[Batch], Iterator[Batch]]) -> None:
    """Have a batch written in several transactions."""
    write: Write = LaneProducer._commit

    async def torn(self: LaneProducer, batch: Batch, changelog: str, partition: int) -> int | None:
        found = [await write(self, part, changelog, partition) for part in parts(batch)]
        return next((position for position in found if position is not None), None)

    _put(LaneProducer, "_commit", torn)


def _rows_first(batch: Batch) -> Iterator[Batch]:
    yield Batch([], batch.rows)
    if batch.outputs:
        yield Batch(batch.outputs, [])


def _outputs_first(batch: Batch) -> Iterator[Batch]:
    if batch.outputs:
        yield Batch(batch.outputs, [])
    yield Batch([], batch.rows)


def _no_fencing() -> None:
    make = LaneProducer.__init__

    def made(self: LaneProducer, transactional_id: str, options: dict[str, Any]) -> None:
        make(self, f"{transactional_id}-{uuid.uuid4()}", options)

    _put(LaneProducer, "__init__", made)


def _no_seek_lock() -> None:
    make = Consumer.__init__

    def made(self: Consumer, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        _put(self, "_fetch_lock", _NoLock())

    _put(Consumer, "__init__", made)


def _store_first() -> None:
    write = Lane._write

    async def early(self: Lane, batch: Batch) -> int | None:
        self.processor.store.write(batch.rows)
        return await write(self, batch)

    _put(Lane, "_write", early)


def _tick_outside() -> None:
    run, write = Lane._run_tick, Lane._write
    ticking: set[Lane] = set()

    async def ticked(self: Lane) -> None:
        ticking.add(self)
        try:
            await run(self)
        finally:
            ticking.discard(self)

    async def torn(self: Lane, batch: Batch) -> int | None:
        if self in ticking and batch.outputs:
            await write(self, Batch(batch.outputs, []))
            return await write(self, Batch([], batch.rows))
        return await write(self, batch)

    _put(Lane, "_run_tick", ticked)
    _put(Lane, "_write", torn)


def _letter_dropped() -> None:
    bury = Processor._bury

    def dropped(self: Processor, *args: Any) -> None:
        bury(self, *args)
        self.outbox.outputs.pop()

    _put(Processor, "_bury", dropped)


def _gap_accepted() -> None:
    apply = Processor.apply

    def applied(self: Processor, chunk: Any) -> None:
        mark = self.mark(chunk.topic)
        if mark is not None and chunk.start > mark:
            self.marks.move(chunk.topic, chunk.start)
        apply(self, chunk)

    _put(Processor, "apply", applied)


def _flow_goes_on() -> None:
    seek = Consumer.perform_seek

    async def revoked(self: Consumer, _revoked: Any) -> None:
        await self.lanes.close()

    async def sought(self: Consumer) -> None:
        if not self._ends:
            await seek(self)

    _put(Consumer, "on_partitions_revoked", revoked)
    _put(Consumer, "perform_seek", sought)


def _undo_forgotten() -> None:
    def kept(self: Processor, written: int) -> None:
        self._journal.clear()
        self.outbox.cut(written)

    _put(Processor, "_undo", kept)


def _recovery_uncommitted() -> None:
    def eager(**options: Any) -> Any:
        return AIOKafkaConsumer(**{**options, "isolation_level": "read_uncommitted"})

    _put(recovery, "AIOKafkaConsumer", eager)


def _recovery_skipped() -> None:
    _put(recovery, "usable_position", lambda _store, end, _oldest_s, _now_s: (end, ""))


def _source_uncommitted() -> None:
    create = Consumer._create_client

    def eager(self: Consumer) -> Any:
        client = create(self)
        client._isolation_level = "read_uncommitted"
        return client

    _put(Consumer, "_create_client", eager)


def _effect_forgotten() -> None:
    begin = EffectQueue._begin

    def begun(self: EffectQueue, delivery: Any) -> None:
        begin(self, delivery)
        self._places[-1].done = True

    _put(EffectQueue, "_begin", begun)


def _settled_forgotten() -> None:
    make = EffectQueue.__init__

    @functools.wraps(make)
    def made(self: EffectQueue, call: Any, policy: Any, done: Any, _settled: Any = ()) -> None:
        make(self, call, policy, done, ())

    _put(EffectQueue, "__init__", made)


def _damage_believed() -> None:
    def trusting(self: RocksStore, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        rows = self._db.iter()
        rows.seek(start)
        while rows.valid() and rows.key() < end:
            yield rows.key(), rows.value()
            rows.next()

    _put(RocksStore, "range", trusting)


def _cut_manifest_believed() -> None:
    _put(seal, "contradiction", lambda _seal, _seen: None)


MUTATIONS: dict[str, Callable[[], None]] = {
    "no_marker": _no_marker,
    "rows_before_outputs": lambda: _rewrite(_rows_first),
    "outputs_before_rows": lambda: _rewrite(_outputs_first),
    "no_fencing": _no_fencing,
    "no_seek_lock": _no_seek_lock,
    "store_before_changelog": _store_first,
    "tick_outside": _tick_outside,
    "letter_dropped": _letter_dropped,
    "gap_accepted": _gap_accepted,
    "flow_goes_on": _flow_goes_on,
    "undo_forgotten": _undo_forgotten,
    "recovery_uncommitted": _recovery_uncommitted,
    "recovery_skipped": _recovery_skipped,
    "source_uncommitted": _source_uncommitted,
    "effect_forgotten": _effect_forgotten,
    "settled_forgotten": _settled_forgotten,
    "damage_believed": _damage_believed,
    "cut_manifest_believed": _cut_manifest_believed,
}


def apply(name: str) -> None:
    """Break that one promise in this process."""
    MUTATIONS[name]()
