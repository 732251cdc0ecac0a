"""Topics as anybody may read them: committed records, by a plain aiokafka consumer."""

from collections.abc import Iterable
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

FETCH_BYTES: Final = 8 << 20


class Log:
    """All committed records of topics, read on where the last look ended.

    It is connected while it looks and no longer, so nothing is fetched ahead.
    """

    def __init__(self, bootstrap: str, topics: Iterable[str]) -> None:
        self._bootstrap = bootstrap
        self._topics = list(topics)
        self._next: dict[TopicPartition, int] = {}
        """Where the next look begins."""
        self.ends: dict[TopicPartition, int] = {}
        """Behind the last record that was read."""

    async def more(self) -> list[ConsumerRecord]:
        """What came since the last look, each partition in its order."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        try:
            return await self._read(consumer)
        finally:
            await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer) -> list[ConsumerRecord]:
        tps = await self._assign(consumer)
        found: list[ConsumerRecord] = []
        ends = await consumer.end_offsets(tps)
        while [tp for tp in tps if await consumer.position(tp) < ends[tp]]:
            for tp, records in (await consumer.getmany(timeout_ms=300)).items():
                found += records
                self.ends[tp] = records[-1].offset + 1
        self._next = {tp: await consumer.position(tp) for tp in tps}
        return found

    async def _assign(self, consumer: AIOKafkaConsumer) -> list[TopicPartition]:
        """Take every partition, each from where the last look ended."""
        client = consumer._client
        await client.set_topics(self._topics)
        await client.force_metadata_update()
        tps = []
        for topic in self._topics:
            parts = consumer.partitions_for_topic(topic)
            assert parts, f"{topic} does not exist"
            tps += [TopicPartition(topic, p) for p in parts]
        consumer.assign(tps)
        for tp, position in self._next.items():
            consumer.seek(tp, position)
        return tps
