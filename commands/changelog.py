"""A table as its changelog has it: whole, whichever workers run."""

import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from commands.base import Command, refuse_missing
from engine.specs import TableSpec
from engine.store import Item, RocksStore
from engine.tables import table_prefix


@asynccontextmanager
async def rows_of(
    desk: Command, spec: TableSpec[Any]
) -> AsyncIterator[Iterator[tuple[str, bytes]]]:
    """Give all committed rows by key, in order, as JSON.

    As of the changelog's end when this begins. They are gathered on disk: a table may be larger
    than the memory of who looks at it.
    """
    with TemporaryDirectory() as room:
        store = RocksStore(Path(room) / "rows")
        try:
            await _gather(desk, spec, store)
            yield ((key.decode(), raw) for key, raw in store.range(b"", b"\xff"))
        finally:
            store.close()


async def _gather(desk: Command, spec: TableSpec[Any], store: RocksStore) -> None:
    from rich.progress import Progress

    topology, prefix = desk.app.lanes.topology, table_prefix(spec.name)
    tps = [TopicPartition(topology.changelog, p) for p in range(topology.partitions)]
    consumer = AIOKafkaConsumer(
        **desk.options_of_clients(), isolation_level="read_committed",
        auto_offset_reset="earliest", enable_auto_commit=False,
    )  # fmt: skip
    await consumer.start()
    try:
        refuse_missing([topology.changelog], await consumer.topics())
        ends = await consumer.end_offsets(tps)
        consumer.assign(tps)
        await consumer.seek_to_beginning(*tps)
        with Progress(disable=not sys.stderr.isatty(), transient=True) as progress:
            task = progress.add_task("reading the changelog", total=sum(ends.values()))
            while True:
                at = [min(await consumer.position(tp), ends[tp]) for tp in tps]
                progress.update(task, completed=sum(at))
                if all(a >= ends[tp] for a, tp in zip(at, tps, strict=True)):
                    return
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    store.write(_rows(prefix, records))
    finally:
        await consumer.stop()


def _rows(prefix: bytes, records: Iterable[Any]) -> Iterator[Item]:
    """What records of the changelog make of the rows of one table, in their order."""
    for record in records:
        if record.key.startswith(prefix):
            yield record.key[len(prefix) :], record.value
