"""When a lane commits, how much it holds, and that nothing is acknowledged before."""

import asyncio
import time

import pytest

from engine.errors import CommitFailed, Fenced, Gap
from engine.policy import Policy
from engine.recovery import other_cluster, usable_position
from engine.specs import AgentSpec, Source
from engine.store import MemoryStore
from engine.topology import Topology
from tests.engine.counting import COUNTS, IN, OUT, Row, chunk, topology, value
from tests.engine.fakes import Bench, until

QUICK = Policy(linger_s=0.0, bulk_linger_s=0.0)
SLOW = Policy(linger_s=0.05, bulk_linger_s=0.2, bulk_records=3, records_max=10)


def row(bench: Bench, key: str) -> Row | None:
    """As committed to the store."""
    found = Bench(topology(), QUICK, bench.store)
    result = found.processor.tables[COUNTS.name].get(key)
    found.lane._task.cancel()
    return result


async def test_the_first_record_after_a_pause_is_committed_at_once() -> None:
    bench = Bench(topology(), Policy(linger_s=60.0, bulk_linger_s=60.0))

    bench.lane.put(chunk(0, value("a", 1)))
    await bench.settle()

    assert bench.writer.records == [1]
    assert row(bench, "a") == Row(1, 1)


async def test_what_comes_while_a_commit_is_under_way_shares_the_next_one() -> None:
    bench = Bench(topology(), QUICK)
    bench.writer.gate.clear()
    for i in range(4):
        bench.lane.put(chunk(i, value("a", 1)))
        await bench.settle()

    bench.writer.gate.set()
    await bench.settle()

    assert bench.writer.records == [1, 3]


async def test_a_lane_tells_how_long_its_commit_has_waited_so_far() -> None:
    bench = Bench(topology(), QUICK)
    bench.writer.gate.clear()
    bench.lane.put(chunk(0, value("a", 1)))
    before_s = bench.lane.waits_s()
    await bench.settle(0.05)
    held_s = bench.lane.waits_s()

    bench.writer.gate.set()
    await bench.settle()

    assert (before_s, bench.lane.waits_s()) == (0.0, 0.0)
    assert held_s >= 0.04


async def test_records_soon_after_a_commit_wait_for_the_linger() -> None:
    bench = Bench(topology(), Policy(linger_s=1.0))
    bench.lane.put(chunk(0, value("a", 1)))
    await bench.settle()

    bench.lane.put(chunk(1, value("a", 1)))
    bench.lane.put(chunk(2, value("a", 1)))
    await bench.settle()
    before = list(bench.writer.records)
    await until(lambda: bench.writer.records != before)

    assert (before, bench.writer.records) == ([1], [1, 2])


async def test_a_full_batch_is_committed_without_waiting() -> None:
    bench = Bench(topology(), Policy(linger_s=60, bulk_linger_s=60, bulk_records=1, records_max=4))
    bench.lane.put(chunk(0, value("a", 1)))
    await bench.settle()

    bench.lane.put(chunk(1, *[value("a", 1)] * 3))
    await bench.settle()
    before = list(bench.writer.records)
    bench.lane.put(chunk(4, value("a", 1)))
    await bench.settle()

    assert (before, bench.writer.records) == ([1], [1, 4])


async def test_a_batch_with_many_bytes_of_output_is_committed_without_waiting() -> None:
    bench = Bench(topology(), Policy(linger_s=60, bulk_linger_s=60, bytes_max=1000))
    bench.lane.put(chunk(0, value("a", 1)))
    await bench.settle()

    bench.lane.put(chunk(1, value("a", 2, "x" * 2000)))
    await bench.settle()

    assert bench.writer.records == [1, 1]


async def test_what_is_forwarded_counts_among_a_batchs_bytes() -> None:
    bench = Bench(topology("k", 2), Policy(linger_s=60, bulk_linger_s=60, bytes_max=1000))
    away = next(key for key in "abcdefgh" if bench.processor.topology.place_of(key))
    bench.lane.put(chunk(0, value("a", 1)))
    await bench.settle()

    bench.lane.put(chunk(1, value(away, 1, "x" * 2000)))
    await bench.settle()

    assert bench.writer.records == [1, 1]


async def test_more_than_a_few_records_wait_longer_for_others_to_join_them() -> None:
    bench = Bench(topology(), Policy(linger_s=0, bulk_linger_s=60, bulk_records=2))
    bench.lane.put(chunk(0, value("a", 1)))
    await bench.settle()

    bench.lane.put(chunk(1, *[value("a", 1)] * 3))
    await bench.settle()
    waits = list(bench.writer.records)
    bench.lane.put(chunk(4, value("a", 1)))
    await bench.settle()

    assert waits == bench.writer.records == [1]
    await bench.lane.close()


async def test_a_lane_says_when_it_has_no_room_and_when_it_has_again() -> None:
    bench = Bench(topology(), Policy(linger_s=0, bulk_linger_s=0, inbox_chunks_max=2))
    bench.writer.gate.clear()
    bench.lane.put(chunk(0, value("a", 1)))
    await bench.settle()
    bench.lane.put(chunk(1, value("a", 1)))
    had_room = bench.lane.has_room()
    bench.lane.put(chunk(2, value("a", 1)))
    has_room = bench.lane.has_room()
    bench.writer.gate.set()
    await bench.settle()

    assert (had_room, has_room, bench.lane.has_room()) == (True, False, True)
    assert sum(bench.writer.records) == 3


@pytest.mark.parametrize("error", [CommitFailed("no"), Fenced("another"), RuntimeError("odd")])
async def test_a_refused_transaction_stops_the_worker_and_leaves_the_store_as_it_was(error) -> None:
    bench = Bench(topology(), QUICK)
    bench.writer.error = error

    bench.lane.put(chunk(0, value("a", 2)))
    bench.lane.put(chunk(1, value("a", 2)))
    await bench.settle()

    assert bench.crashes == [error]
    assert row(bench, "a") is None
    assert bench.lane.position("in") is None, "the group must not be told of it"
    assert bench.writer.begun == 1


async def test_a_broker_that_does_not_answer_stops_the_worker_within_a_bound() -> None:
    bench = Bench(topology(), Policy(linger_s=0, commit_wait_s=0.05))
    bench.writer.gate.clear()

    bench.lane.put(chunk(0, value("a", 2)))
    await until(lambda: bench.crashes)

    assert "did not finish a transaction in 0.05 s" in str(bench.crashes[0])
    assert row(bench, "a") is None


async def test_a_client_that_cancels_its_own_future_stops_the_worker() -> None:
    bench = Bench(topology(), QUICK)
    bench.writer.error = asyncio.CancelledError()

    bench.lane.put(chunk(0, value("a", 2)))
    await bench.settle()

    assert isinstance(bench.crashes[0], CommitFailed)


async def test_a_gap_stops_the_worker_before_anything_is_committed() -> None:
    bench = Bench(topology(), SLOW)
    bench.lane.put(chunk(0, value("a", 1)))
    await bench.settle()

    bench.lane.put(chunk(1, value("a", 1)))
    bench.lane.put(chunk(3, value("a", 1)))
    await until(lambda: bench.crashes)

    assert isinstance(bench.crashes[0], Gap)
    assert bench.writer.records == [1]


async def test_what_the_broker_deleted_unread_is_passed_over_and_no_gap() -> None:
    first = Bench(topology(), QUICK)
    first.lane.put(chunk(0, value("a", 1)))
    await first.settle()
    bench = Bench(topology(), QUICK, first.store)

    stood = [bench.lane.forgive("in", position) for position in (1, 5, 5)]
    bench.lane.put(chunk(5, value("a", 1)))
    await bench.settle()

    assert (stood, bench.crashes) == ([None, 1, None], [])
    assert (row(bench, "a"), bench.lane.position("in")) == (Row(2, 2), 6)


async def test_a_lane_that_is_never_idle_commits_and_ticks_in_time_all_the_same() -> None:
    bench = Bench(topology(), Policy(linger_s=0, bulk_linger_s=0.02, bulk_records=1))
    until, offset, stats = time.monotonic() + 60, 0, bench.processor.stats
    bench.lane.put(chunk(0, value("a", 5, "timer")))
    bench.lane.tick(2_000_000)
    while not (stats.timers and stats.commits > 3) and time.monotonic() < until:
        offset += 1
        bench.lane.put(chunk(offset, value("a", 1)))
        await asyncio.sleep(0)

    assert stats.timers == {("count", "later"): 1}
    assert stats.commits > 3
    await bench.lane.close()


async def test_timers_are_a_transaction_apart_from_the_records_around_them() -> None:
    bench = Bench(topology(), Policy(linger_s=60, bulk_linger_s=60))
    bench.lane.put(chunk(0, value("a", 5, "timer")))
    await bench.settle()
    bench.lane.put(chunk(1, value("a", 1)))
    await bench.settle()

    bench.lane.tick(2_000_000)
    bench.lane.put(chunk(2, value("a", 1)))
    await bench.settle()

    outputs = [[o.value for o in batch.outputs] for batch in bench.writer.batches]
    assert bench.writer.records == [1, 2, 0]
    assert outputs == [[], [], [b"timer"]]


async def test_what_a_tick_says_is_written_although_it_changed_no_row() -> None:
    agent = AgentSpec(
        "a",
        "",
        (Source(IN, {}),),
        outputs=(OUT,),
        tick=lambda ctx, _: ctx.publish(OUT, "k", b"", ()),
    )
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1), QUICK)

    bench.lane.tick(2_000_000)
    await bench.settle()

    assert [len(batch.outputs) for batch in bench.writer.batches] == [1]
    await bench.lane.close()


async def test_timers_that_are_too_many_for_a_transaction_fire_in_the_next_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("engine.timers", "engine.processor"):
        monkeypatch.setattr(f"{module}.TIMERS_A_TICK_MAX", 2)
    bench = Bench(topology(), Policy(linger_s=60, bulk_linger_s=60))
    bench.lane.put(chunk(0, *[value(key, 5, "timer") for key in "abcde"]))
    await bench.settle()

    bench.lane.tick(2_000_000)
    await bench.settle()

    assert [len(batch.outputs) for batch in bench.writer.batches] == [0, 2, 2, 1]


async def test_timers_wait_until_a_lane_has_applied_what_lay_there_when_it_was_opened() -> None:
    bench = Bench(topology(), QUICK, behind=True)
    stats = bench.processor.stats
    bench.lane.put(chunk(0, value("a", 5, "timer")))
    await bench.settle()

    bench.lane.tick(2_000_000)
    await bench.settle()
    while_behind = dict(stats.timers)
    bench.lane.caught_up()
    bench.lane.tick(2_000_000)
    await bench.settle()
    while_queued = dict(stats.timers)
    bench.lane.tick(2_000_000)
    await bench.settle()

    assert (while_behind, while_queued) == ({}, {})
    assert stats.timers == {("count", "later"): 1}
    await bench.lane.close()


async def test_timers_do_not_wait_for_ever_for_what_cannot_be_read() -> None:
    bench = Bench(topology(), Policy(linger_s=0, bulk_linger_s=0, catch_up_s=0.01), behind=True)
    bench.lane.put(chunk(0, value("a", 5, "timer")))
    await bench.settle(0.02)

    bench.lane.tick(2_000_000)
    await bench.settle()

    assert bench.processor.stats.timers == {("count", "later"): 1}
    await bench.lane.close()


async def test_closing_lets_the_commit_under_way_end_and_drops_the_rest() -> None:
    bench = Bench(topology(), QUICK)
    bench.writer.gate.clear()
    bench.lane.put(chunk(0, value("a", 1)))
    await bench.settle()
    bench.lane.put(chunk(1, value("a", 1)))

    closing = asyncio.create_task(bench.lane.close())
    await bench.settle()
    waited = not closing.done()
    bench.writer.gate.set()
    await closing

    assert waited
    assert bench.writer.records == [1]
    assert bench.writer.stopped
    assert bench.processor.stats.dropped_chunks == 1
    assert row(bench, "a") == Row(1, 1)
    assert bench.crashes == []


async def test_closing_does_not_wait_for_ever_for_a_commit() -> None:
    bench = Bench(topology(), Policy(linger_s=0, close_wait_s=0.05))
    bench.writer.gate.clear()
    bench.lane.put(chunk(0, value("a", 1)))
    await bench.settle()

    await asyncio.wait_for(bench.lane.close(), 30)

    assert row(bench, "a") is None


async def test_a_graceful_end_commits_what_is_queued() -> None:
    bench = Bench(topology(), SLOW)
    for i in range(6):
        bench.lane.put(chunk(i, value("a", 1)))

    await bench.lane.drain()
    await bench.lane.close()

    assert row(bench, "a") == Row(6, 6)
    assert bench.processor.stats.dropped_chunks == 0


async def test_a_chunk_for_a_lane_that_closed_is_dropped_and_counted() -> None:
    bench = Bench(topology(), QUICK)
    await bench.lane.close()

    bench.lane.put(chunk(0, value("a", 1)))

    assert bench.processor.stats.dropped_chunks == 1


# -- what the store says of the changelog

DAY = 24 * 3600
NOW = 1000 * DAY


@pytest.mark.parametrize(
    ("kept", "end", "oldest_s", "position", "told"),
    [
        (None, 50, 7, 0, ""),
        (b"30 %d" % NOW, 50, 7, 30, ""),
        (b"50 %d" % NOW, 50, 7, 50, ""),
        (b"0 %d" % NOW, 0, None, 0, ""),
        (b"51 %d" % NOW, 50, 7, 0, "knew more"),
        (b"51 %d" % NOW, 0, None, 0, "knew more"),
        (b"30 %d" % (NOW - 7 * DAY), 50, 7, 0, "so old"),
        (b"50 %d" % (NOW - 7 * DAY), 50, 7, 50, ""),
        (b"30 %d" % (NOW - 6 * DAY), 50, 7, 30, ""),
        (b"30 %d" % (NOW - 6 * DAY - 1), 50, 7, 0, "so old"),
        (b"30 %d" % NOW, 50, NOW, 30, ""),
        (b"30 %d" % NOW, 50, NOW + 1, 0, "made anew"),
        (b"50 %d" % NOW, 50, NOW + 1, 0, "made anew"),
    ],
)
def test_a_store_is_read_on_or_rebuilt(kept, end, oldest_s, position, told) -> None:
    store = MemoryStore()
    if kept is not None:
        store.write([(b"\x00changelog-position", kept)])

    found, why = usable_position(store, end, oldest_s, NOW)

    assert found == position
    assert told in why
    assert bool(why) == bool(told)


@pytest.mark.parametrize(
    ("kept", "cluster", "told"),
    [
        (b"one", "one", ""),
        (b"one", "two", "the store is of another Kafka cluster: one, not two"),
        (None, "two", ""),
        (b"one", None, ""),
    ],
)
def test_a_store_of_another_cluster_is_told_by_the_clusters_ids(kept, cluster, told) -> None:
    store = MemoryStore()
    if kept is not None:
        store.write([(b"\x00cluster", kept)])

    assert other_cluster(store, cluster) == told


async def test_a_lane_lets_others_run_between_the_ticks_of_timers_that_all_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.timers.TIMERS_A_TICK_MAX", 1)
    monkeypatch.setattr("engine.processor.TIMERS_A_TICK_MAX", 1)
    bench = Bench(topology(), QUICK)
    for due_ms in range(50):
        bench.processor._contexts["count"].set_timer("later", "stumbles", due_ms)
    await bench.settle(0.05)

    bench.lane.tick(2_000_000)
    for _ in range(10):
        await asyncio.sleep(0)

    assert 0 < bench.processor.stats.failed_timers["count", "later"] < 50
    await bench.lane.close()
