"""`python -m traces` tells of every record from now on; `--since 2h` of those of the past.

A record's span is told when the collector has taken it, and its offset is committed after that: a
process that was killed begins where the last commit is, and tells some spans again, under the
same ids. Several processes share the partitions. What is committed under the group
`flowmart-<env>-traces` is the position; where there is none, it is the end.
"""

import argparse
import asyncio
import logging
import math
import os
import re
import signal
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError, UnknownTopicOrPartitionError
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from engine import patches
from engine.brokers import nobody_answers
from engine.dead_letters import SUFFIX
from engine.logs import log_as
from engine.records import Record
from settings import Settings, settings_or_exit
from traces.spans import PUBLIC, span_of

LOG: Final = logging.getLogger("traces")
_BATCH_RECORDS: Final = 2_000
"""Told in one request, some 1.2 MB."""
_FETCH_BYTES_MAX: Final = 8 * 1024 * 1024
_PARTITION_BYTES_MAX: Final = 256 * 1024
_POLL_MS: Final = 500
_AGAIN_S: Final = 1.0
_LAG_EVERY_S: Final = 60.0
_TOPICS_EVERY_MS: Final = 10_000
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

# One record with a header's name that is no UTF-8 would end the reading for ever.
patches.apply()


class CollectorSilent(Exception):
    """Nobody takes spans.

    Operator: start a collector, or name it in OTEL_EXPORTER_OTLP_ENDPOINT.
    """


class Teller:
    """Tells records to the collector that OpenTelemetry's variables name."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio
        self._exporter = OTLPSpanExporter()
        self._stopped = asyncio.Event()
        self.spans = 0
        """Taken by the collector since the start."""

    @property
    def is_stopped(self) -> bool:
        """Whether the process is to end."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Wait no longer for a collector that does not answer."""
        self._stopped.set()
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # it says no type

    async def meet(self) -> None:
        """See whether there is a collector.

        Raises:
            CollectorSilent: it takes nothing.
        """
        if not await self._took(()) and not self.is_stopped:
            raise CollectorSilent

    async def tell(self, records: Iterable[Record]) -> bool:
        """Tell of records; False where the process is to end and they were not taken."""
        spans = [span for record in records if (span := span_of(record, self._ratio))]
        while spans and not await self._took(spans):
            if self.is_stopped:
                return False
            LOG.warning("the collector took nothing: %d spans wait for it", len(spans))
            await asyncio.sleep(_AGAIN_S)
        self.spans += len(spans)
        return True

    async def _took(self, spans: Sequence[ReadableSpan]) -> bool:
        """Whether the collector answered that it has them: the SDK tries for ten seconds."""
        result = await asyncio.to_thread(self._exporter.export, spans)
        return result is SpanExportResult.SUCCESS


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
    for tp in left:
        consumer.seek(tp, starts[tp].offset if starts[tp] else ends[tp])
    while left := {tp for tp in left if await consumer.position(tp) < ends[tp]}:
        found = await consumer.getmany(*left, timeout_ms=_POLL_MS, max_records=_BATCH_RECORDS)
        if not await teller.tell(chain.from_iterable(found.values())) or teller.is_stopped:
            return
    LOG.info("%d spans told", teller.spans)


def _topics(env: str) -> set[str]:
    """Every topic that is told of."""
    names = {name.format(env=env) for name in PUBLIC}
    return names | {name + SUFFIX for name in names}


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks and return the exit code."""
    options = _parsed(arguments)
    settings = settings_or_exit()
    log_as(settings.log_format)
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    try:
        asyncio.run(_run(settings, options.since_s))
    except KafkaConnectionError:
        return _fail(nobody_answers(settings.broker))
    except KafkaError as refused:
        return _fail(f"Kafka at {settings.broker}: {refused!r}")
    except CollectorSilent:
        named = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
        where = next(filter(None, map(os.environ.get, named)), "http://localhost:4318")
        return _fail(
            f"no collector takes spans at {where}: start one that speaks OTLP over HTTP, or name"
            " it in OTEL_EXPORTER_OTLP_ENDPOINT"
        )
    return 0


async def _run(settings: Settings, since_s: float | None) -> None:
    teller = Teller(settings.traces_ratio)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, teller.stop)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.broker,
        **settings.broker_access.options(),
        group_id=f"{settings.app_id}-traces" if since_s is None else None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_bytes=_FETCH_BYTES_MAX,
        max_partition_fetch_bytes=_PARTITION_BYTES_MAX,
        metadata_max_age_ms=_TOPICS_EVERY_MS,
    )
    try:
        await teller.meet()
        await consumer.start()
        if since_s is None:
            await follow(consumer, teller, settings.env)
        else:
            since_ms = round(max(0.0, time.time() - since_s) * 1000)
            await recall(consumer, teller, settings.env, since_ms)
    finally:
        await consumer.stop()


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m traces",
        description="Tell an OTLP collector of every record as a span, until Ctrl-C.",
        epilog="Where to: OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS and the like; how much:"
        " FLOWMART_TRACES_RATIO. Exit codes: 0 ended, 1 it could not run.",
    )
    past = parser.add_mutually_exclusive_group()
    past.add_argument(
        "--since", dest="since_s", type=_seconds, metavar="2h",
        help="tell of the past instead, of so many seconds (s), minutes, hours or days, and end",
    )  # fmt: skip
    past.add_argument(
        "--from-start", dest="since_s", action="store_const", const=math.inf,
        help="tell of all that Kafka has, and end",
    )  # fmt: skip
    return parser.parse_args(arguments)


def _seconds(text: str) -> float:
    told = re.fullmatch(r"([0-9]{1,9})([smhd])", text)
    if told is None:
        raise argparse.ArgumentTypeError(f"{text}: expected a number and s, m, h or d, such as 2h")
    return int(told[1]) * _UNITS_S[told[2]]


def _fail(message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
