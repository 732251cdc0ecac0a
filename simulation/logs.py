"""What is on the topics, and what of it waits to be read."""

from dataclasses import dataclass, field
from random import Random

from engine.records import Output, Record
from engine.topology import Topology
from simulation.temper import Temper


@dataclass(slots=True)
class Logs:
    """Every topic's records."""

    chance: Random
    temper: Temper
    topology: Topology
    parts: dict[str, list[list[Record]]] = field(default_factory=dict)
    """By topic and partition."""
    unread: dict[tuple[int, str], int] = field(default_factory=dict)
    """Sources with something to read, by partition and topic: until when they stand still."""

    def append(self, output: Output, now_ms: int) -> Record:
        """Write a record; a source that it wakes may stand still for a while."""
        parts = self.parts.get(output.topic)
        if parts is None:
            parts = self.parts[output.topic] = [[] for _ in range(self.topology.partitions)]
        log = parts[output.partition]
        record = Record(
            output.topic,
            output.partition,
            len(log),
            now_ms,
            output.key,
            output.value,
            headers=tuple(output.headers),
        )
        log.append(record)
        if output.topic in self.topology.topics:
            self.wait(output.partition, output.topic, now_ms)
        return record

    def wait(self, partition: int, topic: str, now_ms: int) -> None:
        """Have a source that is to be read stand still, or not."""
        source = (partition, topic)
        if source not in self.unread:
            stalls = self.chance.random() < self.temper.stall
            wait_ms = self.chance.randint(1, self.temper.stall_ms_max) if stalls else 0
            self.unread[source] = now_ms + wait_ms
