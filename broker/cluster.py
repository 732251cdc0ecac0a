"""The broker as its users see it: started, stopped, and hurt on purpose."""

import signal
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from broker.errors import BrokerError
from broker.home import Home
from broker.jars import CENTRAL, fetch
from broker.jvm import Jvm
from broker.node import Node
from broker.ports import free_ports, given_ports
from broker.properties import Address, render, server_properties

CLUSTER_SIZES: Final = (1, 3)


@dataclass(slots=True)
class _State:
    """What exists between start and stop; before and after it there are no nodes."""

    home: Home | None = None
    nodes: dict[int, Node] = field(default_factory=dict)

    def clear(self) -> None:
        """Nothing exists any more."""
        self.home, self.nodes = None, {}


@dataclass(frozen=True, kw_only=True, eq=False)
class Broker:
    """Real Kafka on loopback: one node, or three of which any one may be lost.

    The fields say what to run and never change; `start` runs it. Every method may be called from
    any thread, one at a time gets in. The nodes end with this process, however it ends.

    Nodes are numbered from 1. Methods that take nodes mean all of them when none is given.

    Attributes:
        data_dir: kept, with its data, across starts; None means temporary, removed at the stop.
        nodes: 1 or 3. Of three, topics are replicated thrice and two must be in sync.
        port: the first node's, the others' follow; None means free ones.
        properties: lines of server.properties that win over this package's.
        jvm_options: more flags for each node's JVM; the last of two that differ wins, so that
            `-XX:TieredStopAtLevel=4` brings the optimising compiler back for a long run.
        heap_mb: largest heap of each node.
        ready_s_max: how long a start may take once the jars are there.
        cache: where the jars are kept; None means the user's cache directory.
        repositories: where the jars come from when they are not there.
    """

    data_dir: Path | None = None
    nodes: int = 1
    port: int | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    jvm_options: Sequence[str] = ()
    heap_mb: int = 512
    ready_s_max: float = 120.0
    cache: Path | None = None
    repositories: Mapping[str, str] = field(default_factory=lambda: CENTRAL)
    _state: _State = field(default_factory=_State, init=False, repr=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse a size that Kafka's quorum is not made for here.

        Raises:
            BrokerError: neither one node nor three.
        """
        if self.nodes not in CLUSTER_SIZES:
            raise BrokerError(f"A broker has 1 node or 3, not {self.nodes}")

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> Self:
        """Return once every node serves and sees the others.

        Raises:
            BrokerError: it runs already, a port or the data directory is taken, the jars cannot
                be had, or Kafka refused to start. Nothing is left running.
        """
        with self._lock:
            if self._state.nodes:
                raise BrokerError(f"This broker runs already, at {self.bootstrap}")
            jars = fetch(self.cache, self.repositories)
            addresses = self._addresses()
            home = Home.hold(self.data_dir)
            self._state.home = home
            try:
                cluster_id = home.cluster_id(self.nodes)
                self._state.nodes = self._make_nodes(home, jars, addresses)
                self._format(cluster_id)
                self._launch(self._state.nodes.values())
            except BaseException:
                _kill(self._state.nodes.values())
                self._state.clear()
                # The directory stays, a temporary one too: the message points to the log in it.
                home.lock.close()
                raise
            return self

    def stop(self) -> None:
        """Return once every node is gone; nothing happens when none runs.

        Kept data is closed in good order, within 15 seconds, else by force. Temporary data goes
        with its nodes, so they are killed.
        """
        with self._lock:
            home = self._state.home
            if home is None:
                return
            if home.temporary:
                _kill(self._state.nodes.values())
            else:
                _end(self._state.nodes.values())
            self._state.clear()
            home.release()

    def kill(self, *nodes: int) -> None:
        """End the nodes with SIGKILL: no good-bye to clients, nothing flushed."""
        with self._lock:
            _kill(self._chosen(nodes))

    def freeze(self, *nodes: int) -> None:
        """Stop the nodes with SIGSTOP: connections stay open and nothing answers."""
        with self._lock:
            for node in self._chosen(nodes):
                node.signal(signal.SIGSTOP)

    def thaw(self, *nodes: int) -> None:
        """Let frozen nodes go on where they were."""
        with self._lock:
            for node in self._chosen(nodes):
                node.signal(signal.SIGCONT)

    def restart(self, *nodes: int) -> None:
        """Return once the nodes, ended in good order or dead already, serve again where they were.

        Raises:
            BrokerError: one of them did not come back.
        """
        with self._lock:
            chosen = self._chosen(nodes)
            _end(chosen)
            self._launch(chosen)

    @property
    def bootstrap(self) -> str:
        """Every node's `host:port`, joined by commas, as clients take it.

        Raises:
            BrokerError: it does not run.
        """
        return ",".join(node.address.bootstrap for node in self._chosen(()))

    @property
    def logs(self) -> tuple[Path, ...]:
        """What each node has said, a file a node."""
        return tuple(node.log for node in self._chosen(()))

    @property
    def alive(self) -> frozenset[int]:
        """The nodes whose process lives, frozen ones included."""
        return frozenset(number for number, node in self._state.nodes.items() if node.running)

    def pid(self, node: int = 1) -> int:
        """The process id of a living node."""
        return self._chosen((node,))[0].pid

    def _chosen(self, numbers: tuple[int, ...]) -> list[Node]:
        nodes = self._state.nodes
        if not nodes:
            raise BrokerError("This broker does not run: call start() first")
        unknown = set(numbers) - set(nodes)
        if unknown:
            raise BrokerError(f"This broker has nodes 1 to {len(nodes)}, no {sorted(unknown)}")
        return [nodes[number] for number in numbers or sorted(nodes)]

    def _addresses(self) -> list[Address]:
        controllers = free_ports(self.nodes * 2)
        ports = given_ports(self.port, self.nodes) if self.port else controllers[self.nodes :]
        pairs = zip(ports, controllers, strict=False)
        return [Address(number, *pair) for number, pair in enumerate(pairs, start=1)]

    def _make_nodes(self, home: Home, jars: Path, addresses: list[Address]) -> dict[int, Node]:
        jvm = Jvm(jars, self.heap_mb, self.jvm_options)
        nodes = {}
        for address in addresses:
            where = home.node(address.node_id)
            node = Node(address, where, jvm, inherit=(home.lock,))
            told = server_properties(address, addresses, where, self.properties)
            node.settings.write_text(render(told), encoding="utf-8")
            nodes[address.node_id] = node
        return nodes

    def _format(self, cluster_id: str) -> None:
        for node in self._state.nodes.values():
            node.format(cluster_id)
        for node in self._state.nodes.values():
            node.wait_formatted()

    def _launch(self, nodes: Collection[Node]) -> None:
        for node in nodes:
            node.launch()
        deadline = time.monotonic() + self.ready_s_max
        peers = frozenset(node.address.node_id for node in nodes)
        for node in nodes:
            node.wait_ready(peers, deadline)


def _kill(nodes: Collection[Node]) -> None:
    for node in nodes:
        node.signal(signal.SIGKILL)
    for node in nodes:
        node.wait_stopped()


def _end(nodes: Collection[Node]) -> None:
    for node in nodes:
        node.signal(signal.SIGTERM)
        node.signal(signal.SIGCONT)
    for node in nodes:
        node.wait_stopped()
