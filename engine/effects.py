"""Effects: calls to the outside, many at a time, their outcomes as they come.

An effect runs outside any transaction and may run again after a crash. What it publishes is
written together with its marker, or ahead of it with a note that it is done, in one of the
lane's transactions, so its outcome appears exactly once to whoever reads committed. Calls
whose order matters must keep it themselves, as those of one payment do.
"""

import asyncio
from collections.abc import Iterable

from engine.batches import Completion
from engine.errors import BadRecord, EngineError
from engine.records import Output, Record
from engine.sizes import check_size, size_of
from engine.specs import Delivery, EffectSpec, Published
from engine.topology import BoundTopic, Topology


def effect_mark(effect: str, topic: str) -> str:
    """The name of an effect's marker: it moves apart from the lane's own."""
    return f"effect:{effect}:{topic}"


class EffectTimedOut(EngineError):
    """A call outlived its bound. Operator: look at the peer's health, then replay."""


class EffectGivenUp(EngineError):
    """A library cancelled its own call. Operator: look at the peer's health, then replay."""


class EffectCall:
    """Runs one effect for records of one topic in one partition."""

    def __init__(
        self, spec: EffectSpec, topic: BoundTopic, topology: Topology, partition: int
    ) -> None:
        self.spec = spec
        self.topic = topic
        self.mark = effect_mark(spec.name, topic.name)
        self._topology = topology
        self._partition = partition

    def wanted(self, record: Record) -> Delivery | None:
        """The record, decoded, if it is for this effect and lies here.

        A record that cannot be decoded is the lane's to bury, so it is passed over.
        """
        try:
            return self._wanted(record)
        except Exception:  # noqa: BLE001 - buried once, by the lane that reads the same record
            return None

    def _wanted(self, record: Record) -> Delivery | None:
        codec = self.topic.spec.codec
        name = codec.route(record)
        if name is not None and name not in self.spec.effects:
            return None
        name, value = codec.decode(record, name)
        if name not in self.spec.effects:
            return None
        if self.spec.by is not None and not self.topic.in_place:
            key = codec.field(value, self.spec.by)
            if key is None or self._topology.place_of(key) != self._partition:
                return None
        return Delivery(record, name, value)

    async def run(self, delivery: Delivery) -> Completion:
        """Make the call; what it raises becomes a dead letter."""
        record = delivery.record
        done = Completion(self.mark, record.offset + 1, records=1)
        try:
            async with asyncio.timeout(self.spec.timeout_s):
                published = await self.spec.effects[delivery.name](delivery)
            done.outputs.extend(self._outputs(published))
        except TimeoutError:
            late = EffectTimedOut(f"{self.spec.name} took longer than {self.spec.timeout_s} s")
            done.dead.append((record, self.topic.public, self.spec.name, late))
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            given_up = EffectGivenUp(f"{self.spec.name}: a library gave the call up")
            done.dead.append((record, self.topic.public, self.spec.name, given_up))
        except Exception as exc:
            if isinstance(exc, MemoryError) or (
                isinstance(exc, EngineError) and not isinstance(exc, BadRecord)
            ):
                raise
            done.dead.append((record, self.topic.public, self.spec.name, exc))
        return done

    def _outputs(self, published: Iterable[Published]) -> list[Output]:
        outputs = []
        for item in published:
            target = self._topology.output(item.topic)
            key, told = item.key.encode(), list(item.headers)
            check_size(f"output to {target.name}", size_of(key, item.value, told))
            outputs.append(
                Output(target.name, target.partition_of(item.key), key, item.value, told)
            )
        return outputs


def _is_cancelled() -> bool:
    """Whether somebody asked for this task's end, and not a library within it."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def effect_calls(topology: Topology, partition: int) -> dict[str, list[EffectCall]]:
    """By real topic name: the effects that read it in that partition."""
    calls: dict[str, list[EffectCall]] = {}
    for spec in topology.effects:
        for topic in topology.topics.values():
            if topic.public == topology.real_name(spec.topic) and any(
                reader.agent == spec.name for rs in topic.readers.values() for reader in rs
            ):
                calls.setdefault(topic.name, []).append(
                    EffectCall(spec, topic, topology, partition)
                )
    return calls
