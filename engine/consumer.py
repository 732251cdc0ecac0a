"""Reads records in chunks and seeks to the lanes' markers.

The consumer runs in the worker's own event loop (Faust runs it in a thread): no record and
no rebalance crosses a thread, so a fetch, a seek and a change of assignment happen in an
order that can be reasoned about and tested. Records go to lanes a chunk at a time; where
reading goes on is decided by the lanes' markers, the group's offsets only tell the outside.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, cast

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import (
    KafkaError,
    NoOffsetForPartitionError,
)
from faust.types import TP

from engine import patches
from engine.asked import AskedConsumer
from engine.clients import client_options
from engine.errors import BrokerUnavailable, DuplicateInstance, RecordsGone
from engine.farewell import farewell
from engine.joining import Listener, wait_until_known
from engine.lanes import Lanes
from engine.records import Chunk

FETCH_WAIT_MS = 50
"""How long the broker waits for the first byte. One fetch is in flight a node, and Faust's
1,500 would let a partition at its end stall its neighbours that long."""
POLL_S = 0.2
CROWDED_POLL_S = 0.02
"""How long a fetch waits for some partitions while the lanes of others are full."""
ROOM_WAIT_S = 0.005
"""Until the lanes are looked at again when every one of them is full."""
LEAVE_WAIT_S = 3.0
"""How long each farewell to the broker may take when the worker stops: it may be gone."""
POLL_INTERVAL_MAX_MS = 24 * 3600 * 1000
"""Kafka clients leave the group when nobody has polled for five minutes, which a long recovery
is. The loop that polls is the one that sends heartbeats, so a worker that hangs is missed by
them."""


class Consumer(AskedConsumer):
    """One aiokafka consumer, read in chunks, sought to the lanes' markers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fetch_lock = asyncio.Lock()
        self._ends: dict[TopicPartition, int] = {}
        self._unread: dict[TopicPartition, int] = {}
        """Where sources ended when they were sought, until they are read as far as that."""
        self._held: set[TopicPartition] = set()
        self._listener = Listener(self)
        self.revocations = 0
        """How often partitions were taken away: whoever waits can tell that it happened."""

    @property
    def lanes(self) -> Lanes:
        """The worker's lanes; `engine.bind` puts them on the app."""
        return cast("Lanes", self.app.lanes)  # type: ignore[attr-defined]

    async def on_start(self) -> None:
        """Connect."""
        self._kafka = self._create_client()
        await self._kafka.start()
        if self.app.conf.consumer_group_instance_id is not None:
            session_s = self.app.conf.broker_session_timeout
            patches.watch_instance(self._kafka._coordinator, session_s, self._replaced)  # noqa: SLF001 - see there

    async def _replaced(self) -> None:
        await self.app.crash(
            DuplicateInstance(
                "another worker has joined with the instance id"
                f" {self.app.conf.consumer_group_instance_id!r}: give each worker"
                " a FLOWMART_INSTANCE_ID of its own"
            )
        )

    async def on_stop(self) -> None:
        """Finish what lanes have, tell the group how far, leave.

        Not after a crash: what made the worker end may let no lane finish, and is replayed.
        """
        self.stop_flow()
        if not self.app.crashed:
            await self.lanes.drain()
        if self._kafka is not None:
            if not self.app.crashed:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._commit(self._committable()), LEAVE_WAIT_S)
            await self.lanes.close()
            await farewell(self._kafka.stop(), LEAVE_WAIT_S)
        await self.lanes.close(release=True)

    def _create_client(self) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        return aiokafka.AIOKafkaConsumer(
            **client_options(self.app),
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[self.app.assignor],
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_records=conf.broker_max_poll_records,
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            max_poll_interval_ms=POLL_INTERVAL_MAX_MS,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
        )

    # -- reading

    async def _drain_messages(self, fetcher: Any) -> None:
        """Read until stopped. Runs as Faust's fetcher, which is restarted after a rebalance."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                if not self.flow_active:
                    await self.wait(self.can_resume_flow)  # type: ignore[arg-type]  # mode names its own Event
                    continue
                for chunk in await self._fetch():
                    self.lanes.put(chunk)
                self._catch_up()
        except asyncio.CancelledError:
            # While a rebalance is under way Faust's fetcher takes this for a crash of its own.
            if not self.app.should_stop:
                raise
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except KafkaError as exc:
            await self.app.crash(BrokerUnavailable(f"reading failed: {type(exc).__name__}: {exc}"))
        except Exception as exc:  # noqa: BLE001 - a worker that does not read must not look alive
            await self.app.crash(exc)

    async def _fetch(self) -> list[Chunk]:
        """The next chunks, each joining on to the last of its partition.

        What was fetched for a lane that is full stays with the client until there is room, so
        that a slow partition holds up no other.
        Holds the lock that a seek needs: nothing fetched before a seek is delivered after it.
        """
        async with self._fetch_lock:
            if not self.flow_active:
                return []
            self._hold_full_sources()
            crowded = self.lanes.crowded()
            wanted = [tp for tp in self._ends if tp.partition not in crowded] if crowded else []
            if crowded and not wanted:  # To aiokafka no partitions are all.
                await asyncio.sleep(ROOM_WAIT_S)
                return []
            wait_s = CROWDED_POLL_S if crowded else POLL_S
            try:
                fetched = await self.kafka.getmany(*wanted, timeout_ms=int(wait_s * 1000))
            except NoOffsetForPartitionError:
                # Partitions were assigned while this waited: opening them will seek them.
                if self.flow_active:
                    raise
                return []
            if not self.flow_active:
                # A rebalance began meanwhile. The lanes are closing; what was fetched is
                # read again, because opening them seeks to their markers.
                return []
            return [self._chunk(tp, records) for tp, records in fetched.items() if tp in self._ends]

    def _chunk(self, tp: TopicPartition, records: list[Any]) -> Chunk:
        start = self._ends[tp]
        state = self.kafka._subscription.subscription.assignment.state_value(tp)  # noqa: SLF001 - the public position() is a coroutine per partition and poll
        end = self._ends[tp] = max(state.position, records[-1].offset + 1)
        return Chunk(tp.topic, tp.partition, start, end, records)

    def _hold_full_sources(self) -> None:
        full = {TopicPartition(t, p) for t, p in self.lanes.full_sources()}
        if full != self._held:
            self.kafka.pause(*(full - self._held))
            resumed = self._held - full
            self.kafka.resume(*(tp for tp in resumed if tp in self._ends))
            self._held = full

    # -- seeking

    async def perform_seek(self) -> None:
        """Seek every source to its lanes' markers, before the flow is resumed.

        Raises:
            RecordsGone: a topic ends before a marker.
        """
        async with self._fetch_lock:
            positions = {TopicPartition(*tp): at for tp, at in self.lanes.positions().items()}
            assigned = set(self.kafka.assignment())
            self._ends.clear()
            self._unread.clear()
            self._held.clear()
            if not positions or not set(positions) <= assigned:
                return
            begins = await self.kafka.beginning_offsets(list(positions))
            ends = await self.kafka.end_offsets(list(positions))
            if not set(positions) <= set(self.kafka.assignment()):
                return  # Taken away meanwhile: the next opening seeks.
            for tp, at in positions.items():
                self._ends[tp] = self._start_of(tp, at, begins[tp], ends[tp])
                self.kafka.seek(tp, self._ends[tp])
            self._unread = dict(ends)
            self._catch_up()

    def _catch_up(self) -> None:
        """Tell lanes that are past where their last source ended when it was sought.

        By the client's position, which passes over the marks of transactions as well.
        """
        unread = self._unread
        if not unread:
            return
        state_of = self.kafka._subscription.subscription.assignment.state_value  # noqa: SLF001 - see _chunk
        self._unread = left = {tp: end for tp, end in unread.items() if state_of(tp).position < end}
        for partition in {tp.partition for tp in unread} - {tp.partition for tp in left}:
            self.lanes.caught_up(partition)

    def _start_of(self, tp: TopicPartition, at: int | None, begin: int, end: int) -> int:
        """Where to read a source on: its marker, or the beginning of what there still is."""
        if at is not None and at > end:
            raise RecordsGone(
                f"{tp.topic}-{tp.partition} ends at {end}, but records up to {at} were processed:"
                " the topic was deleted and made anew. Restore it or begin anew: docs/operations.md"
            )
        if at is not None and at >= begin:
            return at
        lane = self.lanes.lane(tp.partition)
        stood = None if lane is None else lane.forgive(tp.topic, begin)
        if stood is not None:
            self.lanes.stats.lost[tp.topic] += begin - stood
            self.log.error(
                "%s-%s: records [%s, %s) were deleted before they were processed",
                tp.topic, tp.partition, stood, begin,
            )  # fmt: skip
        return begin

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """The markers are the truth: see `perform_seek`."""
        await self.perform_seek()
        return {}

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seek partitions and forget what was fetched before."""
        async with self._fetch_lock:
            for tp, offset in partitions.items():
                await self._seek(tp, offset)

    async def _seek(self, partition: TP, offset: int) -> None:
        self.kafka.seek(TopicPartition(*partition), offset)

    def _committable(self) -> dict[TP, int]:
        return {TP(*tp): at for tp, at in self.lanes.positions().items() if at is not None}

    # -- rebalances

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Stop the flow, then close the lanes, then let Faust know.

        In this order no chunk can arrive between a lane's closing and the next opening.
        """
        self.stop_flow()
        self.revocations += 1
        self.lanes.stats.rebalances += 1
        self._unread.clear()
        await self.lanes.close()
        self._ends.clear()
        await super().on_partitions_revoked(revoked)

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group for these topics, once the client's metadata has them all.

        Raises:
            BrokerUnavailable: it does not tell of them within 30 s.
        """
        wanted = list(topics)
        await wait_until_known(self.kafka._client, wanted)  # noqa: SLF001 - no public way
        self.kafka.subscribe(topics=wanted, listener=self._listener)
