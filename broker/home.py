"""The directory a cluster lives in: given and kept, or temporary and removed."""

import base64
import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

import psutil

from broker.errors import BrokerError
from broker.locks import try_lock

TEMPORARY: Final = "flowmart-kafka-"


@dataclass(frozen=True, slots=True)
class Home:
    """A cluster's directory, held against every other process until `release`.

    A node inherits the lock, so the directory stays held while any of its JVMs lives, even
    when the owner was killed.
    """

    path: Path
    lock: IO[str]
    temporary: bool

    @classmethod
    def hold(cls, path: Path | None) -> Self:
        """Make the directory when it is missing and take its lock; None makes a temporary one.

        Raises:
            BrokerError: another broker runs in it, or it cannot be written.
        """
        where = path.absolute() if path else _temporary()
        try:
            where.mkdir(parents=True, exist_ok=True)
            lock = try_lock(where / "in-use.lock")
        except OSError as error:
            raise BrokerError(
                f"The data directory {where} cannot be used, choose another: {error}"
            ) from error
        if lock is None:
            raise BrokerError(
                f"The data directory {where} is in use by another broker: "
                "stop that one or choose another directory"
            )
        return cls(where, lock, temporary=path is None)

    def release(self) -> None:
        """Let go of the directory; a temporary one is gone afterwards."""
        if self.temporary:
            shutil.rmtree(self.path, ignore_errors=True)
        self.lock.close()

    def node(self, node_id: int) -> Path:
        """Where the node keeps its logs."""
        return self.path / f"node-{node_id}"

    def cluster_id(self, nodes: int) -> str:
        """The id of the cluster that lives here, made at the first start.

        Raises:
            BrokerError: what lives here has another number of nodes.
        """
        known = self.path / "cluster.id"
        if not known.exists():
            known.write_text(base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))
        there = len([entry for entry in self.path.glob("node-*") if entry.is_dir()])
        if there not in {0, nodes}:
            raise BrokerError(
                f"The data directory {self.path} holds a cluster of {there}, not of {nodes}: "
                f"start it with {there} or choose another directory"
            )
        return known.read_text().strip()


def _temporary() -> Path:
    """A new directory named after this process, once those of processes that died are gone."""
    for old in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*-*"):
        owner = old.name.removeprefix(TEMPORARY).split("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{TEMPORARY}{os.getpid()}-"))
