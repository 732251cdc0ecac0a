"""What does not fit together is refused before anything starts, and told."""

import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest
from faust.types import TP

from engine.admin import TopicState, wanted_topics
from engine.bind import WorkerOptions, create_worker_app
from engine.errors import NotCopartitioned, TopologyError
from engine.policy import Policy
from engine.rebalance import lanes_of
from engine.specs import AgentSpec, EffectSpec, Source, TableSpec, TopicSpec
from engine.topology import Topology, check_copartitioned
from tests.engine.counting import COUNTS, IN, OUT, In, Json, Row, count, counting, later, topology


class Changeable(msgspec.Struct):
    """A row that a handler could change where nobody sees it."""

    n: int


async def never_awaited(*_given: Any) -> None:
    """Would do nothing at all."""


def never_read(*_given: Any) -> Iterator[int]:
    yield 1


def reading(handler: Any) -> AgentSpec:
    return AgentSpec("b", "", (Source(IN, {"In": handler}),))


def keeping(row: Any) -> AgentSpec:
    return AgentSpec("b", "", (), (TableSpec("mine", row, "k", ""),))


def bound(*agents: AgentSpec, effects: tuple[EffectSpec, ...] = ()) -> Topology:
    return Topology(agents, effects, app_id="t", env="dev", partitions=4)


@pytest.mark.parametrize(
    ("agents", "told"),
    [
        ([counting(), counting()], "two agents are called 'count'"),
        ([replace(counting(), name="a|b")], "'a|b' cannot be a name"),
        ([replace(counting(), name="")], "cannot be a name"),
        ([replace(counting(), timers={"x|y": later})], "'x|y' cannot be a name"),
        (
            [counting(), AgentSpec("b", "", (), (TableSpec("counts", int, "k", ""),))],
            "two tables are called 'counts'",
        ),
        ([AgentSpec("b", "", (), (TableSpec("timers", bool, "k", ""),))], "two tables"),
        (
            [counting(), AgentSpec("b", "", (Source(replace(IN, key="other"), {"In": count}),))],
            "topic in is declared twice, differently",
        ),
        (
            [AgentSpec("b", "", (Source(TopicSpec("five", "k", Json(), partitions=5), {}),))],
            "five asks for 5 partitions",
        ),
        (
            [AgentSpec("b", "", (Source(replace(IN, events=(In,)), {"Inn": count}),))],
            "'b' handles 'Inn', which topic in has not among its events: is it 'In'?",
        ),
        ([replace(counting(), tick=never_awaited)], "'count': never_awaited is called and never"),
        ([replace(counting(), timers={"x": partial(never_read, 1)})], "write a plain `def`"),
        ([reading(never_awaited)], "never_awaited is called and never awaited"),
        ([keeping(list[str])], "rows of table 'mine' can be changed in place (list)"),
        ([keeping(Changeable)], "declare a frozen Struct or a tuple"),
        ([keeping(Topology)], "rows of table 'mine' cannot be written as JSON: Topology"),
    ],
)
def test_what_does_not_fit_is_refused(agents, told) -> None:
    with pytest.raises(TopologyError, match=re.escape(told)):
        bound(*agents)


def test_writing_to_a_topic_that_no_agent_declared_is_refused() -> None:
    with pytest.raises(TopologyError, match="elsewhere is written but no agent lists it"):
        bound(counting()).output(TopicSpec("elsewhere", "k", Json()))


@pytest.mark.parametrize("row", [int, str | None, tuple[str, ...], Mapping[str, int], Row])
def test_rows_of_any_type_that_stays_as_it_is_are_kept(row) -> None:
    assert "mine" in bound(keeping(row)).tables


def test_two_agents_may_share_a_table_that_they_declare_alike() -> None:
    other = AgentSpec("b", "", (Source(IN, {"In": count}),), (COUNTS,))

    assert set(bound(counting(), other).tables) == {"timers", "counts", "seen"}


def test_every_topic_that_must_exist_is_named_once() -> None:
    names = bound(counting(by="k")).topic_specs()

    assert {name: spec.partitions for name, spec in names.items()} == {
        "in": 4, "in.dlq": 1, "t-in-by-k-repartition": 4, "out": 4
    }  # fmt: skip


def test_what_was_replaced_leaves_the_changelog_within_a_week_or_two() -> None:
    """Also where little is written: an erased customer's data is among it."""
    [configs] = [t.topic_configs for t in wanted_topics(bound(), 1) if t.name == "t-changelog"]

    assert configs["cleanup.policy"] == "compact"
    assert int(configs["max.compaction.lag.ms"]) == timedelta(days=7) / timedelta(milliseconds=1)


@pytest.mark.parametrize(("days", "kept"), [(7, 14), (30, 30)])
def test_dead_letters_stay_as_long_as_their_neighbours_and_for_a_fortnight_at_least(
    days: int, kept: int
) -> None:
    source = replace(IN, retention=timedelta(days=days))

    found = bound(AgentSpec("a", "", (Source(source, {}),))).topic_specs()

    assert found["in"].retention == timedelta(days=days)
    assert found["in.dlq"].retention == timedelta(days=kept)


def test_topics_with_other_partition_counts_are_named_with_what_to_do() -> None:
    with pytest.raises(NotCopartitioned, match=r"needs 4 .* a has 3, b has none.*FLOWMART_PART"):
        check_copartitioned({"a": 3, "b": None, "c": 4}, 4)


@pytest.mark.parametrize(
    ("name", "found", "refused"),
    [
        ("in", 2, True),
        ("in", 4, True),
        ("t-changelog", 4, True),
        ("t-changelog", 2, True),
        ("out", 2, True),
        ("out", 4, False),
        ("in.dlq", 2, False),
    ],
)
async def test_a_worker_begins_only_where_every_partition_it_needs_is_there(
    name, found, refused, tmp_path, monkeypatch
) -> None:
    """What it reads, and its changelog, has exactly its lanes; what it writes has no fewer."""
    topo = topology(partitions=3)
    states = [
        TopicState(t.name, t.num_partitions, found if t.name == name else t.num_partitions)
        for t in wanted_topics(topo, 1)
    ]

    async def ensured(*_args: object, **_kwargs: object) -> list[TopicState]:
        return states

    monkeypatch.setattr("engine.bind.ensure_topics", ensured)
    app = create_worker_app(topo, Policy(), WorkerOptions("b:1", tmp_path))

    with (
        pytest.raises(NotCopartitioned, match=rf"needs 3 partitions: {name} has {found}")
        if refused
        else nullcontext()
    ):
        await app.on_first_start()


def test_an_assignment_without_some_topic_of_a_partition_is_refused() -> None:
    assert lanes_of({TP("a", 1), TP("b", 1), TP("reply", 0)}, {"a", "b"}) == {1}
    with pytest.raises(TopologyError, match=r"partition 2 was assigned without \['b'\]"):
        lanes_of({TP("a", 2)}, {"a", "b"})


def test_unused_names_of_a_spec_are_plain_data() -> None:
    assert OUT.partitions is None
    assert Row() == Row(0, 0, "")
