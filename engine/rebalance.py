"""Faust's table manager, with lanes in the place of tables.

Faust calls it at each assignment; it opens the lanes and lets Faust's own recovery service
resume the flow. No Faust table is ever registered.
"""

import asyncio
from typing import Any

from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from mode import Service

from engine.errors import EngineError
from engine.lanes import check_copartitioned


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
        self, assigned: Any, revoked: Any, newly_assigned: Any, generation_id: int = 0
    ) -> None:
        """Have the lanes of this generation opened, outside the callback of the group."""
        self._recovery_started.set()
        self.recovery.wanted(assigned, generation_id)


class LaneRecovery(Recovery):
    """Opens lanes for the newest assignment; one that was overtaken is given up."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wanted: tuple[set[Any], int] | None = None

    def wanted(self, assigned: set[Any], generation_id: int) -> None:
        """The partitions to open next."""
        self._wanted = (set(assigned), generation_id)
        self.signal_recovery_start.set()

    @Service.task
    async def _restart_recovery(self) -> None:
        while not self.should_stop:
            if await self.wait_for_stopped(self.signal_recovery_start):
                return
            self.signal_recovery_start.clear()
            assert self._wanted is not None
            try:
                await self._open(*self._wanted)
            except asyncio.CancelledError:
                raise
            except Exception as exc:  # noqa: BLE001 - no worker may run on half a state
                await self.app.crash(exc)
                return

    async def _open(self, assigned: set[Any], generation_id: int) -> None:
        app: Any = self.app
        if app.consumer_generation_id != generation_id:
            return
        topology = app.lanes.topology
        if assigned:
            found = {name: app.consumer.topic_partitions(name) for name in topology.topics}
            check_copartitioned(found, topology.partitions)
        await app.lanes.close()
        await app.lanes.open(lanes_of(assigned, set(topology.topics)))
        if app.consumer_generation_id != generation_id:
            await app.lanes.close()
            return
        self._set_recovery_ended()
        await self._resume_streams(generation_id=generation_id)


def lanes_of(assigned: set[Any], topics: set[str]) -> set[int]:
    """The partitions of which this worker has every topic.

    Raises:
        EngineError: it has some topics of a partition but not all.
    """
    have: dict[int, set[str]] = {}
    for tp in assigned:
        if tp.topic in topics:
            have.setdefault(tp.partition, set()).add(tp.topic)
    for partition, found in have.items():
        if found != topics:
            raise EngineError(
                f"partition {partition} was assigned without {sorted(topics - found)}:"
                " all workers must run the same version and the same agents"
            )
    return set(have)
