"""To Kafka and back: commands out, acknowledged by all; outcomes in, committed ones only."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final, NoReturn

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from opentelemetry.trace import SpanContext

import events
from engine import patches
from engine.confirmed import STOP_S_MAX, ConfirmedProducer
from engine.farewell import farewell
from engine.partitioning import partition_of
from events.base import Message
from topics import topic_of
from wire.traceparent import HEADER, written

LOG: Final = logging.getLogger(__name__)
_WAIT_MS: Final = 20
_POLL_RECORDS: Final = 2_000
_TOPICS_EVERY_MS: Final = 10_000
"""How soon a topic is heard that did not exist at the start."""
_AGAIN_S: Final = 1.0

# One record with a header's name that is no UTF-8 would end the reading for ever, and a node of
# Kafka's that freezes would hold up commands and events although others lead by then.
patches.apply()


class NotAccepted(Exception):
    """Kafka did not confirm a command. Caller: try again, with the same ids."""


class Commands:
    """Writes commands: each acknowledged by all replicas before its answer goes out."""

    def __init__(self, client_options: dict[str, Any], env: str) -> None:
        self._env = env
        self._partitions: dict[str, int] = {}
        self._producer = ConfirmedProducer(client_options)

    async def start(self) -> None:
        """Connect.

        Raises:
            KafkaError: no broker answers.
        """
        await self._producer.start()

    async def stop(self) -> None:
        """Send what is under way, then disconnect."""
        await self._producer.stop()

    async def send(
        self, message: Message, value: bytes, correlation_id: str, caller: SpanContext | None = None
    ) -> None:
        """Write one command where its agent reads it, with the span that asks for it.

        Raises:
            NotAccepted: the broker did not take it in time.
        """
        spec = topic_of(type(message))
        key = events.key_of(message)
        headers = events.headers(message, correlation_id)
        if caller is not None:
            headers.append((HEADER, written(caller).encode()))
        await self.put(spec.name.format(env=self._env), key, spec.stem(key),
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
            await self._producer.send(topic, partition, key.encode(), value, headers)
        except KafkaError as refused:
            raise NotAccepted(f"{topic}: {refused}") from refused

    async def _count(self, topic: str) -> int:
        if topic not in self._partitions:
            self._partitions[topic] = await self._producer.partitions_of(topic)
        return self._partitions[topic]


class Events:
    """Hears every committed event from now on: its name, its key, its bytes."""

    def __init__(
        self,
        client_options: dict[str, Any],
        topics: Iterable[str],
        each: Callable[[str, str, bytes], None],
    ) -> None:
        self._options = client_options
        self._topics = tuple(topics)
        self._each = each
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin where every topic ends now; one that comes later is heard from its end then.

        Raises:
            KafkaError: no broker answers.
        """
        consumer = self._consumer = await self._connected()
        self._task = asyncio.create_task(self._hear(consumer))

    async def stop(self) -> None:
        """Disconnect."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._consumer is not None:
            await farewell(self._consumer.stop(), STOP_S_MAX)

    async def _connected(self) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            **self._options,
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="latest",
            fetch_max_wait_ms=_WAIT_MS,
            max_poll_records=_POLL_RECORDS,
            metadata_max_age_ms=_TOPICS_EVERY_MS,
        )
        try:
            await consumer.start()
        except BaseException:
            await farewell(consumer.stop(), STOP_S_MAX)
            raise
        consumer.subscribe(self._topics)
        return consumer

    async def _hear(self, consumer: AIOKafkaConsumer) -> None:
        """Hear for ever: what Kafka or one record does wrong must not make the gateway deaf.

        Whatever it is, a new client begins at the end of every topic: the one that failed may
        fail again at the same record, or fetch no more.
        """
        while True:
            try:
                await self._hear_with(consumer)
            except Exception as failed:  # noqa: BLE001 - see above
                LOG.warning("cannot read events, connecting again: %r", failed)
            await farewell(consumer.stop(), STOP_S_MAX)
            consumer = self._consumer = await self._connected_again()

    async def _connected_again(self) -> AIOKafkaConsumer:
        while True:
            await asyncio.sleep(_AGAIN_S)
            with suppress(KafkaError):
                return await self._connected()

    async def _hear_with(self, consumer: AIOKafkaConsumer) -> NoReturn:
        while True:
            batches = await consumer.getmany(timeout_ms=1_000)
            for records in batches.values():
                for record in records:
                    hear(record.headers, record.key, record.value, self._each)


def hear(
    headers: Sequence[tuple[str, bytes | None]], key: bytes | None, value: bytes | None,
    each: Callable[[str, str, bytes], None],
) -> None:  # fmt: skip
    """Tell of an event; a record of another form says nothing."""
    name = headers[0][1] if headers and headers[0][0] == "eventType" else None
    if name is not None and key is not None and value is not None:
        each(name.decode(errors="replace"), key.decode(errors="replace"), value)
