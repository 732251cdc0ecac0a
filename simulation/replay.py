"""Batch boundaries change nothing, and neither does reading a record again.

A lane is a function of what it took in, in order: records, ticks and the outside's answers. Here
it takes in the very same once more, cut and committed otherwise, and must publish the same records
in the same order and end with the same rows.
"""

from collections.abc import Iterable, Iterator
from random import Random
from typing import Final

from engine.batches import Completion
from engine.processor import Processor
from engine.records import Chunk, Output
from engine.stats import Stats
from engine.store import MemoryStore
from engine.topology import Topology
from simulation.lane import Applied, Lane
from simulation.laws.broken import Broken, insist

BOUNDARIES: Final = "batch boundaries change nothing"
AGAIN: Final = "a replay changes nothing"


def check(lane: Lane, topology: Topology, chance: Random) -> None:
    """Hold a lane's life against the same life in other batches."""
    for chunk_max, commit in ((1, 1.0), (1_000, 0.0), (3, 0.3)):
        outputs, store = _lived(lane, topology, chance, chunk_max=chunk_max, commit=commit)
        where = f"partition {lane.partition}, chunks of {chunk_max}, commits {commit}"
        insist(len(outputs) == len(lane.outputs), BOUNDARIES, where, "as many records")
        for new, old in zip(outputs, lane.outputs, strict=True):
            if not _same(new, old):
                raise Broken(BOUNDARIES, where, f"expected {old}, got {new}")
        wanted, got = dict(lane.store.range(b"", b"\xff")), dict(store.range(b"", b"\xff"))
        other = sorted(key for key in wanted | got if wanted.get(key) != got.get(key))
        insist(not other, BOUNDARIES, where, f"the same rows, but these differ: {other[:5]}")
    _again(lane)


def _same(new: Output, old: Output) -> bool:
    return new[:4] == old[:4] and tuple(new.headers) == tuple(old.headers)


def _lived(
    lane: Lane, topology: Topology, chance: Random, *, chunk_max: int, commit: float
) -> tuple[list[Output], MemoryStore]:
    store, outputs = MemoryStore(), []
    processor = Processor(topology, lane.partition, store, Stats())

    def end_batch() -> None:
        batch = processor.take()
        store.write(batch.rows)
        outputs.extend(batch.outputs)
        processor.committed()

    for kind, given in _cut(lane.applied, chunk_max):
        if kind in {"tick", "crash"}:
            end_batch()
        match given:
            case int():
                processor.tick(given)
                end_batch()
            case Chunk():
                processor.apply(given)
            case Completion():
                processor.complete(given)
            case _:
                processor = Processor(topology, lane.partition, store, Stats())
        if chance.random() < commit:
            end_batch()
    end_batch()
    return outputs, store


def _cut(applied: Iterable[Applied], chunk_max: int) -> Iterator[tuple[str, object]]:
    for kind, given in applied:
        if kind != "chunk":
            yield kind, given
            continue
        for first in range(0, len(given.records), chunk_max):
            part = given.records[first : first + chunk_max]
            start, end = part[0].offset, part[-1].offset + 1
            yield kind, Chunk(given.topic, given.partition, start, end, part)


def _again(lane: Lane) -> None:
    """Read every record again: all lie before their markers."""
    for kind, given in lane.applied:
        if kind == "chunk":
            lane.processor.apply(given)
    where = f"partition {lane.partition}"
    insist(not lane.processor.has_changes(), AGAIN, where, "records were applied twice")
