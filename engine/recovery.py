"""Brings a lane's store up to date from its changelog partition."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from engine import patches
from engine.errors import BrokerUnavailable, ChangelogGone
from engine.farewell import farewell
from engine.joining import wait_until_known
from engine.store import CLUSTER, POSITION, Item, Store

patches.apply()

FETCH_BYTES = 4 << 20
POLL_MS = 20
"""No poll returns the control record behind a store's position, with which most changelogs end:
only the next one finds that it was passed, so every start waits for one poll."""
STALL_S = 60.0
"""Without a record for so long, a recovery is given up."""
STOP_S_MAX = 1.0
"""Over TLS a connection with an answer under way waits 30 s for the broker's farewell."""
TOMBSTONES_KEPT_S = 7 * 24 * 3600
"""How long the changelog keeps a deletion after compaction (`delete.retention.ms`)."""
STORE_AGE_MAX_S = TOMBSTONES_KEPT_S - 24 * 3600
"""A store that is behind and older may have missed deletions: it is rebuilt from nothing."""

Progress = Callable[[int, int], None]
"""(partition, records still to read)"""


@dataclass(slots=True)
class Recovered:
    """What a recovery did."""

    records: int = 0
    seconds: float = 0.0


class ChangelogReader:
    """Reads the changelog partitions of several lanes at once, committed records only."""

    def __init__(
        self,
        changelog: str,
        client_options: dict[str, Any],
        progress: Progress,
        *,
        group: str | None = None,
    ) -> None:
        """`group` is the one whose offsets tell that a changelog which is empty never was so."""
        self._group = group
        self._changelog = changelog
        self._options = client_options
        self._progress = progress

    async def recover(
        self, stores: dict[int, Store], replace: Callable[[int, str], Store]
    ) -> Recovered:
        """Apply what each store has not seen; replace(partition, why) gives an empty store.

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
        try:
            await consumer.start()
            ends = await self._seek(consumer, stores, replace)
            await self._read(consumer, ends, stores, done)
        finally:
            await farewell(consumer.stop(), STOP_S_MAX)
        done.seconds = time.monotonic() - started
        return done

    async def _seek(
        self,
        consumer: AIOKafkaConsumer,
        stores: dict[int, Store],
        replace: Callable[[int, str], Store],
    ) -> dict[TopicPartition, int]:
        """Begin where each store ended, or anew where it cannot be used; gives the ends."""
        tps = [TopicPartition(self._changelog, p) for p in stores]
        # Asked of a topic that it does not know yet, the client waits 100 ms before it asks again.
        client = consumer._client  # noqa: SLF001 - no public way
        await wait_until_known(client, [self._changelog])
        old_ms = {tp: old_from_s(stores[tp.partition]) * 1000 for tp in tps}
        ends, firsts, late = await asyncio.gather(
            consumer.end_offsets(tps),
            consumer.offsets_for_times(dict.fromkeys(tps, 0)),
            consumer.offsets_for_times(old_ms),
        )
        await self._check_empty({tp.partition for tp in tps if ends[tp] == 0})
        consumer.assign(tps)
        cluster = client.cluster.cluster_id
        for tp in tps:
            store = stores[tp.partition]
            oldest_s = None if firsts.get(tp) is None else firsts[tp].timestamp // 1000
            # This machine's clock may be that of a copy of long ago, others' records tell.
            late_s = 0 if late.get(tp) is None else late[tp].timestamp // 1000
            now_s = max(time.time(), late_s)
            position, why = usable_position(store, ends[tp], oldest_s, now_s)
            if stranger := other_cluster(store, cluster):
                position, why = 0, stranger
            if why:
                stores[tp.partition] = store = replace(tp.partition, why)
            if cluster is not None and store.get(CLUSTER) is None:
                store.write([(CLUSTER, cluster.encode())])
            consumer.seek(tp, position)
        return dict(ends)

    async def _read(
        self,
        consumer: AIOKafkaConsumer,
        ends: dict[TopicPartition, int],
        stores: dict[int, Store],
        done: Recovered,
    ) -> None:
        """Write into the stores what comes before the ends."""
        left = {tp for tp, end in ends.items() if await consumer.position(tp) < end}
        moved = time.monotonic()
        while left:
            before = done.records, len(left)
            fetched = await consumer.getmany(*left, timeout_ms=POLL_MS)
            for tp, records in fetched.items():
                # Rows and markers are written again and again: the last of each is enough.
                newest = {record.key: record.value for record in records}
                reached = position_item(await consumer.position(tp), time.time())
                stores[tp.partition].write([*newest.items(), reached])
                done.records += len(records)
                await asyncio.sleep(0)
            for tp in list(left):
                # The end may lie behind a control record, which no fetch returns.
                behind = ends[tp] - await consumer.position(tp)
                self._progress(tp.partition, max(0, behind))
                if behind <= 0:
                    left.discard(tp)
            if before != (done.records, len(left)):
                moved = time.monotonic()
            elif time.monotonic() - moved > STALL_S:
                raise BrokerUnavailable(f"nothing came from {self._changelog} for {STALL_S:g} s")

    async def _check_empty(self, partitions: set[int]) -> None:
        """See that an empty changelog is that of a first start, before any store is wiped."""
        if self._group is None or not partitions:
            return
        admin = AIOKafkaAdminClient(**self._options)
        try:
            await admin.start()
            told = await admin.list_consumer_group_offsets(self._group)
        finally:
            await farewell(admin.close(), STOP_S_MAX)
        read = [tp for tp, at in told.items() if tp.partition in partitions and at.offset > 0]
        if read:
            raise ChangelogGone(
                f"{self._changelog} is empty, but the group {self._group} has processed"
                f" {read[0].topic}-{read[0].partition} up to {told[read[0]].offset}: the changelog"
                " was deleted. Restore it; to begin anew, which processes again all that topics"
                " still have, delete the group: docs/operations.md"
            )


def position_item(position: int, now_s: float) -> Item:
    """What a store keeps with every write: how much of the changelog it holds, and since when."""
    return POSITION, b"%d %d" % (position, now_s)


def old_from_s(store: Store) -> int:
    """From when on the store is too old to be read on where it is behind; 0: it is empty."""
    raw = store.get(POSITION)
    return 0 if raw is None else int(raw.split()[1]) + STORE_AGE_MAX_S + 1


def other_cluster(store: Store, cluster: str | None) -> str:
    """Why the store is not of the changelog of this cluster; empty: nothing speaks against it.

    Where two clusters have shops of the same name by turns, the changelog of either may be longer
    than what the store has seen of the other's. A cluster without an id, and a store of before
    they were kept, are believed.
    """
    kept = store.get(CLUSTER)
    if cluster is None or kept is None or kept.decode() == cluster:
        return ""
    return f"the store is of another Kafka cluster: {kept.decode()}, not {cluster}"


def usable_position(store: Store, end: int, oldest_s: int | None, now_s: float) -> tuple[int, str]:
    """Where to read the changelog on, and why the store has to be replaced first, if it has.

    `oldest_s` is when the oldest record of the changelog was written; None: it has none. Where
    all of it is newer than the store, the store may be another changelog's: of a cluster that was
    there before, say. To read it from its beginning then takes no more than to read on.
    """
    raw = store.get(POSITION)
    if raw is None:
        return 0, ""
    position, written_s = map(int, raw.split())
    if position > end:
        return 0, "the store knew more than the changelog"
    if position < end and now_s - written_s > STORE_AGE_MAX_S:
        return 0, "the store is so old that the changelog may have forgotten deletions"
    if oldest_s is not None and oldest_s > written_s:
        return 0, "the changelog was made anew after the store was written"
    return position, ""
