"""The one broker that everything in a run shares, its topics, and what lies in them."""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka import Producer as KafkaProducer
from confluent_kafka.admin import AdminClient, NewTopic

from broker import Broker, fetch, progress_shown

LONG_RUN: Final = ("-XX:TieredStopAtLevel=4",)
"""JVM options of a broker that runs for hours: the optimising compiler. In the first minutes it
takes more than it gives: over 14,000 orders a broker took 740 us an order with it, 450 without."""
APPEND_TIME: Final[Mapping[str, str]] = {"message.timestamp.type": "LogAppendTime"}
WAIT_S: Final = 30.0
IDLE_S: Final = 0.2
POLL_RECORDS: Final = 20_000
LOG_LEVEL: Final = 3
"""Of the clients: errors only. A coordinator that is still loading is no news."""


class BenchmarkError(Exception):
    """A run cannot go on. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it lies in a topic."""

    partition: int
    timestamp_ms: int
    """When the broker appended it."""
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@contextmanager
def running_broker(jvm_options: Sequence[str] = ()) -> Iterator[str]:
    """Yield a broker's address: the one `FLOWMART_BROKER` names, or one of this run's own."""
    given = os.environ.get("FLOWMART_BROKER")
    if given:
        yield given.rsplit("://", maxsplit=1)[-1]
        return
    with progress_shown() as progress:
        fetch(progress=progress)
    with Broker(jvm_options=jvm_options, heap_mb=1024) as broker:
        yield broker.bootstrap


def create_topics(
    bootstrap: str, names: Iterable[str], partitions: int, config: Mapping[str, str] = APPEND_TIME
) -> None:
    """Create topics whose records are dated by the broker.

    Raises:
        KafkaException: one of them exists already, or the broker refused.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": LOG_LEVEL})
    wanted = [NewTopic(name, partitions, 1, config=dict(config)) for name in names]
    for future in admin.create_topics(wanted).values():
        future.result(WAIT_S)


def delete_topics(bootstrap: str, prefix: str) -> None:
    """Remove every topic whose name begins so; none is no error."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": LOG_LEVEL})
    names = [name for name in admin.list_topics(timeout=WAIT_S).topics if name.startswith(prefix)]
    if names:
        for future in admin.delete_topics(names).values():
            future.result(WAIT_S)


def producer(bootstrap: str, linger_ms: int = 20) -> KafkaProducer:
    """A producer for filling topics."""
    return KafkaProducer(
        {
            "bootstrap.servers": bootstrap,
            "linger.ms": linger_ms,
            "batch.num.messages": 20_000,
            "queue.buffering.max.messages": 1_000_000,
            "enable.idempotence": True,
            "compression.type": "none",
            "log_level": LOG_LEVEL,
        }
    )


def fill(bootstrap: str, records: Iterable[tuple[Any, ...]], linger_ms: int = 20) -> int:
    """Write (topic, partition, key, value[, at_ms]) records in order; returns how many."""
    client = producer(bootstrap, linger_ms)
    count = 0
    for topic, partition, key, value, *at_ms in records:
        while True:
            try:
                client.produce(topic, value, key, partition, timestamp=at_ms[0] if at_ms else 0)
                break
            except BufferError:
                client.poll(0.1)
        count += 1
        if count % 10_000 == 0:
            client.poll(0)
    if client.flush(WAIT_S):
        raise BenchmarkError("the broker did not take all records in time: look at its log")
    return count


class Reader:
    """Reads topics from their beginning, or from now on; committed records only."""

    def __init__(self, bootstrap: str, topics: Iterable[str], *, from_now: bool = False) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "flowmart-bench-reader",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 50,
                "log_level": LOG_LEVEL,
            }
        )
        found = self._consumer.list_topics(timeout=WAIT_S).topics
        self._tps = [TopicPartition(t, p, 0) for t in topics for p in found[t].partitions]
        if from_now:
            for tp in self._tps:
                tp.offset = self._end(tp)
        self._consumer.assign(self._tps)

    def _end(self, tp: TopicPartition) -> int:
        """The end of a partition; one just created may not have its leader yet."""
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                end: int = self._consumer.get_watermark_offsets(tp, timeout=WAIT_S)[1]
            except KafkaException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(IDLE_S)
            else:
                return end

    def poll(self, seconds: float) -> list[Message]:
        """What came within that time; ends of partitions are left out."""
        found = self._consumer.consume(POLL_RECORDS, seconds)
        return [message for message in found if _is_record(message)]

    def next(self, seconds: float, records_max: int) -> list[Message]:
        """At least one record as soon as it comes, with what has come beside it."""
        first = self._consumer.poll(seconds)
        if first is None:
            return []
        found = [first, *self._consumer.consume(records_max, 0)]
        return [message for message in found if _is_record(message)]

    def rest(self) -> Iterator[Record]:
        """Yield everything up to the ends as they are now."""
        open_ends = {(tp.topic, tp.partition) for tp in self._tps}
        deadline = time.monotonic() + WAIT_S
        while open_ends:
            for message in self._consumer.consume(POLL_RECORDS, IDLE_S):
                deadline = time.monotonic() + WAIT_S
                if _is_record(message):
                    yield record_of(message)
                else:
                    open_ends.discard((message.topic(), message.partition()))
            if time.monotonic() > deadline:
                raise BenchmarkError(f"no end of {sorted(open_ends)} was reached: is it locked?")

    def close(self) -> None:
        """Give up the connection."""
        self._consumer.close()


def _is_record(message: Message) -> bool:
    error = message.error()
    if error is None:
        return True
    if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - the client's public constant
        raise BenchmarkError(f"reading failed: {error}")
    return False


def record_of(message: Message) -> Record:
    """A client's message as a record."""
    return Record(
        message.partition(),
        message.timestamp()[1],
        message.key(),
        message.value(),
        tuple(message.headers() or ()),
    )
