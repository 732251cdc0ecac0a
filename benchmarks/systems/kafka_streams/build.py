"""Compiles the Java sources against Kafka Streams' jars, once for each state of both."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from benchmarks.kafka import BenchmarkError
from broker import jars as broker_jars
from broker.jars import CENTRAL, Jar, cache_home
from broker.locks import locked

HERE: Final = Path(__file__).parent
LOCK: Final = HERE / "jars.lock"
ENDPOINT: Final = (
    "org.apache.kafka:kafka-streams:4.1.1+org.slf4j:slf4j-simple:1.7.36"
    "+com.fasterxml.jackson.core:jackson-databind:2.19.0"
)
WAIT_S: Final = 600.0
RELEASE: Final = "17"


def is_possible() -> bool:
    """Whether this machine has a Java compiler."""
    return shutil.which("javac") is not None


def class_path() -> str:
    """Give the class path of `Bench`, compiled when it is not yet.

    Raises:
        BenchmarkError: there is no javac, or it refused.
        BrokerError: a jar could not be had.
    """
    cache = cache_home()
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / "streams.lock", WAIT_S):
        libraries = _fetched(cache)
        classes = _compiled(cache, libraries)
    return os.pathsep.join([str(classes), *map(str, sorted(libraries.glob("*.jar")))])


def _fetched(cache: Path) -> Path:
    lines = [line for line in LOCK.read_text().splitlines() if not line.startswith("#")]
    target = cache / f"kafka-streams-{_digest(LOCK)}"
    if not target.exists():
        wanted = tuple(Jar.parse(line) for line in lines)
        # The broker's own way of fetching what a lock file names, for another lock file.
        broker_jars._download_whole(wanted, target, CENTRAL, lambda _done, _all: None)  # noqa: SLF001
    return target


def _compiled(cache: Path, libraries: Path) -> Path:
    sources = sorted(HERE.glob("*.java"))
    target = cache / f"kafka-streams-bench-{_digest(LOCK, *sources)}"
    if target.exists():
        return target
    compiler = shutil.which("javac")
    if compiler is None:
        raise BenchmarkError("Kafka Streams needs javac: on Debian, apt-get install default-jdk")
    scratch = target.with_suffix(".making")
    paths = [str(source) for source in sources]
    done = subprocess.run(  # noqa: S603 - our own sources
        [compiler, "--release", RELEASE, "-cp", f"{libraries}/*", "-d", str(scratch), *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BenchmarkError(f"javac refused:\n{done.stderr}")
    scratch.rename(target)
    return target


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


if __name__ == "__main__" and sys.argv[1:] == ["lock"]:
    LOCK.write_text(broker_jars.lock(ENDPOINT))
