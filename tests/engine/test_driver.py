"""The driver is the lane's own processor: repartitioning, effects, time, restarts."""

from typing import Any

import pytest

from engine.driver import Driver
from engine.errors import TopologyError
from engine.json_codec import JsonCodec
from engine.specs import AgentSpec, EffectSpec, Published, Source, TopicSpec
from tests.engine.counting import COUNTS, IN, OUT, SEEN, In, Row, count, counting, value


def test_records_reach_the_partition_of_their_key_wherever_they_lie() -> None:
    driver = Driver([counting(by="k")], partitions=3)

    for i in range(30):
        driver.send(IN, value(f"k{i % 5}", 1), f"k{i % 5}", partition=i % 3)
    driver.run()

    assert driver.rows(COUNTS) == {f"k{i}": Row(6, 6) for i in range(5)}
    assert driver.stats.rekeyed > 0


def test_a_restart_forgets_nothing_that_was_committed_and_repeats_nothing() -> None:
    driver = Driver([counting()])
    driver.send(IN, value("a", 2), "a")
    driver.run().restart()

    driver.send(IN, value("a", 2), "a")
    driver.run().restart().run()

    assert driver.rows(COUNTS) == {"a": Row(2, 4)}
    assert len(driver.outputs(OUT)) == 2


def test_time_passes_only_when_it_is_told_to() -> None:
    driver = Driver([counting()], start_ms=1_000)
    driver.send(IN, value("a", 500, "timer"), "a")
    driver.run()

    driver.advance(499)
    before = driver.timers()
    driver.advance(1)

    assert (before, driver.timers()) == ({"count.later": 1}, {})
    assert driver.rows(COUNTS)["a"].note == "late 0"


def test_an_effect_runs_once_and_its_outcome_is_published() -> None:
    async def call(delivery: Any) -> list[Published]:
        return [Published(OUT, delivery.value.k, b"done", ())]

    driver = Driver([], [EffectSpec("peer", "", IN, {"In": call}, outputs=(OUT,))])
    driver.send(IN, value("a", 1), "a")
    driver.run().run().restart().run()

    assert [record.value for record in driver.outputs(OUT)] == [b"done"]


def test_agents_that_feed_each_other_without_end_are_noticed(monkeypatch) -> None:
    monkeypatch.setattr("engine.driver.ROUNDS_MAX", 20)

    def echo(ctx: Any, delivery: Any) -> None:
        ctx.publish(IN, "a", delivery.record.value, ())

    driver = Driver([AgentSpec("echo", "", (Source(IN, {"In": echo}),), outputs=(IN,))])
    driver.send(IN, value("a", 1), "a")

    with pytest.raises(RuntimeError, match="feed each other"):
        driver.run()


def test_a_field_that_records_have_not_ends_the_run_instead_of_losing_them() -> None:
    topic = TopicSpec("in", "k", JsonCodec(In))
    driver = Driver([AgentSpec("a", "", (Source(topic, {"In": count}, by="kk"),), (COUNTS, SEEN))])
    driver.send(topic, value("a", 1), "a")

    with pytest.raises(TopologyError, match="In has no field 'kk', by which an agent's source"):
        driver.run()


def test_a_record_that_nobody_would_read_is_refused() -> None:
    driver = Driver([counting()])

    with pytest.raises(TopologyError, match="no agent reads topic out"):
        driver.send(OUT, value("a", 1), "a")
