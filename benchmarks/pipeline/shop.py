"""The application's own workers, started for a benchmark and stopped after it."""

import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Final

from benchmarks.kafka import BenchmarkError, Reader
from benchmarks.pipeline.load import Load, Sender
from benchmarks.process import Fleet, Watched
from broker.ports import free_ports

ENV: Final = "sit"
"""Not dev, so that nothing of a demo on the same broker is touched."""
PARTITIONS: Final = 4
READY_S: Final = 60.0
POLL_S: Final = 0.2


@contextmanager
def running_shop(bootstrap: str, folder: Path, workers: int) -> Iterator[tuple[Fleet, Load]]:
    """Yield workers that are ready, and the load for their shop, whose stock is in."""
    with ExitStack() as stack:
        ports = free_ports(workers)
        started = [stack.enter_context(_worker(bootstrap, folder, port)) for port in ports]
        for worker, port in zip(started, ports, strict=True):
            _wait_ready(worker, port)
        fleet, load = Fleet(started), Load(ENV, PARTITIONS)
        _stock(bootstrap, fleet, load)
        yield fleet, load


def _worker(bootstrap: str, folder: Path, port: int) -> Watched:
    faust = str(Path(sys.executable).with_name("faust"))
    command = [faust, "-A", "benchmarks.pipeline.core", "-L", "uvloop", "worker", "-l", "warn"]
    environment = {
        "FLOWMART_BROKER": bootstrap,
        "FLOWMART_ENV": ENV,
        "FLOWMART_PARTITIONS": str(PARTITIONS),
        "FLOWMART_DATA_DIR": str(folder / f"shop-{port}"),
        "FLOWMART_WEB_PORT": str(port),
        "FLOWMART_VIEW_TOKEN": secrets.token_urlsafe(),
        "FLOWMART_PROVIDER_LATENCY_MS": "0",
    }
    return Watched(command, folder / f"shop-{port}.log", environment)


def _wait_ready(worker: Watched, port: int) -> None:
    deadline = time.monotonic() + READY_S
    while not _is_ready(port):
        worker.check()
        if time.monotonic() > deadline:
            raise BenchmarkError(f"the worker is not ready after {READY_S} s:\n{worker.said()}")
        time.sleep(POLL_S)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _stock(bootstrap: str, workers: Fleet, load: Load) -> None:
    """Bring the stock in, and return when the shop has it."""
    opening = load.opening()
    reader = Reader(bootstrap, [f"inventory.{ENV}.events"], from_now=True)
    sender = Sender(bootstrap, opening)
    sender.start()
    left, deadline = len(opening), time.monotonic() + READY_S
    while left > 0:
        workers.check()
        if time.monotonic() > deadline:
            raise BenchmarkError(f"{left} deliveries are not in stock:\n{workers.said()}")
        left -= len(reader.poll(POLL_S))
    reader.close()
