import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from broker import Broker
from broker.wire import serving_nodes
from tests.broker.clients import WAIT_S_MAX, consume, create_topic, produce

SENT = [b"one", b"two", b"three"]
OWNER = "from broker import Broker; b = Broker().start(); print(b.pid(), flush=True); input()"


@pytest.mark.kafka
def test_what_is_produced_is_consumed(bootstrap: str) -> None:
    create_topic(bootstrap, "broker-round-trip")

    produce(bootstrap, "broker-round-trip", SENT)

    assert consume(bootstrap, "broker-round-trip", len(SENT)) == SENT


@pytest.mark.own_broker
def test_a_kept_directory_keeps_its_data_across_starts(tmp_path: Path) -> None:
    with Broker(data_dir=tmp_path) as first:
        create_topic(first.bootstrap, "kept")
        produce(first.bootstrap, "kept", SENT)

    with Broker(data_dir=tmp_path) as second:
        assert consume(second.bootstrap, "kept", len(SENT)) == SENT


@pytest.mark.own_broker
def test_a_cluster_id_may_begin_with_a_dash_as_one_in_64_does(tmp_path: Path) -> None:
    (tmp_path / "cluster.id").write_text("-9vRGbGaSZ2Cd7FqkPZ8Zg")

    with Broker(data_dir=tmp_path) as broker:
        assert broker.alive == {1}


@pytest.mark.own_broker
def test_a_killed_node_comes_back_where_it_was_with_what_it_had_acknowledged() -> None:
    with Broker() as broker:
        address = broker.bootstrap
        create_topic(address, "survivor")
        produce(address, "survivor", SENT)

        broker.kill()
        assert broker.alive == frozenset()
        broker.restart()

        assert broker.bootstrap == address
        assert consume(address, "survivor", len(SENT)) == SENT


@pytest.mark.own_broker
def test_a_frozen_node_answers_nothing_until_it_is_thawed() -> None:
    with Broker() as broker:
        port = int(broker.bootstrap.split(":")[1])

        broker.freeze()
        with pytest.raises(TimeoutError):
            serving_nodes(port)
        broker.thaw()

        deadline, nodes = time.monotonic() + WAIT_S_MAX, frozenset[int]()
        while nodes != {1}:  # It may think itself away for a moment, or still be slow.
            assert time.monotonic() < deadline
            with suppress(OSError):
                nodes = serving_nodes(port)


@pytest.mark.own_broker
def test_a_temporary_broker_leaves_neither_process_nor_directory() -> None:
    broker = Broker().start()
    process, directory = psutil.Process(broker.pid()), broker.logs[0].parent

    broker.stop()

    assert not process.is_running()
    assert not directory.exists()


@pytest.mark.own_broker
def test_kafka_dies_with_an_owner_that_is_killed() -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with owner:
        assert owner.stdout is not None
        kafka = psutil.Process(int(owner.stdout.readline()))

        owner.send_signal(signal.SIGKILL)

    kafka.wait(timeout=WAIT_S_MAX)
    assert not kafka.is_running()
