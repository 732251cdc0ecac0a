"""What the next commit of a lane writes to topics: what handlers publish, what is forwarded."""

from collections.abc import Iterable, Sequence

from engine.partitioning import NOWHERE, Place
from engine.records import Header, Output, Record
from engine.sizes import RECORD_BYTES_MAX, check_size, size_of, size_of_output
from engine.specs import TopicSpec
from engine.topology import OutputTopic, Topology


class Outbox:
    """Outputs in the order in which they were asked for, until they are taken."""

    __slots__ = ("_partition", "_topology", "outputs", "size_bytes")

    def __init__(self, topology: Topology, partition: int) -> None:
        self._topology = topology
        self._partition = partition
        self.outputs: list[Output] = []
        self.size_bytes = 0

    def publish(self, topic: TopicSpec, key: str, value: bytes, headers: Iterable[Header]) -> None:
        """Append an output; its partition is its key's.

        Raises:
            TypeError: its value or a header's is not bytes.
            TooLarge: no record batch can hold it.
        """
        target: OutputTopic = self._topology.output(topic)
        raw_key, told = key.encode(), list(headers)
        size = size_of_output(target.name, raw_key, value, told)
        self.outputs.append(Output(target.name, target.partition_of(key), raw_key, value, told))
        self.size_bytes += size

    def forward(self, record: Record, places: Sequence[Place], targets: Sequence[str]) -> int:
        """Send a record to each place where it does not lie, and say to how many.

        Raises:
            TooLarge: no record batch can hold it with the key that it has there.
        """
        sent = 0
        for (place, raw_key), target in zip(places, targets, strict=True):
            if place in (NOWHERE, self._partition):
                continue
            size = size_of(raw_key, record.value, record.headers)
            if size > RECORD_BYTES_MAX:
                check_size(f"record for {target}", size)
            self.outputs.append(Output(target, place, raw_key, record.value, record.headers))
            self.size_bytes += size
            sent += 1
        return sent

    def add(self, letter: Output) -> None:
        """Append an output that is known to fit."""
        self.outputs.append(letter)
        self.size_bytes += len(letter.value or b"")

    def cut(self, length: int) -> None:
        """Take back every output after the first `length`, all of them published or forwarded."""
        for output in self.outputs[length:]:
            self.size_bytes -= size_of(output.key, output.value, output.headers)
        del self.outputs[length:]

    def taken(self) -> list[Output]:
        """Hand out all outputs; the box is empty then."""
        outputs, self.outputs, self.size_bytes = self.outputs, [], 0
        return outputs
