import pytest

from broker import Broker
from tests.broker.clients import consume, create_topic, produce


@pytest.mark.own_broker
@pytest.mark.slow
def test_three_nodes_survive_the_loss_of_any_one_and_take_it_back() -> None:
    with Broker(nodes=3) as broker:
        create_topic(broker.bootstrap, "three", replicas=3)
        produce(broker.bootstrap, "three", [b"before"])

        broker.kill(1)
        produce(broker.bootstrap, "three", [b"while one is down"])
        broker.restart(1)
        broker.kill(2)
        produce(broker.bootstrap, "three", [b"while another is down"])

        assert broker.alive == {1, 3}
        assert consume(broker.bootstrap, "three", 3) == [
            b"before",
            b"while one is down",
            b"while another is down",
        ]
