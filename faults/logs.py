"""Row 9: logs as Kafka makes them: compacted, cut by retention, ending in what was aborted."""

import asyncio
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete

from engine.recovery import TOMBSTONES_KEPT_S
from faults.load import envelope, payment
from faults.processes import NotSo
from faults.scene import PARTITIONS, Result, Scene, create_topic, opened

RATE: Final = 400
WARM: Final = 1500
"""Records before the log is hurt."""
DOOMED: Final = 80
COMPACT_S_MAX: Final = 60.0
LEFT_MAX: Final = 0.8
"""Compaction has happened when no more of the offsets have a record."""
COMPACTED: Final = {
    "cleanup.policy": "compact",
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "max.compaction.lag.ms": "1000",
    "delete.retention.ms": str(TOMBSTONES_KEPT_S * 1000),
}


async def logs(bootstrap: str, home: Path, seed: int) -> Result:
    """A worker whose data is deleted rebuilds it from each such log."""
    result = Result("logs")
    async with opened(bootstrap, home, seed, result) as scene:
        await create_topic(bootstrap, f"{scene.app}-changelog", PARTITIONS, COMPACTED)
        await scene.begin("one", rate=RATE)
        await scene.loading.more(WARM)
        await aborted_tail(scene)
        await scene.loading.more(WARM)
        result.facts["compacted_to"] = await compacted(scene)
        await rebuilt(scene)
        await scene.loading.more(WARM)
        await scene.settle()
        await cut(scene)
        result.expect("a traceback in a log", so=scene.fleet.tracebacks() == 0)
    return result


async def rebuilt(scene: Scene) -> None:
    """Kill the worker, delete its data, and wait until it is ready again."""
    async with scene.fleet.down("one", PARTITIONS) as worker:
        worker.wipe()


async def aborted_tail(scene: Scene) -> None:
    """Leave an aborted transaction at the end of changelog and input while the worker is dead."""
    async with scene.fleet.down("one", PARTITIONS) as worker:
        worker.wipe()
        await abort_writes(scene)


async def abort_writes(scene: Scene) -> None:
    """Write rows, a marker and payments that nobody may ever see."""
    producer = AIOKafkaProducer(
        bootstrap_servers=scene.bootstrap, transactional_id=f"{scene.app}-stranger"
    )
    await producer.start()
    await producer.begin_transaction()
    bogus = b'{"read":1000000,"unique":1,"spent":1,"bonuses":1,"note":""}'
    for partition in range(PARTITIONS):
        for number in range(20):
            key = f"accounts\0a{number}".encode()
            await producer.send(f"{scene.app}-changelog", bogus, key, partition=partition)
        raw = envelope(payment(10**9 + partition, scene.chance))
        await producer.send_and_wait(f"{scene.app}-in", raw, b"x", partition=partition)
    await producer.abort_transaction()
    await producer.stop()


async def compacted(scene: Scene) -> float:
    """Wait until the broker has compacted the changelog; gives the share of offsets left.

    Raises:
        NotSo: it has not.
    """
    deadline = asyncio.get_running_loop().time() + COMPACT_S_MAX
    while asyncio.get_running_loop().time() < deadline:
        share = await _share_left(scene.bootstrap, f"{scene.app}-changelog")
        if share < LEFT_MAX:
            return round(share, 2)
        await asyncio.sleep(2)
    raise NotSo(f"the changelog was not compacted within {COMPACT_S_MAX:g} s")


async def _share_left(bootstrap: str, topic: str) -> float:
    """Records of a topic by its offsets; markers of transactions count as missing."""
    tps = [TopicPartition(topic, p) for p in range(PARTITIONS)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=None, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(tps)
        ends: dict[TopicPartition, int] = await consumer.end_offsets(tps)
        seen = 0
        while [tp for tp in tps if await consumer.position(tp) < ends[tp]]:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                seen += len(records)
        return seen / max(1, sum(ends.values()))
    finally:
        await consumer.stop()


async def cut(scene: Scene) -> None:
    """Retention takes all input, with some that was not processed: told, and the rest goes on.

    The oracle looks away meanwhile, so it never learns of payments that nobody could make.
    """
    await scene.start_load(0)
    worker = scene.fleet.every["one"]
    worker.wanted = False
    await worker.kill()
    for number in range(DOOMED):
        made = payment(2 * 10**9 + number, scene.chance)
        await scene.loading.send(made["payer"].encode(), envelope(made))
    await scene.loading.stop()
    await delete_all(scene)
    await scene.start_load(0)
    for number in range(DOOMED):
        made = payment(3 * 10**9 + number, scene.chance)
        await scene.loading.send(made["payer"].encode(), envelope(made))
    await scene.loading.stop()
    worker.start()
    await scene.fleet.settled(PARTITIONS)
    verdict = await scene.oracle_settled()
    scene.result.add(verdict)
    told = "deleted before they were processed" in worker.said()
    scene.result.expect("nobody was told of deleted records", so=told)


async def delete_all(scene: Scene) -> None:
    """Have the broker forget all input there is."""
    tps = [TopicPartition(f"{scene.app}-in", p) for p in range(PARTITIONS)]
    admin = AIOKafkaAdminClient(bootstrap_servers=scene.bootstrap)
    await admin.start()
    try:
        await admin.delete_records({tp: RecordsToDelete(before_offset=-1) for tp in tps})
    finally:
        await admin.close()
