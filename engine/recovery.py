"""Brings a lane's store up to date from its changelog partition."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from engine.store import POSITION, Store

FETCH_BYTES = 4 << 20
POLL_MS = 200

Progress = Callable[[int, int], None]
"""(partition, records still to read)"""


@dataclass(slots=True)
class Recovered:
    """What a recovery did."""

    records: int = 0
    seconds: float = 0.0
    wiped: tuple[int, ...] = ()
    """Partitions whose store knew more than the changelog and was rebuilt from nothing."""


class ChangelogReader:
    """Reads the changelog partitions of several lanes at once, committed records only."""

    def __init__(self, changelog: str, client_options: dict[str, Any], progress: Progress) -> None:
        self._changelog = changelog
        self._options = client_options
        self._progress = progress

    async def recover(
        self, stores: dict[int, Store], replace: Callable[[int], Store]
    ) -> Recovered:
        """Apply what each store has not seen; replace(partition) gives an empty store.

        Call it only after the lanes' producers have fenced their forerunners: only then is
        the end of the changelog final.
        """
        started = time.monotonic()
        done = Recovered()
        if not stores:
            return done
        consumer = AIOKafkaConsumer(
            **self._options,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=100,
        )
        await consumer.start()
        try:
            await self._recover(consumer, stores, replace, done)
        finally:
            await consumer.stop()
        done.seconds = time.monotonic() - started
        return done

    async def _recover(
        self,
        consumer: AIOKafkaConsumer,
        stores: dict[int, Store],
        replace: Callable[[int], Store],
        done: Recovered,
    ) -> None:
        tps = {TopicPartition(self._changelog, p): p for p in stores}
        ends = await consumer.end_offsets(list(tps))
        consumer.assign(list(tps))
        for tp, p in tps.items():
            position = int(stores[p].get(POSITION) or 0)
            if position > ends[tp]:
                stores[p] = replace(p)
                done.wiped += (p,)
                position = 0
            consumer.seek(tp, position)
        left = {tp for tp in tps if await consumer.position(tp) < ends[tp]}
        while left:
            fetched = await consumer.getmany(*left, timeout_ms=POLL_MS)
            for tp, records in fetched.items():
                items = [(record.key, record.value) for record in records]
                position = await consumer.position(tp)
                items.append((POSITION, b"%d" % position))
                stores[tps[tp]].write(items)
                done.records += len(records)
                await asyncio.sleep(0)
            for tp in list(left):
                behind = ends[tp] - await consumer.position(tp)
                self._progress(tps[tp], max(0, behind))
                if behind <= 0:
                    left.discard(tp)
