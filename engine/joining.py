"""How a consumer joins its group and hears of rebalances."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import aiokafka
from aiokafka import TopicPartition
from faust.transport.consumer import ensure_TPset

from engine.asked import AskedConsumer
from engine.errors import BrokerUnavailable

METADATA_S_MAX = 30.0
"""How long a broker may take to tell of topics that exist."""


class Listener(aiokafka.abc.ConsumerRebalanceListener):  # type: ignore[misc]  # untyped base
    """Calls Faust at rebalances, in the loop itself."""

    def __init__(self, consumer: AskedConsumer) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Partitions are taken away."""
        consumer = self._consumer
        consumer.app.on_rebalance_start()
        await consumer.on_partitions_revoked(ensure_TPset(revoked))

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Partitions are given."""
        consumer = self._consumer
        generation = consumer.kafka._coordinator.generation  # noqa: SLF001 - no public way
        consumer.app.consumer_generation_id = generation
        await consumer.on_partitions_assigned(ensure_TPset(assigned), generation)


async def wait_until_known(client: Any, topics: list[str]) -> None:
    """Return once the client's metadata has every topic.

    A broker tells of new topics a little late, and a group is assigned only those that its
    leader knows of.

    Raises:
        BrokerUnavailable: it does not tell of them within 30 s.
    """
    end = time.monotonic() + METADATA_S_MAX
    await client.set_topics(topics)
    while unknown := [t for t in topics if not client.cluster.partitions_for_topic(t)]:
        if time.monotonic() > end:
            raise BrokerUnavailable(f"the broker does not tell of topics {unknown}")
        await asyncio.sleep(0.05)
        await client.force_metadata_update()
