"""What one partition does with records: markers, dead letters, re-keying, timers, redoing."""

import inspect
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine import timers
from engine.batches import Batch, Completion
from engine.dead_letters import read_dead_letter
from engine.errors import BadRecord, Gap, TopologyError
from engine.partitioning import partition_of
from engine.processor import Processor
from engine.records import Output, Record
from engine.sizes import BATCH_BYTES, size_of
from engine.specs import AgentSpec, Source, TableSpec, Timer, TopicSpec
from engine.stats import Stats
from engine.store import MemoryStore
from engine.topology import Topology
from tests.engine.counting import (
    COUNTS,
    HUGE,
    IN,
    OUT,
    SEEN,
    Json,
    Row,
    chunk,
    count,
    counting,
    topology,
    value,
)
from tests.engine.walked import Walked

COUNTING = Path(inspect.getfile(count)).read_text().splitlines()


class Bench:
    """A processor over a store, committed by hand."""

    def __init__(
        self, topo: Topology | None = None, store: MemoryStore | None = None, **bounds: int
    ) -> None:
        self.store = store or MemoryStore()
        self.processor = Processor(topo or topology(), 0, self.store, Stats(), **bounds)
        self.outputs: list[Output] = []

    def commit(self) -> Batch:
        batch = self.processor.take()
        self.store.write(batch.rows)
        self.processor.committed()
        self.outputs += batch.outputs
        return batch

    def rows(self, table: Any = COUNTS) -> dict[str, Row]:
        return dict(self.processor.tables[table.name].scan())

    def out(self, topic: str) -> list[Output]:
        return [output for output in self.outputs if output.topic == topic]


# -- markers


def test_a_replay_below_the_marker_changes_nothing_and_is_counted() -> None:
    bench = Bench()
    bench.processor.apply(chunk(0, value("a", 1), value("a", 2)))
    bench.commit()

    bench.processor.apply(chunk(0, value("a", 1), value("a", 2)))

    assert not bench.processor.has_changes()
    assert bench.processor.stats.skipped == 2


def test_a_chunk_that_overlaps_the_marker_is_applied_from_the_marker_on() -> None:
    bench = Bench()
    bench.processor.apply(chunk(0, value("a", 1), value("a", 2)))

    bench.processor.apply(chunk(1, value("a", 2), value("a", 3)))
    bench.commit()

    assert bench.rows() == {"a": Row(3, 6)}
    assert bench.processor.mark("in") == 3


def test_a_chunk_that_begins_behind_the_marker_is_a_gap() -> None:
    bench = Bench()
    bench.processor.apply(chunk(0, value("a", 1)))

    with pytest.raises(Gap, match=r"\[2, 3\).*stands at 1"):
        bench.processor.apply(chunk(2, value("a", 2)))


def test_the_first_chunk_ever_may_begin_anywhere() -> None:
    bench = Bench()

    bench.processor.apply(chunk(500, value("a", 1)))

    assert bench.processor.mark("in") == 501


def test_a_marker_passes_control_records_behind_the_last_record() -> None:
    bench = Bench()
    bench.processor.apply(chunk(0, value("a", 1), end=5))
    bench.commit()

    bench.processor.apply(chunk(5, value("a", 1)))

    assert bench.processor.mark("in") == 6


def test_a_marker_survives_in_the_store() -> None:
    bench = Bench()
    bench.processor.apply(chunk(0, value("a", 1), value("a", 1)))
    bench.commit()

    again = Bench(store=bench.store)

    assert again.processor.mark("in") == 2
    assert again.rows() == {"a": Row(2, 2)}


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.sampled_from(["", "raise"]))),
    st.data(),
)
def test_neither_batch_boundaries_nor_kills_change_the_result(steps, data) -> None:
    raws = [value(*step) for step in steps]
    whole, parts = Bench(), Bench()
    whole.processor.apply(chunk(0, *raws))
    whole.commit()

    at = 0
    while at < len(raws):
        size = data.draw(st.integers(1, 4))
        parts.processor.apply(chunk(at, *raws[at : at + size]))
        if data.draw(st.booleans()):
            parts.commit()
            at += size
        else:
            kept = parts.outputs
            parts = Bench(store=parts.store)
            parts.outputs = kept
            at = parts.processor.mark("in") or 0
            if data.draw(st.booleans()):
                continue
            parts.processor.apply(chunk(at, *raws[at : at + size]))
            parts.commit()
            at += len(raws[at : at + size])

    assert parts.rows() == whole.rows()
    assert parts.outputs == whole.outputs


# -- dead letters


def test_a_handler_that_raises_is_undone_whole_and_its_neighbours_are_untouched() -> None:
    bench = Bench()
    bench.processor.apply(
        chunk(0, value("a", 2), value("a", 4, "raise"), value("new", 6, "raise"), value("a", 8))
    )
    bench.commit()

    bench.processor.tick(2_000_000)
    bench.commit()

    assert bench.rows() == {"a": Row(2, 10)}
    assert bench.rows(SEEN) == {"a": Row(3)}
    assert [msgspec.json.decode(o.value)["v"] for o in bench.out("out")] == [2, 8]
    assert bench.processor.stats.timers == {}
    letters = bench.out("in.dlq")
    assert [letter.value for letter in letters] == [
        value("a", 4, "raise"), value("new", 6, "raise")
    ]  # fmt: skip
    assert bench.processor.stats.dead == {("in", "count", "ValueError"): 2}


def test_what_cannot_be_decoded_is_a_dead_letter_and_its_neighbours_go_on() -> None:
    bench = Bench()

    bench.processor.apply(chunk(0, b"{", value("a", 1), b"", b'{"k":1,"v":2}'))
    bench.commit()

    assert bench.rows() == {"a": Row(1, 1)}
    assert len(bench.out("in.dlq")) == 3
    assert bench.processor.mark("in") == 4


def test_a_type_that_no_agent_reads_is_counted_and_passed_over_undecoded() -> None:
    agent = AgentSpec("count", "", (Source(IN, {"Known": count}),), (COUNTS, SEEN), (OUT,))
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))
    lot = chunk(0, value("a", 1), b"{", value("b", 2))
    typed = [
        replace(one, headers=(("type", name),))
        for one, name in zip(lot.records, (b"Known", b"Unheard", b"Unheard"), strict=True)
    ]

    bench.processor.apply(replace(lot, records=typed))
    bench.commit()

    assert bench.rows() == {"a": Row(1, 1)}
    assert bench.out("in.dlq") == []
    assert (bench.processor.stats.ignored, bench.processor.mark("in")) == (2, 3)


def test_the_log_names_the_first_dead_letters_of_a_kind_with_the_line_that_raised(caplog) -> None:
    bench = Bench()

    bench.processor.apply(chunk(0, *[value("a", 1, "raise")] * 11, b"Ann Smith"))

    raised, again, unread = [record.getMessage() for record in caplog.records]
    line = next(n for n, text in enumerate(COUNTING, 1) if "raise ValueError" in text)
    assert raised == (
        "dead letter: agent 'count', in-0 offset 0: ValueError: as asked"
        f" at counting.py:{line} (in.dlq says more)"
    )
    assert "offset 9" in again
    assert unread == "dead letter: in-0 offset 11: BadRecord (in.dlq says more)"


def test_what_stands_in_a_record_that_cannot_be_read_is_not_in_the_log(caplog) -> None:
    class Quoting(Json):
        def decode(self, record: Record, name: str | None) -> Any:
            raise ValueError(f"name: expected a number, got {record.value!r}")

    agent = AgentSpec("a", "", (Source(TopicSpec("in", "k", Quoting()), {"In": count}),))
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))

    bench.processor.apply(chunk(0, b"Ann Smith"))

    assert caplog.messages == ["dead letter: in-0 offset 0: ValueError (in.dlq says more)"]


def test_what_a_handler_refuses_of_a_record_is_not_in_the_log_either(caplog) -> None:
    def refuse(_ctx: Any, _delivery: Any) -> None:
        raise BadRecord("ann@example.org has no such order")

    agent = AgentSpec("a", "", (Source(IN, {"In": refuse}),))
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))

    bench.processor.apply(chunk(0, value("a", 1)))

    assert caplog.messages == [
        "dead letter: agent 'a', in-0 offset 0: BadRecord (in.dlq says more)"
    ]


def test_a_record_that_is_found_late_is_told_of_once(caplog) -> None:
    bench = Bench()

    for at in (0, 2):
        bench.processor.apply(
            chunk(at, value("b", 1, "raise"), value("a", 1, "row that cannot be written"))
        )
        bench.commit()

    told = [record.getMessage() for record in caplog.records]
    assert [text.split(": ")[1:3] for text in told] == [
        ["agent 'count', in-0 offset 0", "ValueError"],
        ["agent 'count', in-0 offset 1", "TypeError"],
    ]


@pytest.mark.parametrize(
    ("raw", "headers", "told"),
    [
        ({"k": 1}, (), "output to out: its value is dict: encode it"),
        ("text", (), "output to out: its value is str: encode it"),
        (None, (), "output to out: its value is NoneType: encode it"),
        (b"", [("n", "text")], "output to out: header 'n' is str: encode it"),
        (b"", [(b"n", b"")], "output to out: header b'n' has a name that is no str"),
    ],
)
def test_an_output_that_is_not_bytes_is_a_dead_letter_and_not_the_end_of_the_worker(
    raw, headers, told, caplog
) -> None:
    def handle(ctx: Any, delivery: Any) -> None:
        ctx.publish(OUT, delivery.value.k, raw, headers)

    agent = AgentSpec("a", "", (Source(IN, {"In": handle}),), outputs=(OUT,))
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))
    bench.processor.apply(chunk(0, value("a", 1)))
    bench.commit()

    [letter] = bench.out("in.dlq")
    assert read_dead_letter(_as_record(letter)).reason == told
    assert f"{told} at test_processor.py:" in caplog.text


def test_an_outputs_headers_stay_as_they_were_when_it_was_published() -> None:
    def handle(ctx: Any, delivery: Any) -> None:
        headers = [("n", b"1")]
        ctx.publish(OUT, delivery.value.k, b"", headers)
        headers.append(("more", None))
        ctx.publish(OUT, delivery.value.k, b"", headers)

    agent = AgentSpec("a", "", (Source(IN, {"In": handle}),), outputs=(OUT,))
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))
    bench.processor.apply(chunk(0, value("a", 1)))
    bench.commit()

    assert [output.headers for output in bench.out("out")] == [
        [("n", b"1")],
        [("n", b"1"), ("more", None)],
    ]


def test_a_mistake_of_the_program_is_no_dead_letter_but_stops_the_worker() -> None:
    bench = Bench()

    with pytest.raises(TopologyError, match="never"):
        bench.processor.apply(chunk(0, value("a", 1, "bad timer")))


def test_a_table_that_no_agent_lists_stops_the_worker() -> None:
    def careless(ctx: Any, _delivery: Any) -> None:
        ctx.table(TableSpec("forgotten", Row, "k", ""))

    agent = AgentSpec("a", "", (Source(IN, {"In": careless}),))
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))

    with pytest.raises(TopologyError, match="'forgotten'"):
        bench.processor.apply(chunk(0, value("a", 1)))


def test_no_memory_is_no_dead_letter() -> None:
    def exhausted(_ctx: Any, _delivery: Any) -> None:
        raise MemoryError

    agent = AgentSpec("a", "", (Source(IN, {"In": exhausted}),))
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))

    with pytest.raises(MemoryError):
        bench.processor.apply(chunk(0, value("a", 1)))


def test_a_record_is_applied_by_all_agents_or_by_none() -> None:
    def refuse(_ctx: Any, delivery: Any) -> None:
        if delivery.value.v == 3:
            raise ValueError("not three")

    second = AgentSpec("second", "", (Source(IN, {"In": refuse}),))
    bench = Bench(Topology([counting(), second], app_id="t", env="dev", partitions=1))

    bench.processor.apply(chunk(0, value("a", 1), value("a", 3), value("a", 5)))
    bench.commit()

    assert bench.rows() == {"a": Row(2, 6)}
    assert bench.processor.stats.dead == {("in", "second", "ValueError"): 1}


# -- too large


@pytest.mark.parametrize("what", ["huge row", "huge output", "row that cannot be written"])
def test_a_record_that_leads_to_what_cannot_be_written_is_buried_alone(what) -> None:
    bench = Bench()

    bench.processor.apply(chunk(0, value("a", 1), value("a", 2, "raise"), value("b", 4, what)))
    bench.processor.apply(chunk(3, value("a", 6), value("c", 8)))
    batch = bench.commit()

    assert bench.rows() == {"a": Row(2, 7), "c": Row(1, 8)}
    assert bench.rows(SEEN) == {"a": Row(3), "c": Row(4)}
    assert [msgspec.json.decode(o.value)["v"] for o in bench.out("out")] == [6, 8]
    assert [read_dead_letter(_as_record(o)).offset for o in bench.out("in.dlq")] == [1, 2]
    assert bench.processor.mark("in") == 5
    assert sum(bench.processor.stats.dead.values()) == 2
    assert batch.records == 5
    assert bench.processor.stats.records == {"in": 5}


def test_what_effects_said_stays_when_a_record_is_buried_for_its_row() -> None:
    bench = Bench()
    bench.processor.apply(chunk(0, value("a", 1)))
    bench.commit()
    bench.processor.forgive("in", 7)
    bench.processor.complete(Completion("effect", 1, outputs=[Output("out", 0, b"k", b"done", ())]))

    bench.processor.apply(chunk(7, value("a", 1, "huge row")))
    bench.commit()

    assert [output.value for output in bench.out("out")] == [b"done"]
    assert [bench.processor.committed_mark(name) for name in ("effect", "in")] == [1, 8]
    assert len(bench.out("in.dlq")) == 1


def test_a_large_record_that_lies_elsewhere_is_buried_where_it_was_read() -> None:
    topo = topology(by="k", partitions=4)
    bench = Bench(topo)
    key = next(k for k in "abcdefgh" if topo.place_of(k) != 0)

    bench.processor.apply(chunk(0, value(key, 1, "x" * 900_000)))
    batch = bench.commit()

    [letter] = bench.out("in.dlq")
    assert size_of(letter.key, letter.value, letter.headers) < BATCH_BYTES
    assert [output.topic for output in batch.outputs] == ["in.dlq"]
    assert bench.processor.stats.dead == {("in", "", "TooLarge"): 1}, "no agent is to blame"


def test_a_row_that_is_too_large_is_told_of_the_agent_that_wrote_it() -> None:
    other = AgentSpec("other", "", (Source(IN, {"In": lambda _ctx, _delivery: None}),))
    bench = Bench(Topology([counting(), other], app_id="t", env="dev", partitions=1))

    bench.processor.apply(chunk(0, value("a", 1, "huge row")))
    bench.commit()

    assert bench.processor.stats.dead == {("in", "count", "TooLarge"): 1}


def _as_record(output: Output) -> Record:
    return Record(output.topic, 0, 0, 0, output.key, output.value, headers=tuple(output.headers))


# -- re-keying


def test_a_record_that_lies_elsewhere_is_forwarded_as_it_is_and_not_applied() -> None:
    topo = topology(by="k", partitions=4)
    here = next(k for k in "abcdefgh" if topo.place_of(k) == 0)
    there = next(k for k in "abcdefgh" if topo.place_of(k) != 0)
    bench = Bench(topo)

    bench.processor.apply(chunk(0, value(here, 1), value(there, 3)))
    bench.commit()

    assert bench.rows() == {here: Row(1, 1)}
    assert bench.outputs == [
        Output("t-in-by-k-repartition", topo.place_of(there), there.encode(), value(there, 3), ())
    ]
    assert bench.processor.stats.rekeyed == 1


def test_a_record_without_the_field_by_which_an_agent_reads_it_is_counted() -> None:
    bench = Bench(topology(by="named by nobody", partitions=4))

    bench.processor.apply(chunk(0, value("a", 1)))
    bench.commit()

    assert (bench.rows(), bench.outputs) == ({}, [])
    assert bench.processor.stats.unplaced == {("in", "In", "named by nobody"): 1}


def test_a_header_without_a_value_keeps_no_record_from_its_way() -> None:
    """Kafka allows it, so any producer may stop the shop with it if it is not taken."""
    topo = topology(by="k", partitions=4)
    there = next(k for k in "abcdefgh" if topo.place_of(k) != 0)
    bench, odd = Bench(topo), (("trace", None), ("eventType", b"\xff"))
    sent = chunk(0, b"{", value(there, 3))
    for each in sent.records:
        each.headers = odd

    bench.processor.apply(sent)
    bench.commit()

    letter, forwarded = bench.outputs
    assert (letter.topic, letter.headers[0]) == ("in.dlq", odd[0])
    assert (forwarded.topic, forwarded.headers) == ("t-in-by-k-repartition", odd)


def test_a_forwarded_record_is_applied_where_it_arrives() -> None:
    topo = topology(by="k", partitions=4)
    bench = Bench(topo)

    bench.processor.apply(chunk(0, value("any", 1), topic="t-in-by-k-repartition"))
    bench.commit()

    assert bench.rows() == {"any": Row(1, 1)}
    assert bench.outputs == []


def test_a_record_buried_after_it_was_forwarded_names_the_topic_that_people_know() -> None:
    bench = Bench(topology(by="k", partitions=4))

    bench.processor.apply(chunk(0, value("any", 1, "raise"), topic="t-in-by-k-repartition"))
    bench.commit()

    [letter] = [read_dead_letter(_as_record(output)) for output in bench.out("in.dlq")]
    assert (letter.topic, letter.read_from) == ("in", "t-in-by-k-repartition")


def test_outputs_lie_where_a_java_producer_would_put_them() -> None:
    bench = Bench(topology(partitions=7))

    bench.processor.apply(chunk(0, *(value(f"key{i}", 2) for i in range(20))))
    bench.commit()

    assert [o.partition for o in bench.out("out")] == [
        partition_of(o.key, 7) for o in bench.out("out")
    ]


# -- time


def test_timers_fire_in_the_order_of_their_due_times_at_or_after_them_and_once() -> None:
    bench = Bench()
    bench.processor.apply(chunk(0, value("z|1", 50, "timer"), value("a", 90, "timer")))
    bench.commit()

    for now in (1_000_049, 1_000_050, 1_000_100, 1_000_200):
        bench.processor.tick(now)
        bench.commit()

    assert [o.key for o in bench.out("out") if o.value == b"timer"] == [b"z|1", b"a"]
    assert bench.rows()["z|1"].note == "late 0"
    assert bench.rows()["a"].note == "late 9"
    assert bench.rows(_timers(bench)) == {}


def test_a_timer_set_twice_fires_once_and_one_that_was_cancelled_never() -> None:
    bench = Bench()
    context = bench.processor._contexts["count"]
    context.set_timer("later", "a", 10)
    context.set_timer("later", "a", 10)
    context.set_timer("later", "b", 10)
    context.cancel_timer("later", "b", 10)
    context.cancel_timer("later", "never set", 10)

    bench.processor.tick(10)
    bench.commit()

    assert bench.processor.stats.timers == {("count", "later"): 1}


def test_a_timer_that_another_cancels_in_the_same_tick_does_not_fire() -> None:
    def first(ctx: Any, _timer: Any, _now_ms: int) -> None:
        ctx.cancel_timer("second", "a", 11)
        ctx.cancel_timer("second", "b", 11)
        ctx.set_timer("second", "b", 11)

    fired: list[str] = []
    agent = AgentSpec(
        "a", "", (Source(IN, {}),),
        timers={"first": first, "second": lambda _ctx, timer, _now: fired.append(timer.key)},
    )  # fmt: skip
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))
    context = bench.processor._contexts["a"]
    context.set_timer("first", "", 10)
    for key in "abc":
        context.set_timer("second", key, 11)
    bench.commit()

    bench.processor.tick(20)
    bench.commit()

    assert fired == ["b", "c"]
    assert bench.rows(_timers(bench)) == {}


def test_a_tick_does_not_look_again_where_all_timers_have_gone() -> None:
    store = Walked()
    bench = Bench(store=store)
    for due_ms in range(10):
        bench.processor._contexts["count"].set_timer("later", "a", due_ms)
    bench.processor._contexts["count"].set_timer("later", "a", 1000)
    bench.commit()
    for now in (50, 100):
        bench.processor.tick(now)
        bench.commit()
    store.walked.clear()

    bench.processor.tick(200)

    assert len(store.gone) == 10
    assert store.walked.total() == 0


@pytest.mark.parametrize("due_ms", [3, 40, 60])
def test_a_timer_fires_also_when_it_is_set_for_a_time_that_was_looked_at(due_ms: int) -> None:
    bench = Bench()
    for now in (50, 60):
        bench.processor.tick(now)

    bench.processor._contexts["count"].set_timer("later", "a", due_ms)
    bench.processor.tick(61)

    assert bench.processor.stats.timers == {("count", "later"): 1}


MOMENTS = st.integers(0, 30)
TIMES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["set", "cancel", "undone"]), st.sampled_from("abc"), MOMENTS),
        st.tuples(st.just("tick"), st.just(""), MOMENTS),
        st.tuples(st.just("restart"), st.just(""), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=200)
@given(TIMES)
def test_every_timer_fires_at_the_first_tick_at_or_after_it_wherever_the_clock_goes(steps) -> None:
    bench, waiting, offset = Bench(), set[tuple[str, int]](), 0
    for what, key, at_ms in steps:
        context = bench.processor._contexts["count"]
        match what:
            case "set":
                context.set_timer("later", key, at_ms)
                waiting.add((key, at_ms))
            case "cancel":
                context.cancel_timer("later", key, at_ms)
                waiting.discard((key, at_ms))
            case "undone":
                moment = at_ms - 1_000_000 - offset
                bench.processor.apply(chunk(offset, value(key, moment, "raise")))
                offset += 1
            case "restart":
                bench = Bench(store=bench.store)
            case "tick":
                due = {timer for timer in waiting if timer[1] <= at_ms}
                waiting -= due
                bench.outputs.clear()
                bench.processor.tick(at_ms)
                bench.commit()
                fired = [output.key for output in bench.out("out")]
                assert sorted(fired) == sorted(key.encode() for key, _ in due)
        bench.commit()


def test_timers_survive_a_kill() -> None:
    bench = Bench()
    bench.processor.apply(chunk(0, value("a", 5, "timer")))
    bench.commit()

    again = Bench(store=bench.store)
    again.processor.tick(2_000_000)

    assert again.processor.stats.timers == {("count", "later"): 1}


def test_a_tick_says_when_more_is_due_than_one_transaction_holds(monkeypatch) -> None:
    monkeypatch.setattr(timers, "TIMERS_A_TICK_MAX", 2)
    monkeypatch.setattr("engine.processor.TIMERS_A_TICK_MAX", 2)
    bench = Bench()
    for i in range(5):
        bench.processor._contexts["count"].set_timer("later", f"k{i}", i)
    bench.commit()

    more = []
    for _ in range(3):
        more.append(bench.processor.tick(100))
        bench.commit()

    assert more == [True, True, False]
    assert [o.key for o in bench.out("out")] == [b"k0", b"k1", b"k2", b"k3", b"k4"]


def test_a_tick_says_when_more_is_due_than_a_transaction_may_have_in_bytes() -> None:
    def loud(ctx: Any, timer: Timer, _now_ms: int) -> None:
        ctx.publish(OUT, timer.key, b"x" * 600, ())

    def tick(ctx: Any, _now_ms: int) -> None:
        ctx.publish(OUT, "tick", b"x" * 600, ())

    agents = [
        AgentSpec("a", "", (Source(IN, {}),), (), (OUT,), timers={"loud": loud}, tick=tick),
        AgentSpec("b", "", (Source(IN, {}),), (), (OUT,), tick=tick),
    ]
    bench = Bench(Topology(agents, app_id="t", env="dev", partitions=1), bytes_max=1000)
    for i in range(5):
        bench.processor._contexts["a"].set_timer("loud", f"k{i}", i)
    bench.commit()

    more, keys = [True], []
    while more[-1] and len(more) < 10:
        more.append(bench.processor.tick(5000))
        keys.append([o.key for o in bench.commit().outputs])

    assert keys == [[b"k0", b"k1"], [b"k2", b"k3"], [b"k4", b"tick"], [b"tick"]]
    assert more == [True, True, True, True, False]


def test_what_a_timer_that_fails_had_published_takes_no_room_from_its_neighbours() -> None:
    def loud(ctx: Any, timer: Timer, _now_ms: int) -> None:
        ctx.publish(OUT, timer.key, b"x" * 600, ())
        if timer.key == "k0":
            raise BadRecord("stumbles")

    agent = AgentSpec("a", "", (Source(IN, {}),), (), (OUT,), timers={"loud": loud})
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1), bytes_max=500)
    for i in range(2):
        bench.processor._contexts["a"].set_timer("loud", f"k{i}", i)
    bench.commit()

    bench.processor.tick(5000)

    assert [o.key for o in bench.commit().outputs] == [b"k1"]


def test_a_timer_that_fails_is_undone_and_tried_again_and_its_neighbours_fire() -> None:
    bench = Bench()
    for key in ("a", "stumbles", "z"):
        bench.processor._contexts["count"].set_timer("later", key, 10)
    bench.commit()

    for now in (10, 1000, 10 + timers.RETRY_MS):
        bench.processor.tick(now)
        bench.commit()

    assert [o.key for o in bench.outputs] == [b"a", b"z"]
    assert set(bench.rows()) == {"a", "z"}
    assert bench.processor.stats.failed_timers == {("count", "later"): 2}
    assert len(bench.rows(_timers(bench))) == 1


def test_a_timer_and_a_tick_whose_row_is_too_large_are_undone_and_end_no_worker() -> None:
    def write(ctx: Any, *_: Any) -> None:
        ctx.table(COUNTS)["a"] = Row(note="x" * HUGE)

    agent = AgentSpec("a", "", (Source(IN, {}),), (COUNTS,), timers={"x": write}, tick=write)
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))
    bench.processor._contexts["a"].set_timer("x", "k", 10)
    bench.commit()

    bench.processor.tick(10_000)
    bench.commit()

    assert bench.processor.stats.failed_timers == {("a", "x"): 1, ("a", "tick"): 1}
    assert bench.rows() == {}


def test_timers_that_failed_are_not_read_again_until_they_are_tried_again(monkeypatch) -> None:
    monkeypatch.setattr(timers, "TIMERS_A_TICK_MAX", 3)
    monkeypatch.setattr("engine.processor.TIMERS_A_TICK_MAX", 3)
    store = Walked()
    bench = Bench(store=store)
    for due_ms in range(10):
        bench.processor._contexts["count"].set_timer("later", "stumbles", due_ms)
    bench.processor._contexts["count"].set_timer("later", "a", 10)
    bench.commit()
    while bench.processor.tick(1000):
        bench.commit()
    bench.commit()
    bench.processor.tick(2000)
    store.walked.clear()

    bench.processor.tick(3000)
    walked = store.walked.total()
    while bench.processor.tick(1000 + timers.RETRY_MS):
        pass

    assert walked == 0
    assert [o.key for o in bench.outputs] == [b"a"]
    assert bench.processor.stats.failed_timers == {("count", "later"): 20}


def test_a_timer_that_failed_and_was_cancelled_since_is_not_tried_again() -> None:
    bench = Bench()
    context = bench.processor._contexts["count"]
    context.set_timer("later", "stumbles", 10)
    bench.commit()
    bench.processor.tick(10)
    context.cancel_timer("later", "stumbles", 10)
    bench.commit()

    bench.processor.tick(10 + timers.RETRY_MS)

    assert bench.processor.stats.failed_timers == {("count", "later"): 1}
    assert bench.processor.timers._not_before == {}


def test_a_timer_that_failed_is_not_tried_before_it_is_due_where_the_clock_was_set_back() -> None:
    bench = Bench()
    bench.processor._contexts["count"].set_timer("later", "stumbles", 1_000_000)
    bench.commit()
    for now in (1_000_000, 10, 1_000_000 - timers.RETRY_MS):
        bench.processor.tick(now)

    assert bench.processor.stats.failed_timers == {("count", "later"): 1}


def test_the_log_names_the_first_timers_of_a_kind_that_fail(caplog) -> None:
    def fail(_ctx: Any, timer: Timer, _now_ms: int) -> None:
        raise ValueError(timer.key)

    agent = AgentSpec("a", "", (Source(IN, {}),), timers={"x": fail, "y": fail})
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))
    for number in range(1, 31):
        bench.processor._contexts["a"].set_timer("x", f"{number:02d}", 10)
    bench.processor._contexts["a"].set_timer("y", "31", 10)
    bench.commit()

    for now in (10, 10 + timers.RETRY_MS):
        bench.processor.tick(now)
        bench.commit()

    told = [record.getMessage() for record in caplog.records]
    assert [text.partition(" failed")[0] for text in told] == [
        "a: timer x of '01'", "a: timer x of '10'", "a: timer y of '31'"
    ]  # fmt: skip


@pytest.mark.parametrize("agents", [(AgentSpec("a", "", (Source(IN, {}),)),), (counting(),)])
def test_a_timer_that_another_version_set_waits_for_one_that_knows_it(agents, caplog) -> None:
    def told(ctx: Any, timer: Timer, _now_ms: int) -> None:
        ctx.publish(OUT, timer.key, b"", ())

    newer = AgentSpec("a", "", (Source(IN, {}),), (), (OUT,), timers={"later": told})
    topo, older = (
        Topology(those, app_id="t", env="dev", partitions=1) for those in ((newer,), agents)
    )
    bench = Bench(topo)
    bench.processor._contexts["a"].set_timer("later", "k", 10)
    bench.commit()

    back = Bench(older, store=bench.store)
    back.processor.tick(20)
    back.commit()
    again = Bench(topo, store=bench.store)
    again.processor.tick(30)

    assert back.processor.stats.failed_timers == {("a", "later"): 1}
    assert "tried again every 60 s: BadRecord: another version set it" in caplog.text
    assert [output.key for output in again.commit().outputs] == [b"k"]


def test_what_ends_a_worker_ends_it_from_a_timer_and_a_tick_too() -> None:
    def exhausted(*_: Any) -> None:
        raise MemoryError

    ticking = AgentSpec("a", "", (Source(IN, {}),), tick=exhausted)
    timed = AgentSpec("a", "", (Source(IN, {}),), timers={"later": exhausted})

    for agent in (ticking, timed):
        bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))
        if agent.timers:
            bench.processor._contexts["a"].set_timer("later", "k", 10)
            bench.commit()
        with pytest.raises(MemoryError):
            bench.processor.tick(5000)


def test_a_timer_that_failed_is_tried_again_also_when_the_clock_was_set_back() -> None:
    bench = Bench()
    bench.processor._contexts["count"].set_timer("later", "stumbles", 10)
    bench.commit()

    for now in (10**9, 1000, 2000):
        bench.processor.tick(now)

    assert bench.processor.stats.failed_timers == {("count", "later"): 2}


def test_ticks_go_on_when_the_clock_was_set_back() -> None:
    """A machine that wakes up in the wrong year must not wait for that year."""
    seen: list[int] = []
    agent = AgentSpec("a", "", (Source(IN, {}),), tick=lambda _ctx, now: seen.append(now))
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))

    for now in (10**12, 5000, 5500, 6000):
        bench.processor.tick(now)

    assert seen == [10**12, 5000, 6000]


def test_ticks_come_no_more_often_than_the_agent_asked() -> None:
    seen: list[int] = []
    agent = AgentSpec(
        "a", "", (Source(IN, {}),), tick=lambda _ctx, now: seen.append(now), tick_every_ms=1000
    )
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))

    for now in (5000, 5500, 5999, 6000, 7500):
        bench.processor.tick(now)

    assert seen == [5000, 6000, 7500]


def test_a_tick_that_fails_is_undone_and_tried_again_and_records_go_on(caplog) -> None:
    def tick(ctx: Any, now_ms: int) -> None:
        ctx.table(COUNTS)["a"] = Row(99)
        ctx.publish(OUT, "a", b"tick", ())
        if now_ms < 7000:
            raise ValueError("as asked")

    agent = AgentSpec("a", "", (Source(IN, {}),), (COUNTS,), (OUT,), tick=tick)
    bench = Bench(Topology([agent], app_id="t", env="dev", partitions=1))

    bench.processor.tick(5000)
    bench.processor.tick(6000)
    changed_by_failures = bench.processor.has_changes()
    bench.processor.tick(7000)
    has_changes = bench.processor.has_changes()
    bench.commit()
    bench.processor.tick(500)  # The clock was set back, and it fails anew.

    assert not changed_by_failures
    assert has_changes
    assert bench.processor.stats.failed_timers == {("a", "tick"): 3}
    assert caplog.text.count("its tick failed") == 2, "once each time that it begins to fail"


def _timers(bench: Bench) -> Any:
    return bench.processor.tables["timers"].spec
