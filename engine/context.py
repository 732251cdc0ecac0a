"""What a handler may do: the only part of a lane that agents see."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from engine.specs import R, Table, TableSpec, TopicSpec
from engine.tables import LaneTable
from engine.timers import Timers


class Outbox(Protocol):
    """Where a context leaves what a handler asked for."""

    timers: Timers

    def publish(
        self, topic: TopicSpec, key: str, value: bytes, headers: Iterable[tuple[str, bytes]]
    ) -> None:
        """Write a record when the batch is committed."""


class LaneContext:
    """What one agent's handlers may do in one lane. See `specs.Context`."""

    __slots__ = ("_agent", "_outbox", "_tables", "app_id", "partition", "publish")

    def __init__(
        self,
        agent: str,
        partition: int,
        app_id: str,
        tables: Mapping[str, LaneTable[Any]],
        outbox: Outbox,
    ) -> None:
        self._agent = agent
        self._tables = tables
        self._outbox = outbox
        self.partition = partition
        self.app_id = app_id
        self.publish = outbox.publish

    def table(self, spec: TableSpec[R]) -> Table[R]:
        """One of the application's tables, as this lane sees it."""
        return self._tables[spec.name]

    def set_timer(self, kind: str, key: str, due_ms: int) -> None:
        """Call the agent's handler of that kind at the first tick at or after due_ms."""
        self._outbox.timers.set(self._agent, kind, key, due_ms)

    def cancel_timer(self, kind: str, key: str, due_ms: int) -> None:
        """Forget that timer."""
        self._outbox.timers.cancel(self._agent, kind, key, due_ms)
