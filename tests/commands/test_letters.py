"""Which letters count as replayed, and how that is written down."""

import msgspec
import pytest
from aiokafka.structs import OffsetAndMetadata
from hypothesis import given
from hypothesis import strategies as st

from commands.base import CommandError
from commands.letters import Replayed
from engine.dead_letters import DeadLetter

OFFSETS = st.integers(0, 300)


def letter(offset: int) -> DeadLetter:
    empty = dict.fromkeys(("key", "value"))
    numbers = dict.fromkeys(("letter_partition", "partition", "offset", "timestamp_ms"), 0)
    texts = dict.fromkeys(("topic", "read_from", "agent", "error", "reason"), "")
    return msgspec.convert(
        {**numbers, **texts, **empty, "headers": (), "letter_offset": offset}, DeadLetter
    )


def test_nothing_written_is_nothing_replayed() -> None:
    assert Replayed.read(None) == Replayed.read(OffsetAndMetadata(-1, "")) == Replayed()
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


def test_more_single_ones_than_kafka_would_keep_are_refused_with_the_way_out() -> None:
    many = Replayed(singly=frozenset(range(1_000_000, 1_001_000)))

    with pytest.raises(CommandError, match="replay all"):
        many.written()
