"""A table as its changelog has it: whole, whichever workers run."""

import sys
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from commands.base import Command
from engine.specs import TableSpec
from engine.tables import table_prefix


async def rows_of(desk: Command, spec: TableSpec[Any]) -> dict[str, bytes]:
    """All committed rows by key, as JSON: as of the changelog's end when this begins."""
    from rich.progress import Progress

    topology, prefix = desk.app.lanes.topology, table_prefix(spec.name)
    tps = [TopicPartition(topology.changelog, p) for p in range(topology.partitions)]
    consumer = AIOKafkaConsumer(
        **desk.options_of_clients(), isolation_level="read_committed",
        auto_offset_reset="earliest", enable_auto_commit=False,
    )  # fmt: skip
    await consumer.start()
    found: dict[str, bytes] = {}
    try:
        ends = await consumer.end_offsets(tps)
        consumer.assign(tps)
        await consumer.seek_to_beginning(*tps)
        with Progress(disable=not sys.stderr.isatty(), transient=True) as progress:
            task = progress.add_task("reading the changelog", total=sum(ends.values()))
            while True:
                at = [min(await consumer.position(tp), ends[tp]) for tp in tps]
                progress.update(task, completed=sum(at))
                if all(a >= ends[tp] for a, tp in zip(at, tps, strict=True)):
                    return found
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    _fold(found, prefix, records)
    finally:
        await consumer.stop()


def _fold(found: dict[str, bytes], prefix: bytes, records: list[Any]) -> None:
    for record in records:
        if record.key.startswith(prefix):
            key = record.key[len(prefix) :].decode()
            if record.value is None:
                found.pop(key, None)
            else:
                found[key] = record.value
