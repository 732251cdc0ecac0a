"""Topics as they are made, and a changelog that somebody else made."""

import asyncio
import time
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import ClusterAuthorizationFailedError, KafkaTimeoutError

from engine.admin import check_topics, ensure_topics, wanted_topics
from engine.errors import BrokerUnavailable, ChangelogForgets
from engine.sizes import BATCH_BYTES
from engine.specs import AgentSpec, Source, TopicSpec
from engine.topology import Topology
from tests.engine.counting import Json, counting

pytestmark = pytest.mark.kafka
OURS = {"message.timestamp.type": "LogAppendTime"}


def unique(partitions: int = 1) -> Topology:
    app = f"admin-{time.time_ns()}"
    return Topology([counting()], app_id=app, env="dev", partitions=partitions)


async def make(bootstrap: str, topic: str, configs: dict[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=configs)])
    async with asyncio.timeout(60):
        while topic not in await admin.list_topics():
            pass  # A broker tells of new ones a little late.
    await admin.close()


@pytest.mark.parametrize(
    ("policy", "mend"),
    [
        ("delete", "cleanup.policy=compact"),
        ("compact,delete", "cleanup.policy=compact"),
        ("compact", "delete.retention.ms=604800000"),  # Kafka's own default is a day.
    ],
)
async def test_a_changelog_that_forgets_is_refused_with_what_to_do(bootstrap, policy, mend) -> None:
    topology, options = unique(), {"bootstrap_servers": bootstrap}
    await make(bootstrap, topology.changelog, {"cleanup.policy": policy})

    for asked in (ensure_topics, check_topics):
        with pytest.raises(ChangelogForgets, match=rf"{topology.changelog} .*add-config {mend}\)"):
            await asked(options, topology)


@pytest.mark.parametrize(
    ("configs", "mends"),
    [
        ({}, ["message.timestamp.type=LogAppendTime"]),
        (OURS | {"cleanup.policy": "compact"}, ["cleanup.policy=delete"]),
        (OURS | {"max.message.bytes": "65536"}, ["max.message.bytes=1048588"]),
        (OURS | {"max.message.bytes": "2000000", "retention.ms": "1"}, []),
    ],
)
async def test_a_topic_that_others_made_otherwise_is_told_of_with_what_to_set(
    bootstrap, caplog, configs, mends
) -> None:
    source = TopicSpec(f"foreign-{time.time_ns()}", "k", Json())
    agent = AgentSpec("a", "", (Source(source, {}),))
    topology = Topology([agent], app_id=f"{source.name}-app", env="dev", partitions=1)
    await make(bootstrap, source.name, configs)

    await ensure_topics({"bootstrap_servers": bootstrap}, topology)

    told = [r.getMessage() for r in caplog.records if r.name == "engine.admin"]
    assert [line.rpartition(" ")[2] for line in told] == mends
    assert all(line.startswith(f"{source.name}: ") for line in told)


def test_every_topic_takes_what_the_engine_writes_whatever_the_cluster_takes_by_default() -> None:
    limits = [t.topic_configs["max.message.bytes"] for t in wanted_topics(unique(), 1)]

    assert len(limits) == 4
    assert min(map(int, limits)) > BATCH_BYTES


async def test_a_changelog_of_ones_own_is_taken_again(bootstrap) -> None:
    topology, options = unique(), {"bootstrap_servers": bootstrap}

    first: list[Any] = await ensure_topics(options, topology)
    again: list[Any] = await ensure_topics(options, topology)

    assert all(state.ok for state in first)
    assert again == first


@pytest.mark.parametrize(
    "error", [KafkaTimeoutError, ClusterAuthorizationFailedError, TimeoutError]
)
async def test_a_broker_that_tells_nothing_of_topics_is_one_line(monkeypatch, error) -> None:
    class Admin:
        async def list_topics(self) -> list[str]:
            raise error

        async def close(self) -> None:
            pass

    async def connect(_options: Any) -> Admin:
        return Admin()

    monkeypatch.setattr("engine.admin._connect", connect)

    for asked in (ensure_topics, check_topics):
        with pytest.raises(BrokerUnavailable, match=error.__name__):
            await asked({}, unique())
