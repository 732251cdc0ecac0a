"""Writes single records, each acknowledged by every replica in sync, and goes on after a refusal.

An idempotent producer of aiokafka numbers its records and never takes a number back: after one
that the broker refused (too large, not allowed, no leader for long) its numbers have a hole, and
the broker refuses everything that follows in that partition. So a producer that was refused once
is replaced.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from engine.farewell import begin, farewell
from engine.records import Header

LINGER_MS = 2
STOP_S_MAX = 3.0
"""How long its end waits for what it still has to write."""


class ConfirmedProducer:
    """One record at a time. It connects at `start` or with the first record."""

    def __init__(self, client_options: dict[str, Any]) -> None:
        self._options = client_options
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Connect.

        Raises:
            KafkaError: no broker answers.
        """
        await self._connected()

    async def partitions_of(self, topic: str) -> int:
        """How many partitions the cluster says that a topic has."""
        return len(await (await self._connected()).partitions_for(topic))

    async def send(
        self, topic: str, partition: int, key: bytes, value: bytes, headers: Iterable[Header]
    ) -> None:
        """Write one record; every replica in sync has it on return.

        Raises:
            KafkaError: it was refused; the next one may be taken.
        """
        producer = await self._connected()
        sent = await producer.send(
            topic, value=value, key=key, partition=partition, headers=list(headers)
        )
        try:
            await sent
        except KafkaError:
            self._replace(producer)
            raise

    async def stop(self) -> None:
        """Send what is under way, within a bound, then disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await farewell(producer.stop(), STOP_S_MAX)

    def _replace(self, refused: AIOKafkaProducer) -> None:
        if self._producer is not None and self._producer is refused:
            begin(self._producer.stop())
            self._producer = None

    async def _connected(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **self._options, acks="all", enable_idempotence=True, linger_ms=LINGER_MS
                )
                try:
                    await producer.start()
                except BaseException:
                    await farewell(producer.stop(), STOP_S_MAX)
                    raise
                self._producer = producer
            return self._producer
