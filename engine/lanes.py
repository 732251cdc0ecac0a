"""All lanes of a worker: opened and closed as partitions come and go."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.errors import NotCopartitioned
from engine.lane import Lane, Policy
from engine.processor import Processor
from engine.producer import LaneProducer
from engine.records import Chunk
from engine.recovery import ChangelogReader
from engine.stats import Stats
from engine.store import Store, open_store, wipe_store
from engine.topology import Topology


class Lanes:
    """Opens, feeds, ticks and closes the lanes of the partitions this worker has.

    Opening a partition fences its former owner, brings its store up to date, and only then
    lets records in. The handle of a store is held from opening to closing and nobody opens
    a store but `open`.
    """

    def __init__(
        self,
        topology: Topology,
        policy: Policy,
        data_dir: Path,
        client_options: Callable[[], dict[str, Any]],
        crash: Callable[[BaseException], Awaitable[None]],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.topology = topology
        self.policy = policy
        self.stats = Stats()
        self.remaining: dict[int, int] = {}
        """Records still to recover, by partition, while a recovery runs."""
        self.data_dir = data_dir
        self._client_options = client_options
        self._crash = crash
        self._clock = clock
        self._lanes: dict[int, Lane] = {}
        self._stores: dict[int, Store] = {}
        self._lock = asyncio.Lock()
        self.on_progress: Callable[[int, int], None] = lambda _partition, _left: None
        self.on_wiped: Callable[[int, str], None] = lambda _partition, _why: None

    # -- opening and closing

    async def open(self, partitions: Iterable[int]) -> None:
        """Open lanes for exactly these partitions; those of before must be closed."""
        async with self._lock:
            wanted = sorted(set(partitions))
            assert not self._lanes, "lanes must be closed before others are opened"
            self._keep_stores(wanted)
            producers = dict(zip(wanted, await self._start_producers(wanted), strict=True))
            await self._recover(wanted)
            for p in wanted:
                self._lanes[p] = Lane(
                    Processor(
                        self.topology,
                        p,
                        self._stores[p],
                        self.stats,
                        rows_max=self.policy.rows_max,
                    ),
                    producers[p],
                    self.policy,
                    self._crash,
                )

    async def close(self, *, graceful: bool = False, release: bool = False) -> None:
        """Close every lane; release gives the stores up as well (the end of the worker)."""
        async with self._lock:
            lanes, self._lanes = self._lanes, {}
            await asyncio.gather(*(lane.close(graceful=graceful) for lane in lanes.values()))
            if release:
                self._keep_stores(())

    def _keep_stores(self, wanted: Iterable[int]) -> None:
        """Hold the stores of these partitions open, and no others."""
        for p in set(self._stores) - set(wanted):
            self._stores.pop(p).close()
        for p in set(wanted) - set(self._stores):
            self._stores[p], damage = open_store(self._path(p))
            if damage is not None:
                self.on_wiped(p, damage)

    def _path(self, partition: int) -> Path:
        return self.data_dir / self.topology.app_id / f"{partition}-of-{self.topology.partitions}"

    async def _start_producers(self, partitions: list[int]) -> list[LaneProducer]:
        topics = {self.topology.changelog, *(t.name for t in self.topology.outputs.values())}
        for topic in self.topology.topics.values():
            topics |= {topic.public + ".dlq", *topic.forwards.values()}
        producers = [
            LaneProducer(f"{self.topology.app_id}-{p}", self._client_options()) for p in partitions
        ]
        await asyncio.gather(*(producer.start(topics) for producer in producers))
        return producers

    async def _recover(self, partitions: list[int]) -> None:
        def replace(partition: int) -> Store:
            self._stores.pop(partition).close()
            wipe_store(self._path(partition))
            self._stores[partition] = open_store(self._path(partition))[0]
            self.on_wiped(partition, "the store knew more than the changelog")
            return self._stores[partition]

        reader = ChangelogReader(self.topology.changelog, self._client_options(), self._progress)
        stores = {p: self._stores[p] for p in partitions}
        done = await reader.recover(stores, replace)
        self.stats.recovered_records += done.records
        self.stats.recovery_s = done.seconds
        self.remaining.clear()

    def _progress(self, partition: int, left: int) -> None:
        self.remaining[partition] = left
        self.on_progress(partition, left)

    # -- records and time

    async def put(self, chunk: Chunk) -> None:
        """Hand a chunk to its lane; waits while the lane is full. Without a lane it is counted
        as dropped: it belongs to an assignment that has ended."""
        lane = self._lanes.get(chunk.partition)
        if lane is None:
            self.stats.dropped_chunks += 1
            return
        await lane.put(chunk)

    def tick(self) -> None:
        """Tick every lane with the clock's time."""
        now_ms = int(self._clock() * 1000)
        for lane in self._lanes.values():
            lane.tick(now_ms)

    # -- looking

    def lane(self, partition: int) -> Lane | None:
        """The lane of a partition, while it is open."""
        return self._lanes.get(partition)

    def open_lanes(self) -> Mapping[int, Lane]:
        """All open lanes."""
        return self._lanes

    def full_sources(self) -> set[tuple[str, int]]:
        """(topic, partition) whose effects cannot take more for now."""
        return {(t, p) for p, lane in self._lanes.items() for t in lane.full_topics()}

    def positions(self) -> dict[tuple[str, int], int | None]:
        """Where to read on, by (topic, partition); None: from the beginning."""
        return {
            (topic, p): lane.position(topic)
            for p, lane in self._lanes.items()
            for topic in self.topology.topics
        }


def check_copartitioned(topics: Mapping[str, int | None], partitions: int) -> None:
    """Refuse to run when a topic has another number of partitions than there are lanes.

    Raises:
        NotCopartitioned: names each topic, what it has and what it must have.
    """
    wrong = {name: n for name, n in topics.items() if n != partitions}
    if wrong:
        found = ", ".join(f"{name} has {n or 'none'}" for name, n in sorted(wrong.items()))
        raise NotCopartitioned(
            f"every topic that agents read needs {partitions} partitions: {found}."
            " Create the missing ones with `faust -A app topics create`, recreate those that"
            " differ, or set FLOWMART_PARTITIONS."
        )
