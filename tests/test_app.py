"""The application as a whole: what it is made of, and that importing it does nothing."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

import topics
from app import agents_of, create_app, messengers_of, payment_providers_of, topology_of
from broker.ports import free_ports
from engine.clients import client_options
from engine.dead_letters import SUFFIX
from engine.specs import AgentSpec, EffectSpec, Source
from engine.views import mask
from settings import Settings
from streams.orders.early import EarlyMessage, EarlyMessages
from tables.orders import EARLY_ORDERS

ROOT = Path(__file__).parents[1]
TOKEN = "x" * 32
INSIDE = {"Partial", "Dispatch", "Watch", "ErasureStep", "Suspension", "Levels"}
AGENTS, EFFECTS = agents_of(Settings())

GUARD = """
import os, sys
os.environ["FLOWMART_BROKER"] = "192.0.2.1:9092"
def refuse(event, args):
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo"}:
        raise AssertionError(event)
sys.addaudithook(refuse)
import app
print(app.app.conf.id)
"""


def names_of(source: Source) -> set[str]:
    """The messages of a source. What agents hand over inside is no message of the contract."""
    return set(source.handlers) - INSIDE


def test_importing_the_application_connects_to_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", GUARD], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("flowmart-")


def test_a_worker_is_let_in_as_its_settings_say() -> None:
    made = create_app(Settings(broker_user="shop", broker_password=SecretStr("word")))

    options = client_options(made)

    assert options["security_protocol"] == "SASL_PLAINTEXT"
    assert options["sasl_plain_password"] == "word"


def test_a_worker_imports_nothing_that_only_some_settings_and_commands_need() -> None:
    code = "import app, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    heavy = {"stripe", "requests", "rich", "structlog", "pygments"}
    assert heavy & set(done.stdout.split()) == set()


def test_a_worker_writes_into_a_file_what_any_file_can_hold(tmp_path: Path) -> None:
    settings = {
        "FLOWMART_WEB_PORT": str(free_ports(1)[0]),
        "FLOWMART_BROKER": "127.0.0.1:1",
        "FLOWMART_DATA_DIR": str(tmp_path),
        "PYTHONIOENCODING": "ascii",
    }
    done = subprocess.run(
        [sys.executable, "-m", "faust", "-A", "app", "worker"], cwd=ROOT, check=False,
        env=os.environ | settings, capture_output=True,
    )  # fmt: skip

    assert b"| id          | flowmart-dev" in done.stdout
    assert b"\x1b" not in done.stdout + done.stderr, "a terminal's codes"
    assert b"Traceback" not in done.stderr
    assert b"no Kafka broker answers at 127.0.0.1:1" in done.stderr


def test_while_a_worker_imports_itself_nobody_looks_for_garbage() -> None:
    code = "import app, gc; print(gc.get_stats()[2]['collections'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert int(done.stdout) == 0, "each costs tens of milliseconds"


def test_no_two_agents_have_one_name() -> None:
    names = [spec.name for spec in (*AGENTS, *EFFECTS)]

    assert len(names) == len(set(names))
    assert all(spec.help for spec in (*AGENTS, *EFFECTS))


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_agents_read_messages_that_travel_on_the_topic(agent: AgentSpec) -> None:
    for source in agent.sources:
        travelling = {message.name for message in source.topic.events}
        assert names_of(source) <= travelling, source.topic.name


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.name)
def test_effects_read_messages_that_travel_on_the_topic(effect: EffectSpec) -> None:
    assert set(effect.effects) - INSIDE <= {message.name for message in effect.topic.events}


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_agents_read_and_write_declared_topics_only(agent: AgentSpec) -> None:
    read = {source.topic.name for source in agent.sources}
    written = {spec.name.removesuffix(SUFFIX) for spec in agent.outputs}

    assert read | written <= {spec.name for spec in topics.ALL}


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_every_table_says_what_it_is_for_and_masks_fields_that_it_has(agent: AgentSpec) -> None:
    for table in agent.tables:
        assert table.key, table.name
        assert table.help.endswith("."), table.name
        fields = getattr(table.row, "__struct_fields__", ())
        assert {path.split(".")[0] for path in table.mask} <= set(fields), table.name


def test_nothing_leaves_the_house_unless_a_setting_says_where_to() -> None:
    named = Settings(
        smtp_url="smtp://mail.example",  # type: ignore[arg-type]  # pydantic reads text
        sms_url="https://sms.example",
        push_url="https://push.example",
    )

    assert {channel: to.is_outside for channel, to in messengers_of(Settings()).items()} == {
        "EMAIL": False,
        "SMS": False,
        "PUSH": False,
    }
    assert {channel: to.name for channel, to in messengers_of(named).items()} == {
        "EMAIL": "smtp",
        "SMS": "sms",
        "PUSH": "fcm",
    }


def test_who_takes_payments_is_a_setting() -> None:
    simulated = payment_providers_of(Settings(provider_outages=frozenset({"simulated"})))
    stripe = payment_providers_of(
        Settings(payment_provider="stripe", stripe_key="sk_test_1")  # type: ignore[arg-type]  # pydantic reads text
    )

    assert [provider.name for provider in simulated.values()] == ["simulated", "paypal"]
    assert [getattr(provider, "outage", None) for provider in simulated.values()] == [True, False]
    assert [provider.name for provider in stripe.values()] == ["stripe"]


def test_where_people_live_is_shown_to_nobody() -> None:
    open_fields = {
        f"{table.name}.{field}"
        for agent in AGENTS
        for table in agent.tables
        if not table.hidden
        for field in getattr(table.row, "__struct_fields__", ())
        if "address" in field or field in {"email", "phone"}
        if field not in {path.split(".")[0] for path in table.mask}
    }

    assert open_fields == set()


def test_messages_that_wait_for_an_order_are_shown_without_what_is_in_them() -> None:
    row = EarlyMessages(1, (EarlyMessage("t", "AmendOrder", "t", 0, 0, 1, b"k", b"{}", ()),))

    seen = msgspec.json.decode(msgspec.json.encode(row))
    [told] = mask(seen, EARLY_ORDERS.mask)["messages"]

    assert told["value"] == "***"
    assert told["name"] == "AmendOrder"


@pytest.mark.parametrize("env", ["dev", "sit", "prod"])
def test_the_environment_is_part_of_every_name(env: str) -> None:
    topology = topology_of(Settings(env=env, view_token=TOKEN))  # type: ignore[arg-type]  # pydantic reads text

    assert topology.app_id == f"flowmart-{env}"
    assert all(f".{env}." in name for name in topology.topic_specs())
    assert topology.changelog == f"flowmart-{env}-changelog"


def test_every_topic_that_agents_read_has_as_many_partitions_as_there_are_lanes() -> None:
    topology = topology_of(Settings(partitions=12))

    partitions = {topology.partitions_of(topic.spec) for topic in topology.topics.values()}
    assert partitions == {12}


def test_a_worker_runs_every_agent(tmp_path: Path) -> None:
    made = create_app(Settings(data_dir=tmp_path, env="sit", view_token=TOKEN))

    assert {spec.name for spec in (*AGENTS, *EFFECTS)} <= set(made.agents)
    assert made.web_service is not None
    assert TOKEN not in made.greeting


@pytest.mark.parametrize(("env", "told"), [("prod", True), ("dev", False)])
def test_a_worker_in_production_says_when_nobody_pays(
    tmp_path: Path, env: Any, *, told: bool
) -> None:
    """The secret that names Stripe may be missing, and orders would be sent for nothing."""
    made = create_app(Settings(env=env, data_dir=tmp_path, view_token=SecretStr(TOKEN)))

    assert ("payments are simulated" in made.greeting) is told


def test_each_agent_is_called_by_its_name_in_the_log(tmp_path: Path) -> None:
    agents = create_app(Settings(data_dir=tmp_path)).agents

    assert {agent.shortlabel for agent in agents.values()} == {
        f"LaneAgent: {name}" for name in agents
    }
