"""Workers as an operator runs them: `faust -A app worker`, one process each, killed at will.

Each worker has a port, a data directory and a log of its own. Nothing of the tests' own
environment reaches them but what is given here, and they end with the tests' process.
"""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from broker import child_process
from broker.ports import free_ports

ROOT: Final = Path(__file__).parents[2]
BIN: Final = Path(sys.executable).parent
READY_S_MAX: Final = 180.0
STOP_S_MAX: Final = 90.0
ASK_S_MAX: Final = 60.0
PAUSE_S: Final = 0.05
LOG_CHARS: Final = 4_000
HTTP_OK: Final = 200
HTTP_UNAVAILABLE: Final = 503
"""What a worker says of rows while another one does not answer within a second."""


def until(true: Callable[[], Any], within_s: float, what: str) -> Any:
    """What `true` gives once it is true; it is tried every 50 ms.

    Raises:
        AssertionError: it was not within that time.
    """
    deadline = time.monotonic() + within_s
    while True:
        found = true()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(PAUSE_S)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker's port said."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.text)


def environment(**settings: str) -> dict[str, str]:
    """This process's environment with these settings and no others of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLOWMART_")}
    return kept | {f"FLOWMART_{name.upper()}": value for name, value in settings.items()}


def faust(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run one `faust -A app ...` to its end; again where it met a worker that was too busy."""

    def run() -> subprocess.CompletedProcess[str] | None:
        done = subprocess.run(
            [str(BIN / "faust"), "-A", "app", *arguments],
            env=environment(**settings),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=READY_S_MAX,
            check=False,
        )
        return None if done.returncode and f": {HTTP_UNAVAILABLE} " in done.stderr else done

    done: subprocess.CompletedProcess[str] = until(run, ASK_S_MAX, f"{arguments} is answered")
    return done


@dataclass(slots=True)
class Worker:
    """One worker, running or not. Its port, data and settings stay when it is started again."""

    name: str
    home: Path
    settings: Mapping[str, str]
    port: int = field(default_factory=lambda: free_ports(1)[0])
    _process: subprocess.Popen[bytes] | None = None

    @property
    def data_dir(self) -> Path:
        """Where its stores are."""
        return self.home / f"{self.name}-data"

    @property
    def log(self) -> Path:
        """All it ever said."""
        return self.home / f"{self.name}.log"

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start the process; returns at once."""
        assert not self.is_running, f"{self.name} runs already"
        given = {**self.settings, "data_dir": str(self.data_dir), "web_port": str(self.port)}
        told = [f"FLOWMART_{name.upper()}={value}" for name, value in given.items()]
        not_ours = [f"--unset={name}" for name in os.environ if name.startswith("FLOWMART_")]
        command = [str(BIN / "faust"), "-A", "app", "-L", "uvloop", "worker", "-l", "info"]
        self._process = child_process(["/usr/bin/env", *not_ours, *told, *command], self.log)
        return self

    def kill(self) -> None:
        """End it with SIGKILL: nothing is flushed, nobody is told."""
        self._signal(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        return self._signal(signal.SIGTERM)

    def wipe(self) -> None:
        """Delete its data directory."""
        assert not self.is_running, "stores are open"
        shutil.rmtree(self.data_dir)

    def _signal(self, number: signal.Signals) -> int:
        process = self._process
        assert process is not None, f"{self.name} was never started"
        process.send_signal(number)
        try:
            return process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(
                f"{self.name} did not end within {STOP_S_MAX} s\n{self.tail()}"
            ) from None

    def tail(self) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"--- {self.log}\n{text[-LOG_CHARS:]}"

    # -- its port

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """One request, with these headers and the token when it has one.

        Raises:
            OSError: it does not answer.
        """
        token = self.settings.get("view_token")
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ASK_S_MAX)
        try:
            connection.request(method, path, headers=shown | headers)
            response = connection.getresponse()
            text = response.read().decode()
            return Answer(response.status, dict(response.getheaders()), text)
        finally:
            connection.close()

    def answered(self, path: str, **headers: str) -> Answer:
        """What it says of rows, once the others that it asks are not too busy to answer."""

        def told() -> Answer | None:
            answer = self.ask(path, **headers)
            return None if answer.status == HTTP_UNAVAILABLE else answer

        answer: Answer = until(told, ASK_S_MAX, f"{self.name} answers {path}")
        return answer

    def partitions(self) -> list[int] | None:
        """The partitions it processes; None while it is not ready."""
        assert self.is_running, f"{self.name} ended by itself\n{self.tail()}"
        try:
            answer = self.ask("/ready")
        except OSError:
            return None
        return answer.json["partitions"] if answer.status == HTTP_OK else None


@dataclass(slots=True)
class Workers:
    """Workers of one application, which share its partitions."""

    home: Path
    settings: Mapping[str, str]
    partitions: int = 4
    named: bool = False
    """True: each is a static member of the group, under its name."""
    all: dict[str, Worker] = field(default_factory=dict)

    def start(self, *names: str) -> Sequence[Worker]:
        """Start these, new or stopped before; returns at once."""
        started = []
        for name in names:
            settings = {**self.settings, "partitions": str(self.partitions)}
            if self.named:
                settings["instance_id"] = name
            worker = self.all.setdefault(name, Worker(name, self.home, settings))
            started.append(worker.start())
        return started

    @property
    def running(self) -> list[Worker]:
        """Those whose process lives."""
        return [worker for worker in self.all.values() if worker.is_running]

    def settled(self, within_s: float = READY_S_MAX) -> dict[str, list[int]]:
        """Each running worker's partitions, once every partition has exactly one worker."""
        those = self.running

        def shared() -> dict[str, list[int]] | None:
            held = {worker.name: worker.partitions() for worker in those}
            if None in held.values():
                return None
            taken = sorted(p for partitions in held.values() for p in partitions or ())
            return held if taken == list(range(self.partitions)) else None

        return until(shared, within_s, f"{[w.name for w in those]} share the work")

    def row(self, table: str, key: str) -> Any | None:
        """A row's value, by whichever worker; None when there is none."""
        answer = self.running[0].answered(f"/tables/{table}/{key}")
        return answer.json["value"] if answer.status == HTTP_OK else None

    def stop(self) -> None:
        """End all of them, in good order."""
        for worker in self.running:
            worker.stop()

    def tails(self) -> str:
        """The ends of all logs."""
        return "\n".join(worker.tail() for worker in self.all.values())
