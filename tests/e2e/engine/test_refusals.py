"""What keeps a worker from running is told in one line, and the exit code is 1."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, NewPartitions

from engine.store import RocksStore
from tests.e2e.engine import harness
from tests.e2e.engine.harness import ROOT, Load, Oracle, Shop, Worker, settle, wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

OF_AIOKAFKA = (
    "Unable connect to", "not found in cluster metadata", "Group Coordinator Request failed",
    "Attempt to join group failed",
)  # fmt: skip


@pytest.fixture
def shop(bootstrap: str, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    made = Shop(bootstrap, f"refusals-{time.time_ns() % 10**9}", tmp_path)
    yield made
    made.close()


def ends(worker: Worker, seconds: float = 180.0) -> str:
    """The one line it says before it ends with exit code 1."""
    code = worker.wait_ended(seconds)
    lines = [
        line for line in worker.said().splitlines() if "[ERROR]" in line or "[CRITICAL]" in line
    ]
    assert "Traceback" not in worker.said(), worker.said()[-3000:]
    assert code == 1
    ours = [line for line in lines if not any(said in line for said in OF_AIOKAFKA)]
    assert len(ours) == 1, lines
    return ours[0]


def test_no_broker(shop) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{free.getsockname()[1]}"
        worker = shop.worker()
        worker._env["FLOWMART_BROKER"] = nobody

        said = ends(worker.start())

    assert f"BrokerUnavailable: no Kafka broker answers at {nobody}:" in said
    assert "FLOWMART_BROKER" in said


def test_a_session_that_the_broker_does_not_allow(shop) -> None:
    """No worker of the group gets partitions, so none ever asks its client for records."""
    said = ends(shop.worker(E2E_SESSION_S="3").start())

    assert f"BrokerUnavailable: the group {shop.app} did not let it in: Invalid" in said


def test_a_topic_that_gains_partitions_while_a_worker_runs(shop) -> None:
    """Keys map elsewhere from then on, and nobody reads what lies there."""
    worker, topic = shop.worker(E2E_WATCH_S="1").start().wait_ready(), f"{shop.app}-in"
    admin = AdminClient({"bootstrap.servers": shop.bootstrap})

    admin.create_partitions([NewPartitions(topic, 6)])[topic].result(60)

    said = ends(worker)
    assert f"NotCopartitioned: every topic of the application needs 4 partitions: {topic} h" in said


def test_topics_that_are_deleted_while_workers_write_to_them(bootstrap, tmp_path) -> None:
    shops = {
        name: Shop(bootstrap, f"deleted-{name}-{time.time_ns() % 10**9}", tmp_path / name)
        for name in ("out", "changelog", "in")
    }
    admin = AdminClient({"bootstrap.servers": bootstrap})
    workers, loads = {}, []
    try:
        for name, shop in shops.items():
            shop.directory.mkdir()
            workers[name] = shop.worker(E2E_WATCH_S="1").start()
        for name, shop in shops.items():
            workers[name].wait_ready()
            loads.append(Load(shop, per_second=500).start())
        for load in loads:
            load.wait_sent(500)

        for name, shop in shops.items():
            admin.delete_topics([f"{shop.app}-{name}"])[f"{shop.app}-{name}"].result(60)

        for name, shop in shops.items():
            assert f"needs 4 partitions: {shop.app}-{name} has none" in ends(workers[name])
    finally:
        for load in loads:
            load._ended.set()
        for shop in shops.values():
            shop.close()


def test_a_data_directory_that_cannot_be_written(shop) -> None:
    (shop.directory / "file").write_text("in the way")
    worker = shop.worker()
    worker._env["E2E_DATA"] = str(shop.directory / "file" / "data")

    said = ends(worker.start())

    assert "StoreUnusable: the data directory" in said
    assert "FLOWMART_DATA_DIR" in said


def test_topics_with_another_number_of_partitions(shop) -> None:
    worker = shop.worker(E2E_PARTITIONS="3")

    said = ends(worker.start())

    assert (
        f"NotCopartitioned: every topic of the application needs 3 partitions: {shop.app}-in has 4"
        in said
    )


def test_two_workers_of_one_machine_may_share_a_data_directory(shop) -> None:
    one, two = shop.worker("one").start().wait_ready(), shop.worker("two")
    two._env["E2E_DATA"] = str(one.data)
    load = Load(shop, per_second=1000).start()
    load.wait_sent(500)

    two.start().wait_ready()
    load.wait_sent(500)
    two.stop()
    settle(shop, load.stop())

    assert (one.code, two.code) == (None, 0)


def test_a_store_that_another_process_holds(shop) -> None:
    worker = shop.worker(E2E_STORE_WAIT_S="1")
    path = worker.data / shop.app / "2-of-4"
    path.parent.mkdir(parents=True)
    held = RocksStore(path)

    said = ends(worker.start())
    held.close()

    assert "StoreHeld: another worker on this machine holds the store" in said


def test_a_full_disk(shop) -> None:
    """No file may grow beyond 200 kB: what RocksDB meets on a full disk."""
    worker = shop.worker().start().wait_ready()
    assert worker.process is not None
    limit = ["prlimit", f"--pid={worker.process.pid}", "--fsize=200000"]
    subprocess.run(limit, check=True)
    load = Load(shop, per_second=2000).start()

    said = ends(worker)
    worker.start().wait_ready()
    settle(shop, load.stop())

    assert "StoreUnusable: cannot write the store" in said


def test_a_disk_that_is_full_before_the_store_is_rebuilt(shop, monkeypatch) -> None:
    # A store holds the last of each key only: so many keys make one that is larger than the disk.
    monkeypatch.setattr(harness, "KEYS", 20_000)
    load = Load(shop, per_second=6000).start()
    worker = shop.worker().start().wait_ready()
    load.wait_sent(12_000)
    records = load.stop()
    settle(shop, records)
    worker.stop()
    worker.forget()

    worker.start()
    assert worker.process is not None
    limit = ["prlimit", f"--pid={worker.process.pid}", "--fsize=50000"]
    subprocess.run(limit, check=True)
    said = ends(worker)
    worker.start().wait_ready()
    settle(shop, records)

    assert "StoreUnusable: cannot write the store" in said


def test_a_record_whose_row_no_batch_holds_is_buried_and_its_neighbours_go_on(shop) -> None:
    load = Load(shop, per_second=1000).start()
    load.wait_sent(3000)
    producer = load._producers[0]
    # A key of its own: a row that a later record of the same batch makes small again is fine.
    huge = b'{"id":-1,"k":"huge","v":3,"do":"huge row"}'
    producer.produce(f"{shop.app}-in", huge, "huge")
    load.wait_sent(500)
    load.stop()
    worker = shop.worker().start().wait_ready()

    oracle = Oracle(shop)
    wait_for("the letter", lambda: oracle.look().letters[huge] == 1)
    wait_for("the rest", lambda: len(oracle.look().faults()) <= 2)

    assert oracle.letters[huge] == 1
    assert "huge" not in oracle.rows
    assert all(fault.startswith(("huge:", "dead")) for fault in oracle.faults())
    assert worker.code is None


def test_a_port_that_is_taken(bootstrap, tmp_path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "faust", "-A", "app", "worker", "-l", "warn",
             "--web-port", str(port)],
            cwd=ROOT, check=False, capture_output=True, text=True, timeout=120,
            env=dict(os.environ, FLOWMART_BROKER=bootstrap, FLOWMART_DATA_DIR=str(tmp_path)),
        )  # fmt: skip

    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in said
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use)" in said


def test_ctrl_c_is_no_error(shop) -> None:
    worker = shop.worker().start().wait_ready()

    worker.send(signal.SIGINT)

    assert worker.wait_ended(60) == 0
    assert "Traceback" not in worker.said()
