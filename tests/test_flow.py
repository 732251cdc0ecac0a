"""docs/flow.md tells what the agents read, keep and publish; it must not lie."""

import re
from pathlib import Path

import pytest

from app import topology_of
from engine.dead_letters import SUFFIX
from events.registry import MESSAGES
from settings import Settings
from topics import PULSE, topic_of

FLOW = Path(__file__).parent.parent / "docs" / "flow.md"
ROW = re.compile(r"^\| (`[^|]*)\|[^|]*\|[^|]*\|([^|]*)\|([^|]*)\|([^|]*)\|", re.MULTILINE)
TOPOLOGY = topology_of(Settings())
TOLD = {
    name: (reads, keeps, publishes)
    for names, reads, keeps, publishes in ROW.findall(FLOW.read_text())
    for name in re.findall(r"`([\w-]+)`", names)
}


@pytest.mark.parametrize("agent", [spec.name for spec in (*TOPOLOGY.agents, *TOPOLOGY.effects)])
def test_every_agent_has_its_row(agent: str) -> None:
    assert agent in TOLD


def test_every_row_tells_of_an_agent_that_runs() -> None:
    agents = {spec.name for spec in (*TOPOLOGY.agents, *TOPOLOGY.effects)}

    assert set(TOLD) <= agents


@pytest.mark.parametrize("spec", TOPOLOGY.agents, ids=lambda spec: spec.name)
def test_a_row_names_every_message_that_its_agent_reads_and_every_table_it_keeps(spec) -> None:
    reads, keeps, _ = TOLD[spec.name]
    if "all" in reads.split() or "events" in reads.split() or "figures" in reads:
        told = None
    else:
        told = set(re.findall(r"[A-Z][A-Za-z]+", reads))

    read = {name for source in spec.sources for name in source.handlers}
    kept = {table.name for table in spec.tables if not table.hidden}

    assert told is None or told == read
    assert kept <= set(re.findall(r"`(\w+)`", keeps))


@pytest.mark.parametrize("spec", [*TOPOLOGY.agents, *TOPOLOGY.effects], ids=lambda spec: spec.name)
def test_a_row_names_messages_of_every_topic_on_which_its_agent_publishes_and_of_no_other(
    spec,
) -> None:
    *_, publishes = TOLD[spec.name]
    told = {MESSAGES[name] for name in re.findall(r"[A-Z]\w+", publishes) if name in MESSAGES}

    names = {topic.name for topic in spec.outputs if not topic.internal}
    written = {name for name in names if not name.endswith(SUFFIX)}  # Any may give a record up.

    assert {topic_of(message).name for message in told} == written
    assert ("partial figures" in publishes) == (PULSE in spec.outputs)
