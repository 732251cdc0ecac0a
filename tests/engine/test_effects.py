"""Calls to the outside: their order, their bounds, and that they run again after a crash."""

import asyncio
import contextlib
import dataclasses
import gc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine import effects
from engine.errors import BadRecord, TopologyError
from engine.policy import Policy
from engine.records import Chunk, Record
from engine.specs import AgentSpec, Delivery, EffectSpec, Published, Source, TopicSpec
from engine.store import MemoryStore
from engine.topology import Topology
from tests.engine.counting import IN, OUT, Json, chunk, counting, value
from tests.engine.fakes import Bench, until

UNDECLARED = TopicSpec("undeclared", "k", Json())


class Outside:
    """A peer that answers each call when the test says so."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.gates: dict[int, asyncio.Event] = {}
        self.open = False
        self.most_at_once = 0
        self._at_once = 0

    async def call(self, delivery: Delivery) -> list[Published]:
        number = delivery.value.v
        self.begun.append(number)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if not self.open:
                await self.gates.setdefault(number, asyncio.Event()).wait()
        finally:
            self._at_once -= 1
        if delivery.value.do == "raise":
            raise BadRecord("the peer said no")
        if delivery.value.do == "time out":
            raise TimeoutError("no connection in 3 s")
        if delivery.value.do == "undeclared":
            return [Published(UNDECLARED, "k", b"", ())]
        if delivery.value.do == "quiet":
            return []
        if delivery.value.do == "huge":
            return [Published(OUT, "k", b"x" * 950_000, ())]
        return [Published(OUT, "k", b"done %d" % number, ())]

    def answer(self, *numbers: int) -> None:
        for number in numbers:
            self.gates.setdefault(number, asyncio.Event()).set()


def bench(outside: Outside, store: MemoryStore | None = None, **bounds: Any) -> Bench:
    policy = Policy(linger_s=0, bulk_linger_s=0, **bounds.pop("policy", {}))
    spec = EffectSpec("peer", "", IN, {"In": outside.call}, outputs=(OUT,), **bounds)
    topology = Topology([], [spec], app_id="t", env="dev", partitions=1)
    return Bench(topology, policy, store)


def outputs(one: Bench, topic: str = "out") -> list[bytes | None]:
    return [o.value for batch in one.writer.batches for o in batch.outputs if o.topic == topic]


def numbers(start: int, *more: int, do: str = "") -> Chunk:
    return chunk(start, *(value("k", number, do) for number in more))


async def test_outcomes_with_many_bytes_are_written_a_few_at_a_time() -> None:
    outside = Outside()
    one = bench(outside, policy={"bytes_max": 10})
    one.lane.put(numbers(0, 1, 2, 3, 4, 5))
    await one.settle()
    one.writer.gate.clear()
    outside.answer(1)
    await one.settle()

    outside.answer(2, 3, 4, 5)  # While a commit is under way: they wait together.
    await one.settle()
    one.writer.gate.set()
    await one.settle()

    sizes = [len(batch.outputs) for batch in one.writer.batches]
    assert [size for size in sizes if size] == [1, 2, 2]


async def test_outcomes_are_written_as_they_come_and_the_marker_waits_for_the_slowest() -> None:
    outside = Outside()
    one = bench(outside)
    one.lane.put(numbers(0, 1, 2, 3))
    await one.settle()

    outside.answer(3, 2)
    await one.settle()
    before = sorted(outputs(one)), one.processor.mark("effect:peer:in")
    ahead = one.processor.marks.settled("effect:peer:in")
    outside.answer(1)
    await one.settle()

    assert before == ([b"done 2", b"done 3"], None)
    assert ahead == [1, 2]
    assert sorted(outputs(one)) == [b"done 1", b"done 2", b"done 3"]
    assert one.processor.committed_mark("effect:peer:in") == 3
    assert one.processor.marks.settled("effect:peer:in") == []
    assert outside.begun == [1, 2, 3]


async def test_no_more_calls_are_under_way_than_the_effect_allows() -> None:
    outside = Outside()
    one = bench(outside, in_flight_max=2)
    one.lane.put(numbers(0, *range(6)))
    await one.settle()
    begun = list(outside.begun)

    outside.open = True
    outside.answer(0, 1)
    await one.settle(0.01)

    assert begun == [0, 1]
    assert outside.most_at_once == 2
    assert len(outputs(one)) == 6


async def test_a_slow_peer_fills_no_memory_and_asks_for_its_source_to_be_paused() -> None:
    outside = Outside()
    one = bench(outside, in_flight_max=2, policy={"effect_records_max": 3, "effect_chunks_max": 2})

    for start in range(0, 8, 4):
        one.lane.put(numbers(start, *range(start, start + 4)))
    await one.settle()
    [queue] = one.lane._effects.queues()
    full, held = one.lane.full_topics(), sum(place.call for place in queue._places)
    outside.open = True
    outside.answer(*range(8))
    await one.settle(0.01)

    assert (full, held) == (["in"], 3)
    assert one.lane.full_topics() == []
    assert len(outputs(one)) == 8
    assert one.lane.backlog() == 0


async def test_other_records_are_not_held_up_by_a_slow_call() -> None:
    outside = Outside()
    spec = EffectSpec("peer", "", IN, {"In": outside.call}, outputs=(OUT,))
    topology = Topology([counting()], [spec], app_id="t", env="dev", partitions=1)
    one = Bench(topology, Policy(linger_s=0, bulk_linger_s=0))

    one.lane.put(numbers(0, 1, 2, 3))
    await one.settle()

    assert one.processor.committed_mark("in") == 3
    assert one.processor.committed_mark("effect:peer:in") is None
    assert one.lane.position("in") is None, "reading goes on where the slowest of both is"
    outside.answer(1)
    await until(lambda: one.lane.position("in") == 1)
    await one.lane.close()


async def test_a_record_that_is_read_twice_is_called_for_once() -> None:
    outside = Outside()
    one = bench(outside)

    one.lane.put(numbers(0, 1, 2))
    one.lane.put(numbers(0, 1, 2, 3))
    await one.settle()

    assert outside.begun == [1, 2, 3]
    await one.lane.close()


async def test_a_call_that_takes_too_long_is_a_dead_letter() -> None:
    one = bench(Outside(), timeout_s=0.02)

    one.lane.put(numbers(0, 1))
    await until(lambda: outputs(one, "in.dlq"))

    assert outputs(one, "in.dlq") == [value("k", 1)]
    assert one.processor.stats.dead == {("in", "peer", "EffectTimedOut"): 1}
    assert one.processor.mark("effect:peer:in") == 1


@pytest.mark.parametrize(
    ("do", "error"),
    [("raise", "BadRecord"), ("huge", "TooLarge"), ("time out", "TimeoutError")],
)
async def test_a_call_that_fails_is_a_dead_letter_and_its_neighbours_go_on(do, error) -> None:
    outside = Outside()
    outside.open = True
    one = bench(outside)

    one.lane.put(chunk(0, value("k", 1), value("k", 2, do), value("k", 3)))
    await one.settle(0.01)

    assert outputs(one) == [b"done 1", b"done 3"]
    assert one.processor.stats.dead == {("in", "peer", error): 1}


async def test_a_mistake_of_the_program_stops_the_worker_and_moves_no_marker() -> None:
    outside = Outside()
    outside.open = True
    one = bench(outside)

    one.lane.put(chunk(0, value("k", 1, "undeclared"), value("k", 2)))
    await one.settle(0.01)

    assert isinstance(one.crashes[0], TopologyError)
    assert outputs(one) in ([], [b"done 2"])
    assert one.processor.mark("effect:peer:in") is None


async def test_a_call_that_a_library_gives_up_is_a_dead_letter_and_its_neighbours_go_on() -> None:
    """Nobody asked for it: the marker would wait for that call for ever."""

    async def given_up(delivery: Delivery) -> list[Published]:
        if delivery.value.v == 1:
            future = asyncio.get_running_loop().create_future()
            future.cancel()
            await future
        return [Published(OUT, "k", b"done", ())]

    spec = EffectSpec("peer", "", IN, {"In": given_up}, outputs=(OUT,))
    one = Bench(Topology([], [spec], app_id="t", env="dev", partitions=1), Policy(linger_s=0))

    one.lane.put(numbers(0, 1, 2))
    await one.settle(0.01)

    assert outputs(one) == [b"done"]
    assert one.processor.stats.dead == {("in", "peer", "EffectGivenUp"): 1}
    assert one.processor.committed_mark("effect:peer:in") == 2


class Deaf:
    """A peer's library that swallows cancellations: three of them, or until it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def call(self, delivery: Delivery) -> list[Published]:
        for _ in range(3 if delivery.value.v else 0):
            with contextlib.suppress(asyncio.CancelledError):
                await self.let_go.wait()
        return [Published(OUT, "k", b"done %d" % delivery.value.v, ())]


@pytest.fixture
async def deaf(monkeypatch) -> AsyncIterator[Deaf]:
    """Let go before the loop closes, which waits for whom it has cancelled."""
    monkeypatch.setattr(effects, "CANCEL_S_MAX", 0.02)
    made = Deaf()
    yield made
    made.let_go.set()


async def test_a_call_that_ignores_its_cancellation_holds_up_nobody(deaf) -> None:
    spec = EffectSpec(
        "peer", "", IN, {"In": deaf.call}, outputs=(OUT,), in_flight_max=2, timeout_s=0.02
    )
    one = Bench(Topology([], [spec], app_id="t", env="dev", partitions=1), Policy(linger_s=0))

    one.lane.put(numbers(0, 1, 0, 0, 0))
    await until(lambda: one.processor.committed_mark("effect:peer:in") == 4)

    assert outputs(one) == [b"done 0"] * 3
    assert one.processor.stats.dead == {("in", "peer", "EffectHangs"): 1}
    deaf.let_go.set()
    await one.settle(0.01)
    assert (outputs(one), one.crashes) == ([b"done 0"] * 3, []), "what it says then is too late"


async def test_as_many_hanging_calls_as_may_be_under_way_end_the_worker(deaf) -> None:
    spec = EffectSpec(
        "peer", "", IN, {"In": deaf.call}, outputs=(OUT,), in_flight_max=2, timeout_s=0.02
    )
    one = Bench(Topology([], [spec], app_id="t", env="dev", partitions=1), Policy(linger_s=0))

    one.lane.put(numbers(0, *range(1, 9)))
    await until(lambda: one.crashes)
    await one.settle()

    assert [str(crash) for crash in one.crashes] == [
        "2 calls of peer go on although they were cancelled"
    ]


async def test_a_call_that_ended_after_all_hangs_no_more(deaf) -> None:
    spec = EffectSpec(
        "peer", "", IN, {"In": deaf.call}, outputs=(OUT,), in_flight_max=2, timeout_s=0.02
    )
    one = Bench(Topology([], [spec], app_id="t", env="dev", partitions=1), Policy(linger_s=0))

    for offset in range(3):
        deaf.let_go.clear()
        one.lane.put(numbers(offset, 1))
        await until(lambda at=offset: one.processor.committed_mark("effect:peer:in") == at + 1)
        deaf.let_go.set()
        await one.settle(0.01)

    assert one.processor.stats.dead == {("in", "peer", "EffectHangs"): 3}
    assert one.crashes == []


async def test_calls_under_way_end_with_their_lane() -> None:
    """Whoever has the partition next makes them again."""
    outside = Outside()
    one = bench(outside, in_flight_max=2)
    one.lane.put(numbers(0, 1, 2, 3))
    await one.settle()

    await one.lane.close()
    outside.answer(1, 2, 3)
    await one.settle()

    assert (outside.begun, outside._at_once) == ([1, 2], 0)
    assert (outputs(one), one.crashes) == ([], [])


async def test_a_lane_closes_although_a_call_ignores_its_cancellation(deaf) -> None:
    spec = EffectSpec("peer", "", IN, {"In": deaf.call}, outputs=(OUT,), timeout_s=30)
    one = Bench(Topology([], [spec], app_id="t", env="dev", partitions=1), Policy(linger_s=0))
    one.lane.put(numbers(0, 1))
    await one.settle()

    await asyncio.wait_for(one.lane.close(), 20)
    deaf.let_go.set()
    await one.settle()

    assert (outputs(one), one.crashes) == ([], [])


async def test_several_calls_that_stop_the_worker_are_told_of_once(caplog) -> None:
    outside = Outside()
    outside.open = True
    one = bench(outside)

    one.lane.put(numbers(0, 1, 2, 3, do="undeclared"))
    await one.settle(0.01)
    await one.lane.close()
    gc.collect()

    assert len(one.crashes) == 1
    assert "never retrieved" not in caplog.text


class Picky(Json):
    """A codec that stumbles over types and keys."""

    def route(self, record: Record) -> str | None:
        if record.value == b"no route":
            raise ValueError("as asked")
        return super().route(record)

    def field(self, value: Any, field: str) -> str | None:
        if value.do == "no field":
            raise ValueError("as asked")
        return super().field(value, field)


async def test_what_has_no_type_and_no_place_is_buried_by_the_lane_and_not_by_the_effect() -> None:
    outside = Outside()
    outside.open = True
    topic = dataclasses.replace(IN, codec=Picky())
    spec = EffectSpec("peer", "", topic, {"In": outside.call}, by="k", outputs=(OUT,))
    one = Bench(Topology([], [spec], app_id="t", env="dev", partitions=1), Policy(linger_s=0))

    one.lane.put(chunk(0, b"no route", value("k", 1, "no field"), value("k", 2)))
    await one.settle(0.01)

    assert one.crashes == []
    assert len(outputs(one, "in.dlq")) == 2
    assert outside.begun == [2]


async def _never(_: Delivery) -> list[Published]:
    raise AssertionError("nobody calls here")


@pytest.mark.parametrize(
    ("headers", "raw", "is_wanted"),
    [
        ((), value("a", 1), True),
        ((("type", b"In"),), value("a", 1), True),
        ((("type", b"Other"),), value("a", 1), False),
        ((("type", b"Other"),), b"not even JSON", False),
        ((), b"not even JSON", False),
    ],
)
def test_an_effect_wants_what_is_of_its_types_and_passes_over_the_rest_undecoded(
    headers: tuple[tuple[str, bytes], ...],
    raw: bytes,
    is_wanted: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    spec = EffectSpec("peer", "", IN, {"In": _never}, outputs=(OUT,))
    topology = Topology([], [spec], app_id="t", env="dev", partitions=1)
    [call] = effects.effect_calls(topology, 0)["in"]

    record = Record("in", 0, 0, 1, b"k", raw, headers)

    assert (call.wanted(record) is not None) is is_wanted


def test_an_effect_by_a_field_wants_what_lies_where_the_field_says() -> None:
    spec = EffectSpec("peer", "", IN, {"In": _never}, by="k", outputs=(OUT,))
    topology = Topology([], [spec], app_id="t", env="dev", partitions=2)
    calls = [effects.effect_calls(topology, partition)["in"][0] for partition in (0, 1)]

    for key in "abcdefgh":
        wanted = [call.wanted(Record("in", 0, 0, 1, b"k", value(key, 1))) for call in calls]
        assert [one is not None for one in wanted].index(True) == topology.place_of(key)
        assert wanted.count(None) == 1

    nowhere = dataclasses.replace(spec, by="other")
    topology = Topology([], [nowhere], app_id="t", env="dev", partitions=2)
    [call] = effects.effect_calls(topology, 0)["in"]
    assert call.wanted(Record("in", 0, 0, 1, b"k", value("a", 1))) is None


async def test_calls_without_an_outcome_run_again_after_a_crash_and_no_others() -> None:
    store, outside = MemoryStore(), Outside()
    one = bench(outside, store)
    one.lane.put(chunk(0, value("k", 1), value("k", 2), value("k", 3), value("k", 4, "quiet")))
    outside.answer(1, 3)
    await one.settle(0.01)
    outside.answer(4)
    await one.settle(0.01)
    await one.lane.close()

    again = Outside()
    again.open = True
    two = bench(again, store)
    two.lane.put(numbers(0, 1, 2, 3, 4))
    await two.settle(0.01)

    assert sorted(outputs(one)) == [b"done 1", b"done 3"]
    assert again.begun == [2]
    assert outputs(two) == [b"done 2"]
    assert two.processor.committed_mark("effect:peer:in") == 4
    assert two.processor.marks.settled("effect:peer:in") == []


async def test_what_cannot_be_decoded_is_buried_once_by_the_lane_and_not_by_the_effect() -> None:
    outside = Outside()
    outside.open = True
    agent = AgentSpec("other", "", (Source(IN, {"In": lambda _c, _d: None}),))
    spec = EffectSpec("peer", "", IN, {"In": outside.call}, outputs=(OUT,))
    topology = Topology([agent], [spec], app_id="t", env="dev", partitions=1)
    one = Bench(topology, Policy(linger_s=0))

    one.lane.put(chunk(0, b"{", value("k", 1)))
    await one.settle(0.01)

    assert outputs(one, "in.dlq") == [b"{"]
    assert outside.begun == [1]
