"""The way in for what arrives outside Kafka: one record at a time, acknowledged before it returns.

It is not part of a lane's transaction: whoever calls again must name the record the same, so
that a repeat is harmless.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from aiokafka.errors import KafkaError

from engine.clients import client_options
from engine.confirmed import ConfirmedProducer
from engine.errors import EngineError
from engine.partitioning import partition_of
from engine.records import Header
from engine.specs import TopicSpec

PUT_S_MAX = 10.0


class NotTaken(EngineError):
    """The broker did not take a record in time; it may be there all the same.

    Caller: try again with the same record. Operator: look at the brokers.
    """


class Inlet:
    """Writes records where their agents read them. It connects with the first one."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._producer: ConfirmedProducer | None = None

    async def put(
        self, topic: TopicSpec, key: str, value: bytes, headers: Iterable[Header]
    ) -> None:
        """Write one record; every replica in sync has it on return.

        Raises:
            NotTaken: not within `PUT_S_MAX`.
        """
        topology = self._app.lanes.topology
        partition = partition_of(topic.stem(key).encode(), topology.partitions_of(topic))
        if self._producer is None:
            self._producer = ConfirmedProducer(client_options(self._app))
        try:
            async with asyncio.timeout(PUT_S_MAX):
                await self._producer.send(
                    topology.real_name(topic), partition, key.encode(), value, headers
                )
        except (KafkaError, TimeoutError) as refused:
            raise NotTaken(f"{topology.real_name(topic)}: {refused!r}") from refused

    async def stop(self) -> None:
        """Send what is under way, then disconnect."""
        if self._producer is not None:
            await self._producer.stop()
