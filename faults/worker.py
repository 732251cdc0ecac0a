"""The worker under test: `faust -A faults.worker worker`; what it must know is in FAULTS_*.

Points and mutants are put around the engine here, before the application is made.
"""

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import uvloop

from engine.bind import LaneApp, WorkerOptions, create_worker_app
from engine.policy import Policy
from faults import mutations, points, slowness
from faults.bank import Bank

LOG = logging.getLogger(__name__)

if told := os.environ.get("FAULTS_MUTANT"):
    mutations.apply(told)
if told := os.environ.get("FAULTS_POINT"):
    points.install(told)
if told := os.environ.get("FAULTS_SLOW"):
    slowness.install(told)


def create() -> LaneApp:
    """The bank as one worker."""
    name, partitions = os.environ["FAULTS_APP"], int(os.environ["FAULTS_PARTITIONS"])
    created = create_worker_app(
        Bank(name).topology(name, partitions),
        Policy(commit_wait_s=float(os.environ.get("FAULTS_COMMIT_WAIT_S", "40"))),
        WorkerOptions(
            broker=os.environ["FLOWMART_BROKER"],
            data_dir=Path(os.environ["FAULTS_DATA"]),
            instance_id=os.environ.get("FLOWMART_INSTANCE_ID"),
            session_timeout_s=float(os.environ.get("FAULTS_SESSION_S", "6")),
        ),
        web_enabled=False,
    )

    @created.on_rebalance_complete.connect(weak=False)
    async def ready(*_args: Any, **_kwargs: Any) -> None:
        lanes = created.lanes
        LOG.warning(
            "READY %s recovered=%s", sorted(lanes.open_lanes()), lanes.stats.recovered_records
        )

    return created


asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
app = create()
