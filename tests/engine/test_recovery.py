"""Transactions and recovery on real Kafka: any end of a changelog, any size of a batch."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from engine.batches import Batch
from engine.errors import ChangelogGone, CommitFailed, Fenced
from engine.producer import LaneProducer
from engine.records import Output
from engine.recovery import ChangelogReader, Recovered, position_item
from engine.sizes import BATCH_BYTES, RECORD_BYTES_MAX
from engine.store import CLUSTER, POSITION, MemoryStore, Store

pytestmark = pytest.mark.kafka

WAIT_S_MAX = 50.0


@pytest.fixture
async def changelog(bootstrap: str) -> str:
    """A topic of one partition that nobody else has."""
    name = f"changelog-{time.time_ns()}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await admin.close()
    return name


@pytest.fixture
async def writer(bootstrap: str, changelog: str) -> AsyncIterator[LaneProducer]:
    made = LaneProducer(f"{changelog}-0", {"bootstrap_servers": bootstrap})
    await made.start([changelog])
    yield made
    await made.stop()


@pytest.fixture
def recover(bootstrap: str, changelog: str) -> Callable[[Store], Any]:
    """Bring a store up to date; returns what was done and the store that came of it.

    As in a lane a new producer comes first: until the broker has let it in, the end of what the
    one before it committed may not be told yet.
    """

    async def run(store: Store) -> tuple[Recovered, Store]:
        stores = {0: store}
        fencing = LaneProducer(f"{changelog}-0", {"bootstrap_servers": bootstrap})
        await fencing.start([changelog])
        await fencing.stop()
        reader = ChangelogReader(changelog, {"bootstrap_servers": bootstrap}, lambda _p, _n: None)
        async with asyncio.timeout(WAIT_S_MAX):
            done = await reader.recover(stores, lambda _p, _why: MemoryStore())
        return done, stores[0]

    return run


def batch(*keys: str, value: bytes = b"v", outputs: int = 0, topic: str = "") -> Batch:
    rows = [(key.encode(), value) for key in keys]
    return Batch([Output(topic, 0, b"k", b"o" * 1000, [])] * outputs, rows)  # type: ignore[list-item]  # items are bytes or None


async def test_an_empty_changelog_gives_an_empty_store(recover) -> None:
    done, store = await recover(MemoryStore())

    assert (done.records, store.get(POSITION)) == (0, None)


async def test_a_connection_that_takes_long_to_close_holds_up_no_recovery(
    recover, monkeypatch
) -> None:
    """Over TLS, with an answer under way, one takes 30 s."""
    stop, late = AIOKafkaConsumer.stop, asyncio.Event()

    async def stop_late(consumer: AIOKafkaConsumer) -> None:
        late.set()
        try:
            await asyncio.Event().wait()
        finally:
            await stop(consumer)

    monkeypatch.setattr(AIOKafkaConsumer, "stop", stop_late)
    monkeypatch.setattr("engine.recovery.STOP_S_MAX", 0.05)

    await recover(MemoryStore())

    assert late.is_set()


async def test_who_asked_for_the_groups_offsets_is_not_waited_for_either(monkeypatch) -> None:
    class Admin:
        """A client whose connection does not close."""

        def __init__(self, **_options: Any) -> None:
            pass

        async def start(self) -> None:
            pass

        async def list_consumer_group_offsets(self, _group: str) -> dict[TopicPartition, Any]:
            return {}

        async def close(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("engine.recovery.AIOKafkaAdminClient", Admin)
    monkeypatch.setattr("engine.recovery.STOP_S_MAX", 0.05)
    reader = ChangelogReader("changelog", {}, lambda _p, _n: None, group="group")

    async with asyncio.timeout(WAIT_S_MAX):
        await reader._check_empty({0})


async def test_a_recovery_that_is_given_up_while_its_client_connects_closes_it(monkeypatch) -> None:
    connecting, closed = asyncio.Event(), asyncio.Event()

    class Consumer:
        """A client whose node is silent."""

        def __init__(self, **_options: Any) -> None:
            pass

        async def start(self) -> None:
            connecting.set()
            await asyncio.Event().wait()

        async def stop(self) -> None:
            closed.set()

    monkeypatch.setattr("engine.recovery.AIOKafkaConsumer", Consumer)
    reader = ChangelogReader("changelog", {}, lambda _p, _n: None)
    opening = asyncio.create_task(
        reader.recover({0: MemoryStore()}, lambda _p, _why: MemoryStore())
    )
    await connecting.wait()

    opening.cancel()
    await asyncio.wait([opening])

    assert closed.is_set()


async def test_a_changelog_that_ends_in_a_commit_marker_is_read_to_its_end(
    writer, changelog, recover
) -> None:
    await writer.commit(batch("a", "b"), changelog, 0)
    position = await writer.commit(batch("a", "c", value=b"w"), changelog, 0)

    done, store = await recover(MemoryStore())
    again, _ = await recover(store)

    assert position == 5, "two rows, a marker, two rows; the second marker is behind"
    assert dict(store.range(b"a", b"z")) == {b"a": b"w", b"b": b"v", b"c": b"w"}
    assert (done.records, again.records) == (4, 0)


async def test_a_store_that_is_up_to_date_waits_for_nothing(
    bootstrap, writer, changelog, recover
) -> None:
    """But for the marker that ends the last transaction, which no poll returns."""

    async def connected() -> float:
        began = time.monotonic()
        async with AIOKafkaConsumer(bootstrap_servers=bootstrap):
            took_s = time.monotonic() - began
            await asyncio.sleep(0.01)  # Its tasks cannot be stopped before they have begun.
        return took_s

    await writer.commit(batch("a"), changelog, 0)
    _, store = await recover(MemoryStore())
    store.write([position_item(1, time.time())])

    took, connecting = [], []
    for _ in range(40):  # On a machine with much to do only the best of many tells.
        took.append((await recover(store))[0].seconds)
        connecting.append(await connected())
        if (waits_s := min(took) - min(connecting)) < 0.09:
            break

    assert waits_s < 0.09, "every start of a worker waits so long"


async def test_a_changelog_with_nothing_but_an_aborted_transaction_is_empty(
    bootstrap, changelog, recover
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{changelog}-x")
    await producer.start()
    await producer.begin_transaction()
    await producer.send_and_wait(changelog, b"v", b"a", partition=0)
    await producer.abort_transaction()
    await producer.stop()

    done, store = await recover(MemoryStore())

    assert done.records == 0
    assert store.get(b"a") is None


async def test_what_a_killed_worker_left_open_is_ended_before_recovery_looks(
    bootstrap, changelog, recover
) -> None:
    killed = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{changelog}-0")
    await killed.start()
    await killed.begin_transaction()
    await killed.send_and_wait(changelog, b"torn", b"a", partition=0)
    heir = LaneProducer(f"{changelog}-0", {"bootstrap_servers": bootstrap})

    await heir.start([changelog])
    done, store = await recover(MemoryStore())

    assert done.records == 0
    assert store.get(b"a") is None
    await heir.stop()
    await killed.stop()


async def test_a_store_that_knows_more_than_the_changelog_is_rebuilt(
    writer, changelog, recover
) -> None:
    await writer.commit(batch("a"), changelog, 0)
    ahead = MemoryStore()
    ahead.write([(b"never", b"written"), position_item(99, time.time())])

    _, store = await recover(ahead)

    assert store is not ahead
    assert dict(store.range(b"a", b"z")) == {b"a": b"v"}


async def test_a_store_of_an_earlier_changelog_is_rebuilt(writer, changelog, recover) -> None:
    """A cluster or a topic was made anew while a worker's disk was kept, and has grown since."""
    for key in "abc":
        await writer.commit(batch(key), changelog, 0)
    older = MemoryStore()
    older.write([(b"n", b"of another life"), position_item(2, time.time() - 3600)])

    _, store = await recover(older)

    assert store is not older
    assert dict(store.range(b"a", b"z")) == {b"a": b"v", b"b": b"v", b"c": b"v"}


async def test_a_store_of_another_cluster_is_rebuilt_although_it_would_fit(
    writer, changelog, recover
) -> None:
    """Two clusters had the shop by turns: this one's changelog began before, and is longer."""
    for key in "abc":
        await writer.commit(batch(key), changelog, 0)
    other = MemoryStore()
    other.write(
        [(b"n", b"of another life"), (CLUSTER, b"another's"), position_item(2, time.time())]
    )

    _, store = await recover(other)

    assert store is not other
    assert dict(store.range(b"a", b"z")) == {b"a": b"v", b"b": b"v", b"c": b"v"}
    assert store.get(CLUSTER) not in (None, b"another's")


async def test_a_store_of_before_clusters_were_told_apart_is_read_on_as_this_clusters(
    writer, changelog, recover
) -> None:
    position = await writer.commit(batch("a"), changelog, 0)
    older = MemoryStore()
    older.write([(b"a", b"v"), position_item(position, time.time())])

    _, store = await recover(older)
    taken_on = store.get(CLUSTER)
    _, again = await recover(store)

    assert taken_on
    assert (again, again.get(CLUSTER)) == (older, taken_on)


async def test_a_store_reads_on_where_it_stands(writer, changelog, recover) -> None:
    position = await writer.commit(batch("a"), changelog, 0)
    store = MemoryStore()
    store.write([(b"a", b"v"), position_item(position, time.time())])
    await writer.commit(batch("b"), changelog, 0)

    done, store = await recover(store)

    assert done.records == 1
    assert dict(store.range(b"a", b"z")) == {b"a": b"v", b"b": b"v"}


async def test_an_old_store_is_rebuilt_also_where_the_clock_is_as_old_as_the_store(
    writer, changelog, recover, bootstrap, monkeypatch
) -> None:
    """A machine was restored from a copy of eight days ago, while others went on."""
    then = time.time() - 8 * 24 * 3600
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        first = int(then * 1000) - 1000
        await producer.send_and_wait(changelog, b"v", b"a", partition=0, timestamp_ms=first)
    await writer.commit(batch("b"), changelog, 0)
    store = MemoryStore()
    store.write([(b"gone", b"deleted since"), position_item(1, then)])
    clock = SimpleNamespace(time=lambda: then, monotonic=time.monotonic)
    monkeypatch.setattr("engine.recovery.time", clock)

    _, store = await recover(store)

    assert dict(store.range(b"a", b"z")) == {b"a": b"v", b"b": b"v"}


async def test_a_batch_larger_than_a_record_batch_is_split_and_stays_one_transaction(
    writer, changelog, recover
) -> None:
    keys = [f"k{i:03}" for i in range(40)]

    position = await writer.commit(batch(*keys, value=b"x" * 100_000), changelog, 0)
    done, store = await recover(MemoryStore())

    assert position == 40, "one control record, behind all rows: one transaction"
    assert 4 * BATCH_BYTES < 40 * 100_000
    assert len(list(store.range(b"k", b"l"))) == done.records == 40


async def test_the_largest_record_that_is_allowed_passes_the_broker(writer, changelog) -> None:
    await writer.commit(batch("k", value=b"x" * (RECORD_BYTES_MAX - 1)), changelog, 0)


async def test_what_the_broker_refuses_is_a_failed_commit(writer, changelog) -> None:
    with pytest.raises(CommitFailed, match="Large"):
        await writer.commit(batch("k", value=b"x" * 1_500_000), changelog, 0)


async def test_a_former_owner_is_fenced(bootstrap, writer, changelog, recover) -> None:
    await writer.commit(batch("a"), changelog, 0)
    heir = LaneProducer(f"{changelog}-0", {"bootstrap_servers": bootstrap})
    await heir.start([changelog])

    with pytest.raises(Fenced, match="taken this partition over"):
        await writer.commit(batch("a", value=b"of a zombie"), changelog, 0)

    _, store = await recover(MemoryStore())
    assert store.get(b"a") == b"v"
    await heir.stop()


async def test_a_changelog_that_was_deleted_is_told_of_before_any_store_is_wiped(
    bootstrap, changelog
) -> None:
    """Everything would be processed again: a group that has read says that it was not empty."""
    group, topic = f"group-{time.time_ns()}", TopicPartition(f"{changelog}-in", 0)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic.topic, 1, 1)])
    await admin.close()
    member = AIOKafkaConsumer(topic.topic, bootstrap_servers=bootstrap, group_id=group)
    await member.start()
    options = {"bootstrap_servers": bootstrap}
    reader = ChangelogReader(changelog, options, lambda _p, _n: None, group=group)
    store = MemoryStore()
    store.write([(b"k", b"v"), position_item(7, time.time())])
    wiped: list[int] = []

    def replace(partition: int, _why: str) -> Store:
        wiped.append(partition)
        return MemoryStore()

    try:
        await reader.recover({0: MemoryStore()}, replace)
        await member.commit({topic: 5})
        with pytest.raises(ChangelogGone, match="up to 5: the changelog was deleted"):
            await reader.recover({0: store}, replace)
    finally:
        await member.stop()

    assert wiped == []
