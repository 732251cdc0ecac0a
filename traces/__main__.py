"""`python -m traces` tells of every record from now on; `--since 2h` of those of the past.

What is committed under the group `flowmart-<env>-traces` is the position; where there is none, it
is the end.
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
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError, KafkaError

from engine import patches
from engine.brokers import nobody_answers
from engine.logs import log_as
from settings import Settings, settings_or_exit
from traces.reading import follow, recall
from traces.telling import CollectorSilent, Teller

_FETCH_BYTES_MAX: Final = 8 * 1024 * 1024
_PARTITION_BYTES_MAX: Final = 256 * 1024
_TOPICS_EVERY_MS: Final = 10_000
_UNITS_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

# One record with a header's name that is no UTF-8 would end the reading for ever.
patches.apply()


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks and return the exit code."""
    options = _parsed(arguments)
    settings = settings_or_exit()
    log_as(settings.log_format, "traces")
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
