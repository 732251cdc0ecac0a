"""Dead letters as they lie on their topics: read, and put back where they came from, once.

What was replayed of a topic is noted on the topic itself, among the letters; the newest note tells
of all. It is written in the transaction of the records, so that a letter is replayed and noted,
or neither, and after every letter that it tells of, so that Kafka keeps it longer than those. (A
group's offset it forgets after a week without members, and `replay all` would begin anew.)
"""

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from commands.base import refuse_missing
from engine.dead_letters import DeadLetter, read_dead_letter

_POLL_MS: Final = 200
_BATCH_LETTERS: Final = 500
"""Letters put back in one transaction."""
_NOTE: Final = "dlq.replayed"
"""The header by which a note is told from a letter."""


OnProgress = Callable[[str, int, int], None]
"""Is given how far a topic is read, and how far it goes: a replay reads it twice."""


def _unseen(_topic: str, _at: int, _end: int) -> None:
    """Nobody looks."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """Which letters of a topic were replayed: all below `up_to`, and some behind it."""

    up_to: int = 0
    singly: frozenset[int] = frozenset()

    def __contains__(self, letter: DeadLetter) -> bool:
        """Whether the letter was replayed: one that is cut never is."""
        noted = letter.letter_offset < self.up_to or letter.letter_offset in self.singly
        return noted and letter.truncated_from is None

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
    def read(cls, note: bytes) -> "Replayed":
        """As it was written by `written`."""
        return msgspec.json.decode(note, type=cls)

    def written(self) -> bytes:
        """As a note's value."""
        return msgspec.json.encode(self)


class Newest(NamedTuple):
    """The newest letters of a topic."""

    letters: list[DeadLetter]
    total: int
    """How many there are, older ones included."""
    replayed: Replayed


class Letters:
    """The dead-letter topics of one application."""

    def __init__(
        self, client_options: Mapping[str, Any], app_id: str, on_progress: OnProgress = _unseen
    ) -> None:
        self._on_progress = on_progress
        self._options = client_options
        self._id = f"{app_id}-replay"

    async def read(self, topic: str, start: int = 0) -> AsyncIterator[DeadLetter]:
        """The letters of a topic from an offset on, as of now."""
        async with aclosing(self._records(topic, start)) as records:
            async for record in records:
                if not _is_note(record):
                    yield read_dead_letter(record)

    async def newest(self, topic: str, letters_max: int) -> Newest:
        """The newest letters of a topic, as of now: it may have more than there is memory for."""
        last, count, replayed = deque[Any](maxlen=letters_max), 0, Replayed()
        async for record in self._records(topic, 0):
            if _is_note(record):
                replayed = Replayed.read(record.value)
            else:
                last.append(record)
                count += 1
        return Newest([read_dead_letter(record) for record in last], count, replayed)

    async def replayed(self, topic: str) -> Replayed:
        """What was replayed of a topic, without its letters: they may be many."""
        newest = Replayed()
        async for record in self._records(topic, 0):
            if _is_note(record):
                newest = Replayed.read(record.value)
        return newest

    async def _records(self, topic: str, start: int) -> AsyncGenerator[Any, None]:
        """Letters and notes."""
        consumer = AIOKafkaConsumer(
            **self._options, isolation_level="read_committed",
            auto_offset_reset="earliest", enable_auto_commit=False,
        )  # fmt: skip
        tp = TopicPartition(topic, 0)
        try:
            await consumer.start()
            refuse_missing([topic], await consumer.topics())
            end = (await consumer.end_offsets([tp]))[tp]
            consumer.assign([tp])
            consumer.seek(tp, start)
            while (at := await consumer.position(tp)) < end:
                self._on_progress(topic, at, end)
                for record in (await consumer.getmany(tp, timeout_ms=_POLL_MS)).get(tp, ()):
                    if record.offset < end:
                        yield record
        finally:
            await consumer.stop()

    async def replay_one(self, letter: DeadLetter, topic: str) -> None:
        """Put one letter back, also when that was done before."""
        async with self._producer() as producer:
            replayed = await self.replayed(topic)
            await self._send(producer, topic, [letter], replayed.with_one(letter))

    async def replay_all(self, topic: str) -> tuple[int, int]:
        """Put back every letter that was not; returns how many, and how many are cut."""
        count = cut = 0
        async with self._producer() as producer:
            replayed = await self.replayed(topic)
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
        producer = AIOKafkaProducer(**self._options, transactional_id=self._id, acks="all")
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
        async with producer.transaction():
            for letter in letters:
                await producer.send(
                    letter.topic, letter.value, letter.key, headers=list(letter.headers)
                )
            note = replayed.written()
            await producer.send(topic, note, partition=0, headers=[(_NOTE, b"")])


def _is_note(record: Any) -> bool:
    """Letters have other headers beside it, should their producers have written one like it."""
    return [name for name, _ in record.headers] == [_NOTE]
