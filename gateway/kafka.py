"""To Kafka and back: commands out, acknowledged by all; outcomes in, committed ones only."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

import events
from engine.partitioning import partition_of
from events.base import Message
from topics import topic_of

LOG: Final = logging.getLogger(__name__)
_WAIT_MS: Final = 20
_POLL_RECORDS: Final = 2_000


class NotAccepted(Exception):
    """Kafka did not take a command. Caller: nothing happened; try again."""


class Commands:
    """Writes commands: each acknowledged by all replicas before its answer goes out."""

    def __init__(self, broker: str, env: str) -> None:
        self._env = env
        self._partitions: dict[str, int] = {}
        self._producer = AIOKafkaProducer(
            bootstrap_servers=broker, acks="all", enable_idempotence=True, linger_ms=2
        )

    async def start(self) -> None:
        """Connect.

        Raises:
            KafkaError: no broker answers.
        """
        await self._producer.start()

    async def stop(self) -> None:
        """Send what is under way, then disconnect."""
        await self._producer.stop()

    async def send(self, message: Message, value: bytes, correlation_id: str) -> None:
        """Write one command where its agent reads it.

        Raises:
            NotAccepted: the broker did not take it in time.
        """
        spec = topic_of(type(message))
        key = events.key_of(message)
        headers = events.headers(message, correlation_id)
        await self.put(spec.name.format(env=self._env), key, key.removeprefix(spec.key_prefix),
                       value, headers)  # fmt: skip

    async def put(
        self, topic: str, key: str, stem: str, value: bytes, headers: list[tuple[str, bytes]]
    ) -> None:
        """Write one record.

        Raises:
            NotAccepted: the broker did not take it in time.
        """
        try:
            partition = partition_of(stem.encode(), await self._count(topic))
            await self._producer.send_and_wait(
                topic, value=value, key=key.encode(), partition=partition, headers=headers
            )
        except KafkaError as refused:
            raise NotAccepted(f"{topic}: {refused}") from refused

    async def _count(self, topic: str) -> int:
        if topic not in self._partitions:
            self._partitions[topic] = len(await self._producer.partitions_for(topic))
        return self._partitions[topic]


class Events:
    """Hears every committed event from now on: its name, its key, its bytes."""

    def __init__(
        self, broker: str, topics: Iterable[str], each: Callable[[str, str, bytes], None]
    ) -> None:
        self._topics = tuple(topics)
        self._each = each
        self._task: asyncio.Task[None] | None = None
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=broker,
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="latest",
            fetch_max_wait_ms=_WAIT_MS,
            max_poll_records=_POLL_RECORDS,
        )

    async def start(self) -> None:
        """Begin where every topic ends now.

        Raises:
            KafkaError: no broker answers.
        """
        await self._consumer.start()
        partitions = [
            TopicPartition(topic, partition)
            for topic in self._topics
            for partition in self._consumer.partitions_for_topic(topic) or await self._found(topic)
        ]
        self._consumer.assign(partitions)
        await self._consumer.seek_to_end()
        self._task = asyncio.create_task(self._hear())

    async def stop(self) -> None:
        """Disconnect."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._consumer.stop()

    async def _found(self, topic: str) -> set[int]:
        """Partitions of a topic that the first metadata did not have."""
        await self._consumer._client.add_topic(topic)  # noqa: SLF001 - no public way without a group
        return self._consumer.partitions_for_topic(topic) or set()

    async def _hear(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=1_000)
            for records in batches.values():
                for record in records:
                    self._one(record)

    def _one(self, record: Any) -> None:
        headers = record.headers
        if headers and headers[0][0] == "eventType" and record.key is not None:
            self._each(headers[0][1].decode(), record.key.decode(), record.value)
