"""Fetch, seek and change of assignment: two ways to lose records, and how they are mended.

Each hole is shown twice: with the mend taken out (records are lost or a lane meets a gap) and
with the engine as it is.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiokafka import TopicPartition
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import (
    InconsistentGroupProtocolError,
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
)
from faust.types import TP

from engine.bind import WorkerOptions, create_worker_app
from engine.consumer import Consumer
from engine.errors import BrokerUnavailable, Gap, RecordsGone
from engine.policy import Policy
from engine.processor import Processor
from engine.rebalance import LaneRecovery
from engine.records import Chunk
from engine.specs import EffectSpec
from engine.topology import Topology
from tests.engine.counting import COUNTS, IN, OUT, counting, record, topology, value
from tests.engine.fakes import FakeKafka, InMemoryLanes, until

TPS = {TP("in", 0)}
SOURCE = TopicPartition("in", 0)
POLICY = Policy(linger_s=0, bulk_linger_s=0)


class Reader:
    """A consumer of the engine over a fake client, read and rebalanced by hand."""

    def __init__(self, cls: type[Consumer], topo: Topology, records: int) -> None:
        self.app: Any = create_worker_app(topo, POLICY, WorkerOptions("b:1", Path("unused")))
        self.crashes: list[BaseException] = []
        self.app.crash = self._crash
        self.lanes = InMemoryLanes(topo, POLICY, self._crash)
        self.app.lanes = self.lanes
        self.consumer = cls(
            self.app.transport,
            callback=_nothing,
            on_partitions_revoked=_nothing,
            on_partitions_assigned=_nothing,
        )
        self.kafka = FakeKafka({SOURCE: [record(i, value("a", 1)) for i in range(records)]})
        self.consumer._kafka = self.kafka
        self.reading: asyncio.Task[None] | None = None

    async def _crash(self, exc: BaseException) -> None:
        self.crashes.append(exc)

    async def assign(self) -> None:
        """As the engine does it: open lanes, seek, resume."""
        if await self.lanes.open([0]):
            await self.consumer.perform_seek()
            self.consumer.resume_flow()

    async def revoke(self) -> None:
        await self.consumer.on_partitions_revoked(TPS)

    def read(self) -> None:
        self.reading = asyncio.create_task(self.consumer._drain_messages(self.app))

    def append(self, count: int) -> None:
        log = self.kafka.logs[SOURCE]
        log += [record(len(log) + i, value("a", 1)) for i in range(count)]

    def counted(self) -> int:
        """Records in the store, as committed."""
        processor = Processor(self.lanes.topology, 0, self.lanes.kept[0], self.lanes.stats)
        row = processor.tables[COUNTS.name].get("a")
        return 0 if row is None else row.n

    async def settle(self, seconds: float = 0.03) -> None:
        """Let everybody do what they can, also where the machine stops all of them for a while."""
        await asyncio.sleep(seconds)
        for _ in range(200):
            await asyncio.sleep(0)


async def _nothing(*_args: Any, **_kwargs: Any) -> None:
    """Faust's side of a callback."""


@asynccontextmanager
async def reader(
    cls: type[Consumer] = Consumer, records: int = 10, topo: Topology | None = None
) -> AsyncIterator[Reader]:
    one = Reader(cls, topo or topology(), records)
    one.consumer.stop_flow()
    try:
        yield one
    finally:
        if one.reading is not None:
            one.reading.cancel()
        await one.lanes.close(release=True)


# -- hole 1: a seek while a fetch is under way


class SeeksWhileFetching(Consumer):
    """Without the lock: a fetch that began before a seek is delivered after it."""

    class _NoLock:
        async def __aenter__(self) -> None:
            """Nobody waits."""

        async def __aexit__(self, *_exc: object) -> None:
            """Nobody waited."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fetch_lock = self._NoLock()  # type: ignore[assignment]  # the mend, taken out


async def _seek_back_during_a_fetch(one: Reader) -> None:
    """Position 6 was never committed; a fetch from it is under way when lanes seek to 0."""
    await one.assign()
    one.kafka.seek(SOURCE, 6)
    one.kafka.gate.clear()
    one.read()
    await one.settle()

    seeking = asyncio.create_task(one.consumer.perform_seek())
    await one.settle()
    one.kafka.gate.set()
    await seeking
    await one.settle()


async def test_without_the_lock_a_seek_during_a_fetch_loses_the_records_between() -> None:
    async with reader(SeeksWhileFetching) as one:
        await _seek_back_during_a_fetch(one)

        assert one.crashes == []
        assert one.counted() == 4, "0 to 5 are lost, and nobody noticed"


async def test_a_seek_waits_for_the_fetch_and_none_of_that_passes_for_what_was_sought() -> None:
    async with reader() as one:
        await one.assign()
        one.kafka.gate.clear()
        one.read()
        await one.settle()
        one.consumer.stop_flow()

        seeking = asyncio.create_task(one.consumer.perform_seek())
        await one.settle()
        waited = not seeking.done()
        one.kafka.gate.set()
        await seeking
        one.consumer.resume_flow()
        await one.settle(0.3)

        assert waited
        assert one.counted() == 10
        assert one.crashes == []


async def test_a_seek_that_a_rebalance_overtakes_is_left_to_the_next_opening() -> None:
    async with reader() as one:
        assert await one.lanes.open([0])

        seeking = asyncio.create_task(one.consumer.perform_seek())
        await asyncio.sleep(0)
        one.kafka.assigned.clear()

        await seeking
        assert one.kafka.state_value(SOURCE).position == 0


# -- hole 2: chunks that arrive between a lane's closing and the next opening


class ClosesLanesFirst(Consumer):
    """Closes lanes while the flow is active, and goes on reading where it was."""

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        await self.lanes.close()

    async def perform_seek(self) -> None:
        if not self._ends:
            await super().perform_seek()


class Trusting(ClosesLanesFirst):
    """And whose lanes believe that every chunk joins on to the last."""

    def _chunk(self, tp: Any, records: list[Any]) -> Chunk:
        found = super()._chunk(tp, records)
        marker = self.lanes.lane(0)
        at = marker.processor.mark("in") if marker is not None else None
        return Chunk(found.topic, found.partition, at or 0, found.end, found.records)


async def _rebalance_while_records_come(one: Reader) -> None:
    await one.assign()
    one.read()
    await one.settle(0.3)
    await one.revoke()
    one.append(5)
    await one.settle(0.3)
    await one.assign()
    one.append(5)
    await one.settle(0.3)


async def test_lanes_that_close_before_the_flow_stops_lose_chunks_and_only_the_gap_tells() -> None:
    async with reader(ClosesLanesFirst) as one:
        await _rebalance_while_records_come(one)

        assert isinstance(one.crashes[0], Gap)
        assert one.counted() == 10


async def test_without_the_rule_of_continuity_they_would_be_lost_in_silence() -> None:
    async with reader(Trusting) as one:
        await _rebalance_while_records_come(one)

        assert one.crashes == []
        assert one.counted() == 15, "5 of 20 are lost"


async def test_a_rebalance_while_records_come_loses_none() -> None:
    async with reader() as one:
        await _rebalance_while_records_come(one)

        assert one.crashes == []
        assert one.counted() == 20
        assert one.lanes.stats.dropped_chunks == 0
        assert one.lanes.stats.skipped == 0, "what was applied before is not read again"


async def test_a_chunk_fetched_before_the_rebalance_is_not_delivered_after_it() -> None:
    async with reader() as one:
        await one.assign()
        one.kafka.gate.clear()
        one.read()
        await one.settle()

        await one.revoke()
        one.kafka.gate.set()
        await one.assign()
        await one.settle(0.3)

        assert one.counted() == 10
        assert one.crashes == []


# -- overlapping openings


async def test_a_revocation_gives_up_an_opening_under_way() -> None:
    async with reader() as one:
        one.lanes.opening_gate.clear()
        opening = asyncio.create_task(one.lanes.open([0]))
        await one.settle()

        await asyncio.wait_for(one.revoke(), 30)

        assert await opening is False
        assert all(writer.stopped for writer in one.lanes.writers)
        assert one.lanes.open_lanes() == {}


async def test_openings_that_follow_each_other_quickly_never_overlap() -> None:
    async with reader() as one:
        for _ in range(5):
            one.lanes.opening_gate.clear()
            opening = asyncio.create_task(one.lanes.open([0]))
            await asyncio.sleep(0)
            await one.revoke()
            assert await opening is False
        one.lanes.opening_gate.set()
        await one.assign()
        one.read()
        await one.settle(0.3)

        assert one.counted() == 10
        assert sum(not writer.stopped for writer in one.lanes.writers) == 1


class Opener:
    """The engine's own recovery service over a reader, told of assignments by hand."""

    def __init__(self, one: Reader) -> None:
        one.app.consumer = one.consumer
        one.consumer.topic_partitions = lambda _topic: 1  # type: ignore[method-assign]  # the client's
        self.one, self.resumed = one, 0
        self.recovery = LaneRecovery(one.app, one.app.tables)
        self.recovery._resume = self._resume  # type: ignore[method-assign]  # Faust's side

    async def _resume(self, _assigned: Any) -> None:
        self.resumed += 1

    def open(self) -> asyncio.Task[None]:
        self.recovery.wanted(TPS)
        return asyncio.create_task(self.recovery._open())


async def test_an_opening_that_another_has_overtaken_lets_no_records_flow() -> None:
    """A broker that is slow to tell offsets: meanwhile the partition goes and comes again."""
    async with reader() as one:
        opener, slow = Opener(one), asyncio.Event()
        asked = one.kafka.end_offsets

        async def answer(tps: Any) -> Any:
            await slow.wait()
            return await asked(tps)

        one.kafka.end_offsets = answer  # type: ignore[method-assign]  # a slow broker
        first = opener.open()
        await one.settle()
        await one.revoke()
        opener.recovery.wanted(TPS)
        slow.set()
        await first

        assert opener.resumed == 0, "no lane is open: what is fetched now would be lost"
        await opener.open()
        assert opener.resumed == 1


async def test_the_workers_end_does_not_wait_for_a_recovery() -> None:
    async with reader() as one:
        one.lanes.opening_gate.clear()
        opening = asyncio.create_task(one.lanes.open([0]))
        await one.settle()

        await asyncio.wait_for(one.lanes.close(release=True), 30)

        assert await opening is False


async def test_after_a_crash_nobody_waits_for_lanes_to_finish() -> None:
    """A transaction into a topic that was deleted does not end."""
    async with reader() as one:
        one.consumer._kafka = None
        one.lanes.policy = Policy(linger_s=0, close_wait_s=60)
        await one.lanes.open([0])
        lane, writer = one.lanes.lane(0), one.lanes.writers[0]
        writer.gate.clear()
        one.lanes.put(Chunk("in", 0, 0, 1, [record(0, value("a", 1))]))
        await one.settle()
        one.app._crashed.set()

        ending = asyncio.create_task(one.consumer.on_stop())
        async with asyncio.timeout(30):
            while not lane._closed:  # noqa: ASYNC110 - what a lane does sets no event
                await asyncio.sleep(0.001)
            writer.gate.set()
            await ending

        assert writer.stopped


# -- a lane that is full


@asynccontextmanager
async def two_partitions(records: int) -> AsyncIterator[Reader]:
    """A reader of two partitions, of which the first commits nothing until its gate opens."""
    async with reader(topo=topology(partitions=2)) as one:
        logs = {TopicPartition("in", p): [record(i, value("a", 1), partition=p)
                                          for i in range(records)] for p in (0, 1)}  # fmt: skip
        one.consumer._kafka = one.kafka = FakeKafka(logs, fetch_max=1)
        one.lanes.policy = Policy(linger_s=0, bulk_linger_s=0, inbox_chunks_max=2)
        assert await one.lanes.open([0, 1])
        one.lanes.writers[0].gate.clear()
        await one.consumer.perform_seek()
        one.consumer.resume_flow()
        yield one


async def test_a_lane_that_is_full_holds_up_no_other_and_loses_nothing() -> None:
    async with two_partitions(records=50) as one:
        slow, other = one.lanes.writers

        one.read()
        await until(lambda: sum(other.records) == 50)
        while_slow = sum(slow.records)
        slow.gate.set()
        await until(lambda: sum(slow.records) == 50)
        await one.settle()

        assert while_slow == 0
        assert (sum(slow.records), sum(other.records)) == (50, 50)
        assert one.crashes == []


async def test_a_reader_whose_lanes_are_all_full_waits_for_room() -> None:
    async with two_partitions(records=50) as one:
        one.lanes.writers[1].gate.clear()

        one.read()
        await until(lambda: one.lanes.crowded() == {0, 1})
        await one.settle()  # For the fetch under way.
        fetches = one.kafka.fetches
        await one.settle(0.3)
        waited = one.kafka.fetches == fetches
        for writer in one.lanes.writers:
            writer.gate.set()
        await until(lambda: sum(sum(writer.records) for writer in one.lanes.writers) == 100)
        await one.settle()

        assert waited
        assert [sum(writer.records) for writer in one.lanes.writers] == [50, 50]


# -- where reading begins


async def test_records_that_were_deleted_are_told_and_passed_over() -> None:
    async with reader() as one:
        one.kafka.begins[SOURCE] = 4

        await one.assign()
        one.kafka.seek(SOURCE, 4)
        one.read()
        await one.settle(0.3)

        assert one.counted() == 6
        assert one.crashes == []


async def _come_back_to_less(one: Any) -> None:
    """Read ten records, and come back when thirty are there but for the first 25."""
    await one.assign()
    one.read()
    await one.settle(0.3)
    await one.revoke()
    one.append(20)
    one.kafka.begins[SOURCE] = 25
    await one.assign()
    await one.settle(0.3)


async def test_a_marker_before_what_the_broker_kept_moves_on_with_an_error(caplog) -> None:
    async with reader() as one:
        await _come_back_to_less(one)

        assert one.counted() == 15
        assert "records [10, 25) were deleted before they were processed" in caplog.text
        assert one.lanes.stats.lost == {"in": 15}
        assert one.crashes == []


async def test_a_source_that_one_of_its_readers_never_had_is_taken_up_where_it_begins() -> None:
    """An effect's first call was under way at the kill; meanwhile its record was deleted."""

    async def call(_delivery: Any) -> list[Any]:
        await asyncio.Event().wait()
        return []

    effect = EffectSpec("peer", "", IN, {"In": call}, outputs=(OUT,))
    topo = Topology([counting()], [effect], app_id="t", env="dev", partitions=1)
    async with reader(topo=topo) as one:
        await _come_back_to_less(one)

        assert one.crashes == []
        assert one.lanes.lane(0).processor.committed_mark("in") == 30  # type: ignore[union-attr]


async def test_what_was_written_while_no_worker_ran_comes_before_the_timers_of_then() -> None:
    async with reader(records=0) as one:
        one.kafka.fetch_max = 2
        one.kafka.logs[SOURCE].append(record(0, value("a", 5, "timer")))
        await one.assign()
        one.read()
        await until(lambda: one.counted() == 1)
        await one.revoke()
        for offset in range(1, 6):
            one.kafka.logs[SOURCE].append(record(offset, value("a", 1)))
        await one.settle(0.3)  # For the fetch under way.

        one.kafka.gate.clear()
        await one.assign()
        one.lanes.tick()
        await one.settle()
        before = dict(one.lanes.stats.timers)
        one.kafka.gate.set()
        await until(lambda: one.counted() == 6)
        await one.settle()
        one.lanes.tick()
        await one.settle()

        assert before == {}
        assert one.lanes.stats.timers == {("count", "later"): 1}
        assert one.crashes == []


async def test_a_lane_with_nothing_left_to_read_fires_its_timers_at_once() -> None:
    async with reader(records=0) as one:
        one.kafka.logs[SOURCE].append(record(0, value("a", 5, "timer")))
        await one.assign()
        one.read()
        await until(lambda: one.counted() == 1)
        await one.revoke()

        await one.assign()
        await one.settle()
        one.lanes.tick()
        await one.settle()

        assert one.lanes.stats.timers == {("count", "later"): 1}


async def test_a_worker_that_ends_tells_the_group_how_far_it_came() -> None:
    told: dict[TopicPartition, int] = {}

    async with reader() as one:
        one.kafka.commit = _into(told)  # type: ignore[attr-defined]  # what the client would do
        one.kafka.stop = _nothing  # type: ignore[attr-defined]  # as above
        await one.assign()
        one.read()
        await one.settle(0.3)

        await one.consumer.on_stop()

        assert told == {SOURCE: 10}


def _into(told: dict[TopicPartition, int]) -> Any:
    async def commit(offsets: Any) -> None:
        told.update({tp: meta.offset for tp, meta in offsets.items()})

    return commit


async def test_a_topic_that_ends_before_the_marker_is_refused() -> None:
    async with reader() as one:
        await one.assign()
        one.read()
        await one.settle(0.3)
        await one.revoke()
        del one.kafka.logs[SOURCE][3:]

        with pytest.raises(RecordsGone, match="ends at 3, but records up to 10 were processed"):
            await one.assign()


async def test_a_broker_that_refuses_a_fetch_stops_the_worker() -> None:
    async def refuse(timeout_ms: int) -> None:
        raise TopicAuthorizationFailedError("in")

    async with reader() as one:
        await one.assign()
        one.kafka.getmany = refuse  # type: ignore[assignment,method-assign]  # a broker that refuses

        await one.consumer._drain_messages(one.app)

        assert isinstance(one.crashes[0], BrokerUnavailable)


class Cluster:
    """What a broker tells of its topics at each look: partitions by topic; None: no answer."""

    FINE: ClassVar = {"in": 1, "out": 1, "in.dlq": 1, "t-changelog": 1}

    def __init__(self, *looks: dict[str, int] | None) -> None:
        self.left = list(looks)
        self._client = self._coordinator = self
        self.refusal: KafkaError | None = None

    async def fetch_all_metadata(self) -> Any:
        found = self.left.pop(0) if self.left else self.FINE
        if found is None:
            raise KafkaConnectionError("gone")
        cluster = ClusterMetadata()
        cluster._partitions = {topic: dict.fromkeys(range(n)) for topic, n in found.items()}
        return cluster

    def check_errors(self) -> None:
        if self.refusal is not None:
            raise self.refusal


async def watch(looks: Cluster, monkeypatch) -> list[str]:
    """What the worker ended of, once the broker was looked at often enough."""
    monkeypatch.setattr("engine.asked.BROKER_WATCH_S", 0.01)
    async with reader() as one:
        one.consumer._kafka = looks
        watching = asyncio.create_task(Consumer._watch_broker.fun(one.consumer))
        async with asyncio.timeout(60):
            while looks.left:  # noqa: ASYNC110 - the fake sets no event
                await asyncio.sleep(0.001)
        await one.settle()  # For the look after the last, if there is one.
        watching.cancel()
        return [str(crash) for crash in one.crashes]


async def test_a_broker_that_is_gone_is_told_of_once_and_so_is_its_return(
    monkeypatch, caplog
) -> None:
    crashes = await watch(Cluster(Cluster.FINE, None, None, None), monkeypatch)

    assert crashes == []
    assert caplog.text.count("the broker does not answer") == 1
    assert caplog.text.count("the broker answers again") == 1


async def test_a_worker_that_its_group_refuses_ends_although_it_reads_nothing(monkeypatch) -> None:
    cluster = Cluster(Cluster.FINE)
    cluster.refusal = InconsistentGroupProtocolError()

    [said, *_] = await watch(cluster, monkeypatch)

    assert said.startswith("the group t did not let it in: ")
    assert "InconsistentGroupProtocolError" in said


async def test_a_broker_that_does_not_answer_is_waited_for_until_it_does() -> None:
    async with reader() as one:
        one.consumer._kafka = Cluster(None, None)
        waits_s = [one.lanes.waits_s()]
        for _ in range(3):
            await one.consumer._found_partitions()
            await asyncio.sleep(0.02)  # By the loop's clock, which may run ahead of the other.
            waits_s.append(one.lanes.waits_s())

    assert (waits_s[0], waits_s[3]) == (0.0, 0.0)
    assert waits_s[2] - 0.01 >= waits_s[1] >= 0.01


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"in": 2}, "in has 2"),
        ({"in": 0}, "in has none"),
        ({"out": 0}, "out has none"),
        ({"t-changelog": 2}, "t-changelog has 2"),
        ({"in.dlq": 0}, "in.dlq has none"),
    ],
)
async def test_topics_that_change_under_way_end_the_worker(changed, told, monkeypatch) -> None:
    looks = [Cluster.FINE, *[Cluster.FINE | changed] * 2]

    [said] = await watch(Cluster(*looks), monkeypatch)

    assert f"needs 1 partitions: {told}. " in said


@pytest.mark.parametrize("changed", [{"in": 0}, {"out": 3}, {"of others": 3}])
async def test_what_was_so_for_one_look_and_what_does_not_matter_ends_nothing(
    changed, monkeypatch
) -> None:
    passing = [Cluster.FINE | changed, Cluster.FINE] if "in" in changed else []
    looks = passing * 3 or [Cluster.FINE | changed] * 5

    assert await watch(Cluster(*looks), monkeypatch) == []


async def test_a_source_whose_effect_cannot_take_more_is_paused_and_resumed() -> None:
    gate = asyncio.Event()

    async def slow(_delivery: Any) -> list[Any]:
        await gate.wait()
        return []

    effect = EffectSpec("peer", "", IN, {"In": slow}, outputs=(OUT,), in_flight_max=1)
    topo = Topology([], [effect], app_id="t", env="dev", partitions=1)
    async with reader(records=0, topo=topo) as one:
        one.lanes.policy = Policy(
            linger_s=0, bulk_linger_s=0, effect_records_max=1, effect_chunks_max=2
        )
        one.kafka.fetch_max = 1
        one.append(10)
        await one.assign()
        one.read()
        await until(lambda: one.kafka.paused)
        await one.settle(0.3)
        paused, position = set(one.kafka.paused), one.kafka.state_value(SOURCE).position
        gate.set()
        lane = one.lanes.lane(0)
        await until(lambda: lane.processor.mark("effect:peer:in") == 10)  # type: ignore[union-attr]
        await until(lambda: not one.kafka.paused)

        assert paused == {SOURCE}
        assert position < 10
