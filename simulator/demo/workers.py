"""Workers as processes: started, watched, started again when they die, stopped.

A worker that meets trouble stops before it commits anything and leaves it to its supervisor to
start it again. That is what this is.
"""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

from broker import child_process, is_port_free

FIRST_PORT: Final = 6066
LOOPBACK: Final = "127.0.0.1"
READY_S_MAX: Final = 90.0
STOP_S_MAX: Final = 20.0
WATCH_S: Final = 0.2
STARTS_FAILED_MAX: Final = 3
"""A worker that dies so often before it was ever ready is not started again."""
LOG_LINES: Final = 8


class WorkerFailed(Exception):
    """A worker does not start. Operator: its log, named in the message, says why."""


@dataclass(slots=True)
class Worker:
    """One worker."""

    number: int
    port: int
    home: Path
    environment: Mapping[str, str]
    restarts: int = 0
    is_ready: bool = False
    """Since its last start it has had its partitions and read them."""
    was_ready: bool = False
    """Since any start."""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What it says, all starts in one file."""
        return self.home / f"worker-{self.number}.log"

    @property
    def address(self) -> str:
        """Where its tables, metrics and health are."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def lives(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process. It dies with this one, however that ends."""
        home = str(self.home / f"worker-{self.number}")
        settings = {
            **self.environment,
            "FLOWMART_DATA_DIR": home,
            "FLOWMART_WEB_PORT": str(self.port),
            "FLOWMART_INSTANCE_ID": f"demo-{self.number}",
        }
        assignments = [f"{name}={value}" for name, value in settings.items()]
        faust = str(Path(sys.executable).with_name("faust"))
        command = ["/usr/bin/env", *assignments, faust, "-A", "app", "worker", "-l", "info"]
        self._process = child_process(command, self.log)
        self.is_ready = False

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; a dead one ignores it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def wait_stopped(self, deadline_s: float) -> None:
        """Return when it is gone, by force once the deadline of the monotonic clock has passed."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    async def look(self, client: aiohttp.ClientSession) -> None:
        """See whether it has its partitions and reads them."""
        with suppress(aiohttp.ClientError, TimeoutError):
            async with client.get(f"{self.address}/ready") as answer:
                self.is_ready = answer.ok
        self.was_ready |= self.is_ready

    def complaint(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-LOG_LINES:])


@dataclass(slots=True)
class Workers:
    """All workers of one demonstration."""

    count: int
    home: Path
    environment: Mapping[str, str]
    kill_every_s: float = 0.0
    every: list[Worker] = field(default_factory=list)
    _watch: asyncio.Task[None] | None = None

    @property
    def restarts(self) -> int:
        """How often any of them died and was started again."""
        return sum(worker.restarts for worker in self.every)

    async def start(self) -> None:
        """Return once every worker is ready.

        Raises:
            WorkerFailed: one of them is not, for too long or too often.
        """
        port = FIRST_PORT
        for number in range(1, self.count + 1):
            port = _free_port(port)
            worker = Worker(number, port, self.home, self.environment)
            self.every.append(worker)
            worker.start()
            port += 1
        self._watch = asyncio.create_task(self._supervise())
        await self._wait_ready()

    async def stop(self) -> None:
        """End them in good order, by force after a while."""
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError, WorkerFailed):
                await self._watch
        deadline_s = time.monotonic() + STOP_S_MAX
        for worker in self.every:
            worker.signal(signal.SIGTERM)
        for worker in self.every:
            await asyncio.to_thread(worker.wait_stopped, deadline_s)

    def check(self) -> None:
        """Raise what ended the supervision, if it ended."""
        if self._watch is not None and self._watch.done():
            self._watch.result()

    def spare(self) -> None:
        """Kill none any more."""
        self.kill_every_s = 0.0

    async def _wait_ready(self) -> None:
        deadline_s = time.monotonic() + READY_S_MAX
        while late := [worker for worker in self.every if not worker.is_ready]:
            self.check()
            if time.monotonic() > deadline_s:
                raise _failed(late[0], f"is not ready after {READY_S_MAX:.0f} s")
            await asyncio.sleep(WATCH_S)

    async def _supervise(self) -> None:
        kill_at_s = time.monotonic() + self.kill_every_s
        timeout = aiohttp.ClientTimeout(total=2.0)
        async with aiohttp.ClientSession(timeout=timeout) as client:
            while True:
                await asyncio.sleep(WATCH_S)
                for worker in self.every:
                    if not worker.lives:
                        self._restart(worker)
                    elif not worker.is_ready:
                        await worker.look(client)
                if not all(worker.is_ready for worker in self.every):
                    # Where starts take long, nothing would ever be done between two kills.
                    kill_at_s = time.monotonic() + self.kill_every_s
                elif self.kill_every_s and time.monotonic() >= kill_at_s:
                    random.choice(self.every).signal(signal.SIGKILL)  # noqa: S311 - no secrets

    def _restart(self, worker: Worker) -> None:
        if not worker.was_ready and worker.restarts >= STARTS_FAILED_MAX:
            raise _failed(worker, "died before it was ready, again and again")
        worker.restarts += 1
        worker.port = _free_port(worker.port)  # Its own, unless somebody was faster.
        worker.start()


def _failed(worker: Worker, what: str) -> WorkerFailed:
    return WorkerFailed(
        f"worker {worker.number} {what}; its log {worker.log} ends so:\n{worker.complaint()}"
    )


def _free_port(first: int) -> int:
    """The first port from there on that nothing listens on."""
    for port in range(first, first + 1000):
        if is_port_free(port):
            return port
    raise WorkerFailed(f"no port is free from {first} on")
