"""One transactional producer a lane: outputs and changelog become visible together."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    IllegalOperation,
    InvalidProducerEpoch,
    KafkaError,
    ProducerFenced,
)

from engine.batches import Batch
from engine.errors import CommitFailed, Fenced
from engine.farewell import farewell
from engine.records import Header
from engine.sizes import BATCH_BYTES

STOP_WAIT_S = 3.0
NO_HEADERS: list[Header] = []
"""Of rows: one list for all. aiokafka takes nothing but a list, and leaves it as it is."""
TRANSACTION_TIMEOUT_MS = 30_000
"""After it the broker ends the transaction of a worker that is gone: so long may its open
records hold back those who read committed, unless the partition is opened again before."""

_Parts = tuple[bytes | None, bytes | None, list[Header]]
"""A record's key, value and headers."""


class LaneProducer:
    """Writes one lane's batches, each in a transaction of its own.

    Starting it fences every earlier producer of the same partition and ends what those had
    pending, so the changelog's end is final once `start` returns.
    """

    def __init__(self, transactional_id: str, client_options: dict[str, Any]) -> None:
        self._id = transactional_id
        self._producer = AIOKafkaProducer(
            **client_options,
            acks="all",
            enable_idempotence=True,
            transactional_id=transactional_id,
            transaction_timeout_ms=TRANSACTION_TIMEOUT_MS,
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
        )

    async def start(self, topics: Iterable[str]) -> None:
        """Fence former owners and learn where the topics live."""
        await self._producer.start()
        await asyncio.gather(*(self._producer.partitions_for(topic) for topic in topics))

    async def commit(self, batch: Batch, changelog: str, partition: int) -> int | None:
        """Write a batch; returns the changelog position behind its rows (None without rows).

        Raises:
            Fenced: another worker owns the partition.
            CommitFailed: the broker refused, or did not answer.
        """
        try:
            return await self._commit(batch, changelog, partition)
        except (KafkaError, IllegalOperation) as exc:
            # Batches that fail may tell only what came of it.
            why = self._failure() or exc
            why = why.__cause__ or why
            if isinstance(why, (ProducerFenced, InvalidProducerEpoch)):
                raise Fenced(
                    f"{self._id}: another worker has taken this partition over, or the broker ended"
                    " a transaction that took too long: this worker stops and can be started again."
                    " If it repeats, see that no two have the same FLOWMART_INSTANCE_ID"
                ) from exc
            raise CommitFailed(f"{self._id}: {type(why).__name__}: {why}") from exc

    def _failure(self) -> BaseException | None:
        """What the client says that the transaction failed of."""
        end = self._producer._txn_manager.wait_for_transaction_end()  # noqa: SLF001 - no public way
        return end.exception() if end is not None and end.done() else None

    async def _commit(self, batch: Batch, changelog: str, partition: int) -> int | None:
        producer = self._producer
        await producer.begin_transaction()
        pending: list[tuple[str, int, asyncio.Future[Any]]] = []
        position = None
        try:
            for topic, place, builder in self._batches(batch, changelog, partition):
                future = await producer.send_batch(builder, topic, partition=place)
                pending.append((topic, builder.record_count(), future))
            for topic, count, future in pending:
                metadata = await future
                if topic == changelog:
                    position = metadata.offset + count
        except BaseException:
            # Batches fail together. One tells why; asyncio would complain of each of the others.
            for _, _, future in pending:
                future.add_done_callback(_look_at)
            raise
        await producer.commit_transaction()
        return position

    def _batches(self, batch: Batch, changelog: str, partition: int) -> list[tuple[str, int, Any]]:
        """Record batches with their topics and partitions, in order within each of these."""
        places: dict[tuple[str, int], list[_Parts]] = {}
        for topic, place, key, value, headers in batch.outputs:
            told = headers if isinstance(headers, list) else list(headers)
            records = places.get((topic, place))
            if records is None:
                records = places[topic, place] = []
            records.append((key, value, told))
        if batch.rows:
            rows: list[_Parts] = [(key, value, NO_HEADERS) for key, value in batch.rows]
            places[changelog, partition] = rows
        now_ms = int(time.time() * 1000)
        return [
            (topic, place, builder)
            for (topic, place), records in places.items()
            for builder in _packed(records, now_ms, self._producer.create_batch)
        ]

    async def stop(self) -> None:
        """Take leave, within a bound. What was not committed is for the next owner."""
        await farewell(self._producer.stop(), STOP_WAIT_S)


def _look_at(future: "asyncio.Future[Any]") -> None:
    """Take note of a failure that nobody waits for."""
    if not future.cancelled():
        future.exception()


def _packed(records: Iterable[_Parts], now_ms: int, create: Callable[[], Any]) -> Iterator[Any]:
    """Record batches of one partition, as few as their size allows, in order.

    The records are put into what is beneath aiokafka's `BatchBuilder`: its `append` costs again
    over half of what that takes.
    """
    builder = create()
    append, count = builder._builder.append, 0  # noqa: SLF001 - as said
    for key, value, headers in records:
        if append(count, now_ms, key, value, headers) is None:
            builder._relative_offset = count  # noqa: SLF001 - how many it has
            yield builder
            builder = create()
            append, count = builder._builder.append, 0  # noqa: SLF001 - as above
            append(count, now_ms, key, value, headers)
        count += 1
    builder._relative_offset = count  # noqa: SLF001 - as above
    yield builder
