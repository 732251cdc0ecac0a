"""How a lane's producer packs and ends; the rest is in test_recovery and test_broker_refusals."""

import asyncio
from types import SimpleNamespace

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from engine.batches import Batch
from engine.producer import LaneProducer, _packed
from engine.records import Output


async def test_a_farewell_that_fails_keeps_no_lane_from_closing() -> None:
    """Uvloop refuses writes with a RuntimeError between a reset and aiokafka's hearing of it."""

    async def refused() -> None:
        raise RuntimeError("unable to perform operation; the handler is closed")

    producer = LaneProducer("t-0", {"bootstrap_servers": "b:1"})
    farewell, producer._producer.stop = producer._producer.stop, refused

    await producer.stop()
    await farewell()


async def test_a_farewell_that_nobody_waits_for_any_more_goes_on(monkeypatch) -> None:
    """One that is cut short leaves the client's tasks and connections there for good."""
    answer, left = asyncio.Event(), asyncio.Event()

    async def frozen() -> None:
        await answer.wait()
        left.set()

    monkeypatch.setattr("engine.producer.STOP_WAIT_S", 0.01)
    producer = LaneProducer("t-0", {"bootstrap_servers": "b:1"})
    farewell, producer._producer.stop = producer._producer.stop, frozen

    await producer.stop()
    has_left = left.is_set()
    answer.set()
    await asyncio.wait_for(left.wait(), 10)

    assert not has_left
    await farewell()


def read_back(builder: BatchBuilder) -> list[tuple[int, bytes, bytes]]:
    """What a consumer finds in a batch."""
    records = MemoryRecords(bytes(builder._build()))
    batch = records.next_batch()
    assert not records.has_next()
    return [(record.offset, record.key, record.value) for record in batch]


@pytest.mark.parametrize("size", [10, 300, 5_000])
def test_records_fill_as_few_batches_as_their_size_allows_in_order(size) -> None:
    records = [(b"%d" % number, b"v" * size, [("h", b"x")]) for number in range(200)]

    packed = list(_packed(records, 7, lambda: BatchBuilder(20_000, 0, is_transactional=True)))

    counts = [builder.record_count() for builder in packed]
    found = [read_back(builder) for builder in packed]
    assert len(set(counts[:-1])) <= 1
    assert all(20_000 - size - 100 < count * (size + 20) for count in counts[:-1])
    assert [offset for batch in found for offset, _, _ in batch] == [
        offset for count in counts for offset in range(count)
    ]
    assert [(key, value) for batch in found for _, key, value in batch] == [
        (key, value) for key, value, _ in records
    ]


def test_what_goes_to_one_partition_keeps_its_order_and_rows_have_their_own() -> None:
    producer = object.__new__(LaneProducer)
    producer._producer = SimpleNamespace(
        create_batch=lambda: BatchBuilder(20_000, 0, is_transactional=True)
    )
    outputs = [Output("t", n % 2, b"k", b"%d" % n, ()) for n in range(6)]
    batch = Batch(outputs, [(b"row", b"1"), (b"gone", None)], 6)

    batches = producer._batches(batch, "changelog", 3)

    assert {
        (topic, partition): [value for _, _, value in read_back(builder)]
        for topic, partition, builder in batches
    } == {
        ("t", 0): [b"0", b"2", b"4"],
        ("t", 1): [b"1", b"3", b"5"],
        ("changelog", 3): [b"1", None],
    }
