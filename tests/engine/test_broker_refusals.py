"""Every error that a broker may answer to a request of a transaction, on real Kafka.

Each is told once, in two ways: of a request that the broker did not get, and of one that it has
carried out. (PRODUCER_FENCED and TRANSACTION_ABORTABLE are for requests newer than aiokafka's, and
lanes send no offsets in their transactions.) The batch is written once or not at all, and the next
owner can always go on.
"""

import asyncio
import gc
import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.transaction import (
    AddPartitionsToTxnRequest,
    EndTxnRequest,
    InitProducerIdRequest,
)

from engine import patches
from engine.batches import Batch
from engine.errors import CommitFailed, EngineError, Fenced
from engine.producer import LaneProducer
from engine.records import Output

pytestmark = pytest.mark.kafka
patches.apply()

TIMED_OUT, MESSAGE_TOO_LARGE, NOT_LEADER = 7, 10, 6
LOADING, NOT_AVAILABLE, NOT_COORDINATOR = 14, 15, 16
NOT_ENOUGH_REPLICAS, NOT_ENOUGH_REPLICAS_AFTER = 19, 20
TOPIC_DENIED, CLUSTER_DENIED, ID_DENIED = 29, 31, 53
OUT_OF_ORDER, EPOCH, TXN_STATE, ID_MAPPING = 45, 47, 48, 49
CONCURRENT, NOT_ATTEMPTED, UNKNOWN_PRODUCER, UNKNOWN = 51, 55, 59, -1

RETRIED = {
    InitProducerIdRequest: (LOADING, NOT_AVAILABLE, NOT_COORDINATOR, CONCURRENT),
    AddPartitionsToTxnRequest: (LOADING, NOT_AVAILABLE, NOT_COORDINATOR, CONCURRENT, NOT_ATTEMPTED),
    ProduceRequest: (TIMED_OUT, NOT_LEADER, NOT_ENOUGH_REPLICAS, NOT_ENOUGH_REPLICAS_AFTER,
                     NOT_ATTEMPTED),
    EndTxnRequest: (LOADING, NOT_AVAILABLE, NOT_COORDINATOR, CONCURRENT),
}  # fmt: skip
FATAL = {
    AddPartitionsToTxnRequest: (TIMED_OUT, TOPIC_DENIED, ID_DENIED, TXN_STATE, ID_MAPPING, UNKNOWN),
    ProduceRequest: (MESSAGE_TOO_LARGE, TOPIC_DENIED, OUT_OF_ORDER, TXN_STATE, UNKNOWN_PRODUCER,
                     UNKNOWN),
    EndTxnRequest: (TIMED_OUT, ID_DENIED, TXN_STATE, ID_MAPPING, UNKNOWN),
}  # fmt: skip
FENCING = (AddPartitionsToTxnRequest, ProduceRequest, EndTxnRequest)


def cases(table: dict[type, tuple[int, ...]]) -> Any:
    return pytest.mark.parametrize(
        ("request_type", "code"),
        [
            pytest.param(kind, code, id=f"{kind.__name__}-{code}")
            for kind, codes in table.items()
            for code in codes
        ],
    )


carried_out = pytest.mark.parametrize("carried_out", [False, True], ids=["lost", "carried out"])


class Lying:
    """Between a producer and the broker: one answer to one kind of request is an error."""

    def __init__(self, producer: LaneProducer, kind: type, code: int, *, carried_out: bool) -> None:
        self._client = producer._producer.client
        self._send = self._client.send
        self._client.send = self._answer
        self._kind, self._code, self._carried_out = kind, code, carried_out
        self.told = 0

    async def _answer(self, node: Any, request: Any, **more: Any) -> Any:
        if self.told or not isinstance(request, self._kind):
            return await self._send(node, request, **more)
        self.told += 1
        if self._carried_out:
            await self._send(node, request, **more)
        return SimpleNamespace(
            API_VERSION=2, error_code=self._code, errors=self._each(request, self._code),
            topics=self._each(request, self._code, -1, -1),
        )  # fmt: skip

    def _each(self, request: Any, *answer: int) -> list[Any]:
        return [
            (topic, [(part if isinstance(part, int) else part[0], *answer) for part in parts])
            for topic, parts in getattr(request, "_topics", ())
        ]


@pytest.fixture
async def topic(bootstrap: str) -> str:
    """A topic of two partitions that nobody else has."""
    name = f"refused-{time.time_ns()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 2, 1)])
    await admin.close()
    return name


def producer(bootstrap: str, topic: str) -> LaneProducer:
    return LaneProducer(f"{topic}-0", {"bootstrap_servers": bootstrap})


def batch(topic: str, value: bytes) -> Batch:
    return Batch([Output(topic, 1, b"k", value, [])], [(b"row", value)])


async def read(bootstrap: str, topic: str) -> list[list[bytes]]:
    """What is committed, by partition."""
    found = []
    async with AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level="read_committed", auto_offset_reset="earliest"
    ) as consumer:
        for tp in (TopicPartition(topic, 0), TopicPartition(topic, 1)):
            consumer.assign([tp])
            end = (await consumer.end_offsets([tp]))[tp]
            values: list[bytes] = []
            while await consumer.position(tp) < end:
                got = await consumer.getmany(tp, timeout_ms=50)
                values += [record.value for record in got.get(tp, ())]
            found.append(values)
    return found


async def commit(one: LaneProducer, topic: str, value: bytes) -> EngineError | None:
    try:
        await asyncio.wait_for(one.commit(batch(topic, value), topic, 0), 60)
    except EngineError as exc:
        return exc
    return None


async def refused(
    bootstrap: str, topic: str, kind: type, code: int, caplog: Any, *, carried_out: bool
) -> tuple[EngineError | None, list[list[bytes]]]:
    """What came of a commit of `one` that was refused once; then the next owner commits `two`."""
    first, heir = producer(bootstrap, topic), producer(bootstrap, topic)
    try:
        await first.start([topic])
        lying = Lying(first, kind, code, carried_out=carried_out)
        failure = await commit(first, topic, b"one")
        assert lying.told == 1
        await heir.start([topic])
        assert await commit(heir, topic, b"two") is None
    finally:
        await first.stop()
        await heir.stop()
    del first, heir, lying
    gc.collect()
    assert "never retrieved" not in caplog.text
    return failure, await read(bootstrap, topic)


@carried_out
@cases({kind: codes for kind, codes in RETRIED.items() if kind is not InitProducerIdRequest})
async def test_what_may_be_tried_again_is_committed_once(
    bootstrap, topic, request_type, code, carried_out, caplog
) -> None:
    failure, found = await refused(
        bootstrap, topic, request_type, code, caplog, carried_out=carried_out
    )

    assert failure is None
    assert found == [[b"one", b"two"]] * 2


@carried_out
@cases(FATAL)
async def test_what_may_not_be_tried_again_ends_the_worker_with_all_or_nothing_written(
    bootstrap, topic, request_type, code, carried_out, caplog
) -> None:
    failure, found = await refused(
        bootstrap, topic, request_type, code, caplog, carried_out=carried_out
    )

    written = carried_out and request_type is EndTxnRequest
    assert type(failure) is CommitFailed
    assert f": {for_code(code).__name__}: " in str(failure), "the cause, not what came of it"
    assert found == [[b"one", b"two"] if written else [b"two"]] * 2


@carried_out
@cases(dict.fromkeys(FENCING, (EPOCH,)))
async def test_who_is_fenced_is_told_so(
    bootstrap, topic, request_type, code, carried_out, caplog
) -> None:
    failure, found = await refused(
        bootstrap, topic, request_type, code, caplog, carried_out=carried_out
    )

    written = carried_out and request_type is EndTxnRequest
    assert type(failure) is Fenced
    assert "taken this partition over" in str(failure)
    assert "FLOWMART_INSTANCE_ID" in str(failure), "the setting that two workers may share"
    assert found == [[b"one", b"two"] if written else [b"two"]] * 2


@carried_out
@cases({InitProducerIdRequest: RETRIED[InitProducerIdRequest]})
async def test_a_producer_starts_although_the_broker_is_not_ready_yet(
    bootstrap, topic, request_type, code, carried_out
) -> None:
    one = producer(bootstrap, topic)
    lying = Lying(one, request_type, code, carried_out=carried_out)
    try:
        await asyncio.wait_for(one.start([topic]), 60)

        assert lying.told == 1
        assert await commit(one, topic, b"one") is None
    finally:
        await one.stop()


@pytest.mark.parametrize("left", [1, 2, 3])
async def test_a_producer_may_write_more_records_than_it_has_numbers(
    bootstrap, topic, left
) -> None:
    one = producer(bootstrap, topic)
    rows = [(b"row", b"a"), (b"row", b"b")]
    try:
        await one.start([topic])
        numbers = one._producer._txn_manager._sequence_numbers
        numbers[TopicPartition(topic, 0)] = patches.SEQUENCE_NUMBERS - left

        for _ in range(3):
            await asyncio.wait_for(one.commit(Batch([], rows), topic, 0), 60)

        assert await read(bootstrap, topic) == [[b"a", b"b"] * 3, []]
    finally:
        await one.stop()


@pytest.mark.parametrize("code", [TIMED_OUT, CLUSTER_DENIED, ID_DENIED, EPOCH, UNKNOWN])
async def test_a_producer_that_is_not_let_in_says_so(bootstrap, topic, code) -> None:
    one = producer(bootstrap, topic)
    Lying(one, InitProducerIdRequest, code, carried_out=True)
    try:
        with pytest.raises(KafkaError):
            await asyncio.wait_for(one.start([topic]), 60)
    finally:
        await one.stop()
