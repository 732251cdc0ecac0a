"""One Kafka node: a directory, an address and, while it runs, a JVM."""

import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from broker.errors import BrokerError
from broker.jvm import Jvm
from broker.properties import Address
from broker.spawn import spawn
from broker.wire import serving_nodes

FORMAT_S_MAX: Final = 60
STOP_S_MAX: Final = 15
POLL_S: Final = 0.03
LOG_BYTES_MAX: Final = 1 << 20
SIGNS_OF_TROUBLE: Final = ("ERROR", "Exception", "Error:", "Unrecognized")
REASON_CHARS_MAX: Final = 300


@dataclass(slots=True)
class Node:
    """Starts, stops and hurts one node. It holds no lock: its cluster does."""

    address: Address
    home: Path
    jvm: Jvm
    inherit: Sequence[IO[str]] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _said_before_bytes: int = field(default=0, init=False)

    @property
    def log(self) -> Path:
        """What Kafka says, all starts in one file."""
        return self.home.parent / f"{self.home.name}.log"

    @property
    def settings(self) -> Path:
        """Its `server.properties`."""
        return self.home.parent / f"{self.home.name}.properties"

    @property
    def running(self) -> bool:
        """Whether the JVM lives; a frozen one does."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The JVM's process id."""
        assert self._process is not None
        return self._process.pid

    def format(self, cluster_id: str) -> None:
        """Begin to make the directory a node of that cluster, unless it is one already."""
        if not (self.home / "meta.properties").exists():
            self._process = spawn(self.jvm.format(cluster_id, self.settings), self.log)

    def wait_formatted(self) -> None:
        """Return when the directory is ready for `launch`.

        Raises:
            BrokerError: the tool refused, or took too long.
        """
        if self._process is None:
            return
        try:
            code = self._process.wait(FORMAT_S_MAX)
        except subprocess.TimeoutExpired:
            raise self._failure(f"took over {FORMAT_S_MAX} s to prepare its directory") from None
        if code != 0:
            raise self._failure("could not prepare its directory")

    def launch(self) -> None:
        """Start the JVM; `wait_ready` tells when it serves."""
        assert not self.running
        self._said_before_bytes = self.log.stat().st_size if self.log.exists() else 0
        self._process = spawn(self.jvm.server(self.settings), self.log, self.inherit)

    def wait_ready(self, peers: frozenset[int], deadline: float) -> None:
        """Return when the node answers and counts `peers` among the living.

        `deadline` is on the monotonic clock, in seconds.

        Raises:
            BrokerError: it died, or the deadline passed.
        """
        while not self._serves(peers):
            if not self.running:
                raise self._failure("ended while starting")
            if time.monotonic() > deadline:
                raise self._failure("was not ready in time")
            time.sleep(POLL_S)

    def _serves(self, peers: frozenset[int]) -> bool:
        try:
            return peers <= serving_nodes(self.address.port)
        except OSError:
            return False

    def signal(self, number: signal.Signals) -> None:
        """Send the JVM a signal; a dead one ignores it."""
        if self._process is not None:
            self._process.send_signal(number)

    def wait_stopped(self) -> None:
        """Return when the JVM is gone; one that takes more than `STOP_S_MAX` seconds is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _failure(self, what: str) -> BrokerError:
        return BrokerError(
            f"Kafka node {self.address.node_id} {what}: {self._complaint()}. "
            f"The whole log is {self.log}: mend what it names and start again"
        )

    def _complaint(self) -> str:
        """The line since the last launch that most likely tells what went wrong."""
        with self.log.open("rb") as file:
            file.seek(self._said_before_bytes)
            lines = file.read(LOG_BYTES_MAX).decode(errors="replace").splitlines()
        telling = [line for line in lines if any(sign in line for sign in SIGNS_OF_TROUBLE)]
        last = lines[-1:]
        return ([*telling, *last] or ["it said nothing"])[0].strip()[:REASON_CHARS_MAX]
