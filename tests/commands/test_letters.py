"""Which letters count as replayed, and how that is written down."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import commands.letters
from commands.letters import Letters, Replayed
from engine.dead_letters import DeadLetter

OFFSETS = st.integers(0, 300)


def letter(offset: int) -> DeadLetter:
    empty = dict.fromkeys(("key", "value"))
    numbers = dict.fromkeys(("partition", "offset", "timestamp_ms"), 0)
    texts = dict.fromkeys(("topic", "read_from", "agent", "error", "reason"), "")
    return msgspec.convert(
        {**numbers, **texts, **empty, "headers": (), "letter_offset": offset}, DeadLetter
    )


def test_nothing_written_is_nothing_replayed() -> None:
    assert letter(0) not in Replayed()


def test_a_letter_replayed_singly_is_replayed_and_its_neighbours_are_not() -> None:
    replayed = Replayed(up_to=3).with_one(letter(7))

    assert [offset for offset in range(10) if letter(offset) in replayed] == [0, 1, 2, 7]


def test_replaying_a_letter_twice_is_noted_once() -> None:
    replayed = Replayed(up_to=3).with_one(letter(7))

    assert replayed.with_one(letter(7)) is replayed
    assert replayed.with_one(letter(2)) is replayed


def test_replaying_all_forgets_the_single_ones_before_it_and_keeps_those_behind() -> None:
    replayed = Replayed(singly=frozenset({2, 9})).with_all_before(5)

    assert replayed == Replayed(5, frozenset({9}))
    assert replayed.with_all_before(1) == replayed


@given(OFFSETS, st.frozensets(OFFSETS, max_size=50))
def test_what_is_written_is_read(up_to: int, singly: frozenset[int]) -> None:
    replayed = Replayed(up_to, singly)

    assert Replayed.read(replayed.written()) == replayed


class Kafka:
    """Topics of one partition, for one client at a time."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Any]] = {"t.dlq": [], "t": []}
        self.begins: dict[str, int] = {}
        """By topic: what retention has left of it begins here."""
        self.refuses: Callable[[], bool] = lambda: False

    def write(self, topic: str, value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
        log = self.topics[topic]
        log.append(SimpleNamespace(
            topic=topic, partition=0, offset=len(log), timestamp=0, key=None, value=value,
            headers=tuple(headers),
        ))  # fmt: skip

    def bury(self, *values: bytes, **why: bytes) -> None:
        told = [
            (f"dlq.{name}", text) for name, text in {"topic": b"t", "error": b"No", **why}.items()
        ]
        for value in values:
            self.write("t.dlq", value, [("own", b"1"), *told])

    def put_back(self) -> list[bytes]:
        return [record.value for record in self.topics["t"]]


class Consumer:
    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._at = 0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def topics(self) -> set[str]:
        return set(self._kafka.topics)

    async def end_offsets(self, tps: list[Any]) -> dict[Any, int]:
        return {tp: len(self._kafka.topics[tp.topic]) for tp in tps}

    def assign(self, _tps: list[Any]) -> None: ...

    def seek(self, tp: Any, at: int) -> None:
        self._at = max(at, self._kafka.begins.get(tp.topic, 0))

    async def position(self, _tp: Any) -> int:
        return self._at

    async def getmany(self, tp: Any, timeout_ms: int) -> dict[Any, list[Any]]:
        found = self._kafka.topics[tp.topic][self._at : self._at + 2]
        self._at += len(found)
        return {tp: found}


class Producer:
    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._pending: list[tuple[str, bytes | None, Any]] = []

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send(
        self, topic: str, value: bytes | None, key: bytes | None = None, *,
        headers: Any, partition: int | None = None,
    ) -> None:  # fmt: skip
        self._pending.append((topic, value, headers))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        self._pending = []
        yield
        if self._kafka.refuses():
            raise ConnectionError
        for record in self._pending:
            self._kafka.write(*record)


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    made = Kafka()
    monkeypatch.setattr(commands.letters, "AIOKafkaConsumer", lambda **_: Consumer(made))
    monkeypatch.setattr(commands.letters, "AIOKafkaProducer", lambda **_: Producer(made))
    return made


LETTERS = Letters({}, "app")


async def read() -> list[DeadLetter]:
    return [letter async for letter in LETTERS.read("t.dlq")]


async def test_of_very_many_letters_only_those_that_are_wanted_are_held(kafka: Kafka) -> None:
    kafka.bury(b"a", b"b", b"c")
    await LETTERS.replay_all("t.dlq")
    kafka.bury(b"d")

    told = await LETTERS.newest("t.dlq", 2)

    assert [letter.value for letter in told.letters] == [b"c", b"d"]
    assert told.total == 4
    assert [letter in told.replayed for letter in told.letters] == [True, False]


async def test_every_letter_is_put_back_once_however_often_that_is_asked_for(kafka: Kafka) -> None:
    """Also years later: what was replayed stands on the topic, as long as its letters."""
    kafka.bury(b"a", b"b", b"c")

    assert await LETTERS.replay_all("t.dlq") == (3, 0)
    kafka.bury(b"d")
    assert await LETTERS.replay_all("t.dlq") == (1, 0)
    assert await LETTERS.replay_all("t.dlq") == (0, 0)

    assert kafka.put_back() == [b"a", b"b", b"c", b"d"]
    assert [dict(record.headers) for record in kafka.topics["t"]] == [{"own": b"1"}] * 4


async def test_who_replays_very_many_letters_sees_how_far_it_is(kafka: Kafka) -> None:
    kafka.bury(b"a", b"b", b"c")
    seen: list[tuple[str, int, int]] = []

    await Letters({}, "app", lambda *at: seen.append(at)).replay_all("t.dlq")

    assert {(topic, end) for topic, _, end in seen} == {("t.dlq", 3)}
    assert seen[0] == ("t.dlq", 0, 3)


async def test_one_that_was_put_back_by_itself_is_left_out_by_the_rest(kafka: Kafka) -> None:
    kafka.bury(b"a", b"b", b"c")
    _, second, _ = await read()

    await LETTERS.replay_one(second, "t.dlq")

    told = await LETTERS.replayed("t.dlq")
    assert [letter in told for letter in await read()] == [False, True, False]
    assert await LETTERS.replay_all("t.dlq") == (2, 0)
    assert kafka.put_back() == [b"b", b"a", b"c"]


async def test_a_letter_that_is_cut_is_left_out_and_never_counts_as_put_back(kafka: Kafka) -> None:
    kafka.bury(b"a")
    kafka.bury(b"the beginning of b", truncated=b"1100000")

    assert await LETTERS.replay_all("t.dlq") == (1, 1)

    letters, _, told = await LETTERS.newest("t.dlq", 5)
    assert kafka.put_back() == [b"a"]
    assert [letter in told for letter in letters] == [True, False]


async def test_what_the_broker_refused_is_neither_put_back_nor_noted(kafka: Kafka) -> None:
    kafka.bury(b"a")
    kafka.refuses = lambda: True

    with pytest.raises(ConnectionError):
        await LETTERS.replay_all("t.dlq")

    kafka.refuses = lambda: False
    assert kafka.put_back() == []
    assert await LETTERS.replay_all("t.dlq") == (1, 0)


async def test_a_note_is_no_letter_and_a_letter_no_note_whatever_its_headers(kafka: Kafka) -> None:
    kafka.bury(b"a")
    kafka.write("t.dlq", b"b", [("dlq.replayed", b""), ("dlq.topic", b"t"), ("dlq.error", b"No")])

    await LETTERS.replay_all("t.dlq")

    assert [letter.value for letter in await read()] == [b"a", b"b"]


async def test_what_is_left_of_a_topic_is_known_as_before(kafka: Kafka) -> None:
    kafka.bury(b"a", b"b")
    await LETTERS.replay_all("t.dlq")
    kafka.bury(b"c")

    kafka.begins["t.dlq"] = 1

    assert await LETTERS.replay_all("t.dlq") == (1, 0)
    assert kafka.put_back() == [b"a", b"b", b"c"]
