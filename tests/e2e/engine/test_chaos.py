"""How workers end and come back: within seconds, quietly, and with a reason.

That nothing is lost or doubled meanwhile is what `faults` shows (tests/faults).
"""

import inspect
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from broker import Broker
from tests.e2e.engine.harness import Load, Shop, settle, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SCENARIOS_AT_ONCE = 3
"""Most of each scenario is waiting: for sessions to end, for processes to start."""

SESSION_S = 60
STOP_S_MAX = 30
"""Opening a store, or a connection, gives up after a minute: the worker waits for neither."""

Scenario = Callable[[Shop], Any]
_SCENARIOS: dict[str, Scenario] = {}


def scenario(play: Scenario) -> Scenario:
    _SCENARIOS[play.__name__] = play
    return play


@pytest.fixture(scope="module")
def played(
    request: pytest.FixtureRequest, bootstrap: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Any]]]:
    """Every scenario that a chosen test asks for, a few at a time, each with topics of its own."""
    asked = "".join(
        inspect.getsource(item.function)
        for item in request.session.items
        if isinstance(item, pytest.Function) and "played" in item.fixturenames
    )
    names = [name for name in _SCENARIOS if f'played["{name}"]' in asked]
    directories = {name: tmp_path_factory.mktemp(name) for name in names}

    def run(name: str) -> Any:
        app = f"{name.replace('_', '-')}-{time.time_ns() % 10**6}"
        shop = Shop(bootstrap, app, directories[name])
        try:
            return _SCENARIOS[name](shop)
        finally:
            shop.close()

    with ThreadPoolExecutor(SCENARIOS_AT_ONCE) as pool:
        yield {name: pool.submit(run, name) for name in names}


# -- scenarios


@scenario
def stop_in_recovery(shop: Shop) -> float:
    """A worker whose data is gone is asked to stop while it recovers."""
    worker = shop.worker().start().wait_ready()
    load = Load(shop, per_second=20_000).start()
    load.wait_sent(60_000)
    settle(shop, load.stop())
    worker.kill()
    worker.forget()
    worker.start()
    wait_for("stores opened", lambda: len(list(worker.data.glob("*/*"))) == 4)
    took = worker.stop()
    assert worker.code == 0, worker.said()
    return took


@scenario
def instances(shop: Shop) -> tuple[int, float, str]:
    """A restart within the session disturbs nobody; a second worker of the same id is told of."""
    # A start may be slow on a machine with much to do.
    session = {"E2E_SESSION_S": str(SESSION_S)}
    left = shop.worker("left", instance="left", **session).start().wait_ready()
    right = shop.worker("right", instance="right", **session).start().wait_ready()
    wait_for("the left to share", lambda: left.said().count("READY") >= 2)
    time.sleep(1)
    rebalances = left.said().count("READY")

    right.kill()
    began = time.monotonic()
    right.start().wait_ready()
    took = time.monotonic() - began
    time.sleep(2)
    disturbed = left.said().count("READY") - rebalances

    shop.worker("twin", instance="right", **session).start()
    right.wait_ended(180)
    assert right.code == 1, right.said()
    return disturbed, took, right.said()


@scenario
def broker_gone(shop: Shop) -> tuple[int, str]:
    """Kafka goes away for good while records are being processed."""
    with Broker() as own:
        inner = Shop(own.bootstrap, "b", shop.directory)
        try:
            worker = inner.worker(E2E_COMMIT_WAIT_S="4").start().wait_ready()
            load = Load(inner, per_second=500).start()
            load.wait_sent(1000)
            own.freeze()
            code = worker.wait_ended(180)
            own.thaw()
            load.stop()
            return code, worker.said()
        finally:
            inner.close()


# -- what they have to show


def test_a_worker_stops_within_seconds_also_during_a_recovery(played) -> None:
    assert played["stop_in_recovery"].result() < STOP_S_MAX


def test_a_restart_within_the_session_takes_its_partitions_back_without_a_rebalance(played) -> None:
    disturbed, took, _ = played["instances"].result()

    assert disturbed == 0
    assert took < SESSION_S


def test_the_elder_of_two_workers_with_one_instance_id_is_told(played) -> None:
    _, _, said = played["instances"].result()

    assert "Traceback" not in said
    assert "FLOWMART_INSTANCE_ID" in said


@pytest.mark.own_broker
def test_a_broker_that_is_gone_ends_the_worker_with_one_line(played) -> None:
    code, said = played["broker_gone"].result()

    assert code == 1
    assert "Traceback" not in said
    assert "did not finish a transaction" in said
