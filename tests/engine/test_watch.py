"""Who keeps a worker busy is named while it does, with its record and its line, and counted."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from engine.lanes import Lanes
from engine.metrics import EngineCollector
from engine.policy import Policy
from engine.specs import AgentSpec, Context, Delivery, Source
from engine.topology import Topology
from engine.watch import watched
from tests.engine.counting import IN, chunk, value
from tests.engine.fakes import Bench, InMemoryLanes

POLICY = Policy(linger_s=0, bulk_linger_s=0, slow_s=0.05)
PATIENT = Policy(linger_s=0, bulk_linger_s=0, slow_s=1.0)
"""A machine that is busy with something else may stop a handler that is quick."""


def slowly(_ctx: Context, delivery: Delivery) -> None:
    if delivery.value.do == "slow":
        _spin()
    if delivery.value.do == "timer":
        _ctx.set_timer("late", "a", 0)


def _spin(*_about: Any) -> None:
    """As a handler that computes does: it holds the loop, and other threads get their turn."""
    until = time.thread_time() + 0.2
    while time.thread_time() < until:
        pass


def bench(policy: Policy = POLICY, **more: Any) -> Bench:
    agent = AgentSpec("thinker", "", (Source(IN, {"In": slowly}),), **more)
    return Bench(Topology([agent], app_id="t", env="dev", partitions=1), policy)


async def test_a_handler_that_takes_long_is_named_while_it_runs_and_told_of_afterwards(
    caplog,
) -> None:
    one = bench()

    with watched(one.processor.stats, POLICY.slow_s):
        one.lane.put(chunk(0, value("a", 1), value("a", 2, "slow"), value("a", 3)))
        await one.settle()

    during, afterwards = [record.getMessage() for record in caplog.records]
    assert "agent 'thinker', in-0 offset 1 at test_watch.py:" in during
    assert afterwards.startswith("partition 0: in [0, 3) took ")
    assert one.processor.stats.slow == {("in", "thinker"): 1}
    assert one.processor.committed_mark("in") == 3


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"timers": {"late": _spin}}, "agent 'thinker', timer 00000000000000|thinker|late|a at"),
        ({"tick": _spin, "timers": {"late": lambda *_: None}}, "agent 'thinker', its tick at"),
    ],
)
async def test_timers_and_ticks_that_take_long_are_named(more, named, caplog) -> None:
    one = bench(**more)
    one.lane.put(chunk(0, value("a", 1, "timer")))
    await one.settle()

    with watched(one.processor.stats, POLICY.slow_s):
        one.lane.tick(1000)
        await one.settle()

    assert named in caplog.text
    assert "partition 0: tick at 1000 took " in caplog.text
    assert one.processor.stats.slow["tick", "thinker"] == 1


async def test_who_is_quick_is_not_told_of_and_no_thread_stays(caplog) -> None:
    one = bench(PATIENT)

    with watched(one.processor.stats, PATIENT.slow_s):
        for number in range(3):
            one.lane.put(chunk(number, value("a", number)))
            await asyncio.sleep(0.6)

    assert caplog.text == ""
    assert one.processor.stats.slow == {}


async def test_the_metric_says_topic_and_agent(tmp_path) -> None:
    topo = bench().processor.topology
    lanes = Lanes(topo, POLICY, tmp_path, dict, lambda _exc: asyncio.sleep(0))
    lanes.stats.slow["in", "thinker"] = 2

    [family] = [f for f in EngineCollector(lanes, "x").collect() if f.name == "x_slow"]

    assert [(s.labels, s.value) for s in family.samples] == [
        ({"topic": "in", "agent": "thinker"}, 2)
    ]


class _OnDisk(InMemoryLanes):
    """Lanes without a broker whose stores are files."""

    _keep_stores = Lanes._keep_stores


async def test_a_worker_is_heard_of_between_the_stores_that_it_opens(tmp_path: Path) -> None:
    lanes, opened = _OnDisk(bench().processor.topology, POLICY, lambda _exc: None), set[int]()
    lanes.data_dir = tmp_path

    def stores() -> int:
        return len(list(tmp_path.glob("*/*-of-*/CURRENT")))

    opening = asyncio.create_task(lanes.open([0, 1, 2]))

    while not opening.done():
        opened.add(stores())
        await asyncio.sleep(0)
    await lanes.close(release=True)

    assert {1, 2, 3} <= opened
