"""What Faust asks of any consumer, answered by one aiokafka client in the worker's own loop."""

from collections.abc import Mapping
from typing import Any, cast

import aiokafka
from aiokafka import TopicPartition
from aiokafka.errors import ConsumerStoppedError
from faust.transport.consumer import Consumer as FaustConsumer
from faust.transport.consumer import ensure_TPset
from faust.types import TP


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
        return cast("int", self.app.lanes.topology.place_of(key.decode()))  # type: ignore[attr-defined]

    async def create_topic(self, topic: str, *args: Any, **kwargs: Any) -> None:
        """Topics are created by `topics create` and at the worker's start, never here."""

    def close(self) -> None:
        """The rebalance came while the worker stops: nothing more to do."""
