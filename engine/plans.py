"""What happens to each type of record in one lane, worked out at the first of that type."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from engine.context import LaneContext
from engine.partitioning import LOST, Place, partition_of
from engine.records import Decoded
from engine.specs import Codec, Handler
from engine.stats import Unplaced
from engine.topology import BoundTopic

ANYWHERE = -1
"""Stands for the index of a field where a step wants the record wherever it lies."""


class Step(NamedTuple):
    """One handler to call, when the record lies where its agent wants it."""

    agent: str
    handler: Handler
    context: LaneContext
    field: int
    """Index of the field in `Plan.fields` that decides; ANYWHERE: none does."""


class Plan(NamedTuple):
    """What happens to one type of record of one topic."""

    topic: str
    name: str
    """The type."""
    steps: tuple[Step, ...]
    fields: tuple[str, ...]
    """Fields by which readers want the record partitioned, where it may lie elsewhere."""
    targets: tuple[str, ...]
    """Of each field: the repartition topic for records that lie elsewhere."""

    def places(
        self, codec: Codec, value: Decoded, partitions: int, unplaced: Counter[Unplaced]
    ) -> list[Place]:
        """Of each field: the partition where the record belongs by it, and the key there."""
        found = []
        for field in self.fields:
            key = codec.field(value, field)
            if key is None:
                found.append(LOST)
                unplaced[self.topic, self.name, field] += 1
            else:
                raw_key = key.encode()
                found.append((partition_of(raw_key, partitions), raw_key))
        return found


IDLE = Plan("", "", (), (), ())
"""Nobody wants such records, neither agents nor effects."""


class Plans(dict[str, Plan]):
    """One topic's plans by the name of the type."""

    def __init__(self, topic: BoundTopic, contexts: Mapping[str, LaneContext]) -> None:
        super().__init__()
        self._topic = topic
        self._contexts = contexts

    def __missing__(self, name: str) -> Plan:
        """Work out a plan.

        Producers choose names: only plans of names that somebody asked for are kept.
        """
        if name not in self._topic.readers:
            return IDLE
        plan = self[name] = _plan(self._topic, name, self._contexts)
        return plan


def _plan(topic: BoundTopic, name: str, contexts: Mapping[str, LaneContext]) -> Plan:
    readers = topic.readers[name]
    asked = () if topic.in_place else tuple(r.by for r in readers if r.by is not None)
    fields = tuple(dict.fromkeys(asked))
    steps = tuple(
        Step(
            reader.agent,
            reader.handler,
            contexts[reader.agent],
            ANYWHERE if reader.by not in fields else fields.index(reader.by),
        )
        for reader in readers
        if reader.handler is not None
    )
    targets = tuple(topic.forwards[field] for field in fields)
    return Plan(topic.public, name, steps, fields, targets)
