"""Faust's table manager, with lanes in the place of tables.

Faust calls it at each assignment; it opens the lanes and lets Faust's own recovery service
resume the flow. No Faust table is ever registered.
"""

import asyncio
import time
from typing import Any

from aiokafka.errors import KafkaError
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from mode import Service

from engine.errors import BrokerUnavailable, TopologyError
from engine.topology import check_copartitioned

METADATA_WAIT_S = 15.0
"""How long topics may be missing from what the client knows of the cluster."""
METADATA_RETRY_S = 0.2


class LaneManager(TableManager):
    """Opens lanes at assignments. Registered by Faust's setting `TableManager`."""

    async def on_start(self) -> None:
        """Ready at once: Faust's waits a second for tables to register."""
        await self._update_channels()
        await self.recovery.start()

    @property
    def recovery(self) -> "LaneRecovery":
        """The service that opens lanes, one at a time, for the newest generation."""
        if self._recovery is None:
            self._recovery = LaneRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery  # type: ignore[return-value]  # made above

    async def on_rebalance(
        self,
        assigned: Any,
        revoked: Any,  # noqa: ARG002 - Faust's signature
        newly_assigned: Any,  # noqa: ARG002 - Faust's signature
        generation_id: int = 0,  # noqa: ARG002 - Faust's signature
    ) -> None:
        """Have the lanes of this generation opened, outside the callback of the group."""
        self._recovery_started.set()
        self.recovery.wanted(assigned)


class LaneRecovery(Recovery):
    """Opens lanes for the newest assignment, one opening at a time.

    A revocation gives up the opening under way (`Lanes.close`), so that neither a rebalance
    nor the worker's stop waits for a long recovery, and two openings never overlap.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wanted: tuple[set[Any], int] = set(), 0
        """The partitions to open next, and how often some were taken away before."""
        self._revocations = 0
        """The same of those that are being opened."""

    def wanted(self, assigned: set[Any]) -> None:
        """The partitions to open next."""
        self._wanted = set(assigned), self._consumer.revocations
        self.signal_recovery_start.set()

    @property
    def _consumer(self) -> Any:
        return self.app.consumer

    def _is_overtaken(self) -> bool:
        """Whether the partitions that are being opened were taken away since they were wanted.

        They may be wanted again by now: by the next opening.
        """
        return bool(self._consumer.revocations != self._revocations)

    @Service.task
    async def _restart_recovery(self) -> None:
        while not self.should_stop:
            if await self.wait_for_stopped(self.signal_recovery_start):  # type: ignore[arg-type]  # mode names its own Event
                return
            self.signal_recovery_start.clear()
            try:
                await self._open()
            except KafkaError as exc:
                what = f"opening partitions failed: {type(exc).__name__}: {exc}"
                await self.app.crash(BrokerUnavailable(what))
                return
            except Exception as exc:  # noqa: BLE001 - no worker may run on half a state
                await self.app.crash(exc)
                return

    async def _open(self) -> None:
        app: Any = self.app
        assigned, self._revocations = self._wanted
        partitions = await self._known_partitions(assigned)
        if self._is_overtaken():
            return
        await app.lanes.close()
        if self._is_overtaken() or not await app.lanes.open(partitions):
            return
        await self._consumer.perform_seek()
        if self._is_overtaken():
            return
        await self._resume(assigned)

    async def _known_partitions(self, assigned: set[Any]) -> set[int]:
        """The same, once the client knows every topic or another assignment has come.

        Topics that were just made may be unknown for a moment; the group is assigned anew then.
        """
        deadline = time.monotonic() + METADATA_WAIT_S
        while True:
            try:
                return self._partitions(assigned)
            except TopologyError:
                if time.monotonic() > deadline:
                    raise
            if self._is_overtaken():
                return set()
            await self._consumer.refresh_metadata()
            await asyncio.sleep(METADATA_RETRY_S)

    def _partitions(self, assigned: set[Any]) -> set[int]:
        """The lanes that this assignment stands for.

        Raises:
            TopologyError: topics are missing, or differ in their partitions.
        """
        app: Any = self.app
        topology = app.lanes.topology
        if assigned:
            found = {name: self._consumer.topic_partitions(name) for name in topology.topics}
            check_copartitioned(found, topology.partitions)
        return lanes_of(assigned, set(topology.topics))

    async def _resume(self, assigned: set[Any]) -> None:
        """Let records flow. Faust's own seeks after it has looked at the generation."""
        app: Any = self.app
        self._set_recovery_ended()
        self.completed.set()
        self._consumer.resume_partitions(assigned)
        app.flow_control.resume()
        self._consumer.resume_flow()
        self.tables.on_actives_ready()
        self.tables.on_standbys_ready()
        app.on_rebalance_end()
        await app.on_rebalance_complete.send()
        await app._fetcher.maybe_start()  # noqa: SLF001 - as Faust's own recovery does
        self.log.info("Worker ready")


def lanes_of(assigned: set[Any], topics: set[str]) -> set[int]:
    """The partitions of which this worker has every topic.

    Raises:
        TopologyError: it has some topics of a partition but not all.
    """
    have: dict[int, set[str]] = {}
    for tp in assigned:
        if tp.topic in topics:
            have.setdefault(tp.partition, set()).add(tp.topic)
    for partition, found in have.items():
        if found != topics:
            raise TopologyError(
                f"partition {partition} was assigned without {sorted(topics - found)}:"
                " all workers must run the same version and the same agents"
            )
    return set(have)
