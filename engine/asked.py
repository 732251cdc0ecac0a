"""What Faust asks of any consumer, answered by one aiokafka client in the worker's own loop.

Also what others ask: the group's offsets tell them how far the markers are.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, cast

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import (
    ConsumerStoppedError,
    KafkaError,
)
from aiokafka.structs import OffsetAndMetadata
from faust.transport.consumer import Consumer as FaustConsumer
from faust.transport.consumer import ensure_TPset
from faust.types import TP
from mode import Service

from engine.errors import BrokerUnavailable, NotCopartitioned
from engine.topology import Topology, check_partitions

BROKER_WATCH_S = 5.0
"""How often the broker is asked whether it is there."""

BROKER_ANSWER_S = 5.0
"""How long it may think about it."""


class AskedConsumer(FaustConsumer):
    """Positions, offsets and assignment; reading is left to the subclass."""

    consumer_stopped_errors = (ConsumerStoppedError,)
    _kafka: aiokafka.AIOKafkaConsumer | None = None

    @property
    def kafka(self) -> aiokafka.AIOKafkaConsumer:
        """The client, once started."""
        assert self._kafka is not None, "the consumer is not started"
        return self._kafka

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's
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
        return ensure_TPset(self._kafka.assignment()) if self._kafka else set()

    def highwater(self, tp: TP) -> int:
        """The last offset the broker told of."""
        return cast("int", self.kafka.highwater(TopicPartition(*tp)))

    async def refresh_metadata(self) -> None:
        """Ask the cluster which topics it has."""
        await self.kafka._client.force_metadata_update()  # noqa: SLF001 - no public way

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
        self,
        topic: str,  # noqa: ARG002 - Faust's signature
        key: bytes | None,
        partition: int | None = None,
    ) -> int | None:
        """Where Faust's router looks for a key."""
        if partition is not None or key is None:
            return partition
        return self._topology.place_of(key.decode())

    @property
    def _topology(self) -> Topology:
        return cast("Topology", self.app.lanes.topology)  # type: ignore[attr-defined]  # see bind

    async def create_topic(self, topic: str, *args: Any, **kwargs: Any) -> None:
        """Topics are created by `topics create` and at the worker's start, never here."""

    def close(self) -> None:
        """The rebalance came while the worker stops: nothing more to do."""

    # -- the group's offsets

    @Service.task
    async def _commit_handler(self) -> None:
        async for _ in self.itertimer(self.commit_interval, name="commit"):
            await self.commit()

    @Service.task
    async def _watch_broker(self) -> None:
        """Say it once when the broker is gone: clients wait for it in silence.

        End the worker when a topic was deleted or has gained partitions: keys map elsewhere then,
        to where nobody reads. Two looks must agree: a broker hears of new topics a little late.
        End it also when its group refused it: aiokafka tells whoever reads, and without partitions
        nobody does.
        """
        is_there, misfit = True, ""
        async for _ in self.itertimer(BROKER_WATCH_S, name="watch"):
            was_there, before = is_there, misfit
            found = await self._found_partitions()
            is_there = found is not None
            if was_there and not is_there:
                self.log.error("the broker does not answer: waiting for it")
            elif is_there and not was_there:
                self.log.warning("the broker answers again")
            misfit = ""
            try:
                self.kafka._coordinator.check_errors()  # noqa: SLF001 - no public way
                if found is not None:
                    check_partitions(self._topology, found)
            except KafkaError as exc:
                group = f"the group {self.app.conf.id}"
                await self.app.crash(BrokerUnavailable(f"{group} did not let it in: {exc!r}"))
            except NotCopartitioned as exc:
                misfit = str(exc)
                if misfit == before:
                    await self.app.crash(exc)

    async def _found_partitions(self) -> dict[str, int] | None:
        """How many partitions each topic has; None: the broker does not answer."""
        stats = self.app.lanes.stats  # type: ignore[attr-defined]  # see bind
        stats.unanswered_since = stats.unanswered_since or time.monotonic()
        try:
            asked = self.kafka._client.fetch_all_metadata()  # noqa: SLF001 - topics() tells names only
            cluster = await asyncio.wait_for(asked, BROKER_ANSWER_S)
        except (TimeoutError, KafkaError):
            return None
        stats.unanswered_since = 0.0
        return {name: len(cluster.partitions_for_topic(name)) for name in cluster.topics()}

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """Faust's looks at acknowledgements, which lanes do not use."""

    def _committable(self) -> dict[TP, int]:
        """Where reading goes on, by partition."""
        raise NotImplementedError

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
        except KafkaError as exc:
            self.log.info("group offsets not updated: %s", exc)
            return False
        self._committed_offset.update({TP(*tp): meta.offset for tp, meta in wanted.items()})
        self.app.monitor.on_tp_commit({tp: at for tp, at in offsets.items() if tp in assigned})
        return True

    async def wait_empty(self) -> None:
        """Nothing to wait for: lanes commit by themselves."""
