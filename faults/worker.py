"""The worker under test: `faust -A faults.worker worker`; what it must know is in FAULTS_*.

Points and mutants are put around the engine here, before the application is made.
"""

import asyncio
import json
import logging
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import uvloop

from engine.bind import LaneApp, WorkerOptions, create_worker_app
from engine.policy import Policy
from faults import mutations, points, slowness
from faults.bank import Bank

LOG = logging.getLogger(__name__)
FIGURES_S = 5.0

if told := os.environ.get("FAULTS_MUTANT"):
    mutations.apply(told)
if told := os.environ.get("FAULTS_POINT"):
    points.install(told)
if told := os.environ.get("FAULTS_SLOW"):
    slowness.install(told)


def bank() -> LaneApp:
    """The bank as one worker."""
    name, partitions = os.environ["FAULTS_APP"], int(os.environ["FAULTS_PARTITIONS"])
    return create_worker_app(
        Bank(name).topology(name, partitions),
        Policy(commit_wait_s=float(os.environ.get("FAULTS_COMMIT_WAIT_S", "40"))),
        WorkerOptions(
            broker=os.environ["FLOWMART_BROKER"],
            data_dir=Path(os.environ["FAULTS_DATA"]),
            instance_id=os.environ.get("FLOWMART_INSTANCE_ID"),
            replication=int(os.environ.get("FAULTS_REPLICAS", "1")),
            session_timeout_s=float(os.environ.get("FAULTS_SESSION_S", "6")),
        ),
    )


def shop() -> LaneApp:
    """The whole shop as one worker; its settings are its own."""
    return import_module("app").app  # type: ignore[no-any-return]  # read with the environment


def watched(created: LaneApp) -> LaneApp:
    """Have the application tell when it is ready, and what it holds."""

    @created.on_rebalance_complete.connect(weak=False)
    async def ready(*_args: Any, **_kwargs: Any) -> None:
        lanes = created.lanes
        LOG.warning(
            "READY %s recovered=%s", sorted(lanes.open_lanes()), lanes.stats.recovered_records
        )

    async def figures() -> None:
        LOG.warning("FIGURES %s", json.dumps(_figures(created)))

    created.timer(FIGURES_S)(figures)
    return created


def _figures(created: LaneApp) -> dict[str, int]:
    processors = [lane.processor for lane in created.lanes.open_lanes().values()]
    windows = [
        sum(1 for _ in table.scan())
        for processor in processors
        for table in processor.tables.values()
        if table.spec.key.startswith("window start")
    ]
    return {
        "lanes": len(processors),
        "rows": sum(table.cached() for p in processors for table in p.tables.values()),
        "tasks": len(asyncio.all_tasks()),
        "windows": sum(windows),
        "store_bytes": sum(processor.store.size_bytes() for processor in processors),
    }


asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
app = watched(shop() if os.environ.get("FAULTS_SUBJECT") == "shop" else bank())
