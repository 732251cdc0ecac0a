"""`python -m benchmarks.systems.loop W1`: read, apply, write what changed, commit, again."""

import asyncio
import signal
import sys
import time
from typing import Any, Final

import msgspec
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from benchmarks.job import Job
from benchmarks.systems.loop.jobs import job_of

COMMIT_S: Final = 0.1
PENDING_MAX: Final = 40_000
BATCH_BYTES: Final = 900_000
_encode = msgspec.json.Encoder().encode


class Loop:
    """One consumer, one producer, one dict."""

    def __init__(self, workload: str, job: Job) -> None:
        self._job = job
        self._work = job_of(workload, job.inputs, copy_all=job.copy_all)
        self._out: dict[int, list[tuple[bytes, bytes]]] = {}
        self._dirty: dict[int, set[bytes]] = {}
        self._commit_s = COMMIT_S if job.commit_ms is None else job.commit_ms / 1000
        self._stopping = False

    async def run(self) -> None:
        """Read until told to stop."""
        job = self._job
        consumer = AIOKafkaConsumer(
            *job.inputs,
            bootstrap_servers=job.broker,
            group_id=job.app_id,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=2 << 20,
            fetch_max_wait_ms=50,
        )
        producer = AIOKafkaProducer(
            bootstrap_servers=job.broker, acks="all", enable_idempotence=True, linger_ms=0,
            max_batch_size=BATCH_BYTES,
        )  # fmt: skip
        await consumer.start()
        await producer.start()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        await self._serve(consumer, producer)
        await consumer.stop()
        await producer.stop()

    def _stop(self) -> None:
        self._stopping = True

    async def _serve(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        pending, since = 0, time.monotonic()
        while not self._stopping:
            for tp, records in (await consumer.getmany(timeout_ms=50, max_records=5_000)).items():
                self._take(tp, records)
                pending += len(records)
            is_time = time.monotonic() - since >= self._commit_s
            if pending and (is_time or pending >= PENDING_MAX):
                await self._write(producer)
                await consumer.commit()
                pending, since = 0, time.monotonic()

    def _take(self, tp: Any, records: list[Any]) -> None:
        out = self._out.setdefault(tp.partition, [])
        self._work.take(tp.topic, records, out, self._dirty.setdefault(tp.partition, set()))

    async def _write(self, producer: AIOKafkaProducer) -> None:
        """Write outputs and rows, and return once the broker has them."""
        groups: dict[tuple[str, int], list[tuple[bytes, bytes | None]]] = {}
        for partition, records in self._out.items():
            groups[self._job.output, partition] = list(records)
            records.clear()
        rows = self._work.rows
        for partition, keys in self._dirty.items():
            groups[f"{self._job.app_id}-changelog", partition] = [
                (key, None if (row := rows.get(key)) is None else _encode(row)) for key in keys
            ]
            keys.clear()
        sent = [
            await self._send(producer, topic, partition, batch)
            for (topic, partition), records in groups.items()
            if records
            for batch in self._batches(producer, records)
        ]
        await asyncio.gather(*sent)

    @staticmethod
    async def _send(producer: Any, topic: str, partition: int, batch: Any) -> Any:
        return await producer.send_batch(batch, topic, partition=partition)

    @staticmethod
    def _batches(producer: Any, records: list[tuple[bytes, bytes | None]]) -> list[Any]:
        now_ms, batches = int(time.time() * 1000), [producer.create_batch()]
        for key, value in records:
            if not batches[-1].append(timestamp=now_ms, key=key, value=value):
                batches.append(producer.create_batch())
                batches[-1].append(timestamp=now_ms, key=key, value=value)
        return batches


if __name__ == "__main__":
    uvloop.run(Loop(sys.argv[1], Job.told()).run())
