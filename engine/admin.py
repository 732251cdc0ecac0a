"""Creates the topics of a topology and tells where the cluster differs from it."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
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

_REMEMBERS = {
    "cleanup.policy": "rows that are old",
    "delete.retention.ms": "deletions before a store that was away for days has seen them",
}
"""Configs of the changelog without which rows are wrong, and what it forgets then."""
_SERVES = {
    "message.timestamp.type": "records have their producers' times, and so agents' clocks are"
    " theirs",
    "cleanup.policy": "records go unread once a newer one has their key, and letters without a key"
    " are refused",
    "max.message.bytes": "a worker that has much to write at once ends with CommitFailed",
}
"""Configs that others may have set otherwise, and what happens then."""


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
        "cleanup.policy": "delete",
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
        ChangelogForgets: the changelog is there and forgets what it must keep.
        EngineError: the broker refused to create a topic.
    """
    wanted = wanted_topics(topology, replication)
    admin = await _connect(options)
    try:
        existing = set(await admin.list_topics())
        await _check_configs(admin, topology, wanted, existing)
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
    except (KafkaError, TimeoutError) as exc:
        raise _silent(exc) from exc
    finally:
        await admin.close()


def _silent(exc: Exception) -> BrokerUnavailable:
    return BrokerUnavailable(f"the broker tells nothing of its topics: {type(exc).__name__}: {exc}")


async def _told(admin: AIOKafkaAdminClient, topics: Iterable[str]) -> dict[str, dict[str, str]]:
    """What matters of each topic's configs, of those of which the cluster tells."""
    configs = dict.fromkeys((*_REMEMBERS, *_SERVES))
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic, configs) for topic in topics]
    return {
        name: {config: value for config, value, *_ in entries if value is not None}
        for response in (await admin.describe_configs(asked) if asked else [])
        for code, _, _, name, entries in response.resources
        if code == 0
    }


async def _check_configs(
    admin: AIOKafkaAdminClient, topology: Topology, wanted: list[NewTopic], existing: set[str]
) -> None:
    """Look at topics that somebody else may have made.

    Raises:
        ChangelogForgets: the changelog forgets what it must keep.
    """
    there = [topic for topic in wanted if topic.name in existing]
    told = await _told(admin, [topic.name for topic in there])
    changelog = [topic for topic in there if topic.name == topology.changelog]
    for config, lost in _REMEMBERS.items():
        for name, ours, theirs in _misfits(config, changelog, told):
            raise ChangelogForgets(
                f"{name} has {config}={theirs} and would forget {lost}: set it to {ours}"
                f" (kafka-configs --alter --entity-type topics --entity-name {name}"
                f" --add-config {config}={ours})"
            )
    for config, then in _SERVES.items():
        if foreign := list(_misfits(config, there, told)):
            names = ", ".join([name for name, *_ in foreign])
            LOG.warning("%s: %s: set %s=%s", names, then, config, foreign[0][1])


def _misfits(
    config: str, there: list[NewTopic], told: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str, str]]:
    """Topics that have another config than we make them with: name, ours, theirs.

    Of a number more serves as well.
    """
    for topic in there:
        wanted = topic.topic_configs.get(config)
        found = told.get(topic.name, {}).get(config)
        if wanted is None or found in (None, wanted):
            continue
        if not (wanted.isdecimal() and int(found) >= int(wanted)):
            yield topic.name, wanted, found


async def check_topics(options: dict[str, Any], topology: Topology) -> list[TopicState]:
    """Every topic of the topology as the cluster has it.

    Raises:
        BrokerUnavailable, ChangelogForgets: as `ensure_topics`.
    """
    wanted = wanted_topics(topology, 1)
    admin = await _connect(options)
    try:
        await _check_configs(admin, topology, wanted, set(await admin.list_topics()))
        return await _states(admin, wanted, created=set())
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
