"""What a handler may do: the only part of a lane that agents see."""

from collections.abc import Mapping
from typing import Any, Protocol

from engine.errors import TopologyError
from engine.outbox import Outbox
from engine.specs import R, Table, TableSpec
from engine.tables import LaneTable
from engine.timers import Timers


class Owner(Protocol):
    """Where a context leaves what a handler asked for."""

    outbox: Outbox
    timers: Timers


class LaneContext:
    """What one agent's handlers may do in one lane. See `specs.Context`."""

    __slots__ = ("_agent", "_owner", "_tables", "app_id", "partition", "publish")

    def __init__(
        self,
        agent: str,
        partition: int,
        app_id: str,
        tables: Mapping[str, LaneTable[Any]],
        owner: Owner,
    ) -> None:
        self._agent = agent
        self._tables = tables
        self._owner = owner
        self.partition = partition
        self.app_id = app_id
        self.publish = owner.outbox.publish

    def table(self, spec: TableSpec[R]) -> Table[R]:
        """One of the application's tables, as this lane sees it.

        Raises:
            TopologyError: no agent declared it.
        """
        try:
            return self._tables[spec.name]
        except KeyError:
            raise TopologyError(
                f"agent {self._agent!r} asks for table {spec.name!r}, which no agent lists:"
                " add it to its `tables`"
            ) from None

    def set_timer(self, kind: str, key: str, due_ms: int) -> None:
        """Call the agent's handler of that kind at the first tick at or after due_ms."""
        self._owner.timers.set(self._agent, kind, key, due_ms)

    def cancel_timer(self, kind: str, key: str, due_ms: int) -> None:
        """Forget that timer."""
        self._owner.timers.cancel(self._agent, kind, key, due_ms)
