"""The smallest application: counts by key, copies what is even, and stumbles on demand."""

import msgspec

from engine.errors import BadRecord
from engine.records import Chunk, Record
from engine.specs import AgentSpec, Context, Delivery, Source, TableSpec, Timer, TopicSpec
from engine.topology import Topology


class In(msgspec.Struct, gc=False):
    """A record's value: a key, a number, and what the handler shall do beside counting."""

    k: str
    v: int
    do: str = ""


class Row(msgspec.Struct, frozen=True, gc=False):
    """How often a key came, and the sum of its numbers."""

    n: int = 0
    total: int = 0
    note: str = ""


class Json:
    """Values are JSON; the type stands in the header `type`, if there is one."""

    def route(self, record: Record) -> str | None:
        for name, text in record.headers:
            if name == "type":
                return text.decode()
        return None

    def decode(self, record: Record, name: str | None) -> tuple[str, In]:
        try:
            return name or "In", msgspec.json.decode(record.value or b"", type=In)
        except msgspec.DecodeError as exc:
            raise BadRecord(str(exc)) from exc

    def field(self, value: In, field: str) -> str | None:
        return value.k if field == "k" else None


IN = TopicSpec("in", "k", Json())
OUT = TopicSpec("out", "k", Json())
COUNTS = TableSpec("counts", Row, "k", "Counts by key.")
SEEN = TableSpec("seen", Row, "k", "A second table, written before the first.")
HUGE = 950_000
"""Characters of something that no record batch holds."""


def value(key: str, number: int, do: str = "") -> bytes:
    return msgspec.json.encode(In(key, number, do))


def count(ctx: Context, delivery: Delivery) -> None:
    """Write, publish and set a timer first, so that a failure has something to undo."""
    found: In = delivery.value
    seen, counts = ctx.table(SEEN), ctx.table(COUNTS)
    seen[found.k] = Row(delivery.record.offset)
    row = counts.get(found.k) or Row()
    note = "x" * HUGE if found.do == "huge row" else ""
    counts[found.k] = Row(row.n + 1, row.total + found.v, note)
    if found.v % 2 == 0:
        ctx.publish(OUT, found.k, delivery.record.value or b"", ())
    if found.do == "huge output":
        ctx.publish(OUT, found.k, b"x" * HUGE, ())
    if found.do in {"timer", "raise"}:
        ctx.set_timer("later", found.k, delivery.record.timestamp + found.v)
    if found.do == "bad timer":
        ctx.set_timer("never", found.k, 1)
    if found.do == "row that cannot be written":
        counts[found.k] = Row(object())  # type: ignore[arg-type]  # the point of it
    if found.do == "raise":
        raise ValueError("as asked")


def later(ctx: Context, timer: Timer, now_ms: int) -> None:
    counts = ctx.table(COUNTS)
    row = counts.get(timer.key) or Row()
    counts[timer.key] = Row(row.n, row.total, f"late {now_ms - timer.due_ms}")
    ctx.publish(OUT, timer.key, b"timer", ())
    if timer.key.startswith("stumbles"):
        raise ValueError("as asked")


def counting(by: str | None = None) -> AgentSpec:
    return AgentSpec(
        "count",
        "Counts.",
        (Source(IN, {"In": count}, by=by),),
        (COUNTS, SEEN),
        (OUT,),
        timers={"later": later},
    )


def topology(by: str | None = None, partitions: int = 1, **more: object) -> Topology:
    return Topology([counting(by)], app_id="t", env="dev", partitions=partitions, **more)  # type: ignore[arg-type]  # effects only


def record(offset: int, raw: bytes, *, partition: int = 0, topic: str = "in") -> Record:
    return Record(topic, partition, offset, 1_000_000 + offset, b"k", raw)


def chunk(start: int, *values: bytes, end: int | None = None, topic: str = "in") -> Chunk:
    """Consecutive records from `start` on; `end` leaves room for control records."""
    records = [record(start + i, raw, topic=topic) for i, raw in enumerate(values)]
    return Chunk(topic, 0, start, start + len(values) if end is None else end, records)
