"""What the simulator does with a cluster."""

import asyncio

from simulator import wire


class Consumer:
    """One whose fetch rests after a failure when it is stopped."""

    def __init__(self, **_options: object) -> None:
        self.is_stopped = False

    async def stop(self) -> None:
        self.is_stopped = True
        fetch = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        fetch.cancel()
        await fetch


async def test_a_reader_whose_fetch_just_failed_can_be_stopped(monkeypatch) -> None:
    monkeypatch.setattr(wire, "AIOKafkaConsumer", Consumer)
    reader = wire.Reader("127.0.0.1:1", ["orders.dev.events"])

    await reader.stop()

    assert reader._consumer.is_stopped
