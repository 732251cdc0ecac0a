"""A system under test as a process of its own, with what it uses sampled while it runs."""

import os
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple, Self

import psutil

from benchmarks.kafka import BenchmarkError
from broker.spawn import GUARD

SAMPLE_S: Final = 0.05
STOP_S: Final = 20.0
COMPLAINT_LINES: Final = 15
MB: Final = 1 << 20


class Sample(NamedTuple):
    """What the process had used at a moment."""

    at_s: float
    """Of `time.time`, as the broker's timestamps are."""
    cpu_s: float
    rss_bytes: int


class Watched:
    """A running process, sampled until it ends."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
        self._log = log
        self.samples: list[Sample] = []
        with log.open("ab") as output:
            self._popen = _spawn(command, output, env)
        self._process = psutil.Process(self._popen.pid)
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Run."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @property
    def pid(self) -> int:
        """The process."""
        return self._popen.pid

    def check(self) -> None:
        """See that it still runs.

        Raises:
            BenchmarkError: it ended; the text holds its last lines.
        """
        if self._popen.poll() is not None:
            raise BenchmarkError(f"it ended by itself ({self._popen.returncode}):\n{self.said()}")

    def said(self) -> str:
        """Its last lines."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-COMPLAINT_LINES:])

    def stop(self) -> None:
        """End it and return once it is gone; what takes longer than `STOP_S` is killed."""
        if self._popen.poll() is None:
            self._popen.terminate()
            try:
                self._popen.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
        self._thread.join()

    def cpu_s(self, start_s: float, end_s: float) -> float:
        """CPU used between two moments, in seconds."""
        return self._cpu_at(end_s) - self._cpu_at(start_s)

    def rss_mb(self) -> float:
        """The most memory it was seen with."""
        return max((sample.rss_bytes for sample in self.samples), default=0) / MB

    def _cpu_at(self, at_s: float) -> float:
        samples = self.samples
        right = bisect_left(samples, at_s, key=lambda sample: sample.at_s)
        if right == 0 or right == len(samples):
            return samples[min(right, len(samples) - 1)].cpu_s
        before, after = samples[right - 1], samples[right]
        share = (at_s - before.at_s) / (after.at_s - before.at_s)
        return before.cpu_s + share * (after.cpu_s - before.cpu_s)

    def _sample(self) -> None:
        while self._popen.poll() is None:
            try:
                times, memory = self._process.cpu_times(), self._process.memory_info()
            except psutil.NoSuchProcess:
                return
            self.samples.append(Sample(time.time(), times.user + times.system, memory.rss))
            time.sleep(SAMPLE_S)


class Fleet:
    """Processes that do one job together."""

    def __init__(self, members: Sequence[Watched]) -> None:
        self._members = members

    def check(self) -> None:
        """See that all of them still run.

        Raises:
            BenchmarkError: one ended.
        """
        for member in self._members:
            member.check()

    def said(self) -> str:
        """The last lines of each."""
        return "\n".join(member.said() for member in self._members)

    def cpu_s(self, start_s: float, end_s: float) -> float:
        """CPU that they used between two moments, in seconds."""
        return sum(member.cpu_s(start_s, end_s) for member in self._members)

    def rss_mb(self) -> float:
        """The most memory they were seen with, added up."""
        return sum(member.rss_mb() for member in self._members)


def _spawn(
    command: Sequence[str], output: IO[bytes], env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    # The guard turns into the command, and has the kernel end it when this process ends.
    guarded = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), *command]
    return subprocess.Popen(  # noqa: S603 - our own command lines
        guarded,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env={**os.environ, **env},
    )
