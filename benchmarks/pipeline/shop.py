"""The application's own workers, started for a benchmark and stopped after it.

Its core alone, or the whole of it: every agent, and the API gateway in a process of its own.
"""

import secrets
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
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


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop that is ready: its stock is in."""

    processes: Fleet
    load: Load
    bootstrap: str
    urls: tuple[str, ...]
    """Of the workers."""
    view_token: str
    api: str = ""
    """The gateway's URL; empty: there is none."""
    gateway: Watched | None = None
    """One of the processes."""
    api_key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """By which it checks tokens (HS256)."""


@contextmanager
def running_shop(
    bootstrap: str, folder: Path, workers: int, *, whole: bool = False
) -> Iterator[Shop]:
    """Yield a shop of so many workers; `whole` has every agent and a gateway."""
    with ExitStack() as stack:
        *ports, api_port = free_ports(workers + 1)
        token, urls = secrets.token_urlsafe(), tuple([_url(port) for port in ports])
        program = "app" if whole else "benchmarks.pipeline.core"
        started = [
            stack.enter_context(_worker(bootstrap, folder, port, token, program)) for port in ports
        ]
        for worker, url in zip(started, urls, strict=True):
            _wait_ready(worker, url)
        load = Load(ENV, PARTITIONS, whole=whole)
        _stock(bootstrap, Fleet(started), load)
        shop = Shop(Fleet(started), load, bootstrap, urls, token)
        if whole:
            shop = replace(shop, api=_url(api_port))
            gateway = stack.enter_context(_gateway(shop, folder, api_port))
            _wait_ready(gateway, shop.api)
            shop = replace(shop, processes=Fleet([*started, gateway]), gateway=gateway)
        yield shop


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _worker(bootstrap: str, folder: Path, port: int, token: str, program: str) -> Watched:
    faust = str(Path(sys.executable).with_name("faust"))
    command = [faust, "-A", program, "-L", "uvloop", "worker", "-l", "warn"]
    environment = {
        "FLOWMART_BROKER": bootstrap,
        "FLOWMART_ENV": ENV,
        "FLOWMART_PARTITIONS": str(PARTITIONS),
        "FLOWMART_DATA_DIR": str(folder / f"shop-{port}"),
        "FLOWMART_WEB_PORT": str(port),
        "FLOWMART_VIEW_TOKEN": token,
        "FLOWMART_PROVIDER_LATENCY_MS": "0",
    }
    return Watched(command, folder / f"shop-{port}.log", environment)


def _gateway(shop: Shop, folder: Path, port: int) -> Watched:
    environment = {
        "FLOWMART_BROKER": shop.bootstrap,
        "FLOWMART_ENV": ENV,
        "FLOWMART_WORKER_URL": ",".join(shop.urls),
        "FLOWMART_VIEW_TOKEN": shop.view_token,
        "FLOWMART_GATEWAY_PORT": str(port),
        "FLOWMART_GATEWAY_JWT_KEY": shop.api_key,
    }
    return Watched([sys.executable, "-m", "gateway"], folder / "gateway.log", environment)


def _wait_ready(process: Watched, url: str) -> None:
    deadline = time.monotonic() + READY_S
    while not _is_ready(url):
        process.check()
        if time.monotonic() > deadline:
            raise BenchmarkError(f"{url} is not ready after {READY_S} s:\n{process.said()}")
        time.sleep(POLL_S)


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/ready", timeout=2) as answer:  # noqa: S310 - our own
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
