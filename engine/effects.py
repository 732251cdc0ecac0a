"""Effects: calls to the outside, many at a time, their outcomes as they come.

An effect runs outside any transaction and may run again after a crash. What it publishes is
written together with its marker, or ahead of it with a note that it is done, in one of the
lane's transactions, so its outcome appears exactly once to whoever reads committed. Calls
whose order matters must keep it themselves, as those of one payment do.
"""

import asyncio
from collections.abc import Iterable

from engine.batches import Completion
from engine.errors import EngineError, ends_the_worker
from engine.records import Output, Record
from engine.sizes import size_of_output
from engine.specs import Delivery, EffectSpec, Published
from engine.topology import BoundTopic, Topology

CANCEL_S_MAX = 5.0
"""How long a call may go on that has outlived its bound and was cancelled."""


def effect_mark(effect: str, topic: str) -> str:
    """The name of an effect's marker: it moves apart from the lane's own."""
    return f"effect:{effect}:{topic}"


class EffectTimedOut(EngineError):
    """A call outlived its bound. Operator: look at the peer's health, then replay."""


class EffectGivenUp(EngineError):
    """A library cancelled its own call. Operator: look at the peer's health, then replay."""


class EffectHangs(EngineError):
    """A call outlived its bound and goes on, cancelled: it swallows its cancellation.

    When as many do as may be under way at once, the worker ends, which ends them too. Operator:
    mend the effect or its library, then replay.
    """


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
        self._hanging: set[asyncio.Future[Iterable[Published]]] = set()

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
        """Make the call; what it raises becomes a dead letter.

        Raises:
            EffectHangs: too many calls go on although they were cancelled.
        """
        record = delivery.record
        done = Completion(self.mark, None, records=1)
        try:
            done.outputs.extend(self._outputs(await self._called(delivery)))
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            given_up = EffectGivenUp(f"{self.spec.name}: a library gave the call up")
            done.dead.append((record, self.topic.public, self.spec.name, given_up))
        except (EffectTimedOut, EffectHangs) as late:
            if len(self._hanging) >= self.spec.in_flight_max:
                raise
            done.dead.append((record, self.topic.public, self.spec.name, late))
        except Exception as exc:
            if ends_the_worker(exc):
                raise
            done.dead.append((record, self.topic.public, self.spec.name, exc))
        return done

    async def _called(self, delivery: Delivery) -> Iterable[Published]:
        """Call in a task of its own: a call that swallows its cancellation holds up nobody."""
        call = asyncio.ensure_future(self.spec.effects[delivery.name](delivery))
        call.add_done_callback(self._ended)
        try:
            await asyncio.wait((call,), timeout=self.spec.timeout_s)
            if not call.done():
                await self._stop(call)
            return call.result()
        finally:
            call.cancel()

    async def _stop(self, call: asyncio.Future[Iterable[Published]]) -> None:
        """Cancel a call; it may still end well, within a bound."""
        call.cancel()
        await asyncio.wait((call,), timeout=CANCEL_S_MAX)
        if not call.done():
            self._hanging.add(call)
            raise EffectHangs(
                f"{len(self._hanging)} calls of {self.spec.name} go on although they were cancelled"
            )
        if call.cancelled():
            raise EffectTimedOut(f"{self.spec.name} took longer than {self.spec.timeout_s} s")

    def _ended(self, call: asyncio.Future[Iterable[Published]]) -> None:
        self._hanging.discard(call)
        if not call.cancelled():
            call.exception()  # Asked of each: asyncio complains of those that nobody asked.

    def _outputs(self, published: Iterable[Published]) -> list[Output]:
        outputs = []
        for item in published:
            target = self._topology.output(item.topic)
            key, told = item.key.encode(), list(item.headers)
            size_of_output(target.name, key, item.value, told)
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
