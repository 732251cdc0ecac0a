"""What a client still has to do when nobody waits for it any more: see also test_producer."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from engine.confirmed import ConfirmedProducer


async def test_a_producer_that_is_replaced_while_its_broker_is_gone_ends_when_that_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that was cut short would ask for the cluster's metadata for ever."""
    back, ended = asyncio.Event(), asyncio.Event()

    class Refused:
        """A client whose record nobody leads the partition of."""

        def __init__(self, **_options: Any) -> None:
            pass

        async def start(self) -> None:
            pass

        async def send(self, *_record: Any, **_more: Any) -> "asyncio.Future[None]":
            sent = asyncio.get_running_loop().create_future()
            sent.set_exception(KafkaError())
            return sent

        async def stop(self) -> None:
            await back.wait()
            ended.set()

    monkeypatch.setattr("engine.confirmed.AIOKafkaProducer", Refused)
    monkeypatch.setattr("engine.confirmed.STOP_S_MAX", 0.01)
    producer = ConfirmedProducer({})
    with pytest.raises(KafkaError):
        await producer.send("t", 0, b"k", b"v", [])
    await asyncio.sleep(0.05)

    back.set()

    async with asyncio.timeout(30):
        await ended.wait()
