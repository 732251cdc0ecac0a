"""What a lane's producer does when the broker refuses; the rest is in test_recovery, on Kafka."""

import asyncio
import gc
from typing import Any

import pytest
from aiokafka.errors import ProducerFenced

from engine.batches import Batch
from engine.errors import Fenced
from engine.producer import LaneProducer
from engine.records import Output


class Builder:
    def append(self, **_record: Any) -> bool:
        return True

    def record_count(self) -> int:
        return 1


class RefusingClient:
    """A transactional client that another has fenced: every batch fails."""

    async def begin_transaction(self) -> None:
        """Only the broker knows."""

    def create_batch(self) -> Builder:
        return Builder()

    async def send_batch(self, *_args: Any, **_kwargs: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_exception, ProducerFenced())
        return future


async def test_who_is_fenced_hears_of_the_setting_that_two_workers_may_share() -> None:
    """Under load the elder's transaction fails before its next heartbeat does."""
    producer = object.__new__(LaneProducer)
    producer._id, producer._producer = "app-0", RefusingClient()

    with pytest.raises(Fenced, match="FLOWMART_INSTANCE_ID"):
        await producer.commit(Batch([], [(b"row", b"v")]), "changelog", 0)


async def test_a_farewell_that_fails_keeps_no_lane_from_closing() -> None:
    """Uvloop refuses writes with a RuntimeError between a reset and aiokafka's hearing of it."""

    async def refused() -> None:
        raise RuntimeError("unable to perform operation; the handler is closed")

    producer = LaneProducer("t-0", {"bootstrap_servers": "b:1"})
    farewell, producer._producer.stop = producer._producer.stop, refused

    await producer.stop()
    await farewell()


async def test_several_batches_that_are_refused_together_are_told_of_once(caplog) -> None:
    producer = object.__new__(LaneProducer)
    producer._id, producer._producer = "app-0", RefusingClient()
    outputs = [Output("out", place, b"k", b"v", []) for place in range(3)]

    with pytest.raises(Fenced, match="taken this partition over"):
        await producer.commit(Batch(outputs, [(b"row", b"v")]), "changelog", 0)
    await asyncio.sleep(0)
    gc.collect()
    await asyncio.sleep(0)

    assert "never retrieved" not in caplog.text
