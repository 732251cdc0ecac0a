"""What a worker says of itself while it comes up."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from web.server import WorkerWeb


def worker(
    *,
    left: dict[int, int] | None = None,
    is_rebalancing: bool = False,
    flows: bool = True,
    joined: bool = True,
) -> Any:
    """A worker's web service over an application in that state."""
    made: Any = object.__new__(WorkerWeb)
    opened = asyncio.Event()
    if joined:
        opened.set()
    made._app = SimpleNamespace(
        lanes=SimpleNamespace(remaining=left or {}, open_lanes=lambda: {3: None, 1: None}),
        rebalancing=is_rebalancing,
        consumer=SimpleNamespace(flow_active=flows),
        tables=SimpleNamespace(recovery=SimpleNamespace(completed=opened)),
    )
    return made


async def test_a_worker_that_reads_its_partitions_is_ready() -> None:
    answer = await worker().ready(None)

    assert json.loads(answer.text) == {"status": "ready", "partitions": [1, 3]}


@pytest.mark.parametrize(
    ("state", "detail", "left"),
    [
        ({"left": {0: 5, 2: 7}}, "recovering: 12 changelog records left", 12),
        ({"left": {0: 5}, "is_rebalancing": True}, "recovering: 5 changelog records left", 5),
        ({"is_rebalancing": True}, "rebalancing", 0),
        ({"flows": False}, "rebalancing", 0),
        ({"joined": False}, "rebalancing", 0),
    ],
)
async def test_a_worker_that_does_not_read_yet_says_what_it_waits_for(
    state: dict[str, Any], detail: str, left: int
) -> None:
    answer = await worker(**state).ready(None)

    told = json.loads(answer.text)
    assert answer.status == 503
    assert (told["detail"], told["recoveryRemaining"]) == (detail, left)


@pytest.mark.parametrize(("is_rebalancing", "left"), [(False, {}), (True, {("t", 1): 5_000})])
async def test_a_lag_goes_with_the_partitions_but_not_while_they_move(
    left: dict[tuple[str, int], int], *, is_rebalancing: bool
) -> None:
    """Told for ever, it would keep an alert open and have the autoscaler add workers."""
    made = worker(is_rebalancing=is_rebalancing)
    made._app.lanes.open_lanes = dict
    made._engine = SimpleNamespace(lag={("t", 1): 5_000})

    await made._follow_lag()

    assert made._engine.lag == left


async def test_a_topic_that_nobody_has_read_lags_by_what_is_left_of_it() -> None:
    made = worker()
    made._app.lanes.positions = lambda: {("read", 1): 40, ("unread", 1): None}
    made._app.consumer.kafka = Topics(begins=20, ends=50)
    made._engine = SimpleNamespace(lag={})

    await made._follow_lag()

    assert made._engine.lag == {("read", 1): 10, ("unread", 1): 30}


class Topics:
    """A client whose every topic has the same records."""

    def __init__(self, *, begins: int, ends: int) -> None:
        self._begins, self._ends = begins, ends

    async def beginning_offsets(self, tps: list[Any]) -> dict[Any, int]:
        return dict.fromkeys(tps, self._begins)

    async def end_offsets(self, tps: list[Any]) -> dict[Any, int]:
        return dict.fromkeys(tps, self._ends)


async def test_a_worker_that_is_not_ready_is_healthy_all_the_same() -> None:
    answer = await worker(flows=False).health(None)

    assert (answer.status, json.loads(answer.text)) == (200, {"status": "ok"})
