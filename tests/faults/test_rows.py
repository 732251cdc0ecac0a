"""A tiny dose of the list on real Kafka: what `make faults` does at length."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from faults.__main__ import run_row
from faults.list import DOSES
from faults.mutants import MUTANTS
from faults.scene import Result

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ROWS_AT_ONCE = 3
"""Most of each row is waiting: for sessions to end, for processes to start."""
SHARED = ["kills", "members", "zombies", "races", "stores", "poison", "logs"]
SEED = 11
READY_S_MAX = 150.0
"""Three rows share the machine here: how soon a worker is ready is for `make faults` to say."""


@pytest.fixture(scope="module")
def played(
    request: pytest.FixtureRequest, bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Result]]]:
    """Every row that a chosen test asks for, a few at a time, each with topics of its own."""
    asked = [
        item.callspec.params["row"]
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec")
    ]
    asked.sort(key=lambda row: row not in MUTANTS)  # A row that turns red takes its whole time.
    home = tmp_path_factory.mktemp("rows")

    def run(row: str) -> Result:
        if row in MUTANTS:
            return asyncio.run(MUTANTS[row].check(bootstrap, home, SEED, row))
        return asyncio.run(run_row(row, bootstrap, home, "tiny", SEED))

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(ROWS_AT_ONCE) as pool:
        patch.setattr("faults.scene.READY_S_MAX", READY_S_MAX)
        yield {row: pool.submit(run, row) for row in asked}


def judge(result: Result) -> None:
    assert result.problems == []
    assert (result.rows_wrong, result.outputs_lost, result.outputs_twice) == (0, 0, 0)
    assert result.conserved
    assert result.records > 0


@pytest.mark.parametrize("row", SHARED)
def test_a_row_is_green(played, row) -> None:
    judge(played[row].result())


@pytest.mark.own_broker
@pytest.mark.parametrize("row", ["broker_gone"])
def test_a_row_that_hurts_the_broker_is_green(played, row) -> None:
    judge(played[row].result())


def test_nothing_of_the_list_is_forgotten_but_what_measures_speed() -> None:
    assert {*SHARED, "broker_gone", "nodes", "slow", "soak"} == set(DOSES["tiny"])


@pytest.mark.parametrize("row", ["no_marker"])
def test_a_worker_with_a_broken_promise_turns_its_check_red(played, row) -> None:
    result = played[row].result()

    assert result.rows_wrong > 0
    assert result.outputs_twice > 0
