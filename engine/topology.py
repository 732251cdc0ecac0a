"""Agents bound to real topic names: who reads what, and where misplaced records go."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from engine.declared import check_declared
from engine.errors import NotCopartitioned, TopologyError
from engine.partitioning import partition_of
from engine.specs import AgentSpec, EffectSpec, Handler, TableSpec, TopicSpec

LETTERS_KEPT_MIN = timedelta(days=14)
"""Dead letters stay at least so long, whatever becomes of their neighbours: somebody has to find
out why, mend it and deploy that."""
TIMERS: TableSpec[bool] = TableSpec(
    name="timers",
    row=bool,
    key="due time in ms, agent, kind, key",
    help="Timers by due time. Rows are removed when they fire or are cancelled.",
    hidden=True,
)


@dataclass(frozen=True, slots=True)
class Reader:
    """One agent's interest in one type of record. Effects have no handler."""

    agent: str
    handler: Handler | None
    by: str | None


@dataclass(frozen=True, slots=True)
class BoundTopic:
    """A topic that the application reads."""

    name: str
    spec: TopicSpec
    public: str
    """The topic that people know: itself, or what a repartition topic is made from."""
    in_place: bool
    """True: every record lies in the partition it belongs to."""
    readers: Mapping[str, tuple[Reader, ...]]
    forwards: Mapping[str, str]
    """By field: the repartition topic for records that lie elsewhere."""


@dataclass(frozen=True, slots=True)
class OutputTopic:
    """A topic that the application writes."""

    name: str
    partitions: int
    stem: Callable[[str], str]

    def partition_of(self, key: str) -> int:
        """Where a record with that key belongs."""
        return partition_of(self.stem(key).encode(), self.partitions)


class Topology:
    """Everything that is fixed before the first record is read."""

    def __init__(
        self,
        agents: Iterable[AgentSpec],
        effects: Iterable[EffectSpec] = (),
        *,
        app_id: str,
        env: str,
        partitions: int,
    ) -> None:
        self.app_id = app_id
        self.env = env
        self.partitions = partitions
        self.agents = tuple(agents)
        self.effects = tuple(effects)
        self._check_names()
        check_declared(self.agents, self.effects)
        self.tables = self._collect_tables()
        self.topics = self._bind_sources()
        self.outputs = self._bind_outputs()

    @property
    def changelog(self) -> str:
        """The compacted topic that holds every lane's rows and markers."""
        return f"{self.app_id}-changelog"

    def real_name(self, spec: TopicSpec) -> str:
        """The name of a topic in this environment."""
        return spec.name.format(env=self.env)

    def partitions_of(self, spec: TopicSpec) -> int:
        """How many partitions a topic has here."""
        return spec.partitions or self.partitions

    def place_of(self, key: str) -> int:
        """The partition where records and rows of that key live."""
        return partition_of(key.encode(), self.partitions)

    def output(self, spec: TopicSpec) -> OutputTopic:
        """The topic as it is written to.

        Raises:
            TopologyError: no agent declared it as an output.
        """
        try:
            return self.outputs[spec.name]
        except KeyError:
            raise TopologyError(
                f"topic {spec.name} is written but no agent lists it in its outputs:"
                " add it to `outputs` of the agent that does"
            ) from None

    def topic_specs(self) -> dict[str, TopicSpec]:
        """Every topic that must exist, by real name, with its effective partition count."""
        specs: dict[str, TopicSpec] = {}
        for topic in self.topics.values():
            specs[topic.name] = replace(topic.spec, partitions=self.partitions_of(topic.spec))
            if not topic.spec.internal or topic.name == topic.public:
                kept = max(topic.spec.retention, LETTERS_KEPT_MIN)
                specs[topic.public + ".dlq"] = replace(topic.spec, partitions=1, retention=kept)
        for spec in self._output_specs():
            name = self.real_name(spec)
            specs.setdefault(name, replace(spec, partitions=self.partitions_of(spec)))
        return specs

    # -- binding

    def _check_names(self) -> None:
        """One name, one meaning, and no sign in it that keys and topics are joined with."""
        names = [agent.name for agent in self.agents] + [effect.name for effect in self.effects]
        for name in names:
            if names.count(name) > 1:
                raise TopologyError(f"two agents are called {name!r}")
        kinds = [kind for agent in self.agents for kind in agent.timers]
        tables = [table.name for agent in self.agents for table in agent.tables]
        for name in (*names, *kinds, *tables):
            if not name or set(name) & set("|\x00:"):
                raise TopologyError(
                    f"{name!r} cannot be a name: it is empty or has '|', ':' or NUL in it"
                )
        specs: dict[str, TopicSpec] = {}
        for spec in (*self._source_specs(), *self._output_specs()):
            if specs.setdefault(spec.name, spec) != spec:
                raise TopologyError(f"topic {spec.name} is declared twice, differently")

    def _source_specs(self) -> list[TopicSpec]:
        sources = [source.topic for agent in self.agents for source in agent.sources]
        return sources + [effect.topic for effect in self.effects]

    def _collect_tables(self) -> dict[str, TableSpec[Any]]:
        tables: dict[str, TableSpec[Any]] = {TIMERS.name: TIMERS}
        for agent in self.agents:
            for table in agent.tables:
                if tables.setdefault(table.name, table) != table or table.name == TIMERS.name:
                    raise TopologyError(f"two tables are called {table.name!r}")
        return tables

    def _interests(self) -> dict[str, tuple[TopicSpec, dict[str, list[Reader]]]]:
        """By pattern of the topic: its spec and, by type, who reads it."""
        found: dict[str, tuple[TopicSpec, dict[str, list[Reader]]]] = {}
        for agent in self.agents:
            for source in agent.sources:
                readers = found.setdefault(source.topic.name, (source.topic, {}))[1]
                for name, handler in source.handlers.items():
                    readers.setdefault(name, []).append(Reader(agent.name, handler, source.by))
        for effect in self.effects:
            readers = found.setdefault(effect.topic.name, (effect.topic, {}))[1]
            for name in effect.effects:
                readers.setdefault(name, []).append(Reader(effect.name, None, effect.by))
        return found

    def _bind_sources(self) -> dict[str, BoundTopic]:
        topics: dict[str, BoundTopic] = {}
        for spec, readers in self._interests().values():
            if self.partitions_of(spec) != self.partitions:
                raise TopologyError(
                    f"topic {spec.name} asks for {spec.partitions} partitions, but topics that"
                    f" agents read have as many as lanes: {self.partitions}"
                )
            for topic in self._bind_source(spec, readers):
                topics[topic.name] = topic
        return topics

    def _bind_source(self, spec: TopicSpec, readers: dict[str, list[Reader]]) -> list[BoundTopic]:
        name = self.real_name(spec)
        fields = sorted({r.by for rs in readers.values() for r in rs if r.by is not None})
        forwards = {} if spec.internal else {by: self._repartition(name, by) for by in fields}
        bound = [
            BoundTopic(
                name=name,
                spec=spec,
                public=name,
                in_place=spec.internal,
                readers={t: tuple(rs) for t, rs in readers.items()},
                forwards=forwards,
            )
        ]
        for by, target in forwards.items():
            only = {t: tuple(r for r in rs if r.by == by) for t, rs in readers.items()}
            bound.append(
                BoundTopic(
                    name=target,
                    spec=replace(spec, name=target, key=by, internal=True),
                    public=name,
                    in_place=True,
                    readers={t: rs for t, rs in only.items() if rs},
                    forwards={},
                )
            )
        return bound

    def _repartition(self, topic: str, by: str) -> str:
        return f"{self.app_id}-{topic}-by-{by}-repartition"

    def _output_specs(self) -> list[TopicSpec]:
        specs = [spec for agent in self.agents for spec in agent.outputs]
        return specs + [spec for effect in self.effects for spec in effect.outputs]

    def _bind_outputs(self) -> dict[str, OutputTopic]:
        return {
            spec.name: OutputTopic(self.real_name(spec), self.partitions_of(spec), spec.stem)
            for spec in self._output_specs()
        }


def check_copartitioned(topics: Mapping[str, int | None], partitions: int) -> None:
    """Refuse to run when a topic has another number of partitions than there are lanes.

    Raises:
        NotCopartitioned: names each topic, what it has and what it must have.
    """
    wrong = {name: n for name, n in topics.items() if n != partitions}
    if wrong:
        found = ", ".join(f"{name} has {n or 'none'}" for name, n in sorted(wrong.items()))
        raise NotCopartitioned(
            f"every topic of the application needs {partitions} partitions: {found}."
            " Create the missing ones with `faust -A app topics create`, recreate those that"
            " differ, or set FLOWMART_PARTITIONS."
        )


def check_partitions(topology: Topology, found: Mapping[str, int | None]) -> None:
    """Refuse to run on topics that are missing or have another number of partitions.

    Those that are written and not read may have more.

    Raises:
        NotCopartitioned: as `check_copartitioned`.
    """
    fewest = {name: spec.partitions or 0 for name, spec in topology.topic_specs().items()}
    exact = {*topology.topics, topology.changelog}
    short = {name for name, least in fewest.items() if (found.get(name) or 0) < least}
    check_copartitioned({name: found.get(name) for name in exact | short}, topology.partitions)
