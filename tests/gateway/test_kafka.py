"""What the gateway hears."""

import asyncio
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaError

import gateway.kafka
from gateway.kafka import Events, hear

GOOD = ([("eventType", b"OrderConfirmed")], b"ord_1", b"{}")


@pytest.mark.parametrize(
    ("headers", "key", "value", "told"),
    [
        (*GOOD, True),
        ([], b"k", b"{}", False),
        ([("other", b"x")], b"k", b"{}", False),
        ([("eventType", None)], b"k", b"{}", False),
        (GOOD[0], None, b"{}", False),
        (GOOD[0], b"k", None, False),
        ([("eventType", b"\xff")], b"\xff", b"{}", True),
    ],
)
def test_a_record_of_another_form_says_nothing(
    headers: Any, key: Any, value: Any, *, told: bool
) -> None:
    heard: list[Any] = []
    hear(headers, key, value, lambda *event: heard.append(event))
    assert bool(heard) is told


class Consumer:
    """Fails once, then gives an event."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.rounds = 0

    async def getmany(self, **_: Any) -> dict[str, list[Any]]:
        self.rounds += 1
        if self.rounds == 1:
            raise KafkaError
        headers, key, value = GOOD
        await asyncio.sleep(0)
        return {"t": [SimpleNamespace(headers=headers, key=key, value=value)]}


async def test_a_failure_of_kafka_does_not_make_the_gateway_deaf(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gateway.kafka, "AIOKafkaConsumer", Consumer)
    monkeypatch.setattr(gateway.kafka, "_AGAIN_S", 0)
    heard = asyncio.Event()
    events = Events("none:1", ("t",), lambda *_: heard.set())

    hearing = asyncio.create_task(events._hear())

    async with asyncio.timeout(1):
        await heard.wait()
    hearing.cancel()
    with suppress(asyncio.CancelledError):
        await hearing
