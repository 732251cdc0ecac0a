"""A record that the broker refuses keeps none of the next out."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from engine.confirmed import ConfirmedProducer

pytestmark = pytest.mark.kafka


@pytest.fixture
async def topic(bootstrap: str) -> str:
    """A topic that takes small records only."""
    name = f"small-{time.time_ns()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1, topic_configs={"max.message.bytes": "1000"})])
    await admin.close()
    return name


@pytest.fixture
async def producer(bootstrap: str) -> AsyncIterator[ConfirmedProducer]:
    made = ConfirmedProducer({"bootstrap_servers": bootstrap})
    yield made
    await made.stop()


async def read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    try:
        await consumer.start()
        return [(await asyncio.wait_for(anext(consumer), 60)).value for _ in range(count)]
    finally:
        await consumer.stop()


async def test_after_a_refusal_the_next_records_are_taken(bootstrap, topic, producer) -> None:
    await producer.send(topic, 0, b"k", b"before", [])
    with pytest.raises(MessageSizeTooLargeError):
        await producer.send(topic, 0, b"k", b"x" * 5_000, [])

    await producer.send(topic, 0, b"k", b"after", [])
    await producer.send(topic, 0, b"k", b"later", [])

    assert await read(bootstrap, topic, 3) == [b"before", b"after", b"later"]


async def test_of_many_at_once_those_that_ask_again_are_taken(bootstrap, topic, producer) -> None:
    large, small = [b"x" * 5_000] * 3, [b"%d" % i for i in range(20)]

    async def send(value: bytes, times: int) -> bool:
        for _ in range(times):
            try:
                await producer.send(topic, 0, b"k", value, [])
            except KafkaError:
                continue
            return True
        return False

    refused = asyncio.gather(*(send(value, 1) for value in large))
    taken = await asyncio.gather(*(send(value, 10) for value in small))

    assert await refused == [False] * 3
    assert taken == [True] * 20
    assert set(await read(bootstrap, topic, 20)) == set(small)


async def test_a_broker_that_is_gone_keeps_no_process_from_ending(monkeypatch) -> None:
    class Waiting:
        """A client with a record on its way to a broker that is gone."""

        def __init__(self, **_options: Any) -> None:
            pass

        async def start(self) -> None:
            pass

        async def stop(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("engine.confirmed.AIOKafkaProducer", Waiting)
    monkeypatch.setattr("engine.confirmed.STOP_S_MAX", 0.05)
    producer = ConfirmedProducer({})
    await producer.start()

    await asyncio.wait_for(producer.stop(), 30)
