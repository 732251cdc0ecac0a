"""What Kafka is told: its `server.properties`, as data.

The figures make a node that is quick on two cores and otherwise behaves as in production:
limits that a client can meet (record size, session and transaction timeouts, retention) stay at
Kafka's defaults.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from broker.ports import LOOPBACK


@dataclass(frozen=True, slots=True)
class Address:
    """Where one node listens, on loopback: for clients and other nodes, and for the quorum."""

    node_id: int
    port: int
    controller_port: int

    @property
    def bootstrap(self) -> str:
        """Host and port for clients."""
        return f"{LOOPBACK}:{self.port}"


def server_properties(
    node: Address, cluster: Sequence[Address], home: Path, overrides: Mapping[str, str]
) -> dict[str, str]:
    """Everything the node is told; `overrides` win."""
    return {
        **_identity(node, cluster, home),
        **_replication(len(cluster)),
        **_small_machine(),
        **overrides,
    }


def render(properties: Mapping[str, str]) -> str:
    """The properties in the format that Kafka reads, backslashes doubled as it asks."""
    lines = (f"{name}={value}".replace("\\", "\\\\") for name, value in properties.items())
    return "\n".join([*lines, ""])


def _identity(node: Address, cluster: Sequence[Address], home: Path) -> dict[str, str]:
    voters = ",".join(f"{a.node_id}@{LOOPBACK}:{a.controller_port}" for a in cluster)
    return {
        "node.id": str(node.node_id),
        "process.roles": "broker,controller",
        "listeners": f"PLAINTEXT://{node.bootstrap},CONTROLLER://{LOOPBACK}:{node.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{node.bootstrap}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": voters,
        "log.dirs": str(home),
    }


def _replication(nodes: int) -> dict[str, str]:
    replicas, in_sync = str(nodes), str(nodes // 2 + 1)
    return {
        "default.replication.factor": replicas,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": in_sync,
    }


def _small_machine() -> dict[str, str]:
    return {
        # A topic that springs up by a typing error has the wrong number of partitions for ever.
        "auto.create.topics.enable": "false",
        # Kafka waits 3 s for more members before it first assigns a group; here nobody else comes.
        "group.initial.rebalance.delay.ms": "0",
        # After a kill -9 a node may come back only once its old session has run out, 9 s by
        # default.
        "broker.session.timeout.ms": "3000",
        "broker.heartbeat.interval.ms": "500",
        # Fifty partitions of each internal topic are for fifty nodes.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.num.partitions": "4",
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "4",
        "group.coordinator.threads": "2",
        # By default a quarter of the heap.
        "log.cleaner.dedupe.buffer.size": str(16 << 20),
    }
