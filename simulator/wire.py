"""To Kafka and back: a producer that knows where records lie, and a reader of what is committed."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.structs import ConsumerRecord
from murmurhash2 import murmurhash2

from simulator.memory import Memory, Spot
from simulator.sending import Letter, Sent

__all__ = ["KafkaConnectionError", "KafkaError", "Reader", "Sender", "TopicsMissing"]

_SEED: Final = 0x9747B28C
"""Of Kafka's default partitioner."""
_LINGER_MS: Final = 20
_BATCH_BYTES: Final = 256 << 10
_POLL_MS: Final = 50
_FETCH_BYTES: Final = 256 << 10
"""Worth a fetch before that time is over: all times are the broker's, so nobody waits for it, and
a fetch a transaction cost a third of the simulator's CPU and a part of the broker's."""
_POLL_RECORDS: Final = 5_000
_TOPICS_S_MAX: Final = 60.0
_POLL_TOPICS_S: Final = 0.2


class TopicsMissing(Exception):
    """Topics that the shop writes or reads do not exist.

    Operator: run `faust -A app topics create`, or start a worker, against the same broker.
    """


class Sender:
    """Writes the shop's records: every one acknowledged by all, none twice."""

    def __init__(self, bootstrap: str, env: str, memory: Memory) -> None:
        self._env = env
        self._memory = memory
        self._partitions: dict[str, int] = {}
        self._failed: list[BaseException] = []
        self.records = 0
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=_LINGER_MS,
            max_batch_size=_BATCH_BYTES,
            partitioner=_first_partition,
        )

    async def start(self) -> None:
        """Connect."""
        await self._producer.start()

    async def stop(self) -> None:
        """Send what is under way, then disconnect."""
        await self._producer.stop()

    async def flush(self) -> None:
        """Return once everything sent was acknowledged.

        Raises:
            KafkaError: something was not.
        """
        await self._producer.flush()
        if self._failed:
            raise self._failed[0]

    async def send(self, record: Sent) -> None:
        """Hand a record over; waits only while too much is under way."""
        topic = record.topic.format(env=self._env)
        future = await self._producer.send(
            topic,
            value=record.value,
            key=None if record.key is None else record.key.encode(),
            partition=await self._partition(topic, record.stem),
            headers=list(record.headers),
        )
        self.records += 1
        future.add_done_callback(lambda done: self._acknowledged(record, done))

    def _acknowledged(self, record: Sent, done: "asyncio.Future[Any]") -> None:
        if done.cancelled():
            return
        error = done.exception()
        if error is not None:
            self._failed.append(error)
        elif record.letter is not Letter.NEVER:
            spot = done.result()
            self._memory.lies(record, Spot(spot.topic, spot.partition, spot.offset))

    async def _partition(self, topic: str, stem: str | None) -> int | None:
        if stem is None:
            return None
        count = self._partitions.get(topic)
        if count is None:
            count = len(await self._producer.partitions_for(topic))
            self._partitions[topic] = count
        return (int(murmurhash2(stem.encode(), _SEED)) & 0x7FFFFFFF) % count


def _first_partition(_key: bytes | None, everywhere: list[int], _available: list[int]) -> int:
    """A record without a key goes anywhere: always the same place, so that a run repeats."""
    return everywhere[0]


class Reader:
    """Reads topics from their ends on, committed records only, in the order of each partition."""

    def __init__(self, bootstrap: str, topics: Iterable[str]) -> None:
        self._bootstrap = bootstrap
        self._topics = tuple(topics)
        self.records = 0
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=None,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_POLL_MS,
            fetch_min_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=2 << 20,
            max_poll_records=_POLL_RECORDS,
        )

    async def start(self) -> None:
        """Begin where every topic ends now.

        Raises:
            TopicsMissing: one of them does not exist, even after a while.
        """
        await self._consumer.start()
        partitions = await self._find_partitions()
        self._consumer.assign(partitions)
        ends = await self._consumer.end_offsets(partitions)
        for partition, offset in ends.items():
            self._consumer.seek(partition, offset)

    async def stop(self) -> None:
        """Disconnect.

        A fetch that failed a moment ago is cancelled by aiokafka, which takes that for a
        cancellation of whoever stops it: so it is waited for from outside.
        """
        stopping = asyncio.create_task(self._consumer.stop())
        await asyncio.wait([stopping])
        if not stopping.cancelled():
            stopping.result()

    async def read(self, each: Callable[[ConsumerRecord], None]) -> int:
        """Hand on what came meanwhile; returns how many records that were."""
        batches = await self._consumer.getmany(timeout_ms=_POLL_MS)
        for records in batches.values():
            for record in records:
                each(record)
        count = sum(map(len, batches.values()))
        self.records += count
        return count

    async def _find_partitions(self) -> list[TopicPartition]:
        """Wait for the topics: a worker that just starts makes them."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        try:
            deadline = asyncio.get_running_loop().time() + _TOPICS_S_MAX
            while missing := set(self._topics) - set(await admin.list_topics()):
                if asyncio.get_running_loop().time() > deadline:
                    raise TopicsMissing(
                        f"no topic {min(missing)}: run `faust -A app topics create` or start a"
                        " worker"
                    )
                await asyncio.sleep(_POLL_TOPICS_S)
            described = await admin.describe_topics(list(self._topics))
        finally:
            await admin.close()
        return [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in described
            for partition in topic["partitions"]
        ]
