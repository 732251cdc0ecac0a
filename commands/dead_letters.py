"""`faust -A app dead-letters list|show|replay`."""

import json
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from faust.cli import argument, option

from commands.base import JSON, Command, CommandError
from engine.dead_letters import SUFFIX, DeadLetter, read_dead_letter

LIST_DEFAULT = 50
_POLL_MS = 200


class dead_letters(Command):  # noqa: N801 - the command's name
    """List dead letters, show one (show TOPIC@OFFSET), or replay them (replay TOPIC@OFFSET|all).

    A replay puts the record back on its topic as it came, in one transaction with the note
    that it was replayed: `replay all` takes each letter once.
    """

    options: ClassVar = [
        argument("action", metavar="list|show|replay"),
        argument("letter", required=False, metavar="[TOPIC@OFFSET|all]"),
        option("--topic", default=None, help="Only letters of this topic."),
        option("--limit", type=int, default=LIST_DEFAULT, help="How many to list, newest last."),
        JSON,
    ]

    async def act(
        self, action: str, letter: str | None, topic: str | None, limit: int, as_json: bool
    ) -> None:
        """Do what was asked."""
        topics = self._letter_topics(topic)
        if action == "list":
            await self._list(topics, limit, as_json)
        elif action == "show" and letter:
            self._show(await self._one(letter), as_json)
        elif action == "replay" and letter == "all":
            replayed = [await self._replay_all(name) for name in topics]
            print(f"{sum(replayed)} dead letters replayed")
        elif action == "replay" and letter:
            await self._replay_one(await self._one(letter))
        else:
            raise CommandError(
                "usage: dead-letters list | dead-letters show TOPIC@OFFSET |"
                " dead-letters replay TOPIC@OFFSET|all"
            )

    def _letter_topics(self, topic: str | None) -> list[str]:
        known = sorted(n for n in self.app.lanes.topology.topic_specs() if n.endswith(SUFFIX))
        if topic is None:
            return known
        name = topic if topic.endswith(SUFFIX) else topic + SUFFIX
        if name not in known:
            raise CommandError(f"{topic} has no dead letters; topics that have: {', '.join(known)}")
        return [name]

    # -- looking

    async def _list(self, topics: list[str], limit: int, as_json: bool) -> None:
        letters: list[tuple[DeadLetter, bool]] = []
        for name in topics:
            done = await self._replayed_up_to(name)
            letters += [(x, x.letter_offset < done) async for x in self._read(name)]
        letters.sort(key=lambda item: item[0].timestamp_ms)
        shown = letters[-limit:]
        if as_json:
            self.show_json([_as_dict(x) | {"replayed": done} for x, done in shown])
            return
        self.show_rows(
            f"dead letters ({len(letters)})",
            ["letter", "at", "key", "agent", "error", "reason", "replayed"],
            [
                [_name(x), x.at.isoformat(timespec="seconds"), _text(x.key), x.agent, x.error,
                 x.reason, "yes" if done else ""]
                for x, done in shown
            ],
        )  # fmt: skip

    def _show(self, letter: DeadLetter, as_json: bool) -> None:
        print(json.dumps(_as_dict(letter), indent=None if as_json else 2, ensure_ascii=False))

    async def _one(self, name: str) -> DeadLetter:
        topic, _, offset = name.rpartition("@")
        if not topic or not offset.isdigit():
            raise CommandError(f"{name}: expected TOPIC@OFFSET, as `dead-letters list` shows it")
        [dlq] = self._letter_topics(topic)
        async for letter in self._read(dlq, int(offset)):
            if letter.letter_offset == int(offset):
                return letter
            break
        raise CommandError(f"{name}: there is no such dead letter")

    async def _read(self, topic: str, start: int = 0) -> AsyncIterator[DeadLetter]:
        consumer = AIOKafkaConsumer(
            **self.options_of_clients(), isolation_level="read_committed",
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
                    yield read_dead_letter(record)
        finally:
            await consumer.stop()

    # -- replaying

    @property
    def _group(self) -> str:
        return f"{self.app.conf.id}-replay"

    async def _replayed_up_to(self, topic: str) -> int:
        consumer = AIOKafkaConsumer(**self.options_of_clients(), group_id=self._group,
                                    enable_auto_commit=False)  # fmt: skip
        await consumer.start()
        try:
            tp = TopicPartition(topic, 0)
            consumer.assign([tp])
            return await consumer.committed(tp) or 0
        finally:
            await consumer.stop()

    async def _replay_all(self, topic: str) -> int:
        letters = [x async for x in self._read(topic, await self._replayed_up_to(topic))]
        if letters:
            done = {TopicPartition(topic, 0): OffsetAndMetadata(letters[-1].letter_offset + 1, "")}
            await self._send(letters, done)
        return len(letters)

    async def _replay_one(self, letter: DeadLetter) -> None:
        await self._send([letter], None)
        print(f"{_name(letter)} replayed to {letter.topic}")

    async def _send(self, letters: list[DeadLetter], done: Any) -> None:
        producer = AIOKafkaProducer(
            **self.options_of_clients(), transactional_id=self._group, acks="all"
        )
        await producer.start()
        try:
            async with producer.transaction():
                for letter in letters:
                    await producer.send(
                        letter.topic, letter.value, letter.key, headers=list(letter.headers)
                    )
                if done is not None:
                    await producer.send_offsets_to_transaction(done, self._group)
        finally:
            await producer.stop()


def _name(letter: DeadLetter) -> str:
    return f"{letter.topic}@{letter.letter_offset}"


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("utf-8", "backslashreplace")


def _as_dict(letter: DeadLetter) -> dict[str, Any]:
    return {
        "letter": _name(letter),
        "at": letter.at.isoformat(),
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "agent": letter.agent,
        "error": letter.error,
        "reason": letter.reason,
        "key": _text(letter.key),
        "headers": {key: _text(value) for key, value in letter.headers},
        "value": _text(letter.value),
    }
