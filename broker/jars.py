"""Kafka's jars in the user's cache, each exactly as `jars.lock` has it.

In: the lock file of this package, one jar a line with its SHA-256. Out: a directory that holds
those jars. The first call downloads 40 MB; every later one, from any process, only looks. The
directory appears whole or not at all, so nothing that a killed download leaves can pass for it.
"""

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

import jgo
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import Artifact, MavenContext

from broker.errors import BrokerError
from broker.locks import locked

LOCK_FILE: Final = "jars.lock"
CENTRAL: Final[Mapping[str, str]] = {"central": MAVEN_CENTRAL_URL}
DOWNLOADS_AT_ONCE: Final = 8
DOWNLOAD_TRIES: Final = 2
FETCH_WAIT_S_MAX: Final = 600.0
READ_TIMEOUT_S: Final = 15

Progress = Callable[[int, int], None]
"""Called with (jars done, jars in all) after each jar, from the thread that asked."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One file that Kafka needs, known by its contents."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def line(self) -> str:
        """The jar as the lock file has it."""
        return f"{self.sha256}  {self.group}:{self.artifact}:{self.version}"

    @classmethod
    def parse(cls, line: str) -> "Jar":
        """Read one line of the lock file."""
        sha256, coordinate = line.split()
        group, artifact, version = coordinate.split(":")
        return cls(group, artifact, version, sha256)


def cache_home() -> Path:
    """Where this user's downloads are kept: `flowmart` in `$XDG_CACHE_HOME` or `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flowmart"


def locked_jars() -> tuple[Jar, ...]:
    """Every jar that Kafka needs, in classpath order."""
    text = resources.files("broker").joinpath(LOCK_FILE).read_text(encoding="utf-8")
    return tuple(Jar.parse(line) for line in text.splitlines() if not line.startswith("#"))


def fetch(
    cache: Path | None = None,
    repositories: Mapping[str, str] = CENTRAL,
    progress: Progress = lambda _done, _total: None,
) -> Path:
    """Return the directory that holds Kafka's jars, downloading them when it is not there.

    `repositories` are Maven repositories by name, tried in order; a mirror goes here.

    Raises:
        BrokerError: a jar could not be had, or was not the one that the lock file names.
    """
    cache = (cache or cache_home()).absolute()
    jars = locked_jars()
    target = cache / f"kafka-{_digest(jar.line for jar in jars)}"
    if target.exists():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with locked(cache / "fetch.lock", FETCH_WAIT_S_MAX):
            if not target.exists():
                _download_whole(jars, target, repositories, progress)
    except (OSError, RuntimeError) as error:
        raise BrokerError(_advice(error, cache)) from error
    return target


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def _advice(error: Exception, cache: Path) -> str:
    why = " ".join(str(error).split())[:200] or type(error).__name__
    return (
        f"Kafka's jars could not be fetched into {cache}: "
        "check the network (and HTTPS_PROXY, if you need one) and start again; "
        f"on a machine without network, copy that directory from one that has it. Cause: {why}"
    )


def _download_whole(
    jars: tuple[Jar, ...], target: Path, repositories: Mapping[str, str], progress: Progress
) -> None:
    for left_over in target.parent.glob("fetching-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="fetching-") as scratch:
        whole = Path(scratch, "whole")
        whole.mkdir()
        context = _context(Path(scratch, "repository"), repositories)
        pool = ThreadPoolExecutor(DOWNLOADS_AT_ONCE)
        try:
            paths = pool.map(lambda jar: _download(context, jar), jars)
            for done, path in enumerate(paths, start=1):
                path.rename(whole / path.name)
                progress(done, len(jars))
        finally:
            pool.shutdown(cancel_futures=True)
        whole.rename(target)


def _context(repository: Path, repositories: Mapping[str, str]) -> MavenContext:
    # What went wrong is told once, in the error.
    logging.getLogger("jgo").setLevel(logging.CRITICAL)
    return MavenContext(
        repo_cache=repository,
        local_repos=[],
        remote_repos=dict(repositories),
        timeout=READ_TIMEOUT_S,
    )


def _download(context: MavenContext, jar: Jar) -> Path:
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    path = _resolve(artifact)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != jar.sha256:
        raise RuntimeError(f"{path.name} has SHA-256 {found}, but {LOCK_FILE} has {jar.sha256}")
    return path


def _resolve(artifact: Artifact) -> Path:
    for _ in range(DOWNLOAD_TRIES - 1):
        try:
            return artifact.resolve()
        except OSError:
            # A broken download leaves a part of the file, which the next try would take for it.
            if artifact.cached_path is not None:
                artifact.cached_path.unlink(missing_ok=True)
    return artifact.resolve()


def lock(endpoint: str) -> str:
    """Resolve `endpoint` (Maven coordinates joined by +) anew; return the lock file's text."""
    artifacts = [a for a in jgo.resolve(endpoint) if a.packaging == "jar"]
    jars = [
        Jar(
            a.groupId, a.artifactId, a.version, hashlib.sha256(a.resolve().read_bytes()).hexdigest()
        )
        for a in artifacts
    ]
    head = f"# What {endpoint} needs. Written by `python -m broker lock`."
    return "\n".join([head, *(jar.line for jar in jars), ""])
