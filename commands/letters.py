"""Dead letters as they lie on their topics: read, and put back where they came from, once.

How far a topic was replayed is the offset of the consumer group `<app>-replay`; letters behind
it that were replayed one by one stand in the offset's metadata. Both are written in the
transaction of the records, so that a letter is replayed and noted, or neither.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import OffsetAndMetadata

from commands.base import CommandError
from engine.dead_letters import DeadLetter, read_dead_letter

_POLL_MS: Final = 200
_BATCH_LETTERS: Final = 500
"""Letters put back in one transaction."""
_NOTED_CHARS_MAX: Final = 4_000
"""Kafka's own limit for an offset's metadata is 4,096 bytes."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """Which letters of a topic were replayed: all below `up_to`, and some behind it."""

    up_to: int = 0
    singly: frozenset[int] = frozenset()

    def __contains__(self, letter: DeadLetter) -> bool:
        """Whether the letter was replayed."""
        return letter.letter_offset < self.up_to or letter.letter_offset in self.singly

    def with_one(self, letter: DeadLetter) -> "Replayed":
        """Note one letter more."""
        if letter in self:
            return self
        return Replayed(self.up_to, self.singly | {letter.letter_offset})

    def with_all_before(self, offset: int) -> "Replayed":
        """Note all letters below an offset."""
        up_to = max(self.up_to, offset)
        return Replayed(up_to, frozenset(one for one in self.singly if one >= up_to))

    @classmethod
    def read(cls, noted: OffsetAndMetadata | None) -> "Replayed":
        """As it was written by `written`; nothing written is nothing replayed."""
        if noted is None or noted.offset < 0:
            return cls()
        singly = frozenset(int(one) for one in (noted.metadata or "").split(",") if one)
        return cls(noted.offset, singly)

    def written(self) -> OffsetAndMetadata:
        """As a group's offset.

        Raises:
            CommandError: too many letters were replayed one by one.
        """
        metadata = ",".join(map(str, sorted(self.singly)))
        if len(metadata) > _NOTED_CHARS_MAX:
            raise CommandError(
                "too many letters were replayed one by one: replay the rest with"
                " `faust -A app dead-letters replay all`"
            )
        return OffsetAndMetadata(self.up_to, metadata)


class Letters:
    """The dead-letter topics of one application."""

    def __init__(self, client_options: Mapping[str, Any], app_id: str) -> None:
        self._options = client_options
        self._group = f"{app_id}-replay"

    async def read(self, topic: str, start: int = 0) -> AsyncIterator[DeadLetter]:
        """The letters of a topic from an offset on, as of now."""
        consumer = AIOKafkaConsumer(
            **self._options, isolation_level="read_committed",
            auto_offset_reset="earliest", enable_auto_commit=False,
        )  # fmt: skip
        await consumer.start()
        tp = TopicPartition(topic, 0)
        try:
            end = (await consumer.end_offsets([tp]))[tp]
            consumer.assign([tp])
            consumer.seek(tp, start)
            while await consumer.position(tp) < end:
                for record in (await consumer.getmany(tp, timeout_ms=_POLL_MS)).get(tp, ()):
                    if record.offset < end:
                        yield read_dead_letter(record)
        finally:
            await consumer.stop()

    async def replayed(self, topics: Sequence[str]) -> dict[str, Replayed]:
        """What was replayed of each topic."""
        admin = AIOKafkaAdminClient(
            **{k: v for k, v in self._options.items() if k != "connections_max_idle_ms"}
        )
        await admin.start()
        try:
            tps = [TopicPartition(topic, 0) for topic in topics]
            noted = await admin.list_consumer_group_offsets(self._group, partitions=tps)
            return {tp.topic: Replayed.read(noted.get(tp)) for tp in tps}
        finally:
            await admin.close()

    async def replay_one(self, letter: DeadLetter, topic: str) -> None:
        """Put one letter back, also when that was done before."""
        async with self._producer() as producer:
            replayed = (await self.replayed([topic]))[topic]
            await self._send(producer, topic, [letter], replayed.with_one(letter))

    async def replay_all(self, topic: str) -> tuple[int, int]:
        """Put back every letter that was not; returns how many, and how many are cut."""
        count = cut = 0
        async with self._producer() as producer:
            replayed = (await self.replayed([topic]))[topic]
            batch: list[DeadLetter] = []
            last = -1
            async for letter in self.read(topic, replayed.up_to):
                last = letter.letter_offset
                if letter.truncated_from is not None:
                    cut += 1
                elif letter not in replayed:
                    batch.append(letter)
                    count += 1
                if len(batch) == _BATCH_LETTERS:
                    replayed = replayed.with_all_before(last + 1)
                    await self._send(producer, topic, batch, replayed)
                    batch = []
            if last >= replayed.up_to:
                await self._send(producer, topic, batch, replayed.with_all_before(last + 1))
        return count, cut

    @asynccontextmanager
    async def _producer(self) -> AsyncIterator[AIOKafkaProducer]:
        """One at a time: a second replay fences the first before it looks what is done."""
        producer = AIOKafkaProducer(**self._options, transactional_id=self._group, acks="all")
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def _send(
        self,
        producer: AIOKafkaProducer,
        topic: str,
        letters: Sequence[DeadLetter],
        replayed: Replayed,
    ) -> None:
        noted = {TopicPartition(topic, 0): replayed.written()}
        async with producer.transaction():
            for letter in letters:
                await producer.send(
                    letter.topic, letter.value, letter.key, headers=list(letter.headers)
                )
            await producer.send_offsets_to_transaction(noted, self._group)
