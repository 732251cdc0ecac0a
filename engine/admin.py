"""Creates the topics of a topology and tells where the cluster differs from it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    TopicAlreadyExistsError,
    for_code,
)

from engine.brokers import nobody_answers
from engine.errors import BrokerUnavailable, ChangelogForgets, EngineError
from engine.recovery import TOMBSTONES_KEPT_S
from engine.specs import TopicSpec
from engine.topology import Topology

LOG = logging.getLogger(__name__)

_ALREADY_THERE = 36
CHANGELOG_SEGMENT_BYTES = 64 << 20
CHANGELOG_LAG_S = 7 * 24 * 3600
"""How long a value may lie in the changelog that a newer one has replaced: Kafka would leave it
until half of a partition is such, for ever where little is written, and it may be somebody's."""
MESSAGE_BYTES_MAX = 1_048_588
"""Of a record batch: Kafka's own default. A cluster whose default is lower refuses the engine's
batches (`sizes.BATCH_BYTES`), and its worker ends at every start."""


@dataclass(frozen=True, slots=True)
class TopicState:
    """One topic as it should be and as it is."""

    name: str
    partitions: int
    found: int | None
    """Partitions it has; None: it does not exist."""

    @property
    def ok(self) -> bool:
        """Whether it may be used as it is."""
        return self.found == self.partitions


def wanted_topics(topology: Topology, replication: int) -> list[NewTopic]:
    """Every topic of the topology, its changelog and its dead letters."""
    topics = [
        NewTopic(
            name,
            spec.partitions or topology.partitions,
            replication,
            topic_configs=_configs(spec, replication),
        )
        for name, spec in topology.topic_specs().items()
    ]
    changelog = {
        "cleanup.policy": "compact",
        "delete.retention.ms": str(TOMBSTONES_KEPT_S * 1000),
        "max.compaction.lag.ms": str(CHANGELOG_LAG_S * 1000),
        "segment.bytes": str(CHANGELOG_SEGMENT_BYTES),
        "max.message.bytes": str(MESSAGE_BYTES_MAX),
        "min.insync.replicas": _min_isr(replication),
    }
    topics.append(
        NewTopic(topology.changelog, topology.partitions, replication, topic_configs=changelog)
    )
    return topics


def _configs(spec: TopicSpec, replication: int) -> dict[str, str]:
    return {
        "cleanup.policy": spec.cleanup,
        "retention.ms": str(int(spec.retention.total_seconds() * 1000)),
        # The broker's clock is the only one that agents know: producers' may be wrong.
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(MESSAGE_BYTES_MAX),
        "min.insync.replicas": _min_isr(replication),
    }


def _min_isr(replication: int) -> str:
    return str(max(1, replication - 1))


async def ensure_topics(
    options: dict[str, Any], topology: Topology, *, replication: int = 1
) -> list[TopicState]:
    """Create what is missing; returns every topic's state afterwards.

    Raises:
        BrokerUnavailable: nobody answers at the address, or does not tell of topics.
        ChangelogForgets: the changelog is there and deletes what is old.
        EngineError: the broker refused to create a topic.
    """
    wanted = wanted_topics(topology, replication)
    admin = await _connect(options)
    try:
        existing = set(await admin.list_topics())
        await _check_configs(admin, topology, existing)
        missing = [topic for topic in wanted if topic.name not in existing]
        if missing:
            response = await admin.create_topics(missing)
            for name, code, *detail in response.topic_errors:
                if code not in (0, _ALREADY_THERE):
                    raise EngineError(
                        f"cannot create topic {name}: {for_code(code).__name__}"
                        f" {detail[0] if detail else ''}"
                    )
        return await _states(admin, wanted, created={t.name for t in missing})
    except TopicAlreadyExistsError:
        return await _states(admin, wanted, created=set())
    except (KafkaError, TimeoutError) as exc:
        raise _silent(exc) from exc
    finally:
        await admin.close()


def _silent(exc: Exception) -> BrokerUnavailable:
    return BrokerUnavailable(f"the broker tells nothing of its topics: {type(exc).__name__}: {exc}")


async def _told(admin: AIOKafkaAdminClient, topics: Iterable[str], config: str) -> dict[str, str]:
    """That config of each topic, of those of which the cluster tells."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, t, {config: None}) for t in topics]
    return {
        name: str(entries[0][1])
        for response in (await admin.describe_configs(asked) if asked else [])
        for code, _, _, name, entries in response.resources
        if code == 0 and entries
    }


async def _check_configs(
    admin: AIOKafkaAdminClient, topology: Topology, existing: set[str]
) -> None:
    """Look at topics that somebody else may have made.

    Raises:
        ChangelogForgets: the changelog deletes what is old.
    """
    changelog = topology.changelog
    policies = await _told(admin, existing & {changelog}, "cleanup.policy")
    _check_policy(changelog, policies.get(changelog))
    stamps = await _told(admin, sorted(existing & set(topology.topics)), "message.timestamp.type")
    if foreign := [topic for topic, kind in stamps.items() if kind != "LogAppendTime"]:
        LOG.warning(
            "%s: records have their producers' times, and so agents' clocks are theirs: set"
            " message.timestamp.type=LogAppendTime",
            ", ".join(foreign),
        )


def _check_policy(changelog: str, policy: str | None) -> None:
    """Refuse a changelog that forgets.

    Raises:
        ChangelogForgets: its policy is not `compact`.
    """
    if policy not in (None, "compact"):
        raise ChangelogForgets(
            f"{changelog} has cleanup.policy={policy} and would forget rows that are old: set it to"
            f" compact (kafka-configs --alter --entity-type topics --entity-name {changelog}"
            " --add-config cleanup.policy=compact)"
        )


async def check_topics(options: dict[str, Any], topology: Topology) -> list[TopicState]:
    """Every topic of the topology as the cluster has it."""
    admin = await _connect(options)
    try:
        return await _states(admin, wanted_topics(topology, 1), created=set())
    except (KafkaError, TimeoutError) as exc:
        raise _silent(exc) from exc
    finally:
        await admin.close()


async def _connect(options: dict[str, Any]) -> AIOKafkaAdminClient:
    allowed = {k: v for k, v in options.items() if k != "connections_max_idle_ms"}
    admin = AIOKafkaAdminClient(**allowed)
    try:
        await admin.start()
    except KafkaConnectionError as exc:
        await admin.close()
        raise BrokerUnavailable(nobody_answers(",".join(options["bootstrap_servers"]))) from exc
    return admin


async def _states(
    admin: AIOKafkaAdminClient, wanted: list[NewTopic], created: set[str]
) -> list[TopicState]:
    existing = set(await admin.list_topics()) | created
    named = [topic.name for topic in wanted if topic.name in existing and topic.name not in created]
    described = {
        topic["topic"]: len(topic["partitions"])
        for topic in (await admin.describe_topics(named) if named else [])
    }
    described |= {topic.name: topic.num_partitions for topic in wanted if topic.name in created}
    return [TopicState(t.name, t.num_partitions, described.get(t.name)) for t in wanted]
