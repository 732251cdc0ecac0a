"""Faust's Kafka transport with records in batches: `kafka+lane://host:port`.

The consumer runs in the worker's own event loop (Faust runs it in a thread): no record and
no rebalance crosses a thread, so a fetch, a seek and a change of assignment happen in an
order that can be reasoned about and tested. Records go to lanes a chunk at a time; where
reading goes on is decided by the lanes' markers, the group's offsets only tell the outside.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, cast

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.consumer import Consumer as FaustConsumer
from faust.transport.consumer import ensure_TPset
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service

from engine import patches
from engine.errors import EngineError
from engine.lanes import Lanes
from engine.records import Chunk

patches.apply()

FETCH_WAIT_MS = 50
"""How long the broker waits for the first byte. One fetch is in flight a node, and Faust's
1,500 would let a partition at its end stall its neighbours that long."""
POLL_S = 0.2


class Consumer(FaustConsumer):
    """One aiokafka consumer, read in chunks, sought to the lanes' markers."""

    consumer_stopped_errors = (ConsumerStoppedError,)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kafka: aiokafka.AIOKafkaConsumer | None = None
        self._fetch_lock = asyncio.Lock()
        self._ends: dict[TopicPartition, int] = {}
        self._held: set[TopicPartition] = set()
        self._listener = _Listener(self)

    @property
    def lanes(self) -> Lanes:
        """The worker's lanes; `engine.bind` puts them on the app."""
        return cast("Lanes", self.app.lanes)  # type: ignore[attr-defined]

    @property
    def kafka(self) -> aiokafka.AIOKafkaConsumer:
        """The client, once started."""
        assert self._kafka is not None, "the consumer is not started"
        return self._kafka

    async def on_start(self) -> None:
        """Connect."""
        self._kafka = self._create_client()
        await self._kafka.start()

    async def on_stop(self) -> None:
        """Finish what lanes have, tell the group how far, leave."""
        self.stop_flow()
        await self.lanes.close(graceful=True)
        await self._commit(self._committable())
        if self._kafka is not None:
            await self._kafka.stop()
        await self.lanes.close(release=True)

    def _create_client(self) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        return aiokafka.AIOKafkaConsumer(
            **client_options(self.app),
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[self.app.assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_poll_records=conf.broker_max_poll_records,
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            max_poll_interval_ms=int((conf.broker_max_poll_interval or 300.0) * 1000),
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
                    await self.wait(self.can_resume_flow)
                    continue
                for chunk in await self._fetch():
                    await self.lanes.put(chunk)
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise
        except EngineError as exc:
            await self.app.crash(exc)
        except KafkaError as exc:
            self.log.error("fetching failed: %s: %s", type(exc).__name__, exc)  # noqa: TRY400
            await self.app.crash(exc)

    async def _fetch(self) -> list[Chunk]:
        """The next chunks, each joining on to the last of its partition.

        Holds the lock that a seek needs: nothing fetched before a seek is delivered after it.
        """
        async with self._fetch_lock:
            if not self.flow_active:
                return []
            self._hold_full_sources()
            fetched = await self.kafka.getmany(timeout_ms=int(POLL_S * 1000))
            if not self.flow_active:
                # A rebalance began meanwhile. The lanes are closing; what was fetched is
                # read again, because opening them seeks to their markers.
                return []
            return [
                self._chunk(tp, records) for tp, records in fetched.items() if tp in self._ends
            ]

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
        """Seek every source to its lanes' markers. Faust calls it before it resumes the flow."""
        async with self._fetch_lock:
            positions = {TopicPartition(*tp): at for tp, at in self.lanes.positions().items()}
            assigned = set(self.kafka.assignment())
            self._ends.clear()
            self._held.clear()
            if not positions or not set(positions) <= assigned:
                return
            begins = await self.kafka.beginning_offsets(list(positions))
            for tp, at in positions.items():
                begin = begins[tp]
                if at is not None and at < begin:
                    self.log.error(
                        "%s-%s: records [%s, %s) were deleted before they were processed",
                        tp.topic, tp.partition, at, begin,
                    )  # fmt: skip
                    lane = self.lanes.lane(tp.partition)
                    assert lane is not None
                    lane.forgive(tp.topic, begin)
                    at = begin  # noqa: PLW2901 - the position as corrected
                self._ends[tp] = begin if at is None else at
                self.kafka.seek(tp, self._ends[tp])

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

    # -- the group's offsets

    @Service.task
    async def _commit_handler(self) -> None:
        async for _ in self.itertimer(self.commit_interval, name="commit"):
            await self.commit()

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """Faust's looks at acknowledgements, which lanes do not use."""

    def _committable(self) -> dict[TP, int]:
        return {
            TP(*tp): at for tp, at in self.lanes.positions().items() if at is not None
        }

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: ARG002, FBT001, FBT002 - Faust's signature
        """Tell the group how far the markers are: for lag as others see it, nothing else."""
        if self.app.rebalancing or not self.flow_active:
            return False
        return await self._commit(self._committable())

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        assigned = self.assignment()
        wanted = {
            TopicPartition(*tp): OffsetAndMetadata(at, "")
            for tp, at in offsets.items()
            if tp in assigned and self._committed_offset[tp] != at
        }
        if not wanted:
            return False
        try:
            await self.kafka.commit(wanted)
        except (CommitFailedError, IllegalStateError, KafkaError) as exc:
            self.log.info("group offsets not updated: %s", exc)
            return False
        self._committed_offset.update({TP(*tp): meta.offset for tp, meta in wanted.items()})
        self.app.monitor.on_tp_commit({tp: at for tp, at in offsets.items() if tp in assigned})
        return True

    async def wait_empty(self) -> None:
        """Nothing to wait for: lanes commit by themselves."""

    # -- rebalances

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Stop the flow, then close the lanes, then let Faust know.

        In this order no chunk can arrive between a lane's closing and the next opening.
        """
        self.stop_flow()
        self.lanes.stats.rebalances += 1
        await self.lanes.close()
        self._ends.clear()
        await super().on_partitions_revoked(revoked)

    # -- what Faust asks of a consumer

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Join the group for these topics."""
        self.kafka.subscribe(topics=list(topics), listener=self._listener)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        raise NotImplementedError("records are read in chunks: see _fetch")

    def _to_message(self, tp: TP, record: Any) -> Any:
        raise NotImplementedError("records are read in chunks: see _fetch")

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    async def position(self, tp: TP) -> int | None:
        """The next position to be read."""
        return int(await self.kafka.position(TopicPartition(*tp)))

    def assignment(self) -> set[TP]:
        """Partitions of this worker."""
        return cast("set[TP]", ensure_TPset(self._kafka.assignment())) if self._kafka else set()

    def highwater(self, tp: TP) -> int:
        """The last offset the broker told of."""
        return cast("int", self.kafka.highwater(TopicPartition(*tp)))

    def topic_partitions(self, topic: str) -> int | None:
        """How many partitions the topic has, as the client knows."""
        found = self.kafka._client.cluster.partitions_for_topic(topic)  # noqa: SLF001 - no public way
        return len(found) if found else None

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        """The first offset of each."""
        found = await self.kafka.beginning_offsets([TopicPartition(*tp) for tp in partitions])
        return {TP(*tp): at for tp, at in found.items()}

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        """The end offset of each."""
        found = await self.kafka.end_offsets([TopicPartition(*tp) for tp in partitions])
        return {TP(*tp): at for tp, at in found.items()}

    def key_partition(
        self, topic: str, key: bytes | None, partition: int | None = None
    ) -> int | None:
        """Where Faust's router looks for a key."""
        if partition is not None or key is None:
            return partition
        return self.lanes.topology.place_of(key.decode())

    async def create_topic(self, topic: str, *args: Any, **kwargs: Any) -> None:
        """Topics are created by `topics create` and at the worker's start, never here."""

    def close(self) -> None:
        """The rebalance came while the worker stops: nothing more to do."""


class _Listener(aiokafka.abc.ConsumerRebalanceListener):  # type: ignore[misc]  # untyped base
    """Calls Faust at rebalances, in the loop itself."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        consumer = self._consumer
        consumer.app.on_rebalance_start()
        await consumer.on_partitions_revoked(ensure_TPset(revoked))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        consumer = self._consumer
        generation = consumer.kafka._coordinator.generation  # noqa: SLF001 - no public way
        consumer.app.consumer_generation_id = generation
        await consumer.on_partitions_assigned(ensure_TPset(assigned), generation)


class Producer(driver.Producer):
    """Faust's own producer, for what is sent outside of lanes; idempotent always."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class Transport(driver.Transport):
    """What the URL scheme `kafka+lane` stands for."""

    Consumer = Consumer  # type: ignore[assignment]  # another base: it has no thread
    Producer = Producer

    async def on_start(self) -> None:
        """Nothing to start."""


def client_options(app: Any) -> dict[str, Any]:
    """Connection options that every Kafka client of the worker shares."""
    conf = app.conf
    return {
        "bootstrap_servers": driver.server_list(conf.broker, 9092),
        "client_id": conf.broker_client_id,
        "request_timeout_ms": int(conf.broker_request_timeout * 1000),
        "metadata_max_age_ms": conf.consumer_metadata_max_age_ms,
        **driver.credentials_to_aiokafka_auth(conf.broker_credentials, conf.ssl_context),
    }
