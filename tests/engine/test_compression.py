"""Producers choose how they compress; one that nobody can read would stop every worker for ever."""

import time

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka import Producer

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize("compression", ["gzip", "snappy", "lz4", "zstd"])
async def test_what_a_producer_compressed_is_read(bootstrap: str, compression: str) -> None:
    topic, values = f"compressed-{time.time_ns()}", [b"%d" % i * 1000 for i in range(50)]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    producer = Producer({"bootstrap.servers": bootstrap, "compression.type": compression,
                         "linger.ms": 50})  # fmt: skip
    for value in values:
        producer.produce(topic, value, partition=0)
    assert producer.flush(60) == 0

    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    try:
        await consumer.start()
        read = [await anext(consumer) for _ in values]
    finally:
        await consumer.stop()

    assert [record.value for record in read] == values
