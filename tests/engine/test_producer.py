"""How a lane's producer ends; the rest is in test_recovery and test_broker_refusals, on Kafka."""

from engine.producer import LaneProducer


async def test_a_farewell_that_fails_keeps_no_lane_from_closing() -> None:
    """Uvloop refuses writes with a RuntimeError between a reset and aiokafka's hearing of it."""

    async def refused() -> None:
        raise RuntimeError("unable to perform operation; the handler is closed")

    producer = LaneProducer("t-0", {"bootstrap_servers": "b:1"})
    farewell, producer._producer.stop = producer._producer.stop, refused

    await producer.stop()
    await farewell()
