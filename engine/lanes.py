"""All lanes of a worker: opened and closed as partitions come and go."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError

from engine.errors import BrokerUnavailable, StoreHeld
from engine.lane import Lane
from engine.policy import Policy
from engine.processor import Processor
from engine.producer import LaneProducer
from engine.records import Chunk
from engine.recovery import ChangelogReader
from engine.stats import Stats
from engine.store import Store, open_store, wipe_store
from engine.topology import Topology

START_WAIT_S = 60.0
"""How long producers may wait for the broker: it may be ending their forerunners' transactions."""

STORE_WAIT_S = 10.0
"""How long a store may be held by the worker on this machine that had the partition before."""


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
    ) -> None:
        self.topology = topology
        self.policy = policy
        self.stats = Stats()
        self.remaining: dict[int, int] = {}
        """Records still to recover, by partition, while a recovery runs."""
        self.data_dir = data_dir
        self._client_options = client_options
        self._crash = crash
        self._lanes: dict[int, Lane] = {}
        self._stores: dict[int, Store] = {}
        self._lock = asyncio.Lock()
        self._opening: asyncio.Task[None] | None = None
        self.on_progress: Callable[[int, int], None] = lambda _partition, _left: None
        self.on_recovered: Callable[[], None] = lambda: None
        self.on_wiped: Callable[[int, str], None] = lambda _partition, _why: None

    # -- opening and closing

    async def open(self, partitions: Iterable[int]) -> bool:
        """Open lanes for exactly these partitions; those of before must be closed.

        False: `close` came meanwhile, and nothing is open.

        Raises:
            BrokerUnavailable: it did not let the producers in.
            StoreUnusable: a store cannot be opened.
        """
        assert self._opening is None, "one opening at a time"
        self._opening = asyncio.create_task(self._open(sorted(set(partitions))))
        try:
            await asyncio.wait([self._opening])
            if self._opening.cancelled():
                return False
            self._opening.result()
            return True
        finally:
            self._opening.cancel()
            self._opening = None

    async def _open(self, wanted: list[int]) -> None:
        async with self._lock:
            assert not self._lanes, "lanes must be closed before others are opened"
            await self._keep_stores(wanted)
            producers = await self._start_producers(wanted)
            try:
                await self._recover(wanted)
            except BaseException:
                await _stop_all(producers)
                raise
            finally:
                self.remaining.clear()
                self.on_recovered()
            for p, producer in zip(wanted, producers, strict=True):
                self._lanes[p] = Lane(self._processor(p), producer, self.policy, self._crash)

    def _processor(self, partition: int) -> Processor:
        return Processor(
            self.topology,
            partition,
            self._stores[partition],
            self.stats,
            rows_max=self.policy.rows_max,
            bytes_max=self.policy.bytes_max,
        )

    async def drain(self) -> None:
        """Apply and commit what is queued, within `Policy.close_wait_s`; lanes stay open."""
        await asyncio.gather(*(lane.drain() for lane in self._lanes.values()))

    async def close(self, *, release: bool = False) -> None:
        """Give up an opening under way and close every lane.

        Release gives the stores up as well: the end of the worker.
        """
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait([self._opening])
        async with self._lock:
            lanes, self._lanes = self._lanes, {}
            await asyncio.gather(*(lane.close() for lane in lanes.values()))
            if release:
                await self._keep_stores(())

    async def _keep_stores(self, wanted: Iterable[int]) -> None:
        """Hold the stores of these partitions open, and no others."""
        for p in set(self._stores) - set(wanted):
            self._stores.pop(p).close()
        for p in set(wanted) - set(self._stores):
            self._stores[p], damage = await self._open_store(p)
            if damage is not None:
                self.on_wiped(p, damage)
            await asyncio.sleep(0)  # Each takes a while: the group wants to hear of us meanwhile.

    async def _open_store(self, partition: int) -> tuple[Store, str | None]:
        """Open a store; a worker beside this one may be about to let go of it."""
        deadline = time.monotonic() + STORE_WAIT_S
        while True:
            try:
                return open_store(self._path(partition))
            except StoreHeld:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.1)

    def _path(self, partition: int) -> Path:
        return self.data_dir / self.topology.app_id / f"{partition}-of-{self.topology.partitions}"

    async def _start_producers(self, partitions: list[int]) -> list[LaneProducer]:
        topics = {self.topology.changelog, *(t.name for t in self.topology.outputs.values())}
        for topic in self.topology.topics.values():
            topics |= {topic.public + ".dlq", *topic.forwards.values()}
        producers = [
            LaneProducer(f"{self.topology.app_id}-{p}", self._client_options()) for p in partitions
        ]
        starts = [producer.start(topics) for producer in producers]
        try:
            async with asyncio.timeout(START_WAIT_S):
                await asyncio.gather(*starts)
        except (KafkaError, TimeoutError) as exc:
            await _stop_all(producers)
            raise BrokerUnavailable(
                f"the broker did not let the producers in: {type(exc).__name__} {exc}".rstrip()
            ) from exc
        except BaseException:
            await _stop_all(producers)
            raise
        return producers

    async def _recover(self, partitions: list[int]) -> None:
        def replace(partition: int, why: str) -> Store:
            self._stores.pop(partition).close()
            wipe_store(self._path(partition))
            self._stores[partition] = open_store(self._path(partition))[0]
            self.on_wiped(partition, why)
            return self._stores[partition]

        changelog, group = self.topology.changelog, self.topology.app_id
        reader = ChangelogReader(changelog, self._client_options(), self._progress, group=group)
        stores = {p: self._stores[p] for p in partitions}
        done = await reader.recover(stores, replace)
        self.stats.recovered_records += done.records
        self.stats.recovery_s = done.seconds

    def _progress(self, partition: int, left: int) -> None:
        self.remaining[partition] = left
        self.on_progress(partition, left)

    # -- records and time

    def put(self, chunk: Chunk) -> None:
        """Hand a chunk to its lane.

        Without a lane it is counted as dropped: it belongs to an assignment that has ended.
        """
        lane = self._lanes.get(chunk.partition)
        if lane is None:
            self.stats.dropped_chunks += 1
            return
        lane.put(chunk)

    def caught_up(self, partition: int) -> None:
        """Let a lane know that what lay in its topics when it was opened has been put into it."""
        lane = self._lanes.get(partition)
        if lane is not None:
            lane.caught_up()

    def tick(self) -> None:
        """Tick every lane with the clock's time."""
        now_ms = int(time.time() * 1000)
        for lane in self._lanes.values():
            lane.tick(now_ms)

    # -- looking

    def lane(self, partition: int) -> Lane | None:
        """The lane of a partition, while it is open."""
        return self._lanes.get(partition)

    def open_lanes(self) -> Mapping[int, Lane]:
        """All open lanes."""
        return self._lanes

    def waits_s(self) -> float:
        """How long Kafka has owed an answer: of a commit, or whether it is there; 0: none."""
        since = self.stats.unanswered_since
        silent_s = time.monotonic() - since if since else 0.0
        return max([silent_s, *[lane.waits_s() for lane in self._lanes.values()]])

    def crowded(self) -> set[int]:
        """Partitions whose lanes take no more chunks for now."""
        return {p for p, lane in self._lanes.items() if not lane.has_room()}

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


async def _stop_all(producers: Iterable[LaneProducer]) -> None:
    await asyncio.gather(*(producer.stop() for producer in producers), return_exceptions=True)
