"""What `python -m simulator.demo` does: see its `--help`.

Standard output has the figures of a run with `--orders`: a table, then one JSON object on the
last line. Everything else goes to standard error.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from broker import Broker, BrokerError, fetch, progress_shown
from simulator.demo.home import home
from simulator.demo.options import Options
from simulator.demo.progress import Progress
from simulator.demo.run import demonstrate
from simulator.demo.workers import WorkerFailed
from simulator.session import NobodyAnswers
from simulator.wire import TopicsMissing

INTERRUPTED: Final = 130
KAFKA_PORT: Final = 9092
"""Where a broker is named without one."""
ANSWER_S_MAX: Final = 5.0


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks and return the exit code."""
    options, progress = Options.parsed(arguments), Progress()
    signal.signal(signal.SIGTERM, _interrupt)
    # It retries by itself and would say so; what it cannot mend it raises.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        with home() as path, _broker(progress) as bootstrap:
            return asyncio.run(_interruptible(demonstrate(options, bootstrap, path, progress)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0 if options.orders is None else INTERRUPTED
    except (BrokerError, NobodyAnswers, TopicsMissing, WorkerFailed) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except BrokenPipeError:  # Whoever read the figures has enough. Python would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


@contextmanager
def _broker(progress: Progress) -> Iterator[str]:
    """The cluster that FLOWMART_BROKER names, or one of our own."""
    given = os.environ.get("FLOWMART_BROKER")
    if given:
        brokers = given.split("://")[-1]
        if not any(map(_answers, brokers.split(","))):
            raise BrokerError(
                f"Nobody answers at {brokers}: start that Kafka, or unset FLOWMART_BROKER and the"
                " demonstration starts its own"
            )
        yield brokers
        return
    with progress_shown() as fetching:
        fetch(progress=fetching)
    progress.say("Starting Apache Kafka")
    with Broker() as running:
        yield running.bootstrap


def _answers(broker: str) -> bool:
    """Whether somebody takes connections there."""
    host, _, port = broker.strip().partition(":")
    try:
        socket.create_connection((host, int(port or KAFKA_PORT)), ANSWER_S_MAX).close()
    except (OSError, ValueError):
        return False
    return True


async def _interruptible(demonstration: Coroutine[None, None, int]) -> int:
    """Ctrl-C or SIGTERM stops all in good order; impatience does not make it faster."""
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(demonstration)
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            sys.stderr.write("\nStopping\n")
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    return await running


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
