"""Of three brokers any one is lost under load, leaders and coordinators move, and nothing else."""

from pathlib import Path

import pytest

from broker import Broker
from tests.e2e.engine.harness import Load, Shop, settle

pytestmark = [pytest.mark.own_broker, pytest.mark.slow]


def test_workers_outlive_each_broker_in_turn_and_everything_is_processed_once(
    tmp_path: Path,
) -> None:
    with Broker(nodes=3) as broker:
        shop = Shop(broker.bootstrap, "three", tmp_path, replicas=3)
        try:
            workers = [shop.worker(name).start() for name in ("one", "two")]
            for worker in workers:
                worker.wait_ready()
            load = Load(shop, per_second=300).start()
            for node in (1, 2, 3):
                load.wait_sent(600)
                broker.kill(node)
                load.wait_sent(1500)
                broker.restart(node)
            settle(shop, load.stop())

            assert [worker.code for worker in workers] == [None, None], workers[0].said()
        finally:
            shop.close()
