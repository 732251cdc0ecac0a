"""The application under test: counts each key, copies every tenth, knows a repeat when it sees one.

Run as `faust -A tests.e2e.engine.counting_app worker`; everything it must know is in E2E_*.
"""

import os
from pathlib import Path
from typing import Any

import msgspec

from engine import asked, lanes
from engine.bind import WorkerOptions, create_worker_app
from engine.policy import Policy
from engine.records import Record
from engine.specs import AgentSpec, Context, Delivery, Source, TableSpec, TopicSpec
from engine.topology import Topology

APP = os.environ["E2E_APP"]
PARTITIONS = int(os.environ.get("E2E_PARTITIONS", "4"))


# What a worker waits before it gives up is shown with less of it.
asked.BROKER_WATCH_S = float(os.environ.get("E2E_WATCH_S", asked.BROKER_WATCH_S))
lanes.STORE_WAIT_S = float(os.environ.get("E2E_STORE_WAIT_S", lanes.STORE_WAIT_S))


class In(msgspec.Struct, gc=False):
    id: int
    k: str
    v: int
    do: str = ""


class Count(msgspec.Struct, frozen=True, gc=False):
    """Records of a key, those that were no repeats, the sum over the latter."""

    read: int = 0
    unique: int = 0
    total: int = 0
    note: str = ""


class Json:
    def route(self, record: Record) -> str | None:
        return None

    def decode(self, record: Record, name: str | None) -> tuple[str, In]:
        return "In", msgspec.json.decode(record.value or b"", type=In)

    def field(self, value: In, field: str) -> str | None:
        return value.k


SOURCE = TopicSpec(f"{APP}-in", "k", Json())
COPIES = TopicSpec(f"{APP}-out", "k", Json())
COUNTS = TableSpec("counts", Count, "k", "Counts by key.")
SEEN = TableSpec("seen", bool, "id", "Ids of records.", hidden=True)


def count(ctx: Context, delivery: Delivery) -> None:
    found: In = delivery.value
    counts, seen = ctx.table(COUNTS), ctx.table(SEEN)
    row = counts.get(found.k) or Count()
    note = "x" * 950_000 if found.do == "huge row" else ""
    if seen.get(str(found.id)):
        counts[found.k] = Count(row.read + 1, row.unique, row.total, note)
        return
    seen[str(found.id)] = True
    counts[found.k] = Count(row.read + 1, row.unique + 1, row.total + found.v, note)
    if found.v % 10 == 0:
        ctx.publish(COPIES, found.k, delivery.record.value or b"", ())


AGENT = AgentSpec(
    "count", "Counts.", (Source(SOURCE, {"In": count}, by="k"),), (COUNTS, SEEN), (COPIES,)
)
topology = Topology([AGENT], app_id=APP, env="dev", partitions=PARTITIONS)
app = create_worker_app(
    topology,
    Policy(commit_wait_s=float(os.environ.get("E2E_COMMIT_WAIT_S", "40"))),
    WorkerOptions(
        broker=os.environ["FLOWMART_BROKER"],
        data_dir=Path(os.environ["E2E_DATA"]),
        instance_id=os.environ.get("FLOWMART_INSTANCE_ID"),
        replication=int(os.environ.get("E2E_REPLICAS", "1")),
        session_timeout_s=float(os.environ.get("E2E_SESSION_S", "6")),
    ),
    web_enabled=False,
)


@app.on_rebalance_complete.connect
async def ready(*_args: Any, **_kwargs: Any) -> None:
    """Tell the test: the partitions, and what had to be recovered."""
    lanes = app.lanes
    with Path(os.environ["E2E_LOG"]).open("a") as log:  # noqa: ASYNC230 - one line
        log.write(f"READY {sorted(lanes.open_lanes())} recovered={lanes.stats.recovered_records}\n")
