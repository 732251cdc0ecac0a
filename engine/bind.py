"""Binds a topology to a Faust app: settings, agents, lanes, metrics."""

import asyncio
import gc
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import faust
from faust.agents import Agent as FaustAgent
from faust.app.base import BootStrategy
from faust.assignor.partition_assignor import PartitionAssignor
from faust.types import TopicT
from mode import ServiceT

from engine.admin import ensure_topics
from engine.brokers import BrokerAccess
from engine.clients import client_options
from engine.consumer import Consumer
from engine.errors import StoreUnusable, TopologyError
from engine.lanes import Lanes
from engine.monitor import LaneMonitor
from engine.policy import Policy
from engine.progress import RecoveryProgress
from engine.rebalance import LaneManager
from engine.specs import AgentSpec, EffectSpec
from engine.topology import Topology, check_partitions
from engine.watch import watched

LOG = logging.getLogger(__name__)


class LaneAgent(FaustAgent):
    """A Faust agent whose records come through lanes, a chunk at a time.

    It subscribes its topics and has no stream: Faust's makes two tasks a record.
    """

    @property
    def label(self) -> str:
        """Its own name in the log: Faust's would be that of a function all have in common."""
        return f"{type(self).__name__}: {self.name}"

    @property
    def shortlabel(self) -> str:
        """The same."""
        return self.label

    async def on_start(self) -> None:
        """Subscribe."""
        self.app.topics.add(cast("TopicT", self.channel))

    async def on_stop(self) -> None:
        """Nothing runs."""


class LaneBoot(BootStrategy):
    """Starts the web service that the app was given, in the place of Faust's own.

    Faust's shows tables and internals to everybody who can reach its port.
    """

    def web_server(self) -> Iterable[ServiceT]:
        """The given service, unless the worker runs without web."""
        service = cast("LaneApp", self.app).web_service
        return [service] if service is not None and self._should_enable_web() else []


class LaneApp(faust.App):
    """A Faust app that carries lanes."""

    BootStrategy = LaneBoot
    # What Faust makes of the settings in `_conf`, which its own types do not follow.
    assignor: PartitionAssignor
    consumer: Consumer
    monitor: LaneMonitor
    tables: LaneManager
    lanes: Lanes
    web_service: ServiceT | None = None
    replication = 1
    security: Mapping[str, Any] = BrokerAccess().options()
    """What every Kafka client is made with, to be let in."""
    greeting = ""
    """Logged at the start: settings, with secrets masked."""

    async def on_first_start(self) -> None:
        """See that the broker answers and every topic is there as it must be.

        Raises:
            BrokerUnavailable: nobody answers.
            NotCopartitioned: a topic has another number of partitions than it must have.
        """
        await super().on_first_start()
        self.log.info(self.greeting)
        states = await ensure_topics(
            client_options(self), self.lanes.topology, replication=self.replication
        )
        check_partitions(self.lanes.topology, {state.name: state.found for state in states})

    def _create_directories(self) -> None:
        """Make sure the data directory can be written; Faust's own directories stay unused.

        Raises:
            StoreUnusable: it cannot.
        """
        path = self.lanes.data_dir
        try:
            path.mkdir(parents=True, exist_ok=True)
            probe = path / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as exc:
            raise StoreUnusable(
                f"the data directory {path} cannot be written ({exc.strerror}):"
                " mend it or set FLOWMART_DATA_DIR"
            ) from exc


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What a worker needs to know beside its topology."""

    broker: str
    """host:port[,host:port...], without scheme or credentials."""
    data_dir: Path
    access: BrokerAccess = field(default_factory=BrokerAccess)
    """How its brokers are spoken to."""
    instance_id: str | None = None
    """Static membership: a restart within the session takes its partitions up again."""
    replication: int = 1
    web_port: int = 6066
    web_host: str = "127.0.0.1"
    web_advertised: str = "127.0.0.1"
    session_timeout_s: float = 8.0


def create_worker_app(
    topology: Topology, policy: Policy, options: WorkerOptions, **overrides: Any
) -> LaneApp:
    """A Faust app that runs the topology's agents in lanes.

    Raises:
        TopologyError: the broker's address carries credentials.
        ValueError: a certificate or its key cannot be used.
    """
    if "@" in options.broker:
        raise TopologyError(
            "credentials inside the broker's address are ignored by Kafka clients:"
            " leave them out of FLOWMART_BROKER and set FLOWMART_BROKER_USER and _PASSWORD"
        )
    app = LaneApp(topology.app_id, **(_conf(topology, options) | overrides))
    app.replication = options.replication
    app.security = options.access.options()
    bind(app, topology, policy, options.data_dir)
    return app


def _conf(topology: Topology, options: WorkerOptions) -> dict[str, Any]:
    """What Faust is told: all that matters, for a default is somebody else's decision."""
    return {
        "broker": [f"kafka+lane://{host.strip()}" for host in options.broker.split(",")],
        "store": "memory://",
        "datadir": str(options.data_dir),
        "TableManager": "engine.rebalance:LaneManager",
        "Agent": "engine.bind:LaneAgent",
        "Monitor": "engine.monitor:LaneMonitor",
        "Worker": "engine.worker:LaneWorker",
        "topic_partitions": topology.partitions,
        "topic_disable_leader": True,
        "table_standby_replicas": 0,
        "web_tables_enabled": False,
        "web_host": options.web_advertised,
        "web_bind": options.web_host,
        "web_port": options.web_port,
        "consumer_group_instance_id": options.instance_id,
        "consumer_max_fetch_size": 2 << 20,
        "broker_max_poll_records": 5_000,
        "broker_session_timeout": options.session_timeout_s,
        "broker_heartbeat_interval": 1.0,
        "broker_rebalance_timeout": 30.0,
        "broker_request_timeout": 30.0,
        "broker_commit_interval": 2.0,
        "broker_check_crcs": True,
        "stream_wait_empty": False,
    }


def bind(app: LaneApp, topology: Topology, policy: Policy, data_dir: Path) -> Lanes:
    """Put lanes on the app and declare its agents."""
    lanes = Lanes(topology, policy, data_dir, lambda: client_options(app), app.crash)
    app.lanes = lanes
    progress = RecoveryProgress()
    lanes.on_progress = progress.update
    lanes.on_recovered = progress.end
    lanes.on_wiped = _tell_wiped
    for spec, topics in agent_topics(topology):
        channel = app.topic(*topics, partitions=topology.partitions)
        app.agent(channel, name=spec.name)(_feed_nothing)

    @app.timer(policy.tick_s)  # type: ignore[untyped-decorator]  # Faust's
    async def tick() -> None:
        lanes.tick()
        app.monitor.follow(lanes.stats)

    @app.task  # type: ignore[untyped-decorator]  # Faust's
    async def watch() -> None:
        with watched(lanes.stats, policy.slow_s):
            await asyncio.Event().wait()

    has_settled = False

    @app.on_rebalance_complete.connect(weak=False)
    async def settle(*_args: Any, **_kwargs: Any) -> None:
        # What lives now lives long: full collections would walk all of it, 50 ms a time.
        nonlocal has_settled
        if has_settled:
            gc.unfreeze()  # The lanes of before, with all their rows, are among what was frozen.
        has_settled = True
        gc.collect()
        gc.freeze()

    return lanes


def agent_topics(topology: Topology) -> Iterable[tuple[AgentSpec | EffectSpec, list[str]]]:
    """Each agent with the real names of the topics that it reads."""
    specs: list[AgentSpec | EffectSpec] = [*topology.agents, *topology.effects]
    for spec in specs:
        yield (
            spec,
            [
                name
                for name, topic in topology.topics.items()
                if any(r.agent == spec.name for rs in topic.readers.values() for r in rs)
            ],
        )


def _tell_wiped(partition: int, why: str) -> None:
    LOG.warning("the store of partition %s is rebuilt from its changelog: %s", partition, why)


async def _feed_nothing(stream: Any) -> None:
    """A lane's agent has no stream."""
