"""A dead letter tells everything, and gives back what came."""

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from engine.dead_letters import dead_letter, read_dead_letter
from engine.errors import BadRecord
from engine.records import Output, Record
from engine.sizes import BATCH_BYTES, RECORD_BYTES_MAX, size_of

HEADERS = st.lists(st.tuples(st.text(max_size=5).filter(lambda n: not n.startswith("dlq.")),
                             st.none() | st.binary(max_size=5))).map(tuple)  # fmt: skip


def read_back(output: Output) -> Record:
    return Record(
        output.topic, output.partition, 7, 9, output.key, output.value,
        headers=tuple(output.headers),
    )  # fmt: skip


@given(st.none() | st.binary(), st.none() | st.binary(), HEADERS, st.text())
def test_a_record_comes_back_as_it_was(key, raw, headers, reason) -> None:
    record = Record("t-by-k", 3, 11, 12345, key, raw, headers=headers)

    letter = read_dead_letter(read_back(dead_letter(record, "t", "agent", BadRecord(reason))))

    assert (letter.key, letter.value, letter.headers) == (key, raw, headers)
    assert (letter.topic, letter.read_from, letter.partition, letter.offset) == (
        "t",
        "t-by-k",
        3,
        11,
    )
    assert (letter.timestamp_ms, letter.agent, letter.error) == (12345, "agent", "BadRecord")
    assert letter.truncated_from is None
    assert len(letter.reason) <= 500


@given(st.integers(0, 3_000_000), st.integers(0, 1_500_000), st.integers(0, 1_500_000))
def test_a_letter_always_fits_and_says_when_it_was_cut(value_size, key_size, header_size) -> None:
    headers = (("h", b"h" * header_size),)
    record = Record("t", 0, 1, 2, b"k" * key_size, b"v" * value_size, headers=headers)

    output = dead_letter(record, "t", "agent", ValueError("x" * 10_000))
    letter = read_dead_letter(read_back(output))

    assert size_of(output.key, output.value, output.headers) <= RECORD_BYTES_MAX
    whole = (letter.key, letter.value, letter.headers) == (record.key, record.value, headers)
    assert letter.truncated_from == (None if whole else value_size)
    assert record.value.startswith(letter.value)


@pytest.mark.parametrize("value_size", [1, 240_000, 700_000])
@pytest.mark.parametrize("header", [("", None), ("\U0001f6d2" * 40, b"")])
def test_a_letter_fits_into_a_batch_whatever_its_headers_are_made_of(header, value_size) -> None:
    """A record of many tiny headers is nearly all lengths; signs of a name may have four bytes."""
    alone = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 0)
    alone.append(0, 0, b"", b"", [header] * 1000)
    one_header = len(alone.build()) / 1000
    headers = (header,) * int((1_040_000 - value_size) / one_header)
    record = Record("t", 0, 1, 2, b"k", b"v" * value_size, headers=headers)

    letter = dead_letter(record, "t", "agent", ValueError("no"))

    batch = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 0)
    batch.append(0, 0, letter.key, letter.value, letter.headers)
    assert len(batch.build()) <= BATCH_BYTES


@pytest.mark.parametrize(
    ("told", "reason"), [("", "ValueError"), ("\ud800", "?"), (" a \n b ", "a b")]
)
def test_a_reason_is_one_line_of_text_whatever_the_error_says(told: str, reason: str) -> None:
    record = Record("t", 0, 1, 2, None, b"v")

    letter = read_dead_letter(read_back(dead_letter(record, "t", "agent", ValueError(told))))

    assert letter.reason == reason


def test_a_letter_without_a_value_is_cut_where_the_rest_of_it_is_too_large() -> None:
    record = Record("t", 0, 1, 2, None, None, headers=(("h", b"h" * 1_000_000),))

    letter = read_dead_letter(read_back(dead_letter(record, "t", "agent", ValueError("no"))))

    assert (letter.key, letter.value, letter.headers) == (None, None, ())
    assert letter.truncated_from == 0


@pytest.mark.parametrize("told", [b"", b"x", b"-1", b"\xff", b"9" * 15, b"9" * 5_000])
def test_numbers_that_are_none_keep_no_letter_from_being_read(told: bytes) -> None:
    names = ("partition", "offset", "timestamp", "truncated")
    record = Record("t.dlq", 0, 4, 99, None, b"v", headers=tuple((f"dlq.{n}", told) for n in names))

    letter = read_dead_letter(record)

    assert (letter.partition, letter.offset, letter.timestamp_ms) == (-1, -1, 99)
    assert letter.at.year == 1970
    assert letter.truncated_from == 0


def test_a_record_of_unknown_origin_on_the_topic_is_read_without_complaint() -> None:
    letter = read_dead_letter(
        Record("t.dlq", 0, 5, 6, b"k", b"v", headers=(("dlq.reason", b"\xff"), ("dlq.agent", None)))
    )

    assert (letter.topic, letter.letter_offset, letter.offset) == ("t", 5, -1)
