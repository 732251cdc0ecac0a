"""How a lane's producer ends; the rest is in test_recovery and test_broker_refusals, on Kafka."""

import asyncio

from engine.producer import LaneProducer


async def test_a_farewell_that_fails_keeps_no_lane_from_closing() -> None:
    """Uvloop refuses writes with a RuntimeError between a reset and aiokafka's hearing of it."""

    async def refused() -> None:
        raise RuntimeError("unable to perform operation; the handler is closed")

    producer = LaneProducer("t-0", {"bootstrap_servers": "b:1"})
    farewell, producer._producer.stop = producer._producer.stop, refused

    await producer.stop()
    await farewell()


async def test_a_farewell_that_nobody_waits_for_any_more_goes_on(monkeypatch) -> None:
    """One that is cut short leaves the client's tasks and connections there for good."""
    answer, left = asyncio.Event(), asyncio.Event()

    async def frozen() -> None:
        await answer.wait()
        left.set()

    monkeypatch.setattr("engine.producer.STOP_WAIT_S", 0.01)
    producer = LaneProducer("t-0", {"bootstrap_servers": "b:1"})
    farewell, producer._producer.stop = producer._producer.stop, frozen

    await producer.stop()
    has_left = left.is_set()
    answer.set()
    await asyncio.wait_for(left.wait(), 10)

    assert not has_left
    await farewell()
