"""Topics, tables and agents as plain data: declared once, bound and run elsewhere."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec

from engine.records import Decoded, Header, Record

R = TypeVar("R")
KEY_END: Final = "\U0010ffff"
"""Behind every key of a table: no key begins with it."""


class Codec(Protocol):
    """How the values of a topic are read. Implementations hold no state."""

    def route(self, record: Record) -> str | None:
        """Name the record's type without decoding it, or None where only decoding tells."""

    def decode(self, record: Record, name: str | None) -> tuple[str, Decoded]:
        """Decode and validate; return its type's name and the value.

        Raises:
            engine.errors.BadRecord: retrying cannot help; goes to the dead letters.
        """

    def field(self, value: Decoded, field: str) -> str | None:
        """What of that field decides the record's partition; None when it has no such field."""


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic. `{env}` in the name is filled when it is bound."""

    name: str
    key: str
    """The field whose value is the record key."""
    codec: Codec
    events: tuple[type, ...] = ()
    stem: Callable[[str], str] = str
    """What of the key is hashed: `pay_X` and `pay_X:2` lie in the partition of `X`.
    The topic's codec gives the same of that field."""
    partitions: int | None = None
    """None: as many as the application's other topics. Dead letters have one."""
    retention: timedelta = timedelta(days=30)
    internal: bool = False
    """True: only this application writes it, so its records are where they belong."""
    help: str = ""


@dataclass(frozen=True, slots=True)
class TableSpec(Generic[R]):
    """One logical table: rows of one type by a string key, kept in the lane's store."""

    name: str
    row: type[R]
    key: str
    """What the key is, for people: `orderId`, `window start, product`."""
    help: str
    hidden: bool = False
    """True: left out of the table views (indexes, sets of seen ids)."""
    mask: tuple[str, ...] = ()
    """Fields, as dotted paths, that the views show masked: personal data."""


class Table(Protocol[R]):
    """A table as one lane sees it: only the rows of the lane's partition.

    Rows are immutable values: replace, never change in place.
    """

    def get(self, key: str) -> R | None:
        """The row, or None."""

    def __setitem__(self, key: str, row: R | None) -> None:
        """Replace the row; None removes it. It is durable once the batch is committed."""

    def __delitem__(self, key: str) -> None:
        """Remove the row; no error when there is none."""

    def scan(
        self, start: str = "", end: str = KEY_END, limit: int | None = None
    ) -> Iterable[tuple[str, R]]:
        """Rows with start <= key < end, in the byte order of their keys, so many at most.

        They are read at once: whoever wants a few of many says so.
        """


class Context(Protocol):
    """What a handler may do. Everything it does is one transaction with its record."""

    partition: int
    app_id: str

    def table(self, spec: TableSpec[R]) -> Table[R]:
        """One of the agent's tables."""

    def publish(self, topic: TopicSpec, key: str, value: bytes, headers: Iterable[Header]) -> None:
        """Write a record when the batch is committed."""

    def set_timer(self, kind: str, key: str, due_ms: int) -> None:
        """Have the agent's handler of that kind called at the first tick at or after due_ms.

        Idempotent: a timer is its (kind, key, due_ms).
        """

    def cancel_timer(self, kind: str, key: str, due_ms: int) -> None:
        """Forget that timer; no error when it is not set."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that has come due."""

    kind: str
    key: str
    due_ms: int


class Delivery(msgspec.Struct, gc=False):
    """A decoded record on its way to a handler: one a record, so it is made cheaply."""

    record: Record
    name: str
    value: Decoded


Handler = Callable[[Context, Delivery], None]
TimerHandler = Callable[[Context, Timer, int], None]
"""(context, timer, now_ms): now_ms is the tick's time, at or after the timer's."""
TickHandler = Callable[[Context, int], None]


@dataclass(frozen=True, slots=True)
class Source:
    """What an agent reads from one topic.

    `by` names the field by which the agent wants the records partitioned. Records that lie
    in another partition (a topic keyed otherwise, a foreign producer's partitioner) reach
    the agent through a repartition topic that the engine keeps; those without the field never
    do, and are counted (`records_unplaced_total`). None: wherever they lie.
    """

    topic: TopicSpec
    handlers: Mapping[str, Handler]
    """By the type's name. Other types are skipped."""
    by: str | None = None


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """One agent: sources to handlers to tables and outputs, in one order a partition.

    Handlers are synchronous and deterministic: same rows and same record, same rows and
    outputs. Time is the record's timestamp or the tick's.
    """

    name: str
    help: str
    sources: tuple[Source, ...]
    tables: tuple[TableSpec[Any], ...] = ()
    outputs: tuple[TopicSpec, ...] = ()
    timers: Mapping[str, TimerHandler] = field(default_factory=dict)
    tick: TickHandler | None = None
    tick_every_ms: int = 1000


Effect = Callable[[Delivery], Awaitable[Iterable["Published"]]]


@dataclass(frozen=True, slots=True)
class Published:
    """What an effect publishes once its call has ended."""

    topic: TopicSpec
    key: str
    value: bytes
    headers: Iterable[Header]


@dataclass(frozen=True, slots=True)
class EffectSpec:
    """A stateless agent that calls the outside, many calls at a time, in no transaction.

    An effect may run again after a crash: it must hand the outside an idempotency key, and
    the ids of what it publishes must derive from its record. Outcomes are published as they
    come, in a lane's transaction, with the marker or ahead of it.
    """

    name: str
    help: str
    topic: TopicSpec
    effects: Mapping[str, Effect]
    by: str | None = None
    outputs: tuple[TopicSpec, ...] = ()
    in_flight_max: int = 100
    """Calls under way at once, per partition."""
    timeout_s: float = 30.0
