"""The example of the documentation does what it says, in memory and on Kafka."""

import json
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from docs.examples.counter import CLICKS, COUNTER, COUNTS, HUNDREDS
from engine.driver import Driver

ROOT = Path(__file__).parents[2]


def click(customer: str) -> bytes:
    return json.dumps({"customer": customer}).encode()


def test_it_counts_and_announces_the_hundredth() -> None:
    driver = Driver([COUNTER])

    for _ in range(150):
        driver.send(CLICKS, click("ann"), "ann")
    driver.send(CLICKS, click("bob"), "bob")
    driver.send(CLICKS, b"{", "ann")
    driver.run()

    assert driver.rows(COUNTS) == {"ann": 150, "bob": 1}
    assert [record.value for record in driver.outputs(HUNDREDS)] == [click("ann")]
    assert len(driver.dead_letters(CLICKS)) == 1


@pytest.mark.kafka
def test_it_runs_on_kafka(bootstrap, tmp_path) -> None:
    ann = f"ann {uuid.uuid4()}"  # A broker of one's own has the topics, and others' clicks.
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic("clicks", 4, 1)]).values():
        made = future.exception(60)
        assert made is None or made.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS
    producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"})
    for _ in range(100):
        producer.produce("clicks", click(ann), ann)
    producer.flush()

    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "faust", "-A", "docs.examples.counter", "worker", "-l", "warn",
             "--without-web"],
            cwd=tmp_path, env=dict(os.environ, FLOWMART_BROKER=bootstrap, PYTHONPATH=str(ROOT)),
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        assert _is_told(bootstrap, "clicks.hundreds", click(ann))
    finally:
        worker.terminate()
        assert worker.wait(60) == 0


def _is_told(bootstrap: str, topic: str, value: bytes) -> bool:
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": f"test-of-the-example-{uuid.uuid4()}",
         "auto.offset.reset": "earliest", "topic.metadata.refresh.interval.ms": 500}
    )  # fmt: skip
    consumer.subscribe([topic])
    deadline = time.monotonic() + 180
    try:
        while time.monotonic() < deadline:
            message = consumer.poll(1.0)
            if message is not None and not message.error() and message.value() == value:
                return True
        return False
    finally:
        consumer.close()
