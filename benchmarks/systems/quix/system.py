"""Quix Streams as the runner sees it."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.job import Job
from benchmarks.kafka import BenchmarkError, Record
from benchmarks.systems.base import Row, System

VERSION: Final = "3.28.1"
ROOT: Final = Path(__file__).parents[3]
HOME: Final = ROOT / "var" / f"quix-{VERSION}"
_STORE: Final = "default"


@cache
def _python() -> Path:
    """Give its environment's interpreter, made when it is not there.

    Raises:
        BenchmarkError: pip could not fetch it.
    """
    python, ready = HOME / "bin" / "python", HOME / ".ready"
    if not ready.exists():
        packages = [f"quixstreams=={VERSION}", f"msgspec=={msgspec.__version__}"]
        for command in (
            [sys.executable, "-m", "venv", "--clear", str(HOME)],
            [str(python), "-m", "pip", "install", "--quiet", *packages],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode != 0:
                raise BenchmarkError(f"Quix Streams could not be installed:\n{done.stderr}")
        ready.touch()
    return python


def _command(job: Job) -> list[str]:
    return [str(_python()), "-m", "benchmarks.systems.quix.app", job.workload]


def _changelog(job: Job) -> str:
    return f"changelog__{job.app_id}--{job.inputs[0]}--{_STORE}"


def _rows(records: Iterable[Record]) -> Iterator[Row]:
    for record in records:
        key, value = (record.key or b"").partition(b"|")[0].decode(), record.value
        yield key, None if value is None else tuple(msgspec.json.decode(value))


EXACTLY_ONCE: Final = System(
    "quix", "exactly_once", _command, _changelog, _rows, clocks_by_key=True
)
AT_LEAST_ONCE: Final = replace(EXACTLY_ONCE, guarantee="at_least_once")
