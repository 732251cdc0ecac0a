"""Workers as processes: started, killed, frozen, and started again as their supervisor would."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from broker import child_process

ROOT: Final = Path(__file__).parents[1]
NOT_OURS: Final = ("FLOWMART_", "FAULTS_", "PYTHONDONTWRITEBYTECODE")
"""No worker gets these from here: it knows what a row tells it, and keeps what it compiled, as
workers that are installed do."""
READY_S_MAX: Final = 180.0
STOP_S_MAX: Final = 60.0
LOOK_S: Final = 0.05
REST_S: Final = 0.3
"""How long a supervisor waits before it starts a worker that ended by itself."""


class NotSo(Exception):
    """What a row waited for did not come. The row is red; its message says what it was."""


async def until(what: str, is_so: Callable[[], Any], seconds: float = READY_S_MAX) -> None:
    """Return when it is so.

    Raises:
        NotSo: it was not in time.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise NotSo(f"{what}: not within {seconds:g} s")
        await asyncio.sleep(LOOK_S)


@dataclass
class Worker:
    """One worker with a data directory of its own, through all its starts."""

    name: str
    home: Path
    settings: dict[str, str]
    wanted: bool = False
    """Whether its supervisor starts it when it ends."""
    starts: int = 0
    ended_at_s: float = 0.0
    """When it was last seen to have ended, on the wall clock."""
    next_start: dict[str, str] = field(default_factory=dict)
    """Settings of the next start alone: a point to be killed at."""
    codes: list[int] = field(default_factory=list)
    """How each start ended, in order."""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """Where its stores are."""
        return self.home / f"{self.name}-data"

    @property
    def log(self) -> Path:
        """What its newest start says."""
        return self.home / f"{self.name}-{self.starts}.log"

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    @property
    def lives(self) -> bool:
        """Whether its process runs; a frozen one does."""
        if self._process is None:
            return False
        code = self._process.poll()
        if code is not None:
            self.codes.append(code)
            self._process = None
            self.ended_at_s = time.time()
        return code is None

    def start(self) -> None:
        """Start the process; from now on its supervisor sees to it."""
        assert not self.lives
        told = {
            **self.settings,
            **self.next_start,
            "FAULTS_DATA": str(self.data),
            "FLOWMART_DATA_DIR": str(self.data),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        self.next_start, self.wanted = {}, True
        self.starts += 1
        not_ours = [f"--unset={n}" for n in os.environ if n.startswith(NOT_OURS)]
        faust = [sys.executable, "-m", "faust", "-A", "faults.worker", "worker", "-l", "warn",
                 "--without-web"]  # fmt: skip
        given = [f"{name}={value}" for name, value in told.items()]
        self._process = child_process(["/usr/bin/env", *not_ours, *given, *faust], self.log)

    def said(self) -> str:
        """What the newest start has said."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def all_said(self) -> list[str]:
        """What every start said."""
        logs = [self.home / f"{self.name}-{n}.log" for n in range(1, self.starts + 1)]
        return [log.read_text(errors="replace") for log in logs if log.exists()]

    def partitions(self) -> list[int] | None:
        """What it had when it was last ready; None: it was not since its start."""
        told = re.findall(r"READY (\[.*?\])", self.said()) if self.lives else []
        return list(json.loads(told[-1])) if told else None

    def send(self, number: signal.Signals) -> None:
        """Send a signal; the dead ignore it."""
        if self.lives and self._process is not None:
            self._process.send_signal(number)

    async def kill(self) -> float:
        """End it as a power cut does; returns the wall clock's time of it, in seconds."""
        at = time.time()
        self.send(signal.SIGKILL)
        await self.wait_ended(5)
        return at

    async def stop(self) -> int:
        """Ask it to end, for good; returns its exit code."""
        self.wanted = False
        self.send(signal.SIGTERM)
        await self.wait_ended(STOP_S_MAX)
        return self.codes[-1]

    async def wait_ended(self, seconds: float) -> None:
        """Return when the process is gone.

        Raises:
            NotSo: it stays.
        """
        starts = self.starts
        await until(f"{self.name} ends", lambda: not self.lives or self.starts != starts, seconds)

    def wipe(self) -> None:
        """Delete its data directory."""
        shutil.rmtree(self.data, ignore_errors=True)


@dataclass
class Fleet:
    """The workers of one application, and their supervisor."""

    home: Path
    settings: dict[str, str]
    static: bool = True
    """Whether each is a static member of the group, under its name."""
    every: dict[str, Worker] = field(default_factory=dict)
    supervised: bool = True
    _watch: asyncio.Task[None] | None = None

    def worker(self, name: str, **settings: str) -> Worker:
        """The worker of that name, made when there is none."""
        if name not in self.every:
            own = {**self.settings, **settings}
            if self.static:
                own["FLOWMART_INSTANCE_ID"] = name
            self.every[name] = Worker(name, self.home, own)
        return self.every[name]

    def start(self, *names: str) -> list[Worker]:
        """Start these; returns at once."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._supervise())
        started = [self.worker(name) for name in names]
        for worker in started:
            worker.start()
        return started

    @property
    def living(self) -> list[Worker]:
        """Those whose process runs."""
        return [worker for worker in self.every.values() if worker.lives]

    def shared(self, partitions: int) -> bool:
        """Whether every partition is with exactly one of those that should run."""
        wanted = [w for w in self.every.values() if w.wanted]
        held = [w.partitions() for w in wanted]
        if not wanted or None in held:
            return False
        return sorted(p for part in held for p in part or ()) == list(range(partitions))

    @asynccontextmanager
    async def down(self, name: str, partitions: int) -> AsyncIterator[Worker]:
        """While this is open the worker is dead, and nobody starts it; then all is settled."""
        worker, self.supervised = self.every[name], False
        await worker.kill()
        yield worker
        self.supervised = True
        await asyncio.sleep(0.2)
        await self.settled(partitions)

    async def settled(self, partitions: int) -> None:
        """Return once it is so."""
        names = [w.name for w in self.every.values() if w.wanted]
        await until(
            f"{names} share {partitions} partitions", lambda: self.shared(partitions), READY_S_MAX
        )

    async def _supervise(self) -> None:
        """Start again what ended; at once after a kill, a little later after an exit."""
        while True:
            await asyncio.sleep(LOOK_S)
            for worker in self.every.values():
                if not self.supervised or not worker.wanted or worker.lives:
                    continue
                killed = worker.codes and worker.codes[-1] == -signal.SIGKILL
                if killed or time.time() - worker.ended_at_s > REST_S:
                    worker.start()

    async def close(self) -> None:
        """End every process, by force."""
        if self._watch is not None:
            self._watch.cancel()
        for worker in self.every.values():
            worker.wanted = False
            worker.send(signal.SIGKILL)
            worker.send(signal.SIGCONT)
        for worker in self.every.values():
            await worker.wait_ended(5)

    def tracebacks(self) -> int:
        """Starts with a traceback in their log, or its like: nothing that is meant to happen."""
        logs = [said for worker in self.every.values() for said in worker.all_said()]
        return sum("Traceback" in said or "never retrieved" in said for said in logs)
