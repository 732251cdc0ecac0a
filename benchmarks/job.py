"""What a system under test is told, handed over by environment."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one system on one workload."""

    broker: str
    workload: str
    app_id: str
    inputs: tuple[str, ...]
    output: str
    partitions: int
    data_dir: Path
    guarantee: str = "exactly_once"
    commit_ms: int | None = None
    """None: the system's default."""
    copy_all: bool = False
    """W1 passes on every order, not only every tenth."""

    def environment(self) -> dict[str, str]:
        """The job as the process gets it."""
        return {
            "BENCH_BROKER": self.broker,
            "BENCH_WORKLOAD": self.workload,
            "BENCH_APP_ID": self.app_id,
            "BENCH_INPUTS": ",".join(self.inputs),
            "BENCH_OUTPUT": self.output,
            "BENCH_PARTITIONS": str(self.partitions),
            "BENCH_DATA_DIR": str(self.data_dir),
            "BENCH_GUARANTEE": self.guarantee,
            "BENCH_COPY_ALL": str(int(self.copy_all)),
            "BENCH_COMMIT_MS": "" if self.commit_ms is None else str(self.commit_ms),
        }

    @classmethod
    def told(cls) -> Self:
        """Read the job on the other side."""
        env = os.environ
        commit_ms = env["BENCH_COMMIT_MS"]
        return cls(
            broker=env["BENCH_BROKER"],
            workload=env["BENCH_WORKLOAD"],
            app_id=env["BENCH_APP_ID"],
            inputs=tuple(env["BENCH_INPUTS"].split(",")),
            output=env["BENCH_OUTPUT"],
            partitions=int(env["BENCH_PARTITIONS"]),
            data_dir=Path(env["BENCH_DATA_DIR"]),
            guarantee=env["BENCH_GUARANTEE"],
            copy_all=env["BENCH_COPY_ALL"] == "1",
            commit_ms=int(commit_ms) if commit_ms else None,
        )
