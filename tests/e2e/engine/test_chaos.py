"""Workers are killed, frozen, added and taken away under load; the counts stay exact."""

import inspect
import random
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from broker import Broker
from tests.e2e.engine.harness import Load, Oracle, Shop, settle, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SCENARIOS_AT_ONCE = 3
"""Most of each scenario is waiting: for sessions to end, for processes to start."""

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
def storm(shop: Shop) -> list[str]:
    """Twenty workers join and leave again, every second one by kill -9; one stays."""
    base = shop.worker("base").start().wait_ready()
    load = Load(shop, per_second=1500).start()
    chance, ended_early = random.Random(3), []
    for i in range(20):
        joiner = shop.worker(f"joiner{i}").start()
        time.sleep(chance.uniform(1.0, 4.0))
        if joiner.code is not None:
            ended_early.append(f"joiner{i}: {joiner.said()[-800:]}")
        elif i % 2:
            joiner.kill()
        else:
            joiner.stop()
            if joiner.code != 0 and not (joiner.code == -signal.SIGTERM and not joiner.said()):
                # (A signal while Python still imports ends it as it ends any program.)
                ended_early.append(f"joiner{i} ended with {joiner.code}: {joiner.said()[-800:]}")
    sent = load.stop()
    settle(shop, sent)
    if base.code is not None:
        ended_early.append(f"base: {base.said()[-800:]}")
    return ended_early


@scenario
def kills(shop: Shop) -> int:
    """Five kills under load: the third with the data deleted, the fourth during the recovery."""
    worker = shop.worker(instance="only").start().wait_ready()
    load = Load(shop).start()
    during_recovery = 0
    for i in range(5):
        load.wait_sent(5000)
        worker.kill()
        if i == 2:
            worker.forget()
        worker.start()
        if i == 3:
            continue
        if i == 2:
            wait_for("stores opened", lambda: len(list(worker.data.glob("*/*"))) == 4)
            during_recovery += not worker.is_ready()
        else:
            worker.wait_ready()
    settle(shop, load.stop())
    assert worker.stop() < 10
    assert worker.code == 0
    return during_recovery


@scenario
def zombie(shop: Shop) -> str:
    """One of two workers is frozen for longer than its session, then wakes up."""
    workers = [shop.worker(name).start() for name in ("left", "right")]
    for worker in workers:
        worker.wait_ready()
    load = Load(shop, per_second=1000).start()
    wait_for("partitions shared", lambda: all(len(w.partitions()) == 2 for w in workers), 30)
    load.wait_sent(2000)
    frozen, other = workers
    frozen.send(signal.SIGSTOP)
    wait_for("the other has every partition", lambda: len(other.partitions()) == 4, 30)
    load.wait_sent(1000)
    frozen.send(signal.SIGCONT)
    code = frozen.wait_ended(20)
    said = frozen.said()
    settle(shop, load.stop())
    assert code == 1, said[-2000:]
    return said


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
    session = {"E2E_SESSION_S": "25"}  # A start may be slow on a machine with much to do.
    left = shop.worker("left", instance="left", **session).start().wait_ready()
    right = shop.worker("right", instance="right", **session).start().wait_ready()
    wait_for("the left to share", lambda: left.said().count("READY") == 2, 30)
    time.sleep(1)
    rebalances = left.said().count("READY")

    right.kill()
    began = time.monotonic()
    right.start().wait_ready()
    took = time.monotonic() - began
    time.sleep(2)
    disturbed = left.said().count("READY") - rebalances

    shop.worker("twin", instance="right", **session).start()
    right.wait_ended(30)
    assert right.code == 1, right.said()
    return disturbed, took, right.said()


@scenario
def markers_off(shop: Shop) -> list[str]:
    """The same load and one kill, with a processor that keeps no markers."""
    worker = shop.worker(instance="only", E2E_MARKERS="off").start().wait_ready()
    load = Load(shop, per_second=2000).start()
    load.wait_sent(4000)
    worker.kill()
    worker.start().wait_ready()
    load.stop()
    time.sleep(4)
    return Oracle(shop).look().faults()


@scenario
def broker_restart(shop: Shop) -> list[str]:
    """Kafka itself is stopped and started again under load, on a cluster of its own."""
    with Broker(data_dir=shop.directory / "kafka") as own:
        inner = Shop(own.bootstrap, "b", shop.directory)
        try:
            worker = inner.worker(instance="only").start().wait_ready()
            load = Load(inner, per_second=1500).start()
            load.wait_sent(3000)
            own.restart()
            load.wait_sent(3000)
            code = worker.code
            if code is not None:  # A clean end is allowed: the supervisor starts it again.
                assert code == 1, worker.said()[-2000:]
                worker.start()
            settle(inner, load.stop())
            return [] if code is None else _plain_lines(worker.said())
        finally:
            inner.close()


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
            code = worker.wait_ended(40)
            own.thaw()
            load.stop()
            return code, worker.said()
        finally:
            inner.close()


def _plain_lines(said: str) -> list[str]:
    return [line for line in said.splitlines() if "READY" not in line]


# -- what they have to show


def test_five_kills_lose_nothing_and_repeat_nothing(played) -> None:
    assert played["kills"].result() == 1, "no kill came during a recovery"


def test_a_storm_of_joins_and_leaves_crashes_nobody_and_ends_exact(played) -> None:
    assert played["storm"].result() == []


def test_a_zombie_is_fenced_stops_by_itself_and_says_why_in_one_line(played) -> None:
    said = played["zombie"].result()

    assert "Traceback" not in said
    assert said.count("Fenced: ") == 1


def test_the_check_can_fail(played) -> None:
    assert played["markers_off"].result() != []


def test_a_worker_stops_within_seconds_also_during_a_recovery(played) -> None:
    assert played["stop_in_recovery"].result() < 8


def test_a_restart_within_the_session_takes_its_partitions_back_without_a_rebalance(played) -> None:
    disturbed, took, _ = played["instances"].result()

    assert disturbed == 0
    assert took < 25


def test_the_elder_of_two_workers_with_one_instance_id_is_told(played) -> None:
    _, _, said = played["instances"].result()

    assert "Traceback" not in said
    assert "FLOWMART_INSTANCE_ID" in said


@pytest.mark.own_broker
def test_a_restart_of_the_broker_loses_nothing(played) -> None:
    assert all("Traceback" not in line for line in played["broker_restart"].result())


@pytest.mark.own_broker
def test_a_broker_that_is_gone_ends_the_worker_with_one_line(played) -> None:
    code, said = played["broker_gone"].result()

    assert code == 1
    assert "Traceback" not in said
    assert "did not finish a transaction" in said
