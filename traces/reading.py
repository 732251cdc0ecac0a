"""Reads what was committed, from now on or of the past, and has it told.

A record's span is told when the collector has taken it, and its offset is committed after that: a
process that was killed begins where the last commit is, and tells some spans again, under the
same ids. Several processes share the partitions.
"""

import asyncio
import logging
import re
import time
from collections.abc import Collection
from itertools import chain
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine.dead_letters import SUFFIX
from traces.names import PUBLIC
from traces.telling import Teller

LOG: Final = logging.getLogger(__name__)
_BATCH_RECORDS: Final = 2_000
"""Told in one request, some 1.2 MB."""
_POLL_MS: Final = 500
_AGAIN_S: Final = 1.0
_LAG_EVERY_S: Final = 60.0


async def follow(consumer: AIOKafkaConsumer, teller: Teller, env: str) -> None:
    """Tell of every record from the group's position on, until the teller is stopped."""
    known, begun = await consumer.topics(), None
    consumer.subscribe(pattern=f"^({'|'.join(map(re.escape, _topics(env)))})$")
    said_s = time.monotonic()
    while not teller.is_stopped:
        try:
            found = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_BATCH_RECORDS)
            if consumer.assignment() != begun:
                begun = await _begin(consumer, known)
                continue
            if not await teller.tell(chain.from_iterable(found.values())):
                return
            if found:
                await consumer.commit()
            if time.monotonic() - said_s >= _LAG_EVERY_S:
                said_s = time.monotonic()
                LOG.info("%d spans told, %d records to come", teller.spans, await _lag(consumer))
        except KafkaError as failed:
            LOG.warning("cannot go on, trying again: %r", failed)
            begun = None
            await asyncio.sleep(_AGAIN_S)


async def _begin(consumer: AIOKafkaConsumer, known: Collection[str]) -> set[TopicPartition]:
    """Go to where partitions were committed last; whatever was read of them is read again.

    One without a position begins at its end, or at its beginning if its topic was made while we
    looked. That is committed at once: what comes while we are away is told later.
    """
    assigned: set[TopicPartition] = consumer.assignment()
    for tp in assigned:
        committed = await consumer.committed(tp)
        if committed is not None:
            consumer.seek(tp, committed)
        elif tp.topic in known:
            await consumer.seek_to_end(tp)
        else:
            await consumer.seek_to_beginning(tp)
    if assigned:
        await consumer.commit()
    return assigned


async def _lag(consumer: AIOKafkaConsumer) -> int:
    """How many committed records were not read yet."""
    behind = 0
    for tp in consumer.assignment():
        at = await consumer.position(tp)
        behind += max(0, (consumer.last_stable_offset(tp) or at) - at)
    return behind


async def recall(consumer: AIOKafkaConsumer, teller: Teller, env: str, since_ms: int) -> None:
    """Tell of the records that brokers got since then, up to now. No position is kept.

    Raises:
        KafkaError: there are no topics.
    """
    names = _topics(env) & await consumer.topics()
    if not names:
        raise UnknownTopicOrPartitionError(f"no topics of FLOWMART_ENV={env}")
    consumer.subscribe(names)
    while {tp.topic for tp in consumer.assignment()} != names:
        await consumer.getmany(timeout_ms=_POLL_MS)  # Without a group it has all of them, soon.
    left = consumer.assignment()
    ends = await consumer.end_offsets(left)
    starts = await consumer.offsets_for_times(dict.fromkeys(left, since_ms))
    behind = {tp: ends[tp] - (starts[tp].offset if starts[tp] else ends[tp]) for tp in left}
    for tp in left:
        consumer.seek(tp, ends[tp] - behind[tp])
    with _bar() as bar:
        total = sum(behind.values())
        task = bar.add_task("", total=total)
        while left := {tp for tp in left if behind[tp] > 0}:
            found = await consumer.getmany(*left, timeout_ms=_POLL_MS, max_records=_BATCH_RECORDS)
            if not await teller.tell(chain.from_iterable(found.values())) or teller.is_stopped:
                return
            for tp in left:
                behind[tp] = max(0, ends[tp] - await consumer.position(tp))
            bar.update(task, completed=total - sum(behind.values()))
    LOG.info("%d spans told", teller.spans)


def _bar() -> Progress:
    """On a terminal: how many of the past's records are told."""
    columns = BarColumn(), MofNCompleteColumn(), TextColumn("records"), TimeRemainingColumn()
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _topics(env: str) -> set[str]:
    """Every topic that is told of."""
    names = {name.format(env=env) for name in PUBLIC}
    return names | {name + SUFFIX for name in names}
